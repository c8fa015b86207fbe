"""
The queue of one endpoint: events in order, each under an id and a number that never change.

A turn is one effect: it calls the endpoint for what waits, in order, until something does not arrive. Its result makes the next turn: at
once, after a growing wait, or none. Whoever changes the queue holds the endpoint's row, the last of all locks.
"""

import json
import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from advertisers.events import WEBHOOK_OFF
from advertisers.models import Advertiser, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from advertisers.notifications import tell_team
from advertisers.webhooks import signing
from advertisers.webhooks.calling import GONE, Answer, Word, post
from common import effects, sealed
from common.transactions import joined

logger = logging.getLogger(__name__)

KIND = "advertisers.webhooks"
# After the first, second, … failure in a row; the last try is exactly 24 hours after the first.
_WAITS = (
    timedelta(seconds=10), timedelta(seconds=50), timedelta(minutes=4), timedelta(minutes=10), timedelta(minutes=15), timedelta(minutes=30),
    timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(hours=6), timedelta(hours=10),
)  # fmt: skip
AT_ONCE = 20  # events of one turn
TURN_SECONDS = 45  # no call begins later in a turn, so that it ends within its lease


def waits() -> list[timedelta]:
    """When an event is tried again, counted from its first try."""
    return list(accumulate(_WAITS))


def emit(*, advertiser: Advertiser, type: str, key: str, data: dict[str, Any], at: datetime) -> None:
    """
    Tell whoever of the advertiser's endpoints wants to know; without one nothing is written. Joins the caller's transaction.

    key: of the cause, so that telling it again tells nothing new.   data: JSON-ready, nothing personal.

    :raises RuntimeError: outside a transaction.
    """
    joined("a webhook event")
    endpoints = list(lock_all(WebhookEndpoint.objects.owned_by(advertiser).wanting(type)))
    if endpoints:
        tell(endpoints, type=type, key=key, data=data, at=at)


def tell(endpoints: Iterable[WebhookEndpoint], *, type: str, key: str, data: dict[str, Any], at: datetime) -> None:
    """The same for some endpoints of one advertiser, which are locked."""
    for endpoint in endpoints:
        event, _ = WebhookEvent.objects.get_or_create(
            advertiser_id=endpoint.advertiser_id, key=key, defaults={"type": type, "data": data, "at": at}
        )
        if WebhookDelivery.objects.filter(endpoint=endpoint, event=event).exists():
            continue
        endpoint.last_number += 1
        endpoint.save(update_fields=["last_number"])
        WebhookDelivery.objects.create(endpoint=endpoint, event=event, number=endpoint.last_number)
        wake(endpoint, at=at)


def lock_all(endpoints: Any) -> Iterable[WebhookEndpoint]:
    """Their rows, fresh and locked, in the one order."""
    rows: Iterable[WebhookEndpoint] = endpoints.order_by("pk").select_for_update(of=("self",), no_key=True)
    return rows


def wake(endpoint: WebhookEndpoint, *, at: datetime, due_at: datetime | None = None) -> None:
    """Make a turn unless one waits already; the endpoint is locked. due_at: its time, taking the place of whichever waits."""
    if not endpoint.is_on or (endpoint.next_at is not None and due_at is None):
        return
    endpoint.turn, endpoint.next_at = endpoint.turn + 1, due_at or at
    endpoint.save(update_fields=["turn", "next_at"])
    key = f"webhooks:{endpoint.public_id}:{endpoint.turn}"
    effects.add(KIND, key=key, at=at, due_at=endpoint.next_at, endpoint=endpoint.pk, turn=endpoint.turn)


def rest(endpoint: WebhookEndpoint) -> None:
    """No turn any more; one that is on its way is worth nothing. The endpoint is locked."""
    endpoint.turn, endpoint.next_at = endpoint.turn + 1, None
    endpoint.save(update_fields=["turn", "next_at"])


