"""Accounts to pay into, virtual ones and our own: noted when a gateway named one, told about a day before it ends, closed when it has."""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.db import transaction

from advertisers.notifications import tell_team
from common.kst import day_of, day_until
from credits import services as ledger
from identity.events import Fact
from payments import events, policy
from payments.gateways.base import RemoteAccount
from payments.models import PaymentOrder, VirtualAccount

METHOD = "VIRTUAL_ACCOUNT"
REMIND_BEFORE = timedelta(days=1)
LOOK_AFTER_THE_END = timedelta(minutes=10)  # banks tell of the last deposits with a delay


def due_at(at: datetime) -> datetime:
    """Until when an account issued at this moment takes money: the end of a day in Korea."""
    return day_until(day_of(at + timedelta(days=policy.ACCOUNT_DAYS.at(at)))) - timedelta(seconds=1)


def note(order: PaymentOrder, issued: RemoteAccount, *, at: datetime) -> VirtualAccount:
    """Keep the account of a locked order, and tell the team once. Joins the caller's transaction."""
    account, created = VirtualAccount.objects.get_or_create(
        order=order,
        defaults={
            "bank": issued.bank,
            "number": issued.number[:40],
            "holder": issued.holder[:100],
            "due_at": issued.due_at or due_at(at),
            "issued_at": at,
            "secret_hash": _hash(issued.secret),
        },
    )
    if created:
        facts: dict[str, Fact] = {"amount": order.amount_krw, "account": str(account), "until": _when(account.due_at)}
        tell_team(
            events.OUR_ACCOUNT if order.depositor else events.ACCOUNT_ISSUED,
            advertiser=order.advertiser,
            facts={**facts, "depositor": order.depositor} if order.depositor else facts,
            url=f"/payments/orders/{order.order_id}/",
            key=f"order:{order.order_id}:account",
            at=at,
        )
    return account


def is_secret_of(order_id: str, secret: str) -> bool:
    """True when a message about a deposit carries what the gateway gave us with this order's account."""
    known = VirtualAccount.objects.filter(order__order_id=order_id).values_list("secret_hash", flat=True).first()
    return bool(known) and hmac.compare_digest(str(known), _hash(secret))


def remind(*, at: datetime, limit: int = 100) -> int:
    """Tell teams whose account ends within a day and has no money yet, once each; how many. Each in a transaction of its own."""
    waiting = VirtualAccount.objects.filter(
        reminded_at=None, due_at__gt=at, due_at__lte=at + REMIND_BEFORE, order__state=PaymentOrder.State.ACCOUNT_ISSUED
    )
    told = 0
    for account in waiting.select_related("order__advertiser").order_by("due_at")[:limit]:
        with transaction.atomic(durable=True):
            ledger.lock_wallet(account.order.advertiser)
            order = PaymentOrder.objects.select_for_update(of=("self",)).get(pk=account.order_id)
            if order.state != PaymentOrder.State.ACCOUNT_ISSUED:
                continue
            if VirtualAccount.objects.filter(pk=account.pk, reminded_at=None).update(reminded_at=at) != 1:
                continue
            tell_team(
                events.ACCOUNT_ENDS,
                advertiser=account.order.advertiser,
                facts={
                    "order": order.order_id, "amount": order.amount_krw, "account": str(account), "until": _when(account.due_at),
                },
                url=f"/payments/orders/{order.order_id}/",
                key=f"order:{order.order_id}:account:ends",
                at=at,
            )  # fmt: skip
            told += 1
    return told


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest() if secret else ""


def _when(at: datetime) -> str:
    day = day_of(at)
    return f"{day.month}월 {day.day}일"
