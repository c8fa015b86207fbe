"""What a payment gateway still lacks, in words: read by whoever writes an adapter, before a single call is made."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

from payments.gateways.base import Gateway

METHODS = ("checkout", "confirm", "fetch", "list_payments", "cancel", "parse_webhook")


def lacks(gateway: type, *, driver: Any = None, opener_exists: bool = True, words: frozenset[str] | None = None) -> list[str]:
    """
    Everything that is missing, one sentence each; empty when the adapter may be tried.

    gateway: its class.   driver: its other side in tests/contracts/conftest.py.   opener_exists: static/js/pay/<name>.js is there.
    words: what the back office has a Korean word for.
    """
    found = []
    instance = _made(gateway)
    name = getattr(gateway, "name", "<name>")
    for attribute in get_type_hints(Gateway):
        if not hasattr(instance, attribute):
            found.append(f"{gateway.__name__} has no attribute `{attribute}`")
    for method in METHODS:
        theirs = getattr(gateway, method, None)
        if theirs is None:
            found.append(f"{gateway.__name__} has no method `{method}`")
            continue
        wanted = list(inspect.signature(getattr(Gateway, method)).parameters)
        given = list(inspect.signature(theirs).parameters)
        if given != wanted:
            found.append(f"`{method}` takes {', '.join(given[1:]) or 'nothing'} instead of {', '.join(wanted[1:])}")
    if driver is None:
        found.append(f"DRIVERS in tests/contracts/conftest.py has no other side of `{name}`")
    if not opener_exists:
        found.append(f"static/js/pay/{name}.js does not open its window")
    if words is not None and name not in words:
        found.append(f"backoffice/words.py has no Korean word for `{name}`")
    return found


def _made(gateway: type) -> Any:
    """An instance for its attributes; the class itself when it cannot even be made."""
    try:
        return gateway()
    except Exception:  # noqa: BLE001 - what stops it is shown by the attributes it then lacks
        return gateway
