"""Requests write rows; only the relay speaks to the broker."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from tests.house.trees import tree_of

ROOT = Path(settings.BASE_DIR)
PRODUCT = ("common", "identity", "advertisers", "credits", "payments", "rewards", "campaigns", "inquiries", "backoffice", "config")
PUBLISHES = {"delay", "apply_async", "send_task", "delay_on_commit", "apply_async_on_commit"}


def published(source):
    """The lines of a source that hand something to the broker, or keep a way to do so."""
    return [node.lineno for node in ast.walk(tree_of(source)) if isinstance(node, ast.Attribute) and node.attr in PUBLISHES]


def test_only_the_relay_publishes():
    sources = {path.relative_to(ROOT).as_posix(): path.read_text() for folder in PRODUCT for path in (ROOT / folder).rglob("*.py")}
    assert len(sources) > 100
    assert [name for name, source in sources.items() if published(source)] == ["common/relay.py"]


@pytest.mark.parametrize("line", ["sweep.delay()", "task.apply_async((1,))", "app.send_task('x')", "later = sweep.delay"])
def test_finds_who_publishes(line):
    assert published(f"def view(request):\n    {line}\n") == [2]
