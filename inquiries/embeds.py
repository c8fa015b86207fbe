"""
Which pages of Notion may stand in a frame of ours: published ones at their embed address and nothing else, judged when it is written
and again when it is shown.
"""

import re
from typing import Final

from django.conf import settings

_EMBED: Final = re.compile(r"https://[a-z0-9-]+\.notion\.site/ebd/{1,2}[0-9a-f]{32}(\?v=[0-9a-f]{32})?")
_PUBLISHED: Final = re.compile(r"(https://[a-z0-9-]+\.notion\.site)/(?:[^/?#]*-)?([0-9a-f]{32})(?:\?.*)?")
_DASHED: Final = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})")


def normalised(url: str) -> str:
    """The address as it is compared: page numbers without dashes."""
    return _DASHED.sub(r"\1\2\3\4\5", url.strip())


def is_allowed(url: str) -> bool:
    """True for the embed address of a published page. Outside production, one of the stand-in's too."""
    if _EMBED.fullmatch(url):
        return True
    stand_in = settings.NOTION_EMBED_STAND_IN
    return bool(stand_in) and re.fullmatch(re.escape(stand_in) + r"/(?:ebd|refused)/[0-9a-f]{32}", url) is not None


def suggestion(url: str) -> str:
    """The embed address of an ordinary published page, for whoever pasted that; empty when it is none."""
    found = _PUBLISHED.fullmatch(normalised(url))
    return f"{found[1]}/ebd/{found[2]}" if found else ""


def origins() -> list[str]:
    """What a page with a frame may frame."""
    stand_in = settings.NOTION_EMBED_STAND_IN
    return ["https://*.notion.site", *([stand_in.rpartition("/")[0]] if stand_in else [])]
