"""Signing in, portal by portal: a wrong kind of person is refused with the words, and the work, of a wrong password."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from common.portals import ADVERTISER, BACKOFFICE, LUCKFFLE
from identity import phones
from identity.models import User

KIND_OF_PORTAL = {ADVERTISER: User.Kind.ADVERTISER, LUCKFFLE: User.Kind.MEMBER, BACKOFFICE: User.Kind.OPERATOR}
PORTAL_OF_KIND = {kind: portal for portal, kind in KIND_OF_PORTAL.items()}


def login_name(portal: str, text: str) -> str:
    """
    What was typed, in the one form we compare, limit and log by: E.164 for members, lower case for the others.

    A number that is no Korean mobile number stays as it was typed: it finds nobody.
    """
    text = text.strip().encode("utf-8", "replace").decode()  # a lone surrogate from JSON would crash the driver and the hasher
    if portal == LUCKFFLE:
        return phones.normalise(text) or text[:50]
    return text.lower()[:254]


class PortalBackend(ModelBackend):
    """
    Finds the person among the kind that the portal is for.

    Advertisers come with a login ID or an e-mail address, members with their phone, operators with their work e-mail.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **credentials: Any
    ) -> User | None:
        name = username or credentials.get("email") or credentials.get("phone") or ""
        portal = getattr(request, "portal", "")
        if not name or password is None or portal not in KIND_OF_PORTAL:
            return None
        password = password.encode("utf-8", "replace").decode()
        user = self._find(portal, login_name(portal, name))
        if user is None:
            User().set_password(password)  # the same work whether or not the account exists
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    @staticmethod
    def _find(portal: str, name: str) -> User | None:
        if "\x00" in name:
            return None
        people = User.objects.filter(kind=KIND_OF_PORTAL[portal])
        if portal == LUCKFFLE:
            return people.filter(phone=name).first()
        if portal == BACKOFFICE or "@" in name:
            return people.filter(email__iexact=name).exclude(email="").first()
        return people.filter(username__iexact=name).first()