def calls(endpoint: WebhookEndpoint, *, at: datetime) -> Iterator[dict[str, Any]]:
    """
    Call the endpoint for what waits, in order, up to and with the first that does not arrive. No transaction.

    at: by our clock, for the secrets; the moment that is signed is real time.
    """
    began = time.monotonic()
    keys = keys_of(endpoint, at=at)
    for delivery in WebhookDelivery.objects.filter(endpoint=endpoint).waiting().select_related("event")[:AT_ONCE]:
        body, moment = body_of(delivery), datetime.now(UTC)
        answer = post(endpoint.url, body, signing.headers(str(delivery.event.public_id), body, keys=keys, at=moment))
        yield {"delivery": delivery.pk, **asdict(answer)}
        if not answer.arrived or time.monotonic() - began > TURN_SECONDS:
            return


def keys_of(endpoint: WebhookEndpoint, *, at: datetime) -> list[str]:
    """The secrets that sign now, newest first."""
    kept = [endpoint.secret, *([endpoint.old_secret] if endpoint.has_old_secret(at) else [])]
    return [sealed.unseal(secret) for secret in kept]


def body_of(delivery: WebhookDelivery) -> bytes:
    """The message, byte by byte the same at every try."""
    event = delivery.event
    moment = event.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    message = {"id": str(event.public_id), "type": event.type, "timestamp": moment, "sequence": delivery.number, "data": event.data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def took_turn(endpoint: WebhookEndpoint, *, turn: int, made: list[dict[str, Any]], at: datetime) -> None:
    """Write down what a turn did, and make the next one if this was the current. The endpoint is locked."""
    last = None
    for call in made:
        last = _note(call["delivery"], Answer(Word(call["word"]), call["status"], call["took_ms"]), at=at)
    if turn != endpoint.turn or not endpoint.is_on:
        return  # somebody pressed a button meanwhile
    endpoint.next_at = None
    if made:
        endpoint.failing_since = None if made[-1]["word"] == Word.OK else endpoint.failing_since or at
    endpoint.save(update_fields=["next_at", "failing_since"])
    if last is not None and last.state == WebhookDelivery.State.PARKED:
        is_gone = made[-1]["status"] == GONE
        _give_up(endpoint, WebhookEndpoint.WhyOff.GONE if is_gone else WebhookEndpoint.WhyOff.FAILED, at=at)
    elif (head := WebhookDelivery.objects.filter(endpoint=endpoint).waiting().first()) is not None:
        wake(endpoint, at=at, due_at=at + _WAITS[head.tries - 1] if head.tries else at)


def _note(delivery_id: int, answer: Answer, *, at: datetime) -> WebhookDelivery | None:
    """One line of the log, and the delivery's new state; None when it was thrown away meanwhile."""
    delivery = WebhookDelivery.objects.select_for_update().filter(pk=delivery_id).first()
    if delivery is None:
        return None
    WebhookAttempt.objects.create(delivery=delivery, at=at, status=answer.status, word=answer.word, took_ms=answer.took_ms)
    if delivery.state == WebhookDelivery.State.WAITING:
        delivery.tries += 1
        if answer.arrived:
            delivery.state, delivery.ended_at = WebhookDelivery.State.DELIVERED, at
        elif answer.is_gone or delivery.tries > len(_WAITS):
            delivery.state, delivery.ended_at = WebhookDelivery.State.PARKED, at
        delivery.save(update_fields=["state", "tries", "ended_at"])
    return delivery


def _give_up(endpoint: WebhookEndpoint, why: WebhookEndpoint.WhyOff, *, at: datetime) -> None:
    """Switch an endpoint off and tell those who can mend it; what waits keeps waiting."""
    endpoint.state, endpoint.why_off = WebhookEndpoint.State.OFF, why
    endpoint.save(update_fields=["state", "why_off"])
    logger.warning("Webhook endpoint %s is switched off: %s", endpoint.public_id, why)
    tell_team(
        WEBHOOK_OFF,
        advertiser=endpoint.advertiser,
        facts={"name": endpoint.name, "why": str(why.label)},
        url=f"/my-page/webhooks/{endpoint.public_id}/",
        key=f"webhook:{endpoint.public_id}:{endpoint.turn}:off",
        at=at,
    )
