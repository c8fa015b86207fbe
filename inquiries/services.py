"""Asking, answering, noting, assigning, closing. The same functions for members' and advertisers' inquiries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from advertisers.models import Advertiser, Membership
from common import dated, effects, exports
from common.errors import DomainError
from common.uploads import StoredFile
from identity import notifications
from identity.models import User
from inquiries import events
from inquiries.models import Attachment, Inquiry, Message
from inquiries.schemas import InquiryIn, MessageIn

State, Side, Kind = Inquiry.State, Message.Side, Inquiry.Kind
ENDS_AFTER_DAYS = dated.define(
    "inquiries.ends_after_days", default=30, label="답변한 문의를 저절로 끝내기까지", least=7, most=365, unit="일"
)
PAGES = {Kind.ADVERTISER: "/my-page/inquiries/", Kind.MEMBER: "/luckffle/inquiries/"}


class OnlyOperators(DomainError):
    """Somebody from outside wanted to do an operator's work."""

    code = "inquiries.only_operators"
    message = "운영자만 할 수 있는 일이에요."
    http_status = 403


class NotYours(DomainError):
    """The inquiry is another's."""

    code = "inquiries.not_yours"
    message = "찾는 문의가 없어요."
    http_status = 404


class AlreadyClosed(DomainError):
    """It is over."""

    code = "inquiries.already_closed"
    message = "이미 끝난 문의예요."


class AnsweredMeanwhile(DomainError):
    """Somebody answered while this answer was written."""

    code = "inquiries.answered_meanwhile"
    message = "다른 운영자가 먼저 답했어요. 그 답변을 확인하고 다시 보내 주세요."


class TakenMeanwhile(DomainError):
    """Somebody took it between the look and the press."""

    code = "inquiries.taken_meanwhile"
    message = "다른 운영자가 먼저 맡았어요. 그래도 맡으려면 한 번 더 눌러 주세요."


class KeyConflict(DomainError):
    """The form was sent before, with other words."""

    code = "inquiries.key_conflict"
    message = "같은 화면에서 다른 내용을 이미 보냈어요. 새 화면에서 다시 보내 주세요."


def ask(
    *,
    asker: User,
    advertiser: Advertiser | None,
    question: InquiryIn,
    about: str = "",
    files: Sequence[StoredFile] = (),
    key: str,
    at: datetime,
) -> Inquiry:
    """
    Open an inquiry with its first word and tell the operators.

    advertiser: whom the asker acts for; None for a member of the reward app.   about: the row it is about.   key: one per opened form.
    files: stored before; of a form that was sent twice only the first ones belong to it.

    :raises KeyConflict: the key was used for another question.
    """
    kind = Kind.ADVERTISER if advertiser else Kind.MEMBER
    with transaction.atomic(durable=True):
        facts = {
            "kind": kind, "advertiser": advertiser, "topic": question.topic, "title": question.title, "about": about,
            "created_at": at, "waiting_since": at,
        }  # fmt: skip
        inquiry, created = Inquiry.objects.get_or_create(asker=asker, key=key, defaults=facts)
        if not created:
            first = inquiry.messages.order_by("pk").first()
            if first is None or (inquiry.title, first.text) != (question.title, question.text):
                raise KeyConflict
            return inquiry
        _say(inquiry, Side.ASKER, asker, question.text, files=files, key=key, at=at)
        notifications.alert_operators(
            kind="inquiries.asked",
            title=f"{inquiry.get_kind_display()}가 들어왔어요",
            body=f"{inquiry.get_topic_display()} · {inquiry.title}",
            key=f"inquiry:{inquiry.public_id}:asked",
            at=at,
        )
        return inquiry


def follow_up(*, inquiry: Inquiry, by: User, message: MessageIn, files: Sequence[StoredFile] = (), key: str, at: datetime) -> Message:
    """
    One more word from outside; it waits for the house again, even when it was closed. by: the asker, or a member of the asker's team.

    :raises NotYours: it is another's.   :raises KeyConflict: the key was used for other words.
    """
    with transaction.atomic(durable=True):
        row = locked(inquiry)
        if not _may_speak(row, by):
            raise NotYours
        return heard(row, by=by, message=message, files=files, key=key, at=at)


def heard(row: Inquiry, *, by: User | None, message: MessageIn, files: Sequence[StoredFile], key: str, at: datetime) -> Message:
    """
    Write down what came from outside. Joins the caller's transaction, in which `locked` was called. by: None for a guest.

    :raises KeyConflict: the key was used for other words.
    """
    said, created = _say(row, Side.ASKER, by, message.text, files=files, key=key, at=at)
    if created:
        row.state, row.closed_at, row.waiting_since = State.RECEIVED, None, row.waiting_since or at
        row.save(update_fields=["state", "closed_at", "waiting_since"])
    return said


def answer(
    *, inquiry: Inquiry, by: User, message: MessageIn, files: Sequence[StoredFile] = (), key: str, at: datetime, seen: int | None = None
) -> Message:
    """
    Answer as the house, once per form, and tell the asker. Whoever answers first is in charge unless somebody is.

    seen: how many answers stood there when this one was written; None for whoever has not looked.

    :raises OnlyOperators: `by` is none.   :raises AlreadyClosed: it is over.   :raises KeyConflict: the key was used for other words.
    :raises AnsweredMeanwhile: another answer has come since.
    """
    with transaction.atomic(durable=True):
        row = _for_operator(inquiry, by)
        if seen is not None and row.messages.filter(side=Side.HOUSE).exclude(key=key, author=by).count() != seen:
            raise AnsweredMeanwhile
        said, created = _say(row, Side.HOUSE, by, message.text, files=files, key=key, at=at)
        if not created:
            return said
        row.state, row.waiting_since, row.assignee = State.ANSWERED, None, row.assignee or by
        row.save(update_fields=["state", "waiting_since", "assignee"])
        _tell(row, said, at=at)
        return said


