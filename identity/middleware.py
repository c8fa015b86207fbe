"""The gate of each portal."""

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from identity.backends import KIND_OF_PORTAL


class PortalGateMiddleware:
    """A signed-in person of the wrong kind is signed out; answers to signed-in people are not stored by anyone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        portal = getattr(request, "portal", "")
        if request.user.is_authenticated and request.user.kind != KIND_OF_PORTAL.get(portal):
            logout(request)
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response
