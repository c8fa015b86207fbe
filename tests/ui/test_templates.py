"""House rules of the pages, read from the files."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR)
FOLDER = ROOT / "templates"
ALL = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))
# The back office draws with the classes of its own theme and needs inline styles there.
OURS = [name for name in ALL if not name.startswith(("backoffice/", "admin/", "unfold/"))]

PALETTE = re.compile(
    r"\b(?:bg|text|border|ring|fill|stroke|from|to|via|divide|outline|decoration|accent|shadow)-"
    r"(?:red|orange|amber|yellow|lime|green|emerald|teal|cyan|sky|blue|indigo|violet|purple|fuchsia|pink|rose|slate|gray|zinc|neutral|stone)"
    r"-\d{2,3}\b|\b(?:bg|text|border|fill|stroke)-(?:white|black)\b"
)
COLOUR = re.compile(r"(?<![&\w/'\"])#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b|\b(?:oklch|rgba?|hsla?)\(")
FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*="),
    "a style element": re.compile(r"<style\b"),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>"),
    "an inline handler": re.compile(r"\son[a-z]+\s*="),
    "a javascript address": re.compile(r"javascript:"),
    "a colour": COLOUR,
    "a palette class": PALETTE,
    "trusted text": re.compile(r"\|\s*safe\b|\{%\s*autoescape off"),
    "a pre-ticked box": re.compile(
        r"<input[^>]*type=\"checkbox\"[^>]*(?<!\.value %\})(?<!\.is_on %\})\schecked"
    ),  # what somebody ticked stays ticked
}


def read(name):
    return (FOLDER / name).read_text()


@pytest.mark.parametrize("name", ALL)
def test_every_template_compiles(name):
    assert get_template(name).template.name == name


@pytest.mark.parametrize("rule", sorted(FORBIDDEN))
def test_no_page_contains(rule):
    assert [name for name in OURS if FORBIDDEN[rule].search(read(name))] == []


@pytest.mark.parametrize(
    "rule, text",
    [
        ("an inline style", '<p style="x">'),
        ("a style element", "<style>"),
        ("an inline script", "<script>x()</script>"),
        ("an inline script", '<script nonce="n">x()</script>'),
        ("an inline handler", '<a onclick="x()">'),
        ("a javascript address", '<a href="javascript:x()">'),
        ("a colour", "fill: #E6EFFD"),
        ("a colour", "oklch(50% 0 0)"),
        ("a palette class", "bg-blue-500"),
        ("a palette class", "hover:text-white"),
        ("trusted text", "{{ x|safe }}"),
        ("a pre-ticked box", '<input type="checkbox" name="ad" checked>'),
        ("a pre-ticked box", '<input type="checkbox" name="ad"{% if is_new %} checked{% endif %}>'),
    ],
)
def test_the_rules_can_say_no(rule, text):
    assert FORBIDDEN[rule].search(text)


@pytest.mark.parametrize("text", ['href="#main"', "&#183;", '<script src="x"></script>', "text-primary", "bg-base-100"])
def test_the_rules_let_good_pages_pass(text):
    assert [rule for rule, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_every_icon_is_in_the_sprite():
    known = set((ROOT / "static" / "icons.txt").read_text().split())
    used = set()
    for name in OURS:
        text = read(name)
        used |= set(re.findall(r"\{% icon \"([a-z0-9-]+)\"", text))
        used |= set(re.findall(r"\bicon=\"([a-z0-9-]+)\"", text))
        used |= set(re.findall(r"\bicon\|default:\"([a-z0-9-]+)\"", text))
        used |= set(re.findall(r"\{% nav_link \"[\w:-]+\" \"[^\"]+\" \"([a-z0-9-]+)\"", text))
    assert used - known == set()
    assert len(used) > 30


def test_every_component_is_explained():
    explained = (ROOT / "docs" / "ui.md").read_text()
    parts = {"delta.html", "nav_link.html", "countdown.html", "stat.html", "table.html", "panel.html", "note.html", "dialog.html"}
    parts |= {"stickybar.html", "phone.html", "toasts.html", "field_message.html", "logo.html", "scripts.html", "theme_toggle.html"}
    parts |= {"side_nav.html", "public_links.html"}
    names = {Path(name).name for name in ALL if name.startswith("components/")}
    assert parts <= names
    assert [name for name in sorted(names - parts) if f"components/{name}" not in explained] == []


def test_pages_that_are_shown_alone_have_one_heading():
    pages = [name for name in OURS if "{% extends" in read(name) and not name.startswith(("base", "public/terms_"))]
    for name in pages:
        for branch in re.split(r"\{% (?:elif|else)\b", read(name)):
            headings = branch.count("<h1") + branch.count('include "errors/message.html"')
            assert headings <= 1, name
