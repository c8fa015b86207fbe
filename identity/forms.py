"""The HTML face of signing in."""

from typing import Any

from allauth.account.forms import ChangePasswordForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.account.internal.flows.login import perform_password_login
from allauth.headless.account.inputs import LoginInput
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from common.portals import ADVERTISER, BACKOFFICE, LUCKFFLE
from identity import phones
from identity.backends import login_name
from identity.models import User
from identity.models.people import ENDED
from identity.passwords import LONGEST, LengthValidator

_NAME_FIELDS: dict[str, dict[str, Any]] = {
    ADVERTISER: {"label": "아이디 또는 이메일", "attrs": {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}},
    LUCKFFLE: {
        "label": "휴대전화 번호",
        "attrs": {"autocomplete": "tel-national", "inputmode": "tel", "type": "tel", "placeholder": "010-0000-0000"},
    },
    BACKOFFICE: {"label": "업무용 이메일", "attrs": {"autocomplete": "username", "inputmode": "email", "type": "email"}},
}
_MISSING = {"required": "꼭 필요한 항목이에요."}
_CODE_ATTRS = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": "12", "autofocus": True}


class PhoneField(forms.CharField):
    """A Korean mobile number however it is written; the value is E.164."""

    default_error_messages = {"invalid": "휴대전화 번호를 010-1234-5678처럼 적어 주세요.", "required": "꼭 필요한 항목이에요."}
    widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel-national"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return text
        number = phones.normalise(text)
        if number is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return number


class LoginForm(AllauthLoginForm):  # type: ignore[misc]
    """Name and password; which name, the portal decides."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.portal: str = self.request.portal
        spec = _NAME_FIELDS[self.portal]
        self.fields["login"] = forms.CharField(
            label=spec["label"], max_length=254, widget=forms.TextInput(attrs=spec["attrs"]), error_messages=_MISSING
        )
        self.fields["password"] = forms.CharField(
            label="비밀번호",
            max_length=LONGEST,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
            error_messages={**_MISSING, "max_length": f"비밀번호는 {LONGEST}자까지 적을 수 있어요."},
        )
        self.order_fields(["login", "password"])

    def clean(self) -> Any:
        """An account whose time is over is told so, once the password was right."""
        data = super().clean()
        if self.user is not None and self.user.has_ended(at=timezone.now()):
            raise forms.ValidationError(ENDED, code="ended")
        return data

    def user_credentials(self) -> dict[str, Any]:
        """What the backend is asked with: the one form of the name."""
        return {"username": login_name(self.portal, self.cleaned_data["login"]), "password": self.cleaned_data["password"]}

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Sign in, or go on to the second factor. The portal's limits decide how long a session lives, not a tick box."""
        self._login.redirect_url = redirect_url
        response: HttpResponse = perform_password_login(request, self.user_credentials(), self._login)
        return response


class PasswordAgainForm(AllauthReauthenticateForm):  # type: ignore[misc]
    """The password again, before something sensitive."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = "비밀번호"
        self.fields["password"].error_messages["required"] = _MISSING["required"]
        self.fields["password"].widget.attrs.pop("placeholder", None)


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """Another password. Typed once with a way to see it, not twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        rule = LengthValidator().get_help_text(is_operator=getattr(self.user, "kind", "") == User.Kind.OPERATOR)
        for name, label, hint in (("oldpassword", "지금 비밀번호", ""), ("password1", "새 비밀번호", rule)):
            field = self.fields[name]
            field.label, field.help_text, field.error_messages["required"] = label, hint, _MISSING["required"]
            field.widget.attrs.pop("placeholder", None)


class _CodeForm(forms.Form):
    """Shared by the forms that take the six digits of an authenticator."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label, field.error_messages["required"] = "인증 번호", "앱에 보이는 6자리를 적어 주세요."
        field.widget.attrs = dict(_CODE_ATTRS)


class _OnceForm(_CodeForm):
    """A code that was taken once is not taken again while the clock still allows it."""

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        steps = 2 * settings.MFA_TOTP_TOLERANCE + 1
        if not cache.add(f"second-factor:{self.user.pk}:{code}", "used", timeout=30 * steps):  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class SecondFactorForm(_OnceForm, AuthenticateForm):  # type: ignore[misc]
    """The code at sign-in; a recovery code is taken too."""


class SecondFactorAgainForm(_OnceForm, ReauthenticateForm):  # type: ignore[misc]
    """The code before something sensitive."""


class SetUpSecondFactorForm(_CodeForm, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator."""


class AppLoginInput(LoginInput):  # type: ignore[misc]
    """The app's sign-in: phone and password, nothing else."""

    phone = PhoneField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["username"], self.fields["email"]
        self.fields["phone"] = PhoneField(error_messages=_MISSING)
        self.fields["password"] = forms.CharField(
            strip=False, max_length=LONGEST, error_messages={**_MISSING, "max_length": f"비밀번호는 {LONGEST}자까지 적을 수 있어요."}
        )
