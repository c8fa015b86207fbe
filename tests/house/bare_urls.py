"""The advertiser portal with one page whose author forgot to ask who comes."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls.advertiser import *  # noqa: F403
from config.urls.advertiser import urlpatterns as real


def forgotten(request: HttpRequest) -> HttpResponse:
    """No decorator, no check."""
    return HttpResponse("everything")


urlpatterns = [path("forgotten/", forgotten, name="forgotten"), *real]
