"""The theme's settings: colours, radius, mark and navigation. Plain data and callables, so that settings may import it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static


def mark(request: HttpRequest) -> str:
    """The address of the house mark."""
    return static("img/boost.svg")


def typeface(request: HttpRequest) -> str:
    """Pretendard, built with the pages of the other portals."""
    return static("dist/fonts/pretendard.css")


def stylesheet(request: HttpRequest) -> str:
    """The few classes our own operator pages need beside the theme's."""
    return static("backoffice/desk.css")


def script(request: HttpRequest) -> str:
    """Keys and ready sentences of the review desk."""
    return static("backoffice/desk.js")


def one_press(request: HttpRequest) -> str:
    """One press of a button is one submission."""
    return static("backoffice/once.js")


def environment(request: HttpRequest) -> list[str] | None:
    """A badge that says this is not the real house; nothing in production."""
    labels = {"development": ["개발", "info"], "demo": ["데모", "warning"], "test": ["시험", "info"]}
    return labels.get(settings.ENVIRONMENT)


PRIMARY = {
    "50": "oklch(97% .014 265)",
    "100": "oklch(94% .03 265)",
    "200": "oklch(89% .058 265)",
    "300": "oklch(82% .1 265)",
    "400": "oklch(72% .155 265)",
    "500": "oklch(62% .2 265)",
    "600": "oklch(51.5% .238 265)",
    "700": "oklch(47% .225 265)",
    "800": "oklch(40% .18 265)",
    "900": "oklch(35% .135 265)",
    "950": "oklch(27% .09 265)",
}
BASE = {
    "50": "oklch(97.8% .003 262)",
    "100": "oklch(96.3% .004 262)",
    "200": "oklch(92.4% .006 262)",
    "300": "oklch(86.5% .01 262)",
    "400": "oklch(66% .016 262)",
    "500": "oklch(52% .018 262)",
    "600": "oklch(43% .02 262)",
    "700": "oklch(36% .02 262)",
    "800": "oklch(27% .018 262)",
    "900": "oklch(20.8% .016 262)",
    "950": "oklch(16.6% .012 262)",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "부스트 운영",
    "SITE_HEADER": "Boost",
    "SITE_SUBHEADER": "운영",
    "SITE_URL": None,
    "SITE_ICON": mark,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": mark}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": environment,
    "BORDER_RADIUS": "8px",
    "COLORS": {"primary": PRIMARY, "base": BASE},
    "STYLES": [typeface, stylesheet],
    "SCRIPTS": [script, one_press],
    "ACCOUNT": {"navigation": "backoffice.navigation.account_links"},
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "backoffice.navigation.sidebar"},
}
