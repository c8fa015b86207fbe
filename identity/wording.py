"""In which words an event is told: the newest version that operators wrote, or the declared one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from common.errors import DomainError
from identity import access_log
from identity.events import Event, defined, fill, places, said
from identity.models import MessageTemplate, User

TITLE, BODY = 120, 1000


class WordingRefused(DomainError):
    """The new words cannot be sent."""

    code = "wording.refused"
    message = "이 문구로 바꿀 수 없어요. {why}"
    http_status = 422


class WordingIsStale(DomainError):
    """Somebody else wrote a version meanwhile."""

    code = "wording.stale"
    message = "그 사이에 다른 사람이 이 문구를 바꿨어요. 새 문구를 보고 다시 저장해 주세요."


@dataclass(frozen=True, slots=True)
class Wording:
    """The words that hold. version: None for the declared ones; number: 0 for those."""

    event: Event
    title: str
    body: str
    version: MessageTemplate | None

    @property
    def number(self) -> int:
        """Which version it is."""
        return self.version.number if self.version else 0

    @property
    def alimtalk_id(self) -> str:
        """The template that Kakao approved for these words; empty without one."""
        return self.version.alimtalk_id if self.version else ""

    def told(self, facts: Mapping[str, str]) -> tuple[str, str]:
        """Title and body with the facts put in, as long as a notice may be."""
        return " ".join(fill(self.title, facts).split())[:120], fill(self.body, facts).strip()[:2000]


def current(event: Event) -> Wording:
    """The words that hold now. One query."""
    newest = MessageTemplate.objects.filter(event=event.kind).order_by("-number").first()
    if newest is None:
        return Wording(event, event.title, event.body, None)
    return Wording(event, newest.title, newest.body, newest)


def versions(event: Event) -> list[MessageTemplate]:
    """Everything that was ever written for an event, newest first. One query."""
    return list(MessageTemplate.objects.filter(event=event.kind).select_related("written_by").order_by("-number"))


def preview(event: Event, *, title: str, body: str) -> tuple[str, str]:
    """
    How words would arrive, with the examples of the event's facts.

    :raises WordingRefused: see `save`.
    """
    refuse_unusable(event, title=title, body=body)
    return Wording(event, title, body, None).told(said(event.facts))


def save(*, event: Event, title: str, body: str, alimtalk_id: str = "", after: int, by: User, reason: str, at: datetime) -> MessageTemplate:
    """
    Write the next version, which holds from now on. Owns the transaction. after: the number that the writer saw; 0: the declared words.

    :raises WordingRefused: empty, too long, no reason, or a fact that the event has not.
    :raises WordingIsStale: there is a newer version.
    """
    title, body, reason = " ".join(title.split()), body.strip(), reason.strip()
    refuse_unusable(event, title=title, body=body)
    if not 0 < len(reason) <= 200:
        raise WordingRefused(why="바꾸는 이유를 200자 안으로 적어 주세요.")
    facts = {"title": title, "body": body, "alimtalk_id": alimtalk_id.strip()[:60], "written_by": by, "written_at": at, "reason": reason}
    with transaction.atomic(durable=True):
        if current(event).number != after:
            raise WordingIsStale
        row, created = MessageTemplate.objects.get_or_create(event=event.kind, number=after + 1, defaults=facts)
        if not created:
            raise WordingIsStale
        access_log.note(actor=by, action="wording.changed", subject=f"event:{event.kind}", at=at)
        return row


def refuse_unusable(event: Event, *, title: str, body: str) -> None:
    """:raises WordingRefused: empty, too long, or a fact that the event has not."""
    if defined().get(event.kind) is not event:
        raise WordingRefused(why="없는 알림이에요.")
    if not title.strip() or not body.strip():
        raise WordingRefused(why="제목과 내용을 모두 적어 주세요.")
    if len(title) > TITLE or len(body) > BODY:
        raise WordingRefused(why=f"제목은 {TITLE}자, 내용은 {BODY}자까지예요.")
    if unknown := places(title + body) - set(event.facts):
        raise WordingRefused(why=f"이 알림에 없는 값이에요: {', '.join(sorted(unknown))}")
