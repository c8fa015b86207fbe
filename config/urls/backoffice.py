"""The operators' portal at `/backoffice/`."""

from django.urls import include, path

from backoffice.urls import mounted as backoffice
from config.urls.everywhere import handler400 as handler400
from config.urls.everywhere import handler403 as handler403
from config.urls.everywhere import handler404 as handler404
from config.urls.everywhere import handler500 as handler500
from config.urls.everywhere import urlpatterns as everywhere

urlpatterns = [
    *everywhere,
    path("backoffice/accounts/", include("allauth.urls")),
    path("backoffice/", backoffice),
]
