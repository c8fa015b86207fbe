"""
An operator who looks at an advertiser's pages sees them through the eyes of the owner, and can change nothing: every deed is refused
here, before any view, along with the owner's own account and the pages that ask the payment company. Every page is written down.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from advertisers.access import act_under
from backoffice import visits
from backoffice.visit_pages import VISIT
from common.portals import ADVERTISER
from identity import access_log

_READS = frozenset({"GET", "HEAD"})
_CLOSED = ("/accounts/", "/api/", "/payments/orders/")
_LEAVE = "visit-leave"


class VisitMiddleware:
    """Stands behind the gate of the portals and before the one that asks for a person and their row."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """None lets the view run, as the owner; without an open look nothing changes."""
        number = request.session.get(VISIT) if getattr(request, "portal", "") == ADVERTISER else None
        if not number:
            return None
        at = timezone.now()
        found = visits.current(number, at=at)
        if found is None:
            request.session.pop(VISIT)
            return None
        visit, owner = found
        request.visit = visit  # type: ignore[attr-defined]
        request.user = owner.user
        request.advertiser, request.membership = owner.advertiser, owner  # type: ignore[attr-defined]
        request._others = []  # type: ignore[attr-defined]  # whom the owner acts for besides is nobody's business here
        act_under(request, owner)
        access_log.looking_as(visit.operator)
        if request.resolver_match is not None and request.resolver_match.view_name == _LEAVE:
            return None
        refused = request.method not in _READS or request.path_info.startswith(_CLOSED)
        visits.looked(visit, at=at, refused=refused)
        return render(request, "backoffice/visit_refused.html", status=403) if refused else None
