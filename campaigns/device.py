"""
Which kind of device a request comes from: operating system and browser, nothing finer.

A participation token is bound to it, so that a token copied to another device is refused. Client hints are read before the
User-Agent, because browsers freeze the latter.
"""

from collections.abc import Mapping

_SYSTEMS = (  # order matters: an Android phone says Linux too, an iPad says Macintosh only in desktop mode
    ("android", ("android",)),
    ("ios", ("iphone", "ipad", "ios", "darwin")),
    ("windows", ("windows",)),
    ("mac", ("macintosh", "mac os", "macos")),
    ("linux", ("linux", "cros", "chromium os")),
)
_BROWSERS = (  # order matters: most of these say Chrome and Safari as well
    ("luckffle", ("luckffle/", "dart/")),
    ("kakaotalk", ("kakaotalk",)),
    ("naver", ("naver(inapp", "naver/")),
    ("whale", ("whale/", "whale")),
    ("samsung", ("samsungbrowser/", "samsung internet")),
    ("edge", ("edg/", "edga/", "edgios/", "microsoft edge")),
    ("opera", ("opr/", "opera")),
    ("firefox", ("firefox/", "fxios/")),
    ("chrome", ("chrome/", "crios/", "google chrome", "chromium")),
    ("safari", ("safari/",)),
)


def device_of(headers: Mapping[str, str]) -> str:
    """
    "android/chrome" and the like; "other" for what we do not know.

    headers: of the request, looked up as "User-Agent", "Sec-CH-UA" and "Sec-CH-UA-Platform".
    """
    agent = headers.get("User-Agent", "").lower()[:1_000]
    platform = headers.get("Sec-CH-UA-Platform", "").lower()[:100]
    brands = headers.get("Sec-CH-UA", "").lower()[:1_000]
    system = _first(platform, _SYSTEMS) or _first(agent, _SYSTEMS)
    browser = _first(agent, _BROWSERS) or _first(brands, _BROWSERS)
    return f"{system or 'other'}/{browser or 'other'}"


def _first(text: str, names: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    return next((name for name, marks in names if any(mark in text for mark in marks)), "")
