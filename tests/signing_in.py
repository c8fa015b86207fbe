"""Browsers in which somebody is signed in, without walking through the sign-in pages."""

import time

from allauth.account.internal.flows.login import _AUTHENTICATION_METHODS_USER_SESSION_KEY, AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from identity import browsers
from identity.backends import PORTAL_OF_KIND
from identity.models import StepUpGrant, User
from identity.step_up import grant


def cookie_of(portal: str) -> str:
    """The name of the portal's session cookie."""
    return f"boost_{portal}"


def sign_in(client: Client, user: User, *, second_factor: bool = True) -> Client:
    """
    Sign a person in to their portal in this browser; sessions of the other portals stay.

    second_factor: operators have one and have shown it; False leaves them at the password.
    """
    client.force_login(user)
    session = client.session
    if user.kind == User.Kind.OPERATOR and second_factor:
        if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
            give_second_factor(user)
        records = [{"method": "password", "at": time.time()}, {"method": "mfa", "at": time.time(), "type": "totp", "reauthenticated": True}]
        session[AUTHENTICATION_METHODS_SESSION_KEY] = records
        session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
        session.save()
    client.cookies[cookie_of(PORTAL_OF_KIND[user.kind])] = client.cookies.pop(settings.SESSION_COOKIE_NAME).value
    return client


def browser(user: User, *, second_factor: bool = True) -> Client:
    """A new browser in which this person is signed in."""
    return sign_in(Client(), user, second_factor=second_factor)


def give_second_factor(user: User) -> str:
    """Set up an authenticator app for somebody; the secret it shares with us."""
    secret: str = generate_totp_secret()
    Authenticator.objects.filter(user=user).delete()
    TOTP.activate(user, secret)
    return secret


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or `steps` half-minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def step_up(client: Client, user: User, purpose: StepUpGrant.Purpose) -> Client:
    """Let this person have shown again who they are, in this browser, for this purpose."""
    client.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[cookie_of(PORTAL_OF_KIND[user.kind])].value
    session = client.session
    del client.cookies[settings.SESSION_COOKIE_NAME]
    request = HttpRequest()
    request.session = session
    grant(user=user, purpose=purpose, method=StepUpGrant.Method.SMS, browser=browsers.marked(request), at=timezone.now())
    session.save()
    return client
