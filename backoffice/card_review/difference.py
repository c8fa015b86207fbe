"""What changed between two packs, page by page: by what can be read, and by what it looks like from afar."""

from typing import Any

from backoffice.card_review import pictures

Entry = dict[str, Any]


def between(before: list[Entry], now: list[Entry]) -> dict[str, Any]:
    """
    The pictures that differ, as "name-size".

    before, now: entries of two manifests.   text: read differently.   look: look different.   new, gone: only in one of them.
    """
    old, new = ({f"{entry['name']}-{entry['size']}": entry for entry in entries} for entries in (before, now))
    both = [key for key in new if key in old]
    return {
        "text": [key for key in both if new[key]["reads"] != old[key]["reads"]],
        "look": [key for key in both if not pictures.looks_alike(new[key]["look"], old[key]["look"])],
        "new": [key for key in new if key not in old],
        "gone": [key for key in old if key not in new],
    }


def pages_of(difference: dict[str, Any]) -> list[str]:
    """The names of all pages that changed, at any size, in order."""
    names = [key.rpartition("-")[0] for part in ("text", "look", "new", "gone") for key in difference.get(part, [])]
    return list(dict.fromkeys(names))
