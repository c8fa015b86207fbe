"""
Pages for signing in and for what guards it. They are allauth's views with our words, forms and answers; which ones a portal has, its
routes say (identity/routes.py).
"""

from typing import Any, ClassVar

from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import LoginView, LogoutView, PasswordChangeView
from allauth.account.views import ReauthenticateView as PasswordAgainView
from allauth.decorators import rate_limit
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.base.views import ReauthenticateView as SecondFactorAgainView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.usersessions.views import ListUserSessionsView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from common.portals import ADVERTISER, BACKOFFICE, LUCKFFLE
from identity import devices as signed_in
from identity import passkeys, social
from identity import security as keys
from identity.events import Event
from identity.middleware import has_app, has_second_factor
from identity.models import User
from identity.notices_of_keys import tell

_SHELLS = {ADVERTISER: "base_advertiser.html", BACKOFFICE: "base_plain.html", LUCKFFLE: "base_luckffle.html"}


class _RefusedIs422:
    """A form that was refused answers 422, so that htmx, tests and people can tell."""

    def form_invalid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = 422
        return response


class Login(_RefusedIs422, LoginView):  # type: ignore[misc]
    """Name and password, and the ways that lead elsewhere first."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        if self.request.portal == ADVERTISER and social.services():
            response._csp_update = {"form-action": social.hosts()}  # type: ignore[attr-defined]
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offered = social.services() if self.request.portal == ADVERTISER else []
        return {**super().get_context_data(**kwargs), "social": offered}


class PasswordAgain(_RefusedIs422, PasswordAgainView):  # type: ignore[misc]
    """The password again, before something sensitive."""


class _Told:
    """A form that changes a way into the account: what it does is written down, and the person hears of it, in the same commit."""

    event: ClassVar[Event]

    def form_valid(self, form: Form) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            tell(self.event, self.request.user, at=timezone.now())  # type: ignore[attr-defined]
        return response


@method_decorator([login_required, rate_limit(action="change_password")], name="dispatch")
class NewPassword(_Told, _RefusedIs422, PasswordChangeView):  # type: ignore[misc]
    """Another password; every other session of the account ends with the old one."""

    event = keys.PASSWORD_CHANGED

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "shell": _SHELLS[self.request.portal]}


@method_decorator(never_cache, name="dispatch")
class SecondFactor(_RefusedIs422, AuthenticateView):  # type: ignore[misc]
    """The second factor of somebody whose password was right."""


class SecondFactorAgain(_RefusedIs422, SecondFactorAgainView):  # type: ignore[misc]
    """The second factor again, before something sensitive."""


class SetUpSecondFactor(_Told, _RefusedIs422, ActivateTOTPView):  # type: ignore[misc]
    """A new authenticator; whoever just set one up has shown it, too."""

    event = keys.APP_ADDED

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if isinstance(request.user, User) and has_second_factor(request, request.user) and has_app(request.user):
            return HttpResponseRedirect(reverse("mfa_index"))
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        record_authentication(self.request, self.request.user, "mfa", type="totp")
        return response


class Security(IndexView):  # type: ignore[misc]
    """What guards the account: app, passkeys, recovery codes, devices."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = [
            {"id": passkeys.number_of(row), "name": row.wrap().name, "since": row.created_at, "used": row.last_used_at}
            for row in passkeys.passkeys_of(self.request.user)
        ]
        return {**super().get_context_data(**kwargs), "passkeys": rows}


class RemoveSecondFactor(_Told, _RefusedIs422, DeactivateTOTPView):  # type: ignore[misc]
    """The authenticator app of an advertiser, taken away after the password was asked for again."""

    event = keys.APP_REMOVED


class NewRecoveryCodes(_Told, GenerateRecoveryCodesView):  # type: ignore[misc]
    """New recovery codes; the old ones are worth nothing from then on."""

    event = keys.RECOVERY_CODES_MADE


class Devices(ListUserSessionsView):  # type: ignore[misc]
    """The devices that are signed in to this account."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = [
            {
                "id": signed_in.number_of(device),
                "name": signed_in.name_of(device.user_agent),
                "ip": device.ip,
                "since": device.created_at,
                "is_this": device.is_current(),
            }
            for device in context["sessions"]
        ]
        return {**context, "devices": rows, "shell": _SHELLS[self.request.portal]}


@require_POST
@login_required
def end_device(request: HttpRequest, device: str) -> HttpResponse:
    """Sign one device out; its very next request is refused. Another person's device is none of mine."""
    row = signed_in.find(request.user, device) if isinstance(request.user, User) else None
    if row is None:
        raise Http404("no such device")
    signed_in.end(row, request=request, at=timezone.now())
    messages.info(request, "그 기기에서 로그아웃했어요.")
    return HttpResponseRedirect(reverse("usersessions_list"))


login = Login.as_view()
logout = require_POST(LogoutView.as_view())
password_again = PasswordAgain.as_view()
second_factor = SecondFactor.as_view()
second_factor_again = SecondFactorAgain.as_view()
set_up_second_factor = SetUpSecondFactor.as_view()
remove_second_factor = RemoveSecondFactor.as_view()
security = Security.as_view()
recovery_codes = never_cache(ViewRecoveryCodesView.as_view())
new_recovery_codes = NewRecoveryCodes.as_view()
new_password = NewPassword.as_view()
devices = Devices.as_view()
