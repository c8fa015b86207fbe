"""A member's password: asked for again before something that must not be done by whoever finds an open phone, and chosen anew."""

from datetime import datetime

from allauth.account.adapter import get_adapter
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from common.errors import DomainError
from identity import access_log, notifications
from identity.models import User
from rewards import app_tokens
from rewards.models import Member
from rewards.signing_up import judge_password


class PasswordWrong(DomainError):
    """Not the password of who is signed in, or tried too often."""

    code = "member.password_wrong"
    message = "비밀번호가 맞지 않아요. 5번 틀리면 10분 동안 다시 할 수 없어요."
    http_status = 422


def require(*, request: HttpRequest, member: Member, password: str) -> None:
    """
    Ask for the password again, under the limits of signing in.

    :raises PasswordWrong: it is not theirs, or was tried too often.
    """
    try:
        is_theirs = get_adapter(request).reauthenticate(member.user, password)
    except ValidationError:
        is_theirs = False
    if not is_theirs:
        raise PasswordWrong


def change(*, request: HttpRequest, member: Member, current: str, password: str, at: datetime) -> None:
    """
    Choose another password; every session and every app token of the account ends with the old one. Owns the transaction.

    :raises PasswordWrong: `current` is not theirs.   :raises PasswordRefused: the new one does not do.
    """
    require(request=request, member=member, password=current)
    judge_password(password, member.user)
    secret = make_password(password)  # slow: before anything is locked
    with transaction.atomic(durable=True):
        user = User.objects.select_for_update(no_key=True).get(pk=member.user_id)
        User.objects.filter(pk=user.pk).update(password=secret)
        app_tokens.end(user, at=at)
        access_log.note(actor=user, action="password.changed", subject=f"user:{user.public_id}", at=at)
        notifications.notify(
            user=user,
            kind="identity.password_changed",
            title="비밀번호를 바꿨어요",
            body="모든 기기에서 로그아웃했어요. 직접 바꾼 것이 아니라면 바로 고객센터로 알려 주세요.",
            key=f"password-changed:{user.public_id}:{at.isoformat()}",
            at=at,
            channels=("in_app", "sms"),
        )
