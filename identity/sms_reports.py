"""
What became of an SMS. The supplier's list is asked until it says something final; a webhook only says that it is time to ask.

A message that did not arrive falls back: the page that waits for a code offers another way, a notice goes out by mail.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from common import clock, effects
from common.models import Effect, InboundWebhook
from common.transactions import joined
from identity.models import Notification, PhoneCode, SmsMessage

State = SmsMessage.State
SUPPLIER = "solapi"
FIRST_LOOK = timedelta(minutes=2)
LOOK_FOR = timedelta(days=1)
_DELIVERED, _ON_THE_WAY = "4000", frozenset({"", "2000", "3000"})


class Data(BaseModel):
    """What a report says of one message. Source: Solapi webhook SINGLE-REPORT; an older shape has the same fields one level up."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    message_id: str = Field(alias="messageId", max_length=60)
    status_code: str = Field(alias="statusCode", default="", max_length=10)
    custom_fields: dict[str, str] = Field(alias="customFields", default_factory=dict)


class Report(BaseModel):
    """One event. event_data_id: the same for every repeat."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    event_data_id: str = Field(alias="eventDataId", min_length=1, max_length=100)
    data: Data


REPORTS = TypeAdapter(list[Report])


def read(body: bytes) -> list[Report]:
    """
    The reports of one message of the supplier.

    :raises ValueError: it is no list of reports.
    """
    told: Any = json.loads(body)
    if not isinstance(told, list):
        raise ValueError("no list")
    return REPORTS.validate_python([{**row, "data": row.get("data", row)} if isinstance(row, dict) else row for row in told])


def is_proved(secret: str, token: str) -> bool:
    """
    Whether a message carries one of our secrets, as the supplier shows it, and came to our unguessable address.

    Source: X-Solapi-Secret is the lower-case hex SHA-1 of the secret; the body has no signature, which is why it is only a hint.
    """
    shown = [hashlib.sha1(known.encode(), usedforsecurity=False).hexdigest() for known in settings.SOLAPI_WEBHOOK_SECRETS]
    is_ours = [constant_time_compare(secret, known) for known in shown]
    return any(is_ours) and bool(settings.SOLAPI_WEBHOOK_TOKEN) and constant_time_compare(token, settings.SOLAPI_WEBHOOK_TOKEN)


def sent(*, ref: str, at: datetime, code: PhoneCode | None = None, notification: Notification | None = None) -> None:
    """Write down that the supplier has a message, and that somebody asks what became of it. Joins the caller's transaction."""
    row, _ = SmsMessage.objects.get_or_create(ref=ref, defaults={"code": code, "notification": notification, "sent_at": clock.real_now()})
    effects.add("identity.sms_report", key=f"sms:{ref}:report", at=at, due_at=at + FIRST_LOOK, sms=row.pk)


def receive(reports: Iterable[Report], *, at: datetime) -> None:
    """Store every report once, without the number in it, and ask about its message now. Owns the transaction."""
    with transaction.atomic(durable=True):
        for report in reports:
            said = {"messageId": report.data.message_id, "statusCode": report.data.status_code}
            row, created = InboundWebhook.objects.get_or_create(
                gateway=SUPPLIER,
                event_id=report.event_data_id,
                defaults={
                    "type": "SINGLE-REPORT",
                    "ref": report.data.message_id,
                    "body": json.dumps(said).encode(),
                    "state": InboundWebhook.State.DONE,
                    "received_at": at,
                },
            )
            if not created:
                InboundWebhook.objects.filter(pk=row.pk).update(deliveries=F("deliveries") + 1)
            ref = report.data.custom_fields.get("deliveryId", "")
            waiting = Effect.objects.filter(kind="identity.sms_report", key=f"sms:{ref}:report", due_at__gt=at)
            waiting.filter(state__in=[Effect.State.NEW, Effect.State.UNKNOWN]).update(due_at=at)


def is_final(status_code: str) -> bool:
    """True when nothing can follow."""
    return status_code not in _ON_THE_WAY


def close(*, message: int, status_code: str, at: datetime) -> bool:
    """
    Write down how a message ended, and fall back when it did not arrive; False when that was known. Joins the caller's transaction.
    """
    joined("the end of a message")
    state = State.DELIVERED if status_code == _DELIVERED else State.FAILED
    open_ones = SmsMessage.objects.filter(pk=message, state=State.SENT)
    if open_ones.update(state=state, status_code=status_code, reported_at=at) != 1:
        return False
    if state == State.FAILED:
        _fall_back(SmsMessage.objects.select_related("code", "notification__user").get(pk=message), at=at)
    return True


def _fall_back(row: SmsMessage, *, at: datetime) -> None:
    if row.code is not None:
        if row.ref == ref_of(row.code):  # the digits that count went out in this one
            PhoneCode.objects.filter(pk=row.code.pk, used_at__isnull=True).update(delivery=PhoneCode.Delivery.TROUBLE)
        return
    notice = row.notification
    if notice is not None and notice.user is not None and notice.user.email:
        effects.add("identity.mail", key=f"notice:{notice.public_id}:mail", at=at, notification=notice.pk)


def ref_of(code: PhoneCode) -> str:
    """Our number of the message that carried the digits which count now."""
    return f"{code.public_id}.{code.code_hash[:8]}"
