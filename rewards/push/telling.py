"""Telling one member something by push, because of an event. Joins the transaction of its cause."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from common import effects
from common.transactions import joined
from identity.models import Notification
from rewards.models import Device, Member, PushDelivery, PushMessage
from rewards.models.push import PushState

SEND = "rewards.push"
LONGEST_TITLE, LONGEST_BODY = 120, 650  # letters of up to four bytes, in a message of 4,096
FIRST = 0
RECHECK, LOOKS_BACK, ABOUT_ME = "identity.consent_recheck", timedelta(days=2), "/luckffle/me/consents/"


def is_connected() -> bool:
    """True when there is a push company to send by."""
    return bool(settings.FCM_PROJECT_ID)


def tell(*, member_id: int, key: str, title: str, body: str, url: str, at: datetime, is_answer: bool = False) -> PushMessage | None:
    """
    Send a service notice to every phone of a member; None when there is no phone. Joins the caller's transaction; the same key again for
    the same member is the same push.

    key: of the event, one for all time.   url: a path inside the members' portal.   is_answer: to what the member has just done, so the
    night does not hold it up.
    """
    kind, key = PushMessage.Kind.SERVICE, f"member:{member_id}:{key}"
    return to_member(member_id=member_id, key=key, at=at, kind=kind, title=title, body=body, url=url, is_answer=is_answer)


def to_member(*, member_id: int, key: str, at: datetime, title: str, body: str, **facts: Any) -> PushMessage | None:
    """
    One message to every phone of one member; None when there is no phone. Joins the caller's transaction; the same key again is the same
    push. facts: of the message, besides its words.
    """
    joined("a push")
    phones = Device.objects.filter(member_id=member_id, may_show=True).order_by("pk").values_list("pk", flat=True)
    devices = list(phones) if is_connected() else []
    if not devices:
        return None
    words = {"title": title[:LONGEST_TITLE], "body": body[:LONGEST_BODY]}
    begun = {"state": PushState.SENDING, "is_handed_out": True, "scheduled_at": at, "created_at": at}
    message, is_new = PushMessage.objects.get_or_create(key=key, defaults={**facts, **words, **begun})
    if is_new:
        PushDelivery.objects.bulk_create(
            [PushDelivery(message=message, member_id=member_id, device_id=device, part=FIRST) for device in devices]
        )
        effects.add(SEND, key=f"push:{message.public_id}:{FIRST}", at=at, message=message.pk, part=FIRST)
    return message


def pass_rechecks_on(*, at: datetime) -> int:
    """
    Push what members were told two years after they agreed to marketing (identity/consents.py), to whoever has a phone; how many. Owns
    the transaction; the same notice is one push.
    """
    members = dict(
        Member.objects.filter(
            is_active=True, user__notifications__kind=RECHECK, user__notifications__created_at__gt=at - LOOKS_BACK
        ).values_list("user_id", "pk")
    )
    notices = Notification.objects.filter(kind=RECHECK, created_at__gt=at - LOOKS_BACK, user_id__in=members).order_by("pk")
    with transaction.atomic(durable=True):
        sent = [
            tell(
                member_id=members[notice.user_id], key=f"notice:{notice.public_id}", title=notice.title, body=notice.body,
                url=notice.url or ABOUT_ME, at=at,
            )
            for notice in notices
            if notice.user_id is not None
        ]  # fmt: skip
    return sum(message is not None for message in sent)
