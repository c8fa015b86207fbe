"""Error pages in the shell of the portal."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is missing or old; says how to go on."""
    return render(request, "403_csrf.html", status=403)
