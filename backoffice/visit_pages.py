"""The two doors of a look in the advertiser portal: in by a link from the back office, out by a button. See backoffice/visits.py."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backoffice import visits
from backoffice.models import ActAsSession
from common.portals import BACKOFFICE, absolute

VISIT = "visit"  # in the session of the advertiser portal


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def visit_enter(request: HttpRequest, token: str) -> HttpResponse:
    """Say whose pages will be shown; a press opens them."""
    at = timezone.now()
    try:
        if request.method != "POST":
            return render(request, "backoffice/visit_enter.html", {"visit": visits.waiting(token, at=at), "minutes": _minutes()})
        visit = visits.enter(token, at=at)
    except visits.LinkGone as gone:
        raise Http404(str(gone)) from gone
    request.session.flush()
    request.session[VISIT] = str(visit.public_id)
    return redirect("advertisers:dashboard")


@require_POST
def visit_leave(request: HttpRequest) -> HttpResponse:
    """End the look and go back to the advertiser's room."""
    visit = cast(ActAsSession | None, getattr(request, "visit", None))
    if visit is None:
        raise Http404("no visit")
    visits.end(visit, at=timezone.now())
    request.session.flush()
    # Not a redirect: the room is on another host, where the form rule of the browser would not let this form lead.
    room = absolute(BACKOFFICE, "backoffice:advertisers_advertiser_change", object_id=visit.advertiser_id)
    return render(request, "backoffice/visit_left.html", {"room": room})


def _minutes() -> int:
    return int(visits.LONGEST.total_seconds()) // 60


urlpatterns = [
    path("visits/leave/", visit_leave, name="visit-leave"),
    path("visits/<slug:token>/", visit_enter, name="visit-enter"),
]
