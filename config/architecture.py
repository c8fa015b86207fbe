"""
`docs/architecture.md`, read from the code: layers, every address with its view and its templates, every model with what it points at.
`make architecture` writes it, `make lint` compares it.
"""

import ast
import inspect
import os
import re
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent
PAGE = BASE_DIR / "docs" / "architecture.md"
HEAD = """\
# Architecture

Written by `make architecture` from the code; do not edit. Why it is so: [decisions](adr/README.md); which table holds what:
[tables](tables.md).

![Processes, databases, portals, suppliers](architecture.svg)

"""
APPS = ("common", "identity", "advertisers", "credits", "payments", "rewards", "inquiries", "campaigns", "backoffice")
_TEMPLATE = re.compile(r"^[\w/-]+\.html(#[\w-]+)?$")
_MODEL_PAGE = re.compile(r"^backoffice:(\w+_\w+)_(add|change|delete|history)$")


def text() -> str:
    """The whole page."""
    return HEAD + "\n".join([*_layers(), *_addresses(), *_models()]) + "\n"


def _layers() -> Iterator[str]:
    contracts = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    yield from ("## Layers", "", "Imports go down only; `|` means that the two do not know each other.", "", "```")
    yield " → ".join(layers)
    yield from ("```", "")


def _addresses() -> Iterator[str]:
    from django.urls import get_resolver

    from common import portals

    for portal in portals.ALL:
        yield from (f"## Addresses of the {portal} portal", "", "| Address | View | Template |", "|---|---|---|")
        for address, name, view in sorted(_walk(get_resolver(portals.URLCONFS[portal])), key=lambda row: row[0]):
            if not _MODEL_PAGE.match(name):
                yield f"| `/{address}` | `{_place_of(view)}` | {', '.join(f'`templates/{each}`' for each in _templates_of(view)) or '–'} |"
        yield ""


def _walk(resolver: Any, prefix: str = "", space: str = "") -> Iterator[tuple[str, str, Any]]:
    for entry in resolver.url_patterns:
        address = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from _walk(entry, address, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif not entry.pattern.regex.pattern.startswith("^(?P<app_label>"):  # Django's list of apps, in the order of registration
            yield address, f"{space}{entry.name or ''}", entry.callback


def _function_of(view: Any) -> Any:
    """The view itself, without what decorates it: a function or a class."""
    while not hasattr(view, "view_class") and hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    return getattr(view, "view_class", getattr(view, "func", view))


def _place_of(view: Any) -> str:
    function = _function_of(view)
    return f"{function.__module__}.{getattr(function, '__qualname__', type(function).__name__)}"


def _templates_of(view: Any) -> list[str]:
    """The templates that a view of ours names, itself or through functions of its module."""
    function = _function_of(view)
    if not isinstance(function, FunctionType) or function.__module__.partition(".")[0] not in APPS:
        return []
    return sorted(_named(function, sys.modules[function.__module__], set()))


def _named(function: FunctionType, module: Any, seen: set[str]) -> set[str]:
    if function.__name__ in seen:
        return set()
    seen.add(function.__name__)
    found: set[str] = set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _TEMPLATE.match(node.value):
            found.add(node.value)
        other = getattr(module, node.id, None) if isinstance(node, ast.Name) else None
        if isinstance(other, FunctionType) and other.__module__ == module.__name__:
            found |= _named(inspect.unwrap(other), module, seen)
    return found


def _models() -> Iterator[str]:
    from django.apps import apps

    yield from ("## Models", "", "Tables of changes (`…Event`) stand beside the model whose changes they keep and are left out.", "")
    for name in APPS:
        yield from (f"### {name}", "", "| Model | Is | Points at |", "|---|---|---|")
        for model in sorted(apps.get_app_config(name).get_models(), key=lambda each: each.__name__):
            if not hasattr(model, "pgh_tracked_model"):
                yield f"| `{model.__name__}` | {_first_line(model)} | {_points_at(model)} |"
        yield ""


def _first_line(model: Any) -> str:
    return (inspect.getdoc(model) or "").partition("\n")[0].replace("|", "\\|")


def _points_at(model: Any) -> str:
    targets = [field.related_model._meta.label for field in model._meta.fields if field.is_relation and field.related_model]
    return ", ".join(f"`{target}`" for target in sorted(set(targets))) or "–"


def complaints() -> list[str]:
    """What is wrong with the page; empty when it says what the code says."""
    written = PAGE.read_text() if PAGE.exists() else ""
    return [] if written == text() else ["docs/architecture.md is stale: make architecture"]


def main() -> int:
    """Write the page, or with --check compare it; 1 when it is stale."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if "--check" in sys.argv[1:]:
        found = complaints()
        sys.stdout.write("".join(f"{line}\n" for line in found))
        return 1 if found else 0
    PAGE.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
