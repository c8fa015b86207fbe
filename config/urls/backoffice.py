"""The operators' portal at `/backoffice/`."""

from django.urls import path

from backoffice.urls import mounted as backoffice
from config.urls.everywhere import handler400 as handler400
from config.urls.everywhere import handler403 as handler403
from config.urls.everywhere import handler404 as handler404
from config.urls.everywhere import handler429 as handler429
from config.urls.everywhere import handler500 as handler500
from config.urls.everywhere import urlpatterns as everywhere
from identity import routes

urlpatterns = [
    *everywhere,
    *routes.entrance("backoffice/login/", "backoffice/logout/"),
    *routes.account("backoffice/account/"),
    *routes.second_factor("backoffice/2fa/"),
    path("backoffice/", backoffice),
]
