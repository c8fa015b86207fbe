"""
Deny by default: whoever is not on a public page has signed in and has the row that makes them somebody in this portal (a membership of an
advertiser, or a member of the reward app), or is refused. Leaving the house needs no row. Views still say which roles they want; this
stands in front of those that forgot.

The back office's own gate, with its second factor, is identity's.
"""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from advertisers.access import advertiser_required
from common.portals import ADVERTISER, LUCKFFLE
from common.public import WITHOUT_A_TEAM, is_public
from rewards.access import member_required

_LET_IN = HttpResponse()


def _let_in(request: HttpRequest) -> HttpResponse:
    return _LET_IN


_GUARDS: dict[str, Callable[[HttpRequest], HttpResponse]] = {ADVERTISER: advertiser_required()(_let_in), LUCKFFLE: member_required(_let_in)}


class DenyByDefaultMiddleware:
    """Asks every view that is not on the list for a person and their row, before the view runs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """None lets the view run; Http404 for people without a row is the portal's usual page."""
        portal: str = request.portal  # type: ignore[attr-defined]
        name = request.resolver_match.view_name if request.resolver_match else ""
        if portal not in _GUARDS or is_public(portal, name):
            return None
        try:
            answer = _GUARDS[portal](request)
        except Http404:
            if portal == ADVERTISER and name in WITHOUT_A_TEAM:
                return None
            raise
        return None if answer is _LET_IN else answer
