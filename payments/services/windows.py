"""
The gateways an order may be paid at: which one is offered when another does not answer, where else it was let in, and who may capture.

An order keeps its number and its key at every gateway. Money that two of them took is credited once; the rest waits for the desk. PAY-17.
"""

from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from common.provider import GatewayError
from credits import services as ledger
from payments.gateways import get_gateway
from payments.models import PaymentOrder, PaymentWindow
from payments.services.refusals import MethodNotOffered, OrderNotPayable

AWAY_SECONDS = 60


def second_of(order: PaymentOrder) -> str:
    """The other gateway that this order may be paid at; empty when none is configured or it has no such contract."""
    offered = (settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND)
    others = (name for name in offered if name and name != order.gateway and name in settings.PAYMENT_GATEWAYS)
    return next((name for name in others if (order.method or "CARD") in get_gateway(name).methods), "")


def is_away(order: PaymentOrder) -> bool:
    """True when the order's gateway did not answer within the last minute, whoever asked it. Asks nobody; one look at the cache."""
    return bool(cache.get(_mark(order.gateway)))


def heard(name: str, silence: GatewayError) -> None:
    """A gateway did not answer, or only said that it is broken: remember it for a minute, so that the next buyer hears at once."""
    if silence.status == 0 or silence.status >= 500:
        cache.set(_mark(name), True, AWAY_SECONDS)


def _mark(name: str) -> str:
    return f"payments:gateway:{name}:away"


def note(order: PaymentOrder, *, at: datetime) -> None:
    """The buyer is let into the window of the order's gateway. Joins the caller's transaction."""
    PaymentWindow.objects.get_or_create(order=order, gateway=order.gateway, defaults={"opened_at": at})


def names(order: PaymentOrder) -> list[str]:
    """Every gateway at which the order may have been paid, its present one first."""
    others = PaymentWindow.objects.filter(order=order).exclude(gateway=order.gateway).order_by("pk").values_list("gateway", flat=True)
    return [order.gateway, *(name for name in others if name in settings.PAYMENT_GATEWAYS)]


def switch(*, order: PaymentOrder) -> PaymentOrder:
    """
    Let the same order be paid at the other gateway.

    :raises OrderNotPayable: it was paid, is being checked, or a capture of it may be under way.
    :raises MethodNotOffered: there is no other gateway for it.
    """
    with transaction.atomic(durable=True):
        ledger.lock_wallet(order.advertiser)
        row = PaymentOrder.objects.select_related("advertiser").select_for_update(of=("self",)).get(pk=order.pk)
        if not row.may_be_paid or row.windows.filter(confirmed_at__isnull=False).exists():
            raise OrderNotPayable
        other = second_of(row)
        if not other:
            raise MethodNotOffered
        row.gateway = other
        row.save(update_fields=["gateway"])
        return row


def claim(order: PaymentOrder, name: str, *, at: datetime) -> bool:
    """
    Make this gateway the only one at which the order may be captured now. False when it has its credits, or when another gateway was
    asked to capture it and has not said no.
    """
    with transaction.atomic(durable=True):
        row = PaymentOrder.objects.select_for_update().get(pk=order.pk)
        windows = PaymentWindow.objects.filter(order=row)
        if row.is_credited or windows.exclude(gateway=name).filter(confirmed_at__isnull=False).exists():
            return False
        windows.filter(gateway=name).update(confirmed_at=at)
        return True


def give_up(order: PaymentOrder, name: str) -> None:
    """This gateway certainly captured nothing: another one may."""
    PaymentWindow.objects.filter(order=order, gateway=name, confirmed_at__isnull=False).update(confirmed_at=None)
