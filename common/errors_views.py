"""Error pages in the shell of the portal: one sentence, one thing to do. The JSON doors get theirs as JSON."""

import sys
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render

from common import refusals
from common.portals import ADVERTISER, LUCKFFLE

TABS_OF_ANOTHER = "tabs_of_another"  # in the session: the person switched advertisers, and older tabs may still show the other one

DATABASE_AWAY = (OperationalError, InterfaceError)


def shell_of(request: HttpRequest) -> str:
    """The base template of the portal a person is in."""
    portal = getattr(request, "portal", "")
    if portal == LUCKFFLE:
        return "base_luckffle.html"
    if portal == ADVERTISER:
        user = getattr(request, "user", None)
        return "base_advertiser.html" if user is not None and user.is_authenticated else "base_public.html"
    return "base_plain.html"


def _page(request: HttpRequest, name: str, status: int) -> HttpResponse:
    if refusals.is_for(request):
        return refusals.by_status(status)
    return render(request, name, {"error_shell": shell_of(request)}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that cannot be read (400), or is larger than we read (413). A session that the database could not keep is none (503)."""
    if _comes_from_the_database(exception):
        return _database_away(request)
    if refusals.is_for(request):
        return refusals.by_status(413 if isinstance(exception, RequestDataTooBig) else 400)
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page for which the person's role is too weak (403)."""
    return _page(request, "403.html", 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is missing or old; says how to go on (403)."""
    if refusals.is_for(request):
        return refusals.by_status(403)
    context = {"error_shell": shell_of(request), "is_of_another": request.session.get(TABS_OF_ANOTHER, False)}
    return render(request, "403_csrf.html", context, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such page, or not this person's (404). An exception may bring a page of its own."""
    return _page(request, getattr(exception, "page", "404.html"), 404)


def too_many(request: HttpRequest) -> HttpResponse:
    """Too many tries in a short time (429); the limits are allauth's."""
    return render(request, "429.html", status=429)


def server_error(request: HttpRequest) -> HttpResponse:
    """A bug (500), or the database being away or too busy (503). Reads neither session nor database."""
    if isinstance(sys.exc_info()[1], DATABASE_AWAY):
        return _database_away(request)
    if refusals.is_for(request):
        return refusals.by_status(500)
    return render(request, "500.html", status=500)


def _database_away(request: HttpRequest) -> HttpResponse:
    if refusals.is_for(request):
        return refusals.by_status(503)
    return render(request, "503.html", status=503)


def _comes_from_the_database(exception: BaseException | None) -> bool:
    """True when the database was away behind it: Django says "the session was deleted" then, and calls that a bad request."""
    while exception is not None:
        if isinstance(exception, DATABASE_AWAY):
            return True
        exception = exception.__cause__ or exception.__context__
    return False


class NotAllowedPageMiddleware:
    """Gives the bare 405 of a POST-only address a page, for a person who typed that address or came back to it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and refusals.is_for(request):
            answer = refusals.by_status(405)
            answer.headers["Allow"] = response.headers["Allow"]
            return answer
        if not isinstance(response, HttpResponseNotAllowed) or request.method != "GET" or not request.accepts("text/html"):
            return response
        page = _page(request, "405.html", 405)
        page.headers["Allow"] = response.headers["Allow"]
        return page
