"""
Whether a person has signed in with this browser before. A signed mark in the browser says so; here nothing about browsers is kept.

Who signs in elsewhere hears of it at once, but not of their very first sign-in. Members are told by their app (rewards).
"""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from common.portals import host_bound
from identity import browsers, devices, notices_of_keys, security
from identity.models import User

REMEMBERED: Final = 400 * 24 * 3600  # seconds; the longest that browsers keep a cookie
MOST: Final = 5  # people of one browser
TOLD: Final = frozenset({User.Kind.ADVERTISER, User.Kind.OPERATOR})
_SALT = "identity.known_browsers"


def name_of(portal: str) -> str:
    """The cookie of a portal."""
    return host_bound(f"boost_{portal}_known")


def signed_in(request: HttpRequest, user: User, *, is_first: bool, portal: str, at: datetime) -> None:
    """
    Somebody signed in: remember the browser when it answers, and tell the person when it is a new one. A member's browser or app is left
    alone. Owns its transaction.

    is_first: it is the first sign-in of this account.
    """
    if user.kind not in TOLD:
        return
    known = _people_of(request, portal)
    mark = browsers.keyed("known", str(user.public_id))[:32]
    request.known_people = [mark, *(other for other in known if other != mark)][:MOST]  # type: ignore[attr-defined]
    if mark in known or is_first:
        return
    device = devices.name_of(request.headers.get("User-Agent", ""))
    with transaction.atomic():
        notices_of_keys.tell(security.NEW_DEVICE, user, {"device": device, "when": at}, url=reverse("usersessions_list"), at=at)


def remember(request: HttpRequest, response: HttpResponse, *, portal: str) -> None:
    """Put the mark of whoever signed in with this request into the browser."""
    if people := getattr(request, "known_people", None):
        response.set_signed_cookie(
            name_of(portal),
            ".".join(people),
            salt=_SALT,
            max_age=REMEMBERED,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def _people_of(request: HttpRequest, portal: str) -> list[str]:
    """The marks that this browser carries; none when somebody else wrote them."""
    try:
        return str(request.get_signed_cookie(name_of(portal), salt=_SALT, max_age=REMEMBERED)).split(".")
    except (KeyError, signing.BadSignature):
        return []
