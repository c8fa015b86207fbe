"""The members' portal at `/luckffle/` and its JSON API."""

from django.urls import include, path

from config.api import luckffle_api
from config.urls.everywhere import handler400 as handler400
from config.urls.everywhere import handler403 as handler403
from config.urls.everywhere import handler404 as handler404
from config.urls.everywhere import handler429 as handler429
from config.urls.everywhere import handler500 as handler500
from config.urls.everywhere import urlpatterns as everywhere
from identity import routes

urlpatterns = [
    *everywhere,
    *routes.entrance("luckffle/login/", "luckffle/logout/"),
    *routes.member("luckffle/"),
    *routes.app("api/luckffle/v1/auth/"),
    path("api/luckffle/v1/", luckffle_api.urls),
    path("", include("rewards.urls")),
    path("", include("campaigns.urls_luckffle")),
    path("", include("inquiries.urls_luckffle")),
]
