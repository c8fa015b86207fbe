"""The advertisers' doors to their webhooks: what was sent where, what became of it, and sending it again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from ninja import Query, Router

from advertisers import selectors, webhooks
from advertisers.access import SPENDERS, require_role
from advertisers.models import WebhookAttempt, WebhookEndpoint
from advertisers.selectors import DeliveryView
from campaigns.api.advertiser import PageQuery
from campaigns.api.team_auth import READS_WEBHOOKS, WRITES_WEBHOOKS, TeamRequest
from common.schemas import Output

router = Router(tags=["웹훅"])


class EndpointOut(Output):
    """state: ON or OFF.   why_off: OWNER, FAILED, GONE or empty.   failing_since: since when nothing arrives.   waiting: events."""

    id: UUID
    name: str
    url: str
    events: list[str]
    state: str
    why_off: str
    failing_since: datetime | None
    waiting: int


class AttemptOut(Output):
    """One call. status: HTTP, 0 without an answer.   result: OK, REFUSED, REDIRECT, TIMEOUT, NO_CONNECTION, …   took_ms: how long."""

    at: datetime
    status: int
    result: str
    took_ms: int


class DeliveryOut(Output):
    """One event for one receiver. event: the id of the message.   sequence: its place.   state: WAITING, DELIVERED, PARKED, SKIPPED."""

    id: UUID
    event: UUID
    type: str
    sequence: int
    state: str
    at: datetime
    data: dict[str, Any]
    attempts: list[AttemptOut]


class DeliveryPage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[DeliveryOut]
    next: str


@router.get("/webhook-endpoints", auth=READS_WEBHOOKS, response=list[EndpointOut], summary="웹훅 받는 주소")
def endpoint_list(request: TeamRequest) -> list[EndpointOut]:
    """The team's receivers. They are added and changed on the page, where their secret is shown once."""
    require_role(request.auth, SPENDERS)
    return [_endpoint(found.row, found.waiting) for found in selectors.endpoints_of(request.auth.advertiser)]


@router.get("/webhook-endpoints/{endpoint_id}/deliveries", auth=READS_WEBHOOKS, response=DeliveryPage, summary="웹훅 전송 기록")
def delivery_list(request: TeamRequest, endpoint_id: UUID, page: Query[PageQuery]) -> DeliveryPage:
    """What was sent to one receiver in the last 30 days, newest first, with every attempt."""
    require_role(request.auth, SPENDERS)
    row = WebhookEndpoint.objects.owned_by(request.auth.advertiser).filter(public_id=endpoint_id).first()
    if row is None:
        raise Http404("no such receiver")
    found, following = selectors.deliveries_of(row, cursor=page.cursor, limit=page.limit)
    return DeliveryPage(items=[_delivery(one) for one in found], next=following)


@router.post("/webhook-deliveries/{delivery_id}/replay", auth=WRITES_WEBHOOKS, response=DeliveryOut, summary="웹훅 다시 보내기")
def replay(request: TeamRequest, delivery_id: UUID) -> DeliveryOut:
    """Send one event again, under its own id and before what is newer. Asking twice sends it once."""
    require_role(request.auth, SPENDERS)
    row = webhooks.replay(advertiser=request.auth.advertiser, delivery=delivery_id, at=timezone.now())
    return _delivery(selectors.delivery(row))


def _endpoint(row: WebhookEndpoint, waiting: int) -> EndpointOut:
    return EndpointOut(
        id=row.public_id,
        name=row.name,
        url=row.url,
        events=row.events,
        state=row.state,
        why_off=row.why_off,
        failing_since=row.failing_since,
        waiting=waiting,
    )


def _delivery(found: DeliveryView) -> DeliveryOut:
    return DeliveryOut(
        id=found.row.public_id,
        event=found.row.event.public_id,
        type=found.row.event.type,
        sequence=found.row.number,
        state=found.row.state,
        at=found.row.event.at,
        data=found.row.event.data,
        attempts=[_attempt(attempt) for attempt, _ in found.attempts],
    )


def _attempt(row: WebhookAttempt) -> AttemptOut:
    return AttemptOut(at=row.at, status=row.status, result=row.word, took_ms=row.took_ms)
