"""Changes that belong to the back office itself: they call one domain service and keep who did it and why."""

from datetime import datetime

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model

from common import dated, effects
from common.errors import DomainError
from common.models import DatedSetting, Effect
from identity.models import User


class NotParked(DomainError):
    """The effect is not parked (any more)."""

    code = "backoffice.not_parked"
    message = "멈춘 작업이 아니에요. 다른 사람이 먼저 처리했을 수 있어요."


def note(*, row: Model, by: User, reason: str, at: datetime, flag: int = CHANGE) -> LogEntry:
    """Keep who changed a row, when and why. Joins the caller's transaction."""
    return LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=flag,
        change_message=reason,
        action_time=at,
    )


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


def set_policy(*, name: str, value: object, effective_from: datetime, by: User, reason: str, at: datetime) -> DatedSetting:
    """
    Give a policy a new value from a moment on; what was paid or decided before keeps the old one.

    :raises dated.PolicyRefused: unknown name, a value of another shape, or a moment that has passed.
    """
    with transaction.atomic(durable=True):
        row = dated.change(name=name, value=value, effective_from=effective_from, reason=reason, by_id=by.pk, at=at)
        note(row=row, by=by, reason=reason, at=at, flag=ADDITION)
    return row
