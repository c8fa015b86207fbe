"""The members' portal at `/luckffle/` and its JSON API."""

from django.urls import include, path

from config.urls.everywhere import urlpatterns as everywhere

urlpatterns = [
    *everywhere,
    path("luckffle/accounts/", include("allauth.urls")),
]
