"""Signing in, portal by portal: a wrong kind of person is refused with the words of a wrong password."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Q
from django.http import HttpRequest

from common.portals import ADVERTISER, BACKOFFICE, LUCKFFLE
from identity.models import User

KIND_OF_PORTAL = {ADVERTISER: User.Kind.ADVERTISER, LUCKFFLE: User.Kind.MEMBER, BACKOFFICE: User.Kind.OPERATOR}


class PortalBackend(ModelBackend):
    """Finds the person by login ID, e-mail or phone among the kind of people this portal is for."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **credentials: Any
    ) -> User | None:
        name = username or credentials.get("email") or credentials.get("phone") or ""
        kind = KIND_OF_PORTAL.get(getattr(request, "portal", ""))
        if not name or password is None or kind is None:
            return None
        user = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name) | Q(phone=name), kind=kind).first()
        if user is None:
            User().set_password(password)  # the same work whether or not the account exists
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
