"""Pages for passkeys: signing in with one, and the list of one's own. allauth's views with our words and numbers."""

from typing import Any

from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth, flows
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from identity import access_log, passkeys, security
from identity.models import User
from identity.notices_of_keys import tell


class PasskeyLogin(LoginWebAuthnView):  # type: ignore[misc]
    """A passkey instead of name, password and second factor: the device asked for a finger, a face or its lock."""

    def form_valid(self, form: Form) -> HttpResponse:
        found = form.cleaned_data["credential"]
        login = Login(user=found.user, redirect_url=get_next_redirect_url(self.request))
        response: HttpResponse = flows.perform_passwordless_login(self.request, found, login)
        return response

    def form_invalid(self, form: Form) -> HttpResponse:
        access_log.note(actor=None, action="login.failed", subject=f"portal:{self.request.portal}", at=timezone.now())
        response: HttpResponse = super().form_invalid(form)
        return response


class PasskeyAgain(ReauthenticateWebAuthnView):  # type: ignore[misc]
    """A passkey, before something sensitive."""

    def form_invalid(self, form: Form) -> HttpResponse:
        refused: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)
        return refused

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **kwargs}


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    """A new passkey. The device must ask for a finger, a face or its lock, and keep the key by itself."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {**super().get_context_data(**kwargs), **kwargs}
        return {**context, "js_data": {"creation_options": auth.begin_registration(self.request.user, passwordless=True)}}

    def form_invalid(self, form: Form) -> HttpResponse:
        refused: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)
        return refused

    def form_valid(self, form: Form) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            tell(security.PASSKEY_ADDED, self.request.user, at=timezone.now())
        return response


class _Mine:
    """One passkey of the signed-in person, by the number in the address."""

    success_url = reverse_lazy("mfa_index")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whose it is comes first: a stranger is not even asked for the password."""
        self.get_object()
        response: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response

    def get_object(self, queryset: Any = None) -> Authenticator:
        user: User = self.request.user  # type: ignore[attr-defined]
        wanted = self.kwargs["passkey"]  # type: ignore[attr-defined]
        found = next((row for row in passkeys.passkeys_of(user) if passkeys.number_of(row) == wanted), None)
        if found is None:
            raise Http404("no such passkey")
        return found

    def get_success_url(self) -> str:
        return reverse("mfa_index")


class RenamePasskey(_Mine, EditWebAuthnView):  # type: ignore[misc]
    """Another name for a passkey."""

    def form_invalid(self, form: Form) -> HttpResponse:
        refused: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)
        return refused


class RemovePasskey(_Mine, RemoveWebAuthnView):  # type: ignore[misc]
    """A passkey that is worth nothing from now on."""

    def form_valid(self, form: Form) -> HttpResponse:
        if not get_adapter().can_delete_authenticator(self.object):
            messages.error(self.request, get_adapter().error_messages["cannot_delete_authenticator"])
            return HttpResponseRedirect(self.get_success_url())
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            tell(security.PASSKEY_REMOVED, self.request.user, at=timezone.now())
        return response


login = PasskeyLogin.as_view()
again = PasskeyAgain.as_view()
add = AddPasskey.as_view()
rename = RenamePasskey.as_view()
remove = RemovePasskey.as_view()
