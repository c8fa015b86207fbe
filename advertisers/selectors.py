"""Read models of the advertiser portal."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from advertisers.models import (
    Advertiser,
    ApiKey,
    BusinessUser,
    Invitation,
    Membership,
    ReportRecipient,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from advertisers.todo import Todo
from advertisers.webhooks import events
from advertisers.webhooks.calling import WORDS, Word
from common import cursors
from identity.contacts import masked_email
from identity.models import Notification, User

PAGE = 20


@dataclass(frozen=True, slots=True)
class NoticePage:
    """One page of a person's notices, newest first. newer, older: cursors, empty at the ends."""

    notices: tuple[Notification, ...]
    newer: str
    older: str


def notices(*, user: User, cursor: str = "") -> NoticePage:
    """
    The notices shown to a person.

    cursor: "after-<public_id>" for the page of older ones, "before-<public_id>" for newer ones; anything else is the newest page.
    """
    mine = Notification.objects.shown_to(user)
    direction, _, public_id = cursor.partition("-")
    anchor = mine.filter(public_id=public_id).first() if direction in ("after", "before") and is_uuid(public_id) else None
    newest_first = mine.order_by("-created_at", "-pk")
    if anchor is None:
        rows = list(newest_first[: PAGE + 1])
        return _page(rows[:PAGE], newer=False, older=len(rows) > PAGE)
    same_moment = Q(created_at=anchor.created_at)
    if direction == "after":
        rows = list(newest_first.filter(Q(created_at__lt=anchor.created_at) | same_moment & Q(pk__lt=anchor.pk))[: PAGE + 1])
        return _page(rows[:PAGE], newer=True, older=len(rows) > PAGE)
    older_first = mine.order_by("created_at", "pk")
    rows = list(older_first.filter(Q(created_at__gt=anchor.created_at) | same_moment & Q(pk__gt=anchor.pk))[: PAGE + 1])
    return _page(list(reversed(rows[:PAGE])), newer=len(rows) > PAGE, older=True)


def _page(rows: list[Notification], *, newer: bool, older: bool) -> NoticePage:
    return NoticePage(
        notices=tuple(rows),
        newer=f"before-{rows[0].public_id}" if rows and newer else "",
        older=f"after-{rows[-1].public_id}" if rows and older else "",
    )


def is_uuid(text: str) -> bool:
    """True when the text names a row by its public number."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody in the team. email: masked."""

    membership: Membership
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """An address that was invited or gets reports. email: masked."""

    row: Invitation | ReportRecipient
    email: str


@dataclass(frozen=True, slots=True)
class Team:
    """Everybody who acts for an advertiser, was asked to, or gets its reports."""

    members: tuple[Colleague, ...]
    invitations: tuple[Waiting, ...]
    recipients: tuple[Waiting, ...]


def team(advertiser: Advertiser, *, at: datetime) -> Team:
    """The team with its open invitations and report addresses, contacts masked. Three queries."""
    members = Membership.objects.of(advertiser).filter(is_active=True).select_related("user").order_by("pk")
    invitations = Invitation.objects.filter(advertiser=advertiser).open(at).order_by("pk")
    recipients = _recipients(advertiser)
    return Team(
        members=tuple(Colleague(row, row.user.get_full_name(), masked_email(row.user.email)) for row in members),
        invitations=tuple(Waiting(row, masked_email(row.email)) for row in invitations),
        recipients=tuple(Waiting(row, masked_email(row.email)) for row in recipients),
    )


def memberships_of(user: User) -> list[Membership]:
    """Every team the person acts in, by name. One query."""
    rows = Membership.objects.acting().filter(user=user).select_related("advertiser")
    return list(rows.order_by("advertiser__name", "pk"))


def report_readers(advertiser: Advertiser) -> list[ReportRecipient]:
    """The addresses that agreed to get reports. One query."""
    return [row for row in _recipients(advertiser) if row.is_reading]


def _recipients(advertiser: Advertiser) -> QuerySet[ReportRecipient]:
    return ReportRecipient.objects.filter(advertiser=advertiser).order_by("pk")


