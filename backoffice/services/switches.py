"""Numbers that change on a day, and the switch that stops money."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import ADDITION
from django.db import transaction

from backoffice import limits
from backoffice.services.journal import AlreadyDone, note, take_turn
from common import dated
from common.errors import DomainError
from common.models import DatedSetting
from credits import services as ledger
from identity import notifications
from identity.models import User
from payments.policy import SECOND_APPROVAL_ABOVE_KRW

SAME_MOMENT = timedelta(seconds=10)
WATCHED_POLICIES = {SECOND_APPROVAL_ABOVE_KRW.name, *(limit.name for limit in limits.LIMITS.values())}


class AlreadySwitched(DomainError):
    """The switch stands where it was asked to go."""

    code = "backoffice.already_switched"
    message = "이미 바뀌어 있어요. 다른 사람이 먼저 눌렀을 수 있어요."


def policies() -> dict[str, dated.Dated[Any]]:
    """What `set_policy` takes, by name. Money is stopped and let go by a switch of its own: an emergency has no appointment."""
    return {name: policy for name, policy in dated.defined().items() if name != ledger.MONEY_STOPPED.name}


def set_policy(*, name: str, value: object, effective_from: datetime, by: User, reason: str, at: datetime) -> DatedSetting:
    """
    Give a policy a new value from a moment on; what was paid or decided before keeps the old one. All operators hear of a limit on
    decisions that was moved: whoever moves it may be who decides next.

    :raises dated.PolicyRefused: unknown name, a value of another shape, a moment that has passed.
    :raises AlreadyDone: somebody was first with the same value for the same moment.
    """
    if name not in policies():
        raise dated.PolicyRefused(why="그런 설정은 없어요.")
    with transaction.atomic(durable=True):
        take_turn(f"policy.{name}")
        about_then = (effective_from - SAME_MOMENT, effective_from + SAME_MOMENT)
        if DatedSetting.objects.filter(name=name, value=value, effective_from__range=about_then).exists():
            raise AlreadyDone
        row = dated.change(name=name, value=value, effective_from=effective_from, reason=reason, by_id=by.pk, at=at)
        note(row=row, by=by, reason=reason, at=at, flag=ADDITION)
        if name in WATCHED_POLICIES:
            notifications.alert_operators(
                kind="backoffice.limit_changed",
                title=f"설정이 바뀌었어요: {policies()[name].label}",
                body=f"{by.get_full_name()} · 새 값 {value:,} · {reason}",
                key=f"backoffice:policy:{row.pk}",
                at=at,
            )
    return row


def switch_money(*, stop: bool, by: User, reason: str, at: datetime) -> DatedSetting:
    """
    Stop new top-ups and refunds, or let them go on, from now; the operators are told.

    :raises AlreadySwitched: somebody was first; nothing was written.
    """
    with transaction.atomic(durable=True):
        take_turn("money_switch")
        # Whoever waited for the turn looked at the clock before the turn that came first, so the newest one counts, whatever its moment.
        newest = DatedSetting.objects.filter(name=ledger.MONEY_STOPPED.name).order_by("-effective_from", "-pk").first()
        if bool(newest.value if newest else ledger.MONEY_STOPPED.default) is stop:
            raise AlreadySwitched
        at = max(at, newest.effective_from + timedelta(microseconds=1)) if newest else at
        row = dated.change(name=ledger.MONEY_STOPPED.name, value=stop, effective_from=at, reason=reason, by_id=by.pk, at=at)
        done = "충전과 환불을 멈췄어요" if stop else "충전과 환불을 다시 시작했어요"
        note(row=row, by=by, reason=f"{done} · {reason}", at=at, flag=ADDITION)
        notifications.alert_operators(
            kind="backoffice.money_switch",
            title=done,
            body=f"{by.get_full_name()} · {reason}",
            key=f"backoffice:money_switch:{row.pk}",
            at=at,
        )
    return row
