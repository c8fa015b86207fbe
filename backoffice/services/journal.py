"""Who did what, when and why, and that one press is one deed."""

from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Model

from common.errors import DomainError
from identity.models import User

PRESS_KEPT_SECONDS = 86_400


class AlreadyDone(DomainError):
    """Another press did it, mostly another operator's in the same moment."""

    code = "backoffice.already_done"
    message = "이미 처리했거나 다른 운영자가 먼저 처리했어요. 화면을 새로 고쳐서 결과를 확인해 주세요."


def take_turn(subject: str) -> None:
    """Operators who press the same button at once come one after the other. Holds until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"backoffice.{subject}"])


def take_once(press: str) -> None:
    """
    Remember a press for a day. Joins the caller's transaction; of the same press twice at once the second waits for the first.

    press: names the button and the key of the page that was opened.

    :raises AlreadyDone: it was made.
    """
    if not cache.add(f"backoffice.press.{press}", True, timeout=PRESS_KEPT_SECONDS):
        raise AlreadyDone


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


def keep(*, row: Model, by: User, reason: str, at: datetime, flag: int = CHANGE) -> None:
    """
    Keep who did something, when and why, right after a service of another app did it in a transaction of its own; its rows name the
    person as well, so that nothing is lost should the process die in between.
    """
    with transaction.atomic(durable=True):
        note(row=row, by=by, reason=reason.strip()[:500], at=at, flag=flag)
