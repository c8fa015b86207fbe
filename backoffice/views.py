"""Operator pages that are not lists of rows."""

from django.http import HttpRequest, HttpResponse

from backoffice.site import page, room


@room()
def dashboard(request: HttpRequest) -> HttpResponse:
    """The work that is waiting."""
    return page(request, "backoffice/dashboard.html", {"title": "운영 현황"})
