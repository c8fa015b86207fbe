"""Which phones are whose."""

from datetime import datetime, timedelta
from typing import Annotated

from django.db import IntegrityError, transaction
from pydantic import Field, StringConstraints

from common.errors import Busy
from common.schemas import Input
from rewards.models import Device, Member

MOST_PER_MEMBER = 10
UNSEEN = timedelta(days=270)  # Source: FCM, token management: unused that long, a token has run out


class DeviceIn(Input):
    """
    What the app says at every start, and when its token changed. number: of this installation, made by the app.

    may_show: what the phone's own settings allow.
    """

    number: Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
    token: Annotated[str, StringConstraints(min_length=8, max_length=512, pattern=r"^[A-Za-z0-9._:-]+$")]
    platform: Device.Platform
    app_version: Annotated[str, StringConstraints(max_length=20)] = ""
    may_show: Annotated[bool, Field(strict=True)] = True


def register(*, member: Member, told: DeviceIn, at: datetime, sign_in: str = "") -> Device:
    """
    Keep what a phone says of itself. Owns the transaction. The same again changes the moment only; a token that another member had moves
    here; of too many phones the one that was silent longest is forgotten. sign_in: of the token that told it.

    :raises Busy: two phones say the same at this very moment; one of them says it again.
    """
    facts = {**told.model_dump(exclude={"number"}), "sign_in": sign_in, "last_seen_at": at}
    try:
        with transaction.atomic(durable=True):
            Member.objects.select_for_update(no_key=True).get(pk=member.pk)  # two starts of one phone, one after the other
            Device.objects.filter(token=told.token).exclude(member=member, number=told.number).delete()
            device, _ = Device.objects.update_or_create(
                member=member, number=told.number, defaults=facts, create_defaults={**facts, "created_at": at}
            )
            kept = Device.objects.filter(member=member).order_by("-last_seen_at", "-pk").values("pk")[:MOST_PER_MEMBER]
            Device.objects.filter(member=member).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    except IntegrityError as exc:
        raise Busy from exc
    return device


def forget(*, member: Member, number: str) -> bool:
    """The member signs out on a phone: it hears nothing any more. False when it was not theirs."""
    return bool(Device.objects.filter(member=member, number=number).delete()[0])


def forget_silent(*, at: datetime) -> int:
    """Drop phones that nobody has seen for so long that their token has run out; how many."""
    return Device.objects.filter(last_seen_at__lt=at - UNSEEN).delete()[0]
