"""
Who speaks through the advertisers' JSON doors: a program with an API key, or a person signed in to the advertiser portal, for the team
they act for. Either way a Membership, read fresh; what its role may not do, no key may.
"""

from django.conf import settings
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja.security import APIKeyCookie, HttpBearer

from advertisers import services as advertisers
from advertisers.access import act_under, membership_of
from advertisers.models import ApiKey, Membership
from common import rehearsal
from common.errors import DomainError
from identity.models import User

Scope = ApiKey.Scope


class ScopeMissing(DomainError):
    """The key was not made for this."""

    code = "advertisers.scope_missing"
    message = "이 API 키로는 할 수 없는 일이에요. 필요한 범위: {scope}"
    http_status = 403


class TeamKey(HttpBearer):
    """`Authorization: Bearer boost_…`. scope: what the door asks of a key."""

    def __init__(self, scope: ApiKey.Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Membership | None:
        """:raises ScopeMissing: the key is good, but not for this door.   :raises KeyReplaced: it was, until another took its place."""
        key = advertisers.find_key(secret=token, at=timezone.now())
        if key is None:
            return None
        if self.scope not in key.scopes:
            raise ScopeMissing(scope=str(self.scope.label))
        request.user = key.membership.user
        act_under(request, key.membership)
        rehearsal.mark(request, is_test=key.is_test)
        return key.membership


class TeamSession(APIKeyCookie):
    """The portal's session; what writes also needs the CSRF token of the page."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Membership | None:
        if not isinstance(request.user, User):
            return None
        try:
            return membership_of(request)
        except Http404:
            return None


READS = [TeamKey(Scope.CAMPAIGNS_READ), TeamSession()]
READS_CREDITS = [TeamKey(Scope.CREDITS_READ), TeamSession()]
READS_WEBHOOKS = [TeamKey(Scope.WEBHOOKS_READ), TeamSession()]
WRITES_WEBHOOKS = [TeamKey(Scope.WEBHOOKS_WRITE), TeamSession()]
WRITES = [TeamKey(Scope.CAMPAIGNS_WRITE), TeamSession()]


class TeamRequest(HttpRequest):
    """What a door behind one of these is given."""

    user: User
    auth: Membership
