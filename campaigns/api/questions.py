"""The reward app's doors to a member's questions."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile
from pydantic import Field

from common import cursors, uploads
from common.schemas import Input, LongText, Output
from identity import access_log
from identity.models import User
from inquiries import access, attachments, services
from inquiries.models import Inquiry, Message
from inquiries.schemas import InquiryIn, MessageIn
from rewards.api import PageQuery
from rewards.app_auth import AppRequest, acting_member
from rewards.raffle_api import IntentKey

router = Router(tags=["문의"])
LIST = "inquiries"


class QuestionIn(InquiryIn):
    """A new question, as multipart/form-data."""

    topic: Literal["REWARD", "ACCOUNT", "OTHER"]


class WordIn(Input):
    """One more word, as multipart/form-data."""

    text: LongText


class FileOut(Output):
    """A file of a message; fetched from `inquiries/files/{id}`."""

    id: UUID
    name: str
    content_type: str
    size: int


class WordOut(Output):
    """side: ASKER or HOUSE."""

    id: UUID
    side: str
    text: str
    at: datetime
    files: list[FileOut]


class QuestionCard(Output):
    """state: RECEIVED, CHECKING, ANSWERED or CLOSED."""

    id: UUID
    topic: str
    title: str
    state: str
    asked_at: datetime


class QuestionPage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[QuestionCard]
    next: str


class QuestionOut(QuestionCard):
    """words: oldest first."""

    words: list[WordOut] = Field(default_factory=list)


@router.get("/inquiries", response=QuestionPage, summary="내 문의")
def inquiry_list(request: AppRequest, page: Query[PageQuery]) -> QuestionPage:
    """The newest first."""
    rows = Inquiry.objects.asked_by(_user(request)).order_by("-pk")
    if page.cursor:
        rows = rows.filter(pk__lt=cursors.after(page.cursor, of=LIST)[0])
    found = list(rows[: page.limit + 1])
    shown = found[: page.limit]
    more = cursors.place([shown[-1].pk], of=LIST) if len(found) > page.limit else ""
    return QuestionPage(items=[_card(row) for row in shown], next=more)


@router.post("/inquiries", response={201: QuestionOut}, summary="문의하기")
def ask(request: AppRequest, body: Form[QuestionIn], key: IntentKey, file: File[UploadedFile | None] = None) -> Status[QuestionOut]:
    """Ask, with a picture or a PDF if there is one. The same `Idempotency-Key` again is the same question."""
    with attachments.stored(file) as files:
        asked = services.ask(asker=_user(request), advertiser=None, question=body, files=files, key=key, at=timezone.now())
    return Status(201, _whole(asked))


@router.get("/inquiries/{inquiry_id}", response=QuestionOut, summary="문의 하나")
def inquiry(request: AppRequest, inquiry_id: UUID) -> QuestionOut:
    """One of mine with every word in it."""
    return _whole(access.get_own_inquiry(_user(request), inquiry_id))


@router.post("/inquiries/{inquiry_id}/words", response={201: QuestionOut}, summary="문의에 덧붙이기")
def follow_up(
    request: AppRequest, inquiry_id: UUID, body: Form[WordIn], key: IntentKey, file: File[UploadedFile | None] = None
) -> Status[QuestionOut]:
    """One more word; it opens the question again when it was over."""
    user = _user(request)
    found = access.get_own_inquiry(user, inquiry_id)
    with attachments.stored(file) as files:
        services.follow_up(inquiry=found, by=user, message=MessageIn(text=body.text), files=files, key=key, at=timezone.now())
    return Status(201, _whole(access.get_own_inquiry(user, inquiry_id)))


@router.post("/inquiries/{inquiry_id}/close", response=QuestionOut, summary="문의 끝내기")
def close(request: AppRequest, inquiry_id: UUID) -> QuestionOut:
    """The question is settled."""
    user = _user(request)
    return _whole(services.close(inquiry=access.get_own_inquiry(user, inquiry_id), by=user, at=timezone.now()))


@router.get("/inquiries/files/{file_id}", summary="문의 파일 받기")
def file(request: AppRequest, file_id: UUID) -> HttpResponse:
    """One file of a question of mine."""
    user = _user(request)
    found = access.get_own_attachment(user, file_id)
    access_log.note(actor=user, action="attachment.viewed", subject=f"attachment:{found.public_id}", at=timezone.now())
    return uploads.answer(found)


def _user(request: AppRequest) -> User:
    return acting_member(request).user


def _card(row: Inquiry) -> QuestionCard:
    return QuestionCard(id=row.public_id, topic=row.topic, title=row.title, state=row.state, asked_at=row.created_at)


def _whole(row: Inquiry) -> QuestionOut:
    words = [_word(said) for said in access.messages_of(row)]
    return QuestionOut(id=row.public_id, topic=row.topic, title=row.title, state=row.state, asked_at=row.created_at, words=words)


def _word(said: Message) -> WordOut:
    files = [FileOut(id=one.public_id, name=one.name, content_type=one.content_type, size=one.size) for one in said.attachments.all()]
    return WordOut(id=said.public_id, side=said.side, text=said.text, at=said.at, files=files)
