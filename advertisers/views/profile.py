"""What the advertiser says about itself."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from advertisers import selectors, services
from advertisers.access import OWNERS, TenantRequest, advertiser_required, require_role
from advertisers.forms import ProfileForm
from identity import phones
from identity.contacts import masked_email


@require_http_methods(["GET", "POST"])
@advertiser_required()
def profile(request: TenantRequest) -> HttpResponse:
    """The advertiser and the person, contacts masked; the owner may change the name."""
    form = ProfileForm(request.POST if request.method == "POST" else None, initial={"name": request.advertiser.name})
    if request.method == "POST":
        require_role(request.membership, OWNERS)
        if form.is_valid():
            services.rename(advertiser=request.advertiser, name=form.value.name, by=request.user, at=timezone.now())
            messages.success(request, "광고주 이름을 저장했어요.")
            return redirect("advertisers:profile")
    context = {
        "form": form,
        "advertiser": request.advertiser,
        "business": selectors.business_of(request.advertiser),
        "membership": request.membership,
        "email": masked_email(request.user.email),
        "phone": phones.masked(request.user.phone),
    }
    return TemplateResponse(request, "advertisers/profile.html", context, status=422 if form.errors else 200)
