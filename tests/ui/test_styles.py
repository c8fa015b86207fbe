"""One file knows the colours, the four themes speak the same names, and the letters can be read."""

import math
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from config import assets

ROOT = Path(settings.BASE_DIR)
CSS = ROOT / "static" / "css"
THEMES = ("boost-light", "boost-dark", "luckffle", "luckffle-dark")
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:oklch|rgba?|hsla?|color)\(")


def tokens(theme):
    """Names and values that one theme sets."""
    text = (CSS / "themes.css").read_text()
    block = next(part for part in text.split('@plugin "daisyui/theme"') if f'name: "{theme}"' in part)
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", block.split("\n}")[0]))


def luminance(value):
    """Relative luminance (WCAG 2.2) of an opaque oklch() colour."""
    lightness, chroma, hue = re.fullmatch(r"oklch\(([\d.]+)%\s+([\d.]+)\s+([\d.]+)\)", value).groups()
    ll, a, b = (
        float(lightness) / 100,
        float(chroma) * math.cos(math.radians(float(hue))),
        float(chroma) * math.sin(math.radians(float(hue))),
    )
    long, medium, short = (
        (ll + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (ll - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (ll - 0.0894841775 * a - 1.2914855480 * b) ** 3,
    )
    red, green, blue = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    red, green, blue = (min(1.0, max(0.0, channel)) for channel in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


TEXT = [
    ("--color-base-content", "--color-base-100"),
    ("--color-base-content", "--color-base-200"),
    ("--color-primary-content", "--color-primary"),
    ("--color-accent-content", "--color-accent"),
    ("--color-neutral-content", "--color-neutral"),
    ("--color-error-content", "--color-error"),
    ("--c-muted", "--color-base-100"),
    ("--c-muted", "--color-base-200"),
    ("--c-muted", "--c-fill"),
    ("--c-subtle", "--color-base-100"),
    ("--c-link", "--color-base-100"),
    ("--c-link", "--c-tint"),
    ("--c-night-content", "--c-night"),
    ("--c-night-muted", "--c-night"),
    ("--c-toast-content", "--c-toast"),
    ("--voucher-content", "--voucher-1"),
    ("--voucher-content", "--voucher-4"),
    *((f"--tone-{tone}-ink", f"--tone-{tone}-bg") for tone in ("gray", "blue", "green", "amber", "red", "sky")),
    ("--tone-red-ink", "--color-base-100"),
]


class TestThemes:
    def test_the_measure_knows_black_and_white(self):
        assert round(contrast("oklch(100% 0 0)", "oklch(0% 0 0)"), 2) == 21

    @pytest.mark.parametrize("theme", THEMES)
    def test_speak_the_same_names(self, theme):
        assert set(tokens(theme)) == set(tokens("boost-light"))

    @pytest.mark.parametrize("theme", THEMES)
    def test_letters_reach_four_and_a_half_to_one(self, theme):
        values = tokens(theme)
        weak = {f"{ink} on {ground}": round(contrast(values[ink], values[ground]), 2) for ink, ground in TEXT}
        assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}

    @pytest.mark.parametrize("theme", THEMES)
    def test_borders_of_fields_reach_three_to_one(self, theme):
        values = tokens(theme)
        assert contrast(values["--c-field"], values["--color-base-100"]) >= 3


class TestSources:
    def test_only_the_theme_file_knows_a_colour(self):
        others = [path.name for path in sorted(CSS.glob("*.css")) if path.name != "themes.css" and COLOUR.search(path.read_text())]
        assert others == []
        assert COLOUR.search((CSS / "themes.css").read_text())

    def test_scripts_know_no_colour_and_stay_small(self):
        scripts = sorted((ROOT / "static" / "js").glob("*.js"))
        assert [path.name for path in scripts if COLOUR.search(path.read_text())] == []
        assert sum(len(path.read_text().splitlines()) for path in scripts) <= 650

    def test_scripts_never_run_text(self):
        dangerous = re.compile(r"\beval\(|new Function|document\.write|insertAdjacentHTML|outerHTML|setTimeout\(\s*['\"]")
        assert [path.name for path in (ROOT / "static" / "js").glob("*.js") if dangerous.search(path.read_text())] == []


class TestBuild:
    @pytest.fixture(scope="class")
    def built(self, tmp_path_factory):
        assets.build()
        out = tmp_path_factory.mktemp("css") / "app.css"
        command = [str(ROOT / "node_modules" / ".bin" / "tailwindcss"), "--input", str(CSS / "app.css"), "--output", str(out), "--minify"]
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
        return out.read_text()

    def test_has_the_three_themes(self, built):
        assert [theme for theme in THEMES if f"[data-theme={theme}]" not in built] == []

    def test_has_our_components_and_the_controls(self, built):
        wanted = (
            ".btn-primary",
            ".btn-danger-line",
            ".btn-error",
            ".panel",
            ".tbl",
            ".st[",
            ".choice",
            ".ticket",
            ".phone",
            "progress.bar",
            ".input",
        )
        assert [name for name in wanted if name not in built] == []

    def test_has_no_stock_palette(self, built):
        assert not re.search(r"--color-(?:red|blue|gray|slate|green|amber)-\d", built)

    def test_collects_fonts_libraries_and_icons(self, built):
        dist = ROOT / "static" / "dist"
        assert (dist / "htmx.min.js").stat().st_size > 10_000
        assert (dist / "chart.min.js").stat().st_size > 100_000
        assert len(list((dist / "fonts" / "woff2-dynamic-subset").glob("*.woff2"))) > 90
        names = (ROOT / "static" / "icons.txt").read_text().split()
        assert re.findall(r'<symbol id="i-([\w-]+)"', (dist / "sprite.svg").read_text()) == names
