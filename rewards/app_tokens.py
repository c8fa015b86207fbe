"""What the reward app's access token says about the member, and tokens for tools."""

import secrets
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from allauth.headless.tokens.strategies.jwt.internal import create_access_token

from identity.models import User
from identity.tokens import MemberTokens
from rewards.models import Member


def claims_of(user: User) -> dict[str, Any]:
    """The member's row number, so that taking part needs no query to find it; nothing for somebody who is no active member."""
    member_id = Member.objects.filter(user=user, is_active=True).values_list("pk", flat=True).first()
    return {} if member_id is None else {"member_id": member_id}


def end(user: User, *, at: datetime) -> None:
    """What was issued before `at` opens nothing any more, of the app and of missions under way."""
    Member.objects.filter(user=user).update(tokens_valid_from=at)


def token_for(member: Member) -> str:
    """An access token without a sign-in, for tools that drive the product from this machine. It opens no session."""
    token: str = create_access_token(
        member.user, SimpleNamespace(session_key=secrets.token_hex(16)), MemberTokens().get_claims(member.user)
    )
    return token
