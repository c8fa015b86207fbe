"""The advertiser portal at `/`, with the machine doors for suppliers."""

from django.urls import include, path

from config.urls.everywhere import urlpatterns as everywhere

urlpatterns = [
    *everywhere,
    path("accounts/", include("allauth.urls")),
]
