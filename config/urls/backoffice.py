"""The operators' portal at `/backoffice/`."""

from django.urls import include, path

from backoffice.urls import mounted as backoffice
from config.urls.everywhere import urlpatterns as everywhere

urlpatterns = [
    *everywhere,
    path("backoffice/accounts/", include("allauth.urls")),
    path("backoffice/", backoffice),
]
