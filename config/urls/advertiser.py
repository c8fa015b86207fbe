"""The advertiser portal at `/`, with the machine doors for suppliers."""

from django.conf import settings
from django.urls import include, path

from advertisers.access import advertiser_required
from advertisers.signup import views as signup
from common import showcase
from config.api import advertiser_api
from config.urls.everywhere import handler400 as handler400
from config.urls.everywhere import handler403 as handler403
from config.urls.everywhere import handler404 as handler404
from config.urls.everywhere import handler429 as handler429
from config.urls.everywhere import handler500 as handler500
from config.urls.everywhere import urlpatterns as everywhere
from identity import routes, views

urlpatterns = [
    *everywhere,
    path("", include("inquiries.urls")),
    *routes.entrance("accounts/login/", "accounts/logout/"),
    *routes.account("accounts/", advertiser_required()),
    *routes.contact("accounts/", advertiser_required()),
    *routes.social("accounts/", advertiser_required()),
    *routes.second_factor("accounts/2fa/"),
    path("accounts/2fa/totp/remove/", views.remove_second_factor, name="mfa_deactivate_totp"),
    *routes.proofs("accounts/"),
    *routes.recovery("accounts/"),
    *routes.supplier_doors("messages/webhooks/"),
    path("accounts/signup/", signup.choose, name="account_signup"),
    path("api/v1/", advertiser_api.urls),
    path("", include("backoffice.visit_pages")),
    path("", include("advertisers.urls")),
    path("", include("credits.urls")),
    path("", include("payments.urls")),
    path("", include("rewards.urls_machines")),  # before the postbacks of campaigns, whose address would take its own
    path("", include("campaigns.urls")),
]
if not settings.PRODUCTION:
    urlpatterns.append(path("components/", showcase.components, name="components"))
