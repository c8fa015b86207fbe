"""Endpoints made, changed, tried out and removed; single events sent again or passed over. Every public function is one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.db import transaction

from advertisers.models import Advertiser, WebhookDelivery, WebhookEndpoint
from advertisers.services.locking import lock_team
from advertisers.webhooks import events, queue, signing
from advertisers.webhooks.calling import is_trusted
from common import outside, sealed
from common.errors import DomainError
from common.history import acting
from identity.models import User

MOST = 5  # endpoints of one advertiser
BOTH_SIGN_FOR = timedelta(hours=24)
Delivery = WebhookDelivery.State
ENDED = (Delivery.DELIVERED, Delivery.PARKED, Delivery.SKIPPED)


class TooManyEndpoints(DomainError):
    """Enough endpoints."""

    code = "webhooks.too_many"
    message = "웹훅 주소는 5개까지 등록할 수 있어요. 쓰지 않는 주소를 먼저 지워 주세요."


class ReceiverRefused(DomainError):
    """Nothing may be sent there."""

    code = "webhooks.receiver_refused"
    message = "이 주소로는 보낼 수 없어요. {why}"
    http_status = 422


class EndpointGone(DomainError):
    """No endpoint of this number in the team."""

    code = "webhooks.endpoint_gone"
    message = "이미 지웠거나 없는 웹훅 주소예요."
    http_status = 404


class NotReplayable(DomainError):
    """It waits already, or does not wait any more."""

    code = "webhooks.not_replayable"
    message = "이미 다른 상태로 바뀐 이벤트예요. 새로 고침해서 확인해 주세요."


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An endpoint and its secret, which the page shows once."""

    endpoint: WebhookEndpoint
    secret: str


def refuse_unsafe(url: str) -> None:
    """
    Ask where a receiver's name leads, before it is saved. It is asked again before every call. No transaction.

    :raises ReceiverRefused: to an address that is not for everybody, or nowhere.
    """
    if is_trusted(url):
        return
    try:
        outside.address_of(urlsplit(url).netloc)
    except outside.NotPublic:
        raise ReceiverRefused(why="인터넷에 공개된 서버가 아니에요.") from None
    except (OSError, UnicodeError):
        raise ReceiverRefused(why="주소의 이름을 찾을 수 없어요.") from None


def create(*, advertiser: Advertiser, name: str, url: str, wanted: Iterable[str], by: User, at: datetime) -> NewSecret:
    """
    Add a receiver, switched on.

    :raises TooManyEndpoints: the advertiser has five.
    """
    secret = signing.new_secret()
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        team = lock_team(advertiser)
        if WebhookEndpoint.objects.owned_by(team).count() >= MOST:
            raise TooManyEndpoints
        endpoint = WebhookEndpoint.objects.create(
            advertiser=team, name=name, url=url, events=sorted(set(wanted)), events_since=at, secret=sealed.seal(secret), created_at=at
        )
    return NewSecret(endpoint, secret)


def change(*, endpoint: WebhookEndpoint, name: str, url: str, wanted: Iterable[str], by: User, at: datetime) -> None:
    """
    Another name, address or choice of events, from now on; what waits goes to the new address.

    :raises EndpointGone: it was removed.
    """
    chosen = sorted(set(wanted))
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        row = _locked(endpoint)
        if events.CONFIRMED in chosen and events.CONFIRMED not in row.events:
            row.events_since = at  # from here on it is told of confirmed participations; nothing else looks at that moment
        row.name, row.url, row.events = name, url, chosen
        row.save(update_fields=["name", "url", "events", "events_since"])


def rotate(*, endpoint: WebhookEndpoint, by: User, at: datetime) -> NewSecret:
    """
    A new secret; for another day both sign, so that the receiver can be switched over without a gap.

    :raises EndpointGone: it was removed.
    """
    secret = signing.new_secret()
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        row = _locked(endpoint)
        row.old_secret, row.old_until = row.secret, at + BOTH_SIGN_FOR
        row.secret = sealed.seal(secret)
        row.save(update_fields=["secret", "old_secret", "old_until"])
    return NewSecret(row, secret)


def switch_off(*, endpoint: WebhookEndpoint, by: User) -> None:
    """
    Send nothing for now; events go on waiting.

    :raises EndpointGone: it was removed.
    """
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        row = _locked(endpoint)
        if row.is_on:
            row.state, row.why_off = WebhookEndpoint.State.OFF, WebhookEndpoint.WhyOff.OWNER
            row.next_at = None
            row.save(update_fields=["state", "why_off", "next_at"])
            queue.rest(row)


