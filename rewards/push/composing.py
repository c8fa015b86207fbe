"""
What operators say to many: written, scheduled, handed out to devices in parts, stopped. Everything that an operator writes is an ad:
service notices come from events and nowhere else.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from pydantic import BeforeValidator, StringConstraints

from common import effects
from common.effects import Outcome, Result
from common.schemas import Input
from identity.models import User
from rewards.models import Member, PushDelivery, PushMessage
from rewards.models.push import AD_LABEL, OPT_OUT, DeliveryState, PushState
from rewards.push.errors import LabelMissing, MomentPassed, PushMoved, WayOutMissing
from rewards.push.segments import Segment, devices_of, hears_by_night
from rewards.push.telling import LONGEST_BODY, LONGEST_TITLE, SEND, to_member

OPEN = "rewards.push_open"
COMPOSED, TRIED = "composed:", "tried:"
PART = 100  # devices that one effect sends to, one after the other
SENDER = "럭플"
NO_TIME = timedelta(milliseconds=1)


def _lines(text: Any) -> Any:
    """Lines as phones write them; forms of browsers say more."""
    return text.replace("\r\n", "\n") if isinstance(text, str) else text


class Words(Input):
    """
    What an operator writes. title: begins with the label.   body: its last line is the way out.   url: a path in the members' portal.

    key: of the form, so that sending it twice is one message.
    """

    title: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TITLE)]
    body: Annotated[str, BeforeValidator(_lines), StringConstraints(min_length=1, max_length=LONGEST_BODY)]
    url: Annotated[str, StringConstraints(max_length=300, pattern=r"^(/luckffle/[A-Za-z0-9/_.-]*)?$")] = ""
    key: Annotated[str, StringConstraints(min_length=8, max_length=64)]


class PushIn(Words):
    """Words, and whom they are for."""

    segment: Segment = Segment()


@dataclass(frozen=True, slots=True)
class Reach:
    """members: who would get it by day.   by_night: those of them who would get it at night as well.   devices: phones that would ring."""

    members: int
    by_night: int
    devices: int


def labelled(title: str, body: str) -> tuple[str, str]:
    """The same words with label, sender and way out, for the form to begin with."""
    title = title if title.startswith(AD_LABEL) else f"{AD_LABEL} {SENDER} {title}".rstrip()
    return title, body if body.rstrip().endswith(OPT_OUT) else f"{body.rstrip()}\n{OPT_OUT}".lstrip()


def compose(*, wish: PushIn, by: User, at: datetime) -> PushMessage:
    """
    Keep a message that is not sent yet. Owns or joins the transaction; the same key again returns the first one.

    :raises LabelMissing, WayOutMissing: the law wants both in the text itself; nothing was written.
    """
    if not wish.title.startswith(AD_LABEL):
        raise LabelMissing
    if not wish.body.endswith(OPT_OUT):
        raise WayOutMissing
    facts = {
        "kind": PushMessage.Kind.AD, "title": wish.title, "body": wish.body, "url": wish.url, "made_by": by, "created_at": at,
        "segment": wish.segment.model_dump(mode="json"),
    }  # fmt: skip
    with transaction.atomic():
        return PushMessage.objects.get_or_create(key=f"{COMPOSED}{wish.key}", defaults=facts)[0]


def try_out(*, message: PushMessage, member: Member, at: datetime) -> PushMessage | None:
    """
    Send a draft to the phones of one member, to see what it looks like; None when there is no phone. Owns or joins the transaction. The
    same rules hold as for everybody: without consent nothing comes.

    :raises PushMoved: it is no draft any more.
    """
    if message.state != PushState.DRAFT:
        raise PushMoved
    key = f"{TRIED}{message.public_id}:{member.public_id.hex}:{at:%Y%m%d%H%M%S}"
    with transaction.atomic():
        return to_member(
            member_id=member.pk, key=key, at=at, kind=message.kind, title=message.title, body=message.body, url=message.url,
            made_by=message.made_by,
        )  # fmt: skip


def schedule(*, message: PushMessage, when: datetime, at: datetime) -> PushMessage:
    """
    Send a draft at a moment, now or later. Owns or joins the transaction. At night it goes to those who agreed to that; to the others
    at 08:00.

    :raises MomentPassed: `when` is before `at`.   :raises PushMoved: it is no draft any more.
    """
    if when < at:
        raise MomentPassed
    with transaction.atomic():
        draft = PushMessage.objects.filter(pk=message.pk, state=PushState.DRAFT)
        if draft.update(state=PushState.SCHEDULED, scheduled_at=when) != 1:
            raise PushMoved
        effects.add(OPEN, key=f"push:{message.public_id}:open", at=at, due_at=when, message=message.pk)
    message.refresh_from_db()
    return message


def stop(*, message: PushMessage, at: datetime) -> PushMessage:
    """
    Let nothing more of it go out; what is being sent at this very moment is. Owns or joins the transaction.

    :raises PushMoved: it has its end.
    """
    going = (PushState.DRAFT, PushState.SCHEDULED, PushState.SENDING)
    with transaction.atomic():
        if PushMessage.objects.filter(pk=message.pk, state__in=going).update(state=PushState.STOPPED, finished_at=at) != 1:
            raise PushMoved
    message.refresh_from_db()
    return message


def reach(segment: Segment, *, at: datetime) -> Reach:
    """Whom a message would reach if it went out now. One query."""
    devices = devices_of(segment, at=at).annotate(hears_by_night=hears_by_night(at=at))
    by_night = Count("member", distinct=True, filter=Q(hears_by_night=True))
    return Reach(**devices.aggregate(members=Count("member", distinct=True), by_night=by_night, devices=Count("pk")))


def result_of(message: PushMessage) -> Counter[str]:
    """How many deliveries are in each state. One query."""
    rows = PushDelivery.objects.filter(message=message).values("state").annotate(count=Count("pk"))
    return Counter({row["state"]: row["count"] for row in rows})


def reasons_of(message: PushMessage) -> list[tuple[str, int]]:
    """Why deliveries did not end as wished, the most frequent first. One query."""
    rows = PushDelivery.objects.filter(message=message).exclude(why="").values("why").annotate(count=Count("pk"))
    return [(row["why"], row["count"]) for row in rows.order_by("-count", "why")]


def composed() -> QuerySet[PushMessage]:
    """What operators wrote for many, without what events told and what was tried out."""
    return PushMessage.objects.filter(made_by__isnull=False, key__startswith=COMPOSED)


def trials_of(message: PushMessage) -> QuerySet[PushDelivery]:
    """What became of a draft on the phones it was tried on."""
    return PushDelivery.objects.filter(message__key__startswith=f"{TRIED}{message.public_id}:")


def next_devices(*, message_id: int, at: datetime) -> Outcome:
    """Read the next devices of the segment; `hand_out` writes them down."""
    message = PushMessage.objects.get(pk=message_id)
    if message.state not in (PushState.SCHEDULED, PushState.SENDING):
        return Outcome(Result.DONE, detail="it does not go out")
    rows = devices_of(Segment.model_validate(message.segment), at=at).filter(pk__gt=message.opened).values_list("pk", "member_id")[:PART]
    found = [list(row) for row in rows]
    data = {"after": message.opened, "devices": found}
    if len(found) < PART:
        return Outcome(Result.DONE, data=data)
    return Outcome(Result.PENDING, detail="hands out", data=data, after=NO_TIME)


def hand_out(*, message_id: int, data: dict[str, object], is_last: bool, at: datetime) -> None:
    """Make the deliveries of one part and its effect. Joins the transaction that closes the effect; the same part again changes nothing."""
    message = PushMessage.objects.select_for_update(no_key=True).get(pk=message_id)
    if message.state not in (PushState.SCHEDULED, PushState.SENDING) or message.opened != data["after"] or message.is_handed_out:
        return
    devices: list[list[int]] = data["devices"]  # type: ignore[assignment]  # as next_devices wrote it
    PushDelivery.objects.bulk_create(
        [PushDelivery(message=message, device_id=device, member_id=member, part=message.opened) for device, member in devices],
        ignore_conflicts=True,
    )
    if devices:
        effects.add(SEND, key=f"push:{message.public_id}:{message.opened}", at=at, message=message.pk, part=message.opened)
        message.opened = devices[-1][0]
    message.state, message.is_handed_out = PushState.SENDING, is_last
    fields = ["state", "is_handed_out", "opened"]
    if is_last and not message.deliveries.filter(state__in=(DeliveryState.WAITING, DeliveryState.SENT)).exists():
        message.save(update_fields=fields)
        message.state, message.finished_at, fields = PushState.DONE, at, ["state", "finished_at"]
    message.save(update_fields=fields)
