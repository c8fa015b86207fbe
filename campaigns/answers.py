"""
Answers as a page sends them, as the JSON that the app sends: `choice#` is a number, `answers.0.picked[]` a list of numbers,
`answers.0.text` a text.
"""

from typing import Any

from django.http import QueryDict

MOST_FIELDS = 200
MOST_IN_A_LIST = 50


def from_form(posted: QueryDict) -> dict[str, Any]:
    """The nested answers of a form; fields without a meaning here are left to the schema, which refuses them."""
    sent: dict[str, Any] = {}
    names = [name for name in posted if name not in ("token", "csrfmiddlewaretoken")]
    for name in names[:MOST_FIELDS]:
        _put(sent, name.rstrip("#[]").split("."), _value(name, posted.getlist(name)))
    return {name: _as_list(value) for name, value in sent.items()}


def _value(name: str, values: list[str]) -> Any:
    if name.endswith("[]"):
        return [_whole(value) for value in values]
    return _whole(values[-1]) if name.endswith("#") else values[-1]


def _whole(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else text


def _put(sent: dict[str, Any], path: list[str], value: Any) -> None:
    place = sent
    for part in path[:-1]:
        inner = place.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        place = inner
    place[path[-1]] = value


def _as_list(value: Any) -> Any:
    """{"0": a, "2": b} as [a, {}, b]: what was left out stays in its place."""
    if not isinstance(value, dict) or not all(key.isascii() and key.isdigit() and len(key) <= 3 for key in value):
        return value
    places = {int(key): item for key, item in value.items()}
    last = max(places, default=-1)
    return [places.get(place, {}) for place in range(min(last + 1, MOST_IN_A_LIST))]
