"""Work of the machine that an operator asks for, moves on or takes off the list."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import ADDITION
from django.db import transaction

from backoffice.services.journal import note, take_turn
from common import effects
from common.errors import DomainError
from common.models import Effect
from identity import notifications
from identity.models import Notification, User

RECONCILED_DAYS = 3


class NotParked(DomainError):
    """The effect is not parked (any more)."""

    code = "backoffice.not_parked"
    message = "멈춘 작업이 아니에요. 다른 사람이 먼저 처리했을 수 있어요."


class StillRunning(DomainError):
    """What was asked for has been asked for already and is not over."""

    code = "backoffice.still_running"
    message = "이미 돌고 있어요. 끝나면 이 화면에 결과가 보여요."


def unpark(*, effect_id: int, by: User, reason: str, at: datetime) -> Effect:
    """
    Let a parked effect be asked about again.

    :raises NotParked: it is not parked; nothing was written.
    """
    with transaction.atomic(durable=True):
        if effects.unpark([effect_id], at=at) != 1:
            raise NotParked
        effect = Effect.objects.get(pk=effect_id)
        note(row=effect, by=by, reason=f"다시 확인: {reason}", at=at)
    return effect


def dismiss_alert(*, public_id: UUID, by: User, at: datetime) -> bool:
    """Take an operators' alert off everybody's list; False when somebody did so before."""
    with transaction.atomic(durable=True):
        dismissed = notifications.dismiss_alert(public_id=public_id, at=at)
        if dismissed:
            note(row=Notification.objects.get(public_id=public_id), by=by, reason="알림을 처리했어요", at=at)
    return dismissed


def ask_for_reconciliation(*, by: User, at: datetime) -> list[Effect]:
    """
    Ask for a comparison of the last days with every payment company; the relay carries it out.

    :raises StillRunning: one is on its way.
    """
    with transaction.atomic(durable=True):
        _refuse_a_second("payments.reconcile")
        asked = [
            effects.add("payments.reconcile", key=f"reconcile:{name}:{by.pk}:{at.isoformat()}", at=at, gateway=name, days=RECONCILED_DAYS)
            for name in settings.PAYMENT_GATEWAYS
        ]
        for effect in asked:
            note(row=effect, by=by, reason="대사를 시작했어요", at=at, flag=ADDITION)
        return asked


def ask_for_proof(*, by: User, at: datetime) -> Effect:
    """
    Ask for a run of the proof; the relay carries it out.

    :raises StillRunning: one is on its way.
    """
    with transaction.atomic(durable=True):
        _refuse_a_second("credits.proof")
        effect = effects.add("credits.proof", key=f"proof:{by.pk}:{at.isoformat()}", at=at, asked_by=by.pk)
        note(row=effect, by=by, reason="원장 증명을 시작했어요", at=at, flag=ADDITION)
        return effect


def _refuse_a_second(kind: str) -> None:
    take_turn(kind)
    if Effect.objects.filter(kind=kind, state__in=(Effect.State.NEW, Effect.State.SENT)).exists():
        raise StillRunning