def keys_of(membership: Membership, *, at: datetime) -> list[ApiKey]:
    """The usable keys this member may manage, newest first: the owner all of the team, others their own. One query."""
    keys = ApiKey.objects.of(membership.advertiser).usable(at).select_related("membership__user").order_by("-pk")
    return list(keys if membership.is_owner else keys.filter(membership=membership))


def business_of(advertiser: Advertiser) -> BusinessUser | None:
    """The business that the advertiser is; None for a person. One query."""
    return BusinessUser.objects.filter(advertiser=advertiser).first()


_PAPERS = {
    BusinessUser.PapersState.MISSING: ("amber", "upload", "사업자등록증을 올려 주세요", "확인이 끝나야 심사를 빨리 마칠 수 있어요"),
    BusinessUser.PapersState.ASKED: ("amber", "file-text", "사업자 서류를 다시 올려 주세요", "돌려보낸 이유를 볼 수 있어요"),
    BusinessUser.PapersState.EXPIRED: ("amber", "file-text", "사업자 서류의 기간이 지났어요", "새 서류를 올려 주세요"),
    BusinessUser.PapersState.WAITING: ("blue", "hourglass", "사업자 서류를 확인하고 있어요", ""),
}


def paper_todos(advertiser: Advertiser) -> tuple[Todo, ...]:
    """What is to be done about the papers of a business. No query where the business came with the advertiser, and none for a person."""
    if advertiser.kind != Advertiser.Kind.BUSINESS:
        return ()
    business = getattr(advertiser, "business", None)
    words = _PAPERS.get(BusinessUser.PapersState(business.papers_state)) if business is not None else None
    return (Todo(*words, url=reverse("advertisers:papers")),) if words else ()


@dataclass(frozen=True, slots=True)
class EndpointView:
    """A receiver on a page. event_words: what it wants, in words.   waiting: events that were not delivered yet."""

    row: WebhookEndpoint
    event_words: str
    waiting: int


def endpoints_of(advertiser: Advertiser) -> list[EndpointView]:
    """The team's receivers, the oldest first. One query."""
    waiting = Count("deliveries", filter=Q(deliveries__state=WebhookDelivery.State.WAITING))
    rows = WebhookEndpoint.objects.owned_by(advertiser).annotate(waiting=waiting).order_by("pk")
    return [EndpointView(row, event_words(row), row.waiting) for row in rows]  # type: ignore[attr-defined]


def event_words(endpoint: WebhookEndpoint) -> str:
    """The events an endpoint wants, in words."""
    return ", ".join(events.LABELS[key] for key in endpoint.events if key in events.LABELS)


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One event of an endpoint. label: its type in words.   attempts: newest first, each with what became of it in words."""

    row: WebhookDelivery
    label: str
    attempts: tuple[tuple[WebhookAttempt, str], ...]


_DELIVERIES = "webhook-deliveries"


def deliveries_of(endpoint: WebhookEndpoint, *, cursor: str = "", limit: int = PAGE) -> tuple[list[DeliveryView], str]:
    """
    The events of an endpoint, newest first, and the cursor of the following page, empty at the end. Two queries.

    :raises CursorRefused: not ours.
    """
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).select_related("event").order_by("-number")
    if cursor:
        [last] = cursors.after(cursor, of=_DELIVERIES)
        rows = rows.filter(number__lt=last)
    found = list(rows.prefetch_related("attempts")[: limit + 1])
    following = cursors.place([found[limit - 1].number], of=_DELIVERIES) if len(found) > limit else ""
    return [delivery(row) for row in found[:limit]], following


def delivery(row: WebhookDelivery) -> DeliveryView:
    """One event of an endpoint as pages and the API show it. Its attempts are read unless they came with it."""
    newest_first = sorted(row.attempts.all(), key=lambda attempt: -attempt.pk)
    attempts = tuple((attempt, WORDS[Word(attempt.word)]) for attempt in newest_first)
    return DeliveryView(row, events.LABELS.get(row.event.type, row.event.type), attempts)
