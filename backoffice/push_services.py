"""What operators do about pushes: one domain service each, with who did it and why."""

from datetime import datetime
from uuid import UUID

from django.contrib.admin.models import ADDITION
from django.db import transaction

from backoffice.services import note
from common.errors import DomainError
from identity.models import User
from rewards import push
from rewards.models import Member, PushMessage
from rewards.push.composing import PushIn


class NobodyToTry(DomainError):
    """No such member, or no phone to ring."""

    code = "backoffice.nobody_to_try"
    message = "이 공개 번호의 회원이 없거나, 알림을 받을 휴대폰이 없어요."
    http_status = 422


def compose(*, wish: PushIn, by: User, at: datetime) -> PushMessage:
    """
    Keep a draft.

    :raises LabelMissing, WayOutMissing: the law wants both in the text itself.
    """
    with transaction.atomic(durable=True):
        message = push.compose(wish=wish, by=by, at=at)
        note(row=message, by=by, reason="푸시 작성", at=at, flag=ADDITION)
        return message


def try_out(*, message: PushMessage, member: UUID, by: User, at: datetime) -> PushMessage:
    """
    Send a draft to one member's phones.

    :raises NobodyToTry: there is no such member, or no phone.   :raises PushMoved: it is no draft any more.
    """
    found = Member.objects.filter(public_id=member, is_active=True).first()
    with transaction.atomic(durable=True):
        sent = push.try_out(message=message, member=found, at=at) if found else None
        if sent is None:
            raise NobodyToTry
        note(row=message, by=by, reason=f"시험 발송: 회원 {member}", at=at)
        return sent


def schedule(*, message: PushMessage, when: datetime, by: User, at: datetime) -> PushMessage:
    """
    Send a draft at a moment.

    :raises MomentPassed: `when` is before `at`.   :raises PushMoved: it is no draft any more.
    """
    with transaction.atomic(durable=True):
        row = push.schedule(message=message, when=when, at=at)
        note(row=row, by=by, reason="푸시 보내기" if when == at else "푸시 예약", at=at)
        return row


def stop(*, message: PushMessage, reason: str, by: User, at: datetime) -> PushMessage:
    """
    Let nothing more of it go out.

    :raises PushMoved: it has its end.
    """
    with transaction.atomic(durable=True):
        row = push.stop(message=message, at=at)
        note(row=row, by=by, reason=reason, at=at)
        return row
