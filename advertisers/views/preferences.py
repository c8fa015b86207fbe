"""Which events reach a person, by what, and when nothing rings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from advertisers import notices
from advertisers.access import TenantRequest, advertiser_required
from advertisers.forms import QuietHoursForm
from identity import preferences


@require_http_methods(["GET", "POST"])
@advertiser_required()
def notification_preferences(request: TenantRequest) -> HttpResponse:
    """The ticks of every event that may reach this person, and the quiet hours."""
    choices = notices.choices_of(request.user, request.membership.role)
    form = QuietHoursForm(request.POST if request.method == "POST" else None, initial=QuietHoursForm.saying(choices.hours))
    if request.method == "POST" and form.is_valid():
        preferences.choose(
            user=request.user,
            shown=notices.events_for(request.membership.role),
            wanted=notices.ticked(request.POST.getlist("on")),
            hours=form.value.hours,
            at=timezone.now(),
        )
        messages.success(request, "알림 설정을 저장했어요.")
        return redirect("advertisers:notification-preferences")
    context = {"choices": choices, "form": form}
    return TemplateResponse(request, "advertisers/notification_preferences.html", context, status=422 if form.errors else 200)
