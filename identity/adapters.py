"""What allauth asks of us: whom a portal lets in, in which words it refuses, and where it sends people."""

import time
from typing import Any, ClassVar
from urllib.parse import urlsplit

from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.internal.ratelimit import get_ip
from allauth.headless.adapter import DefaultHeadlessAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from common import sealed
from common.portals import ADVERTISER, BACKOFFICE, LUCKFFLE
from identity import access_log, app_access, known_browsers, sessions
from identity.backends import KIND_OF_PORTAL, login_name
from identity.models import User
from identity.models.people import ENDED

_TRIES_AND_WAIT = "5번 틀리면 10분 동안 로그인할 수 없어요."  # settings.ACCOUNT_RATE_LIMITS
_MISMATCH = {
    ADVERTISER: f"아이디나 비밀번호가 맞지 않아요. {_TRIES_AND_WAIT}",
    LUCKFFLE: f"휴대전화 번호나 비밀번호가 맞지 않아요. {_TRIES_AND_WAIT}",
    BACKOFFICE: f"이메일이나 비밀번호가 맞지 않아요. {_TRIES_AND_WAIT}",
}
_MISMATCH_CODES = frozenset({"email_password_mismatch", "phone_password_mismatch", "username_password_mismatch", "invalid_login"})


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """
    Accounts of all three portals.

    Phone numbers are kept on User and only after they were proved, so a stored number counts as verified. Wrong passwords are
    counted per name and address together: a stranger elsewhere cannot lock an owner out.
    """

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": "로그인을 여러 번 틀려서 잠시 막았어요. 10분 뒤에 다시 로그인해 주세요.",
        "rate_limited": "요청이 너무 잦아요. 잠시 후 다시 시도해 주세요.",
        "incorrect_password": "비밀번호가 맞지 않아요.",
        "enter_current_password": "지금 쓰는 비밀번호를 적어 주세요.",
        "incorrect_code": "인증 번호가 맞지 않아요.",
    }

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """The Korean sentence of a refusal; a wrong name, kind or password all read the same."""
        if code in _MISMATCH_CODES:
            return ValidationError(_MISMATCH[_portal(self.request)], code="login_mismatch")
        error: ValidationError = super().validation_error(code, *args)
        return error

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves yet."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try under the name's one form, so that writing a number in another way is not another try."""
        portal = _portal(request)
        name = login_name(portal, credentials.get("email") or credentials.get("phone") or credentials.get("username") or "")
        super().pre_authenticate(request, username=f"{portal}:{name}:{get_ip(request)}")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write the refusal down."""
        access_log.note(actor=None, action="login.failed", subject=f"portal:{getattr(request, 'portal', '')}", at=timezone.now())

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """However they came: an account whose time is over is led back to the entrance, with the reason."""
        if user.has_ended(at=timezone.now()):
            messages.error(request, ENDED)
            return redirect("account_login")
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def login(self, request: HttpRequest, user: User) -> None:
        """The one place where a session becomes somebody's, for pages, the second factor and the app alike."""
        portal, at = _portal(request), timezone.now()
        if user.kind != KIND_OF_PORTAL.get(portal):
            raise PermissionDenied("this kind of person does not enter here")
        is_first = user.last_login is None
        super().login(request, user)
        sessions.begin(request.session, portal=portal, at=at)
        access_log.note(actor=user, action="login.succeeded", subject=f"portal:{portal}", at=at)
        known_browsers.signed_in(request, user, is_first=is_first, portal=portal, at=at)

    def logout(self, request: HttpRequest) -> None:
        """End the session and write it down."""
        if isinstance(request.user, User) and request.user.is_authenticated:
            portal = _portal(request)
            access_log.note(actor=request.user, action="logout", subject=f"portal:{portal}", at=timezone.now())
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        """Keep the new one; what the app was given under the old one opens nothing any more."""
        super().set_password(user, password)
        app_access.end(user, at=timezone.now())

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The portal's own first page."""
        return str(settings.PORTAL_HOMES[_portal(request)])

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """The portal's entrance."""
        return str(settings.PORTAL_ENTRANCES[_portal(request)])

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """The portal's own first page."""
        return self.get_login_redirect_url(request)

    def reauthenticate(self, user: User, password: str) -> bool:
        """Ask for the password again, under the limits of signing in."""
        name = {LUCKFFLE: user.phone, BACKOFFICE: user.email}.get(_portal(context.request), user.username)
        found = self.authenticate(context.request, username=name, password=password)
        return found is not None and found.pk == user.pk

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not when the person signed in a moment ago: the password was just asked for."""
        records = get_authentication_records(self.request, self.request.user)
        if records and time.time() - records[-1]["at"] < account_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def phone_form_field(self, **kwargs: Any) -> Any:
        """A field that takes a Korean mobile number however it is written."""
        from identity.forms import PhoneField  # the forms need this adapter's words: a cycle otherwise

        return PhoneField(**kwargs)

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        """The stored number, proved."""
        return (user.phone, True) if user.phone else None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        """Keep a number that was proved; one that was not is not kept."""
        if verified:
            user.phone = phone
            user.save(update_fields=["phone"])

    def set_phone_verified(self, user: User, phone: str) -> None:
        """Keep a number that was proved."""
        self.set_phone(user, phone, verified=True)

    def get_user_by_phone(self, phone: str) -> User | None:
        """The owner of a number among the portal's kind of people: the same number may belong to an advertiser and to a member."""
        kind = KIND_OF_PORTAL.get(_portal(context.request))
        return User.objects.filter(kind=kind, phone=phone).exclude(phone="").first()

    def send_verification_code_sms(self, user: User, phone: str, code: str, **kwargs: Any) -> None:
        """:raises PermissionDenied: always; no page asks for a code while nobody can sign up."""
        raise PermissionDenied("phone codes are not offered")


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """Devices that are signed out together."""

    def end_sessions(self, sessions: list[UserSession]) -> None:
        """What the app was given there opens nothing any more either."""
        super().end_sessions(sessions)
        for user in {session.user for session in sessions}:
            app_access.end(user, at=timezone.now())


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factor: secrets are stored encrypted, and an operator's last one cannot be switched off by its owner."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "인증 번호가 맞지 않아요. 앱에 지금 보이는 6자리를 적어 주세요.",
        "cannot_delete_authenticator": "운영자는 2단계 인증을 끌 수 없어요.",
    }

    def encrypt(self, text: str) -> str:
        """Encrypt a secret for the database with the first key."""
        return sealed.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The counterpart of encrypt; older keys still open what they closed."""
        return sealed.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """An operator keeps the app, and never loses the last key."""
        if authenticator.user.kind != User.Kind.OPERATOR:
            return True
        others = Authenticator.objects.filter(user=authenticator.user).exclude(pk=authenticator.pk)
        return bool(authenticator.type == Authenticator.Type.WEBAUTHN and others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The portal's own host, whatever a request says; a passkey works nowhere else."""
        host = urlsplit(settings.PORTAL_ORIGINS[_portal(context.request)]).hostname if settings.PRODUCTION else None
        return {"id": host or context.request.get_host().partition(":")[0], "name": settings.MFA_TOTP_ISSUER}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        """The public number; numbers of rows stay here."""
        return {"id": user.public_id.bytes, "display_name": user.get_full_name(), "name": user.email or user.username}

    def generate_authenticator_name(self, user: User, type: str) -> str:
        """What a passkey is called when its owner says nothing."""
        return f"패스키 {Authenticator.objects.filter(user=user, type=type).count() + 1}"


class HeadlessAdapter(DefaultHeadlessAdapter):  # type: ignore[misc]
    """What the app is told about the person who signed in."""

    error_messages: ClassVar[dict[str, Any]] = dict.fromkeys(DefaultHeadlessAdapter.error_messages, "요청을 처리할 수 없어요.") | {
        "required": "꼭 필요한 항목이에요.",
        "invalid_token": "로그인이 끝났어요. 다시 로그인해 주세요.",
    }

    def serialize_user(self, user: User) -> dict[str, Any]:
        """The public number and the name; numbers of rows and addresses stay here."""
        return {"id": str(user.public_id), "display": user.get_full_name()}


def _portal(request: HttpRequest) -> str:
    portal: str = request.portal  # type: ignore[attr-defined]  # set by the first middleware
    return portal
