"""The project's own sources as syntax trees, each read once."""

import ast
from functools import cache
from pathlib import Path


@cache
def tree_of(source: str) -> ast.Module:
    """
    The tree of a source text.

    Python 3.11 counts the depth of a tree in one place for all threads (python/cpython#106905): where another thread parses
    at the same moment it says SystemError, and a second look is right.
    """
    try:
        return ast.parse(source)
    except SystemError:
        return ast.parse(source)


@cache
def imported(path: Path) -> frozenset[str]:
    """The top-level packages that a file imports by their full names."""
    found = set()
    for node in ast.walk(tree_of(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return frozenset(found)