def switch_on(*, endpoint: WebhookEndpoint, with_backlog: bool, by: User, at: datetime) -> None:
    """
    Send again. with_backlog: also what happened meanwhile and what was parked, in order; otherwise that is passed over.

    :raises EndpointGone: it was removed.
    """
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        row = _locked(endpoint)
        if row.is_on:
            return
        behind = WebhookDelivery.objects.filter(endpoint=row, state__in=[Delivery.WAITING, Delivery.PARKED])
        if with_backlog:
            behind.update(state=Delivery.WAITING, tries=0, ended_at=None)
        else:
            behind.update(state=Delivery.SKIPPED, ended_at=at)
        row.state, row.why_off, row.failing_since = WebhookEndpoint.State.ON, "", None
        row.save(update_fields=["state", "why_off", "failing_since"])
        if WebhookDelivery.objects.filter(endpoint=row).waiting().exists():
            queue.wake(row, at=at)


def remove(*, endpoint: WebhookEndpoint, by: User, at: datetime) -> None:
    """
    Forget a receiver and what waits for it.

    :raises EndpointGone: it was removed before.
    """
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        row = _locked(endpoint)
        WebhookDelivery.objects.filter(endpoint=row).waiting().update(state=Delivery.SKIPPED, ended_at=at)
        row.state, row.why_off = WebhookEndpoint.State.OFF, WebhookEndpoint.WhyOff.OWNER
        row.removed_at, row.next_at = at, None
        row.save(update_fields=["state", "why_off", "removed_at", "next_at"])
        queue.rest(row)


def try_out(*, endpoint: WebhookEndpoint, at: datetime) -> None:
    """
    Put an event into its queue that says nothing, to see whether it arrives.

    :raises EndpointGone: it was removed.
    """
    with transaction.atomic(durable=True):
        row = _locked(endpoint)
        queue.tell([row], type=events.TEST, key=f"test:{uuid4()}", data={"endpoint": str(row.public_id)}, at=at)


def replay(*, advertiser: Advertiser, delivery: UUID, at: datetime) -> WebhookDelivery:
    """
    Send an event again, under its own id and before what is newer. One that waits is tried now; pressing twice sends once.

    :raises EndpointGone: there is no such event for this team, or its endpoint is gone.   :raises NotReplayable: the endpoint is off.
    """
    with transaction.atomic(durable=True):
        row, endpoint = _of(advertiser, delivery)
        if not endpoint.is_on:
            raise NotReplayable
        if row.state in ENDED:
            row.state, row.tries, row.ended_at = Delivery.WAITING, 0, None
            row.save(update_fields=["state", "tries", "ended_at"])
        if not queue.has_turn(endpoint, at=at) or (endpoint.next_at or at) > at:
            queue.wake(endpoint, at=at, due_at=at)
        return row


def skip(*, advertiser: Advertiser, delivery: UUID, at: datetime) -> WebhookDelivery:
    """
    Pass over an event that waits, so that those behind it go out.

    :raises EndpointGone: there is no such event for this team.   :raises NotReplayable: it does not wait.
    """
    with transaction.atomic(durable=True):
        row, endpoint = _of(advertiser, delivery)
        if not row.is_waiting:
            raise NotReplayable
        row.state, row.ended_at = Delivery.SKIPPED, at
        row.save(update_fields=["state", "ended_at"])
        if WebhookDelivery.objects.filter(endpoint=endpoint).waiting().exists():
            queue.wake(endpoint, at=at, due_at=at)
        elif endpoint.failing_since is not None:  # nothing is left that could fail
            endpoint.failing_since = None
            endpoint.save(update_fields=["failing_since"])
        return row


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    row = WebhookEndpoint.objects.unscoped().select_for_update(no_key=True).filter(pk=endpoint.pk).first()
    if row is None:
        raise EndpointGone
    return row


def _of(advertiser: Advertiser, delivery: UUID) -> tuple[WebhookDelivery, WebhookEndpoint]:
    """A delivery of the team, locked after its endpoint."""
    found = WebhookDelivery.objects.owned_by(advertiser).filter(public_id=delivery).first()
    if found is None:
        raise EndpointGone
    endpoint = _locked(found.endpoint)
    row = WebhookDelivery.objects.select_for_update().select_related("event").get(pk=found.pk)
    return row, endpoint
