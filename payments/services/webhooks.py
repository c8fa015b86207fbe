"""The inbox of messages. A message is stored before it is answered; what it says is looked up, never believed."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F

from common import effects
from common.models import Effect, InboundWebhook
from payments.gateways.base import RemoteEvent, WebhookRefused
from payments.models import PaymentOrder
from payments.services import accounts
from payments.services.refusals import NothingToLookUp, ReplayRuns

KEPT_HEADERS = (
    "webhook-id",
    "webhook-timestamp",
    "tosspayments-webhook-transmission-id",
    "tosspayments-webhook-transmission-time",
    "content-type",
)


def receive(*, gateway: str, event: RemoteEvent, headers: Mapping[str, str], body: bytes, at: datetime) -> InboundWebhook:
    """
    Store a message once, and the effect that looks its order up. A repeat of a message is counted and does nothing else.

    :raises WebhookRefused: nobody proved it and it names no order of ours, or it carries another secret than that of the order's virtual
        account; nothing was stored, so that strangers cannot fill the table.
    """
    if not event.is_proved and event.ref and not PaymentOrder.objects.unscoped().filter(order_id=event.ref).exists():
        raise WebhookRefused("unknown_order")
    if event.secret and not accounts.is_secret_of(event.ref, event.secret):
        raise WebhookRefused("secret")
    with transaction.atomic(durable=True):
        row, created = InboundWebhook.objects.get_or_create(
            gateway=gateway,
            event_id=event.event_id,
            defaults={
                "type": event.type,
                "ref": event.ref,
                "body": body,
                "headers": {name: str(headers[name])[:200] for name in KEPT_HEADERS if name in headers},
                "state": InboundWebhook.State.STORED if event.ref else InboundWebhook.State.IGNORED,
                "received_at": at,
            },
        )
        if not created:
            InboundWebhook.objects.filter(pk=row.pk).update(deliveries=F("deliveries") + 1)
        elif event.ref:
            effects.add("payments.sync_order", key=f"webhook:{gateway}:{event.event_id}"[:200], at=at, webhook=row.pk)
        return row


def replay(*, webhook: InboundWebhook, at: datetime) -> Effect:
    """
    Ask for the order of a stored message to be looked up once more. The look-up acts on what is true, so a repeat does no harm.

    :raises NothingToLookUp: the message names no order.   :raises ReplayRuns: somebody has just asked for it.
    """
    if not webhook.ref:
        raise NothingToLookUp
    with transaction.atomic(durable=True):
        InboundWebhook.objects.select_for_update().get(pk=webhook.pk)
        on_its_way = (Effect.State.NEW, Effect.State.SENT)
        if Effect.objects.filter(kind="payments.sync_order", key__startswith=f"replay:{webhook.pk}:", state__in=on_its_way).exists():
            raise ReplayRuns
        return effects.add("payments.sync_order", key=f"replay:{webhook.pk}:{at.isoformat()}", at=at, webhook=webhook.pk)
