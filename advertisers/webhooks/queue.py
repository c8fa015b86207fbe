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
from advertisers.webhooks.calling import Answer, Word, post
from common import effects, sealed
from common.models import Effect
from common.transactions import joined

logger = logging.getLogger(__name__)

KIND = "advertisers.webhooks"
# After the first, second, … failure in a row, then the last one again; the last try is exactly 24 hours after the first.
_WAITS = (
    timedelta(seconds=10), timedelta(seconds=50), timedelta(minutes=4), timedelta(minutes=10), timedelta(minutes=15), timedelta(minutes=30),
    timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(hours=6), timedelta(hours=10),
)  # fmt: skip
AT_ONCE = 20  # events of one turn
TURN_SECONDS = 45  # no call begins later in a turn, so that it ends within its lease


def waits() -> list[timedelta]:
    """When an event is tried again, counted from its first try."""
    return list(accumulate(_WAITS))


PATIENCE = waits()[-1]  # an endpoint that takes nothing for so long is switched off, however often somebody pressed a button meanwhile


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
    if not endpoint.is_on or (due_at is None and has_turn(endpoint, at=at)):
        return
    endpoint.turn, endpoint.next_at = endpoint.turn + 1, due_at or at
    endpoint.save(update_fields=["turn", "next_at"])
    effects.add(KIND, key=_key(endpoint), at=at, due_at=endpoint.next_at, endpoint=endpoint.pk, turn=endpoint.turn)


def has_turn(endpoint: WebhookEndpoint, *, at: datetime) -> bool:
    """True when a turn waits or is on its way. One that is long late is looked up: it may have been parked. The endpoint is locked."""
    if endpoint.next_at is None or endpoint.next_at >= at - effects.LEASE:
        return endpoint.next_at is not None
    return Effect.objects.unfinished().exclude(state=Effect.State.PARKED).filter(key=_key(endpoint)).exists()


def _key(endpoint: WebhookEndpoint) -> str:
    return f"webhooks:{endpoint.public_id}:{endpoint.turn}"


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
    answers = [Answer(Word(call["word"]), call["status"], call["took_ms"]) for call in made]
    is_current = turn == endpoint.turn and endpoint.is_on  # else somebody pressed a button meanwhile, and another turn decides
    failing_since = _failing_since(endpoint, answers, at=at)
    why = _why_off(answers, failing_since, at=at) if is_current else None
    for call, answer in zip(made, answers, strict=True):
        _note(call["delivery"], answer, is_last=why is not None, at=at)
    if not is_current:
        return
    head = WebhookDelivery.objects.filter(endpoint=endpoint).waiting().first()
    endpoint.next_at, endpoint.failing_since = None, failing_since if why or head else None
    endpoint.save(update_fields=["next_at", "failing_since"])
    if why is not None:
        _give_up(endpoint, why, at=at)
    elif head is not None:
        wake(endpoint, at=at, due_at=_again_at(endpoint, head, at=at))


def _failing_since(endpoint: WebhookEndpoint, answers: list[Answer], *, at: datetime) -> datetime | None:
    """Since when nothing arrives, after a turn."""
    if not answers or answers[-1].arrived:
        return None
    return at if answers[0].arrived else endpoint.failing_since or at


def _why_off(answers: list[Answer], failing_since: datetime | None, *, at: datetime) -> WebhookEndpoint.WhyOff | None:
    """Why nothing more is sent there after a turn; None while it goes on."""
    if failing_since is None:
        return None
    if answers[-1].is_gone:
        return WebhookEndpoint.WhyOff.GONE
    return WebhookEndpoint.WhyOff.FAILED if at - failing_since >= PATIENCE else None


def _again_at(endpoint: WebhookEndpoint, head: WebhookDelivery, *, at: datetime) -> datetime:
    """When the first that waits is tried again: at once when it is new, else after a growing wait, which the last try cuts short."""
    if not head.tries:
        return at
    return min(at + _WAITS[min(head.tries, len(_WAITS)) - 1], (endpoint.failing_since or at) + PATIENCE)


def _note(delivery_id: int, answer: Answer, *, is_last: bool, at: datetime) -> None:
    """One line of the log, and the delivery's new state, unless it was thrown away meanwhile. is_last: it is not tried again."""
    delivery = WebhookDelivery.objects.select_for_update().filter(pk=delivery_id).first()
    if delivery is None:
        return
    WebhookAttempt.objects.create(delivery=delivery, at=at, status=answer.status, word=answer.word, took_ms=answer.took_ms)
    if delivery.state == WebhookDelivery.State.WAITING:
        delivery.tries += 1
        if answer.arrived:
            delivery.state, delivery.ended_at = WebhookDelivery.State.DELIVERED, at
        elif is_last:
            delivery.state, delivery.ended_at = WebhookDelivery.State.PARKED, at
        delivery.save(update_fields=["state", "tries", "ended_at"])


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
