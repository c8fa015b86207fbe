"""
Three portals in one code base: which one a request belongs to, its cookies, and links that leave the house.

PORTALS chooses which ones a process serves. Each has its own URLconf, session cookie and CSRF cookie, so that one browser may
be signed in to all three.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

ADVERTISER, LUCKFFLE, BACKOFFICE = "advertiser", "luckffle", "backoffice"
ALL = (ADVERTISER, LUCKFFLE, BACKOFFICE)
URLCONFS = {portal: f"config.urls.{portal}" for portal in ALL}
_PREFIXES = (("/luckffle/", LUCKFFLE), ("/api/luckffle/", LUCKFFLE), ("/backoffice/", BACKOFFICE))
_EVERYWHERE = ("/healthz", "/readyz", "/metrics", "/static/")
_COOKIES = (("SESSION_COOKIE_NAME", "boost_{portal}"), ("CSRF_COOKIE_NAME", "boost_{portal}_csrf"))


def portal_of(path: str) -> str:
    """The portal an address belongs to; everything without a prefix is the advertiser's."""
    return next((portal for prefix, portal in _PREFIXES if path.startswith(prefix) or path == prefix[:-1]), ADVERTISER)


def absolute(portal: str, name: str, **kwargs: Any) -> str:
    """The full address of a named page of a portal, on its canonical origin; never made from a Host header."""
    return str(settings.PORTAL_ORIGINS[portal]) + reverse(name, urlconf=URLCONFS[portal], kwargs=kwargs or None)


class PortalMiddleware:
    """Sets request.portal and request.urlconf, answers 404 for portals this process does not serve, and keeps cookies apart."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        portal = portal_of(request.path_info)
        served = portal in settings.PORTALS
        if not served and request.path_info.startswith(_EVERYWHERE):
            portal, served = settings.PORTALS[0], True
        request.portal, request.urlconf = portal, URLCONFS[portal]  # type: ignore[attr-defined]
        if not served:
            request.urlconf = "config.urls.nothing"  # type: ignore[attr-defined]
        names = [(getattr(settings, setting), self._cookie(pattern, portal)) for setting, pattern in _COOKIES]
        for inner, outer in names:
            request.COOKIES.pop(inner, None)
            if outer in request.COOKIES:
                request.COOKIES[inner] = request.COOKIES[outer]
        response = self.get_response(request)
        for inner, outer in names:
            if inner in response.cookies:
                morsel = response.cookies.pop(inner)
                response.cookies[outer] = morsel.value
                response.cookies[outer].update({key: value for key, value in morsel.items() if value})
        return response

    @staticmethod
    def _cookie(pattern: str, portal: str) -> str:
        return host_bound(pattern.format(portal=portal))


def host_bound(name: str) -> str:
    """The name of a cookie that browsers give to nobody but this very host, where there is TLS."""
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name


def session_cookie(portal: str) -> str:
    """The name under which browsers keep the session of a portal."""
    return PortalMiddleware._cookie(dict(_COOKIES)["SESSION_COOKIE_NAME"], portal)


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Template context that every page needs: company footer, portal, theme."""
    theme = request.COOKIES.get("theme", "")
    return {
        "company": settings.COMPANY,
        "portal": getattr(request, "portal", ADVERTISER),
        "theme": theme if theme in ("boost-light", "boost-dark") else "",
        "demo_mode": settings.DEMO,
        "environment": settings.ENVIRONMENT,
    }


def is_own_url(url: str) -> bool:
    """True when the address stays in the house (relative, or on one of our origins)."""
    parts = urlsplit(url)
    if "\\" in url or not parts.netloc:
        return url.startswith("/") and not url.startswith("//") and "\\" not in url
    return f"{parts.scheme}://{parts.netloc}" in settings.PORTAL_ORIGINS.values()


def not_found(request: HttpRequest) -> HttpResponse:
    """The view of the URLconf for portals that this process does not serve."""
    raise Http404("portal not served here")
