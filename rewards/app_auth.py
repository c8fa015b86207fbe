"""
Who speaks through the reward app's JSON doors.

The token is checked by its signature alone. Doors that take part hand its facts to the database function, which looks at the
member in the same call; doors that only read ask `acting_member`.
"""

from django.http import HttpRequest
from ninja.security import HttpBearer

from common.errors import DomainError
from identity.tokens import Claims, member_claims
from rewards.models import Member

LONGEST_TOKEN = 4_000


class MemberInactive(DomainError):
    code = "member.inactive"
    message = "지금은 이용할 수 없는 계정이에요."
    http_status = 403


class TokenOutdated(DomainError):
    code = "member.token_outdated"
    message = "다시 로그인해 주세요."
    http_status = 401


class AppToken(HttpBearer):
    """An access token of the reward app: `Authorization: Bearer …`."""

    def authenticate(self, request: HttpRequest, token: str) -> Claims | None:
        return member_claims(token) if len(token) <= LONGEST_TOKEN else None


class AppRequest(HttpRequest):
    """What a door behind `AppToken` is given."""

    auth: Claims


def acting_member(request: AppRequest) -> Member:
    """
    The member the token speaks for. One query.

    :raises MemberInactive: there is no such active member.   :raises TokenOutdated: the member signed out everywhere since.
    """
    member = Member.objects.filter(pk=request.auth.member_id, is_active=True).first()
    if member is None:
        raise MemberInactive
    if member.tokens_valid_from.replace(microsecond=0) > request.auth.issued_at:
        raise TokenOutdated
    return member
