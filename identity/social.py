"""
Signing in with an account of Kakao, Naver or Google, for advertisers. A service without keys in the environment is not there at all.

A number of a service opens an account only after its owner linked the two while signed in here. Whoever comes with an unknown number is
asked: sign in to link it, or sign up. Addresses are never compared: a mail address at another house proves nothing here.
"""

import time
from dataclasses import dataclass
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone

from common.errors import DomainError
from identity import access_log, security
from identity.backends import KIND_OF_PORTAL
from identity.models import User
from identity.notices_of_keys import tell

_PENDING = "social_pending"
_KEPT_SECONDS = 1800
_FAILED = "{name} 로그인을 끝내지 못했어요. 다시 눌러 주세요."
_CANCELLED = "{name} 로그인을 그만뒀어요."
_CLOSED = "이 계정으로는 로그인할 수 없어요."


class AlreadyLinked(DomainError):
    """The number of the service opens another account. Told only to who has just signed in there."""

    code = "social.already_linked"
    message = "이 {name} 계정은 다른 부스트 계정에 연결돼 있어요."


@dataclass(frozen=True, slots=True)
class Service:
    """One service that can be used. key: kakao, naver, google."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody signed in at a service whose number we do not know. uid: that number."""

    service: Service
    uid: str


def services() -> list[Service]:
    """Those with keys in the environment."""
    return [Service(key, known["name"]) for key, known in settings.SOCIAL_LOGIN.items() if known["client_id"]]


def service_of(key: str) -> Service | None:
    """A service that can be used."""
    return next((service for service in services() if service.key == key), None)


def hosts() -> list[str]:
    """Where the browser goes from our forms."""
    return ["/".join(settings.SOCIAL_LOGIN[service.key]["authorize_url"].split("/")[:3]) for service in services()]


def linked(user: User) -> dict[str, SocialAccount]:
    """What is linked to a person's account, by service."""
    return {row.provider: row for row in SocialAccount.objects.filter(user=user)}


def pending(request: HttpRequest) -> Pending | None:
    """Who waits in this browser to be linked."""
    kept: dict[str, Any] | None = request.session.get(_PENDING)
    if not kept or kept["until"] < time.time():
        return None
    service = service_of(kept["service"])
    return Pending(service, kept["uid"]) if service else None


def forget(request: HttpRequest) -> None:
    """Nobody waits any more."""
    request.session.pop(_PENDING, None)


def link_pending(request: HttpRequest, user: User) -> Service | None:
    """
    Link who waits in this browser to the account that was just signed in to or made; the service, or None when nobody waits. Owns the
    transaction.

    :raises AlreadyLinked: the number opens another account, or the account has another number of the service.
    """
    waiting = pending(request)
    if waiting is None:
        return None
    forget(request)
    name, key = waiting.service.name, waiting.service.key
    try:
        with transaction.atomic(durable=True):
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            if SocialAccount.objects.filter(provider=key, user=user).exists():
                raise AlreadyLinked(name=name)
            SocialAccount.objects.create(provider=key, uid=waiting.uid, user=user, extra_data={})
            tell(security.SOCIAL_LINKED, user, {"service": name}, at=timezone.now())
    except IntegrityError as error:
        raise AlreadyLinked(name=name) from error
    return waiting.service


def unlink(*, user: User, service: Service) -> bool:
    """Let a service open an account no more; False when it did not. Owns the transaction."""
    with transaction.atomic(durable=True):
        gone, _ = SocialAccount.objects.filter(user=user, provider=service.key).delete()
        if gone:
            tell(security.SOCIAL_UNLINKED, user, {"service": service.name}, at=timezone.now())
    return bool(gone)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """What allauth asks of us when somebody comes back from a service."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[SocialApp]:
        """From the environment, never from rows."""
        return [
            SocialApp(provider=key, name=known["name"], client_id=known["client_id"], secret=known["secret"])
            for key, known in settings.SOCIAL_LOGIN.items()
            if known["client_id"] and provider in (None, key)
        ]

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """Keep the number and nothing of what else was told."""
        sociallogin.account.extra_data, sociallogin.email_addresses = {}, []
        return sociallogin.user

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Somebody known signs in, of the portal's kind only; an unknown number waits for its owner to sign in or up."""
        service = service_of(sociallogin.account.provider)
        if service is None or sociallogin.state.get("process") != AuthProcess.LOGIN:
            self._back(request, _FAILED.format(name=service.name if service else ""))
        if not sociallogin.is_existing:
            until = time.time() + _KEPT_SECONDS
            request.session[_PENDING] = {"service": service.key, "uid": sociallogin.account.uid, "until": until}  # type: ignore[union-attr]
            raise ImmediateHttpResponse(redirect("social-link" if request.user.is_authenticated else "social-unknown"))
        user, kind = sociallogin.user, KIND_OF_PORTAL.get(request.portal)  # type: ignore[attr-defined]
        if user.kind != kind or not user.is_active or (request.user.is_authenticated and request.user != user):
            self._back(request, _CLOSED)

    def on_authentication_error(self, request: HttpRequest, provider: Any, error: Any = None, **details: Any) -> None:
        """Whatever went wrong at the service: back to where the person came from, with a word."""
        service = service_of(provider.id)
        words = _CANCELLED if error == AuthError.CANCELLED else _FAILED
        self._back(request, words.format(name=service.name if service else ""))

    def _back(self, request: HttpRequest, words: str) -> None:
        """:raises ImmediateHttpResponse: always."""
        portal = getattr(request, "portal", "")
        access_log.note(actor=None, action="login.failed", subject=f"portal:{portal}", at=timezone.now())
        messages.error(request, words)
        raise ImmediateHttpResponse(redirect("socialaccount_connections" if request.user.is_authenticated else "account_login"))