def _tell(row: Inquiry, said: Message, *, at: datetime) -> None:
    """Whoever has an account reads the answer there; a guest gets it by mail."""
    if row.asker is None:
        effects.add("inquiries.guest_answer", key=f"message:{said.public_id}:guest", at=at, message=said.pk)
        return
    notifications.tell(
        events.ANSWERED,
        user=row.asker,
        facts={"title": row.title},
        url=f"{PAGES[Kind(row.kind)]}{row.public_id}/",
        key=f"message:{said.public_id}:answered",
        at=at,
    )


def note(*, inquiry: Inquiry, by: User, message: MessageIn, files: Sequence[StoredFile] = (), key: str, at: datetime) -> Message:
    """
    Write something for operators only. The clock goes on.

    :raises OnlyOperators: `by` is none.   :raises AlreadyClosed: it is over.   :raises KeyConflict: the key was used for other words.
    """
    with transaction.atomic(durable=True):
        return _say(_for_operator(inquiry, by), Side.NOTE, by, message.text, files=files, key=key, at=at)[0]


def assign(*, inquiry: Inquiry, to: User, by: User, at: datetime) -> Inquiry:
    """
    Put an operator in charge; a new question is being looked into from then on. inquiry: as it was when this was decided.

    :raises OnlyOperators: one of the two is none.   :raises AlreadyClosed: it is over.
    :raises TakenMeanwhile: somebody else has been put in charge since.
    """
    with transaction.atomic(durable=True):
        row = _for_operator(inquiry, by)
        if row.assignee_id != inquiry.assignee_id:
            raise TakenMeanwhile
        if to.kind != User.Kind.OPERATOR:
            raise OnlyOperators
        row.assignee = to
        row.state = State.CHECKING if row.state == State.RECEIVED else row.state
        row.save(update_fields=["assignee", "state"])
        return row


def close(*, inquiry: Inquiry, by: User, at: datetime) -> Inquiry:
    """
    End it: the asker, whose question is settled, or an operator. Closing twice keeps the first time.

    :raises NotYours: it is another's.
    """
    with transaction.atomic(durable=True):
        row = locked(inquiry)
        if by.kind != User.Kind.OPERATOR and not _may_speak(row, by):
            raise NotYours
        return ended(row, at=at)


def ended(row: Inquiry, *, at: datetime) -> Inquiry:
    """Write down that it is over. Joins the caller's transaction, in which `locked` was called."""
    if not row.is_closed:
        row.state, row.closed_at, row.waiting_since = State.CLOSED, at, None
        row.save(update_fields=["state", "closed_at", "waiting_since"])
    return row


def end_answered(*, at: datetime) -> int:
    """
    End what nobody has said a word about for so long after an answer; how many. Another word of the asker opens it again. Each in a
    transaction of its own.
    """
    quiet = Inquiry.objects.unscoped().filter(state=State.ANSWERED).annotate(last_at=Max("messages__at"))
    before, done = at - timedelta(days=ENDS_AFTER_DAYS.at(at)), 0
    for inquiry in quiet.filter(last_at__lt=before).order_by("pk"):
        with transaction.atomic(durable=True):
            row = locked(inquiry)
            if row.state == State.ANSWERED and not row.messages.filter(at__gte=before).exists():
                ended(row, at=at)
                done += 1
    return done


def data_of(member: Any) -> dict[str, Any]:
    """What somebody asked as a member and was answered, for the file of their data. member: whose `user_id` asked."""
    rows = Message.objects.visible_outside().filter(inquiry__kind=Kind.MEMBER, inquiry__asker_id=member.user_id).order_by("pk")
    return {"문의": exports.named(rows, {"제목": "inquiry__title", "누가": "side", "내용": "text", "언제": "at"})}


def locked(inquiry: Inquiry) -> Inquiry:
    """The row as it is now; nobody else speaks in it until the caller's transaction ends."""
    return Inquiry.objects.unscoped().select_for_update(of=("self",)).select_related("asker", "advertiser").get(pk=inquiry.pk)


def _for_operator(inquiry: Inquiry, by: User) -> Inquiry:
    if by.kind != User.Kind.OPERATOR:
        raise OnlyOperators
    row = locked(inquiry)
    if row.is_closed:
        raise AlreadyClosed
    return row


def _may_speak(row: Inquiry, by: User) -> bool:
    if row.advertiser is None:
        return row.asker_id is not None and row.asker_id == by.pk
    return Membership.objects.acting().of(row.advertiser).filter(user=by).exists()


def _say(
    row: Inquiry, side: Message.Side, by: User | None, text: str, *, files: Sequence[StoredFile], key: str, at: datetime
) -> tuple[Message, bool]:
    """The message of this key, and whether it is new. Another text under a known key is a conflict."""
    said, created = Message.objects.get_or_create(inquiry=row, author=by, key=key, defaults={"side": side, "text": text, "at": at})
    if (said.side, said.text) != (side, text):
        raise KeyConflict
    if created:
        Attachment.objects.bulk_create([Attachment(message=said, **file.as_json()) for file in files])
    return said, created
