"""
Exchanging tickets for a gifticon: tickets and order in one commit, the call afterwards, its end in another.

The effect of an order is the only one that moves it while its end is open, and the row of the effect is locked while it does.
"""

import secrets
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from common import effects
from common.kst import day_of
from credits import services as credits
from credits.models import Entry, Kind
from rewards.app_auth import MemberInactive
from rewards.gifticons.errors import GifticonNotFound, IdentityNeeded, PhoneNeeded, PriceChanged, SoldOut
from rewards.gifticons.rules import NEEDS_IDENTITY
from rewards.models import Gifticon, GifticonOrder, Member

ISSUE = "rewards.gifticon_issue"


def exchange(*, member: Member, gifticon: UUID, tickets: int, key: str, at: datetime) -> GifticonOrder:
    """
    Take tickets and order one coupon. Owns the transaction; the same key again returns the first order.

    tickets: the price that the person saw.

    :raises InsufficientCredits: fewer tickets in the wallet.   :raises IdempotencyConflict: the key was used for another exchange.
    :raises PriceChanged: it costs something else now; the error says what.
    :raises GifticonNotFound, SoldOut, IdentityNeeded, PhoneNeeded, MemberInactive: the tickets are still there.
    """
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        if known := _known(member.pk, gifticon, key):
            return known
        item = _offered(gifticon, tickets=tickets, at=at)
        require_ready(member, at=at)
        spent = credits.spend(
            member_id=member.pk, amount=tickets, kind=Kind.EXCHANGED, key=f"gifticon-order:{member.pk}:{key}", at=at, reason=item.name
        )
        return _known(member.pk, gifticon, key) or _write(item, member.pk, tickets=tickets, spend=spent, key=key, at=at)


def order_prize(*, member_id: int, gifticon: Gifticon, key: str, at: datetime) -> GifticonOrder:
    """
    Order a coupon that somebody won. Joins the caller's transaction; the same key again returns the first order.

    :raises GifticonNotFound: the supplier sells it no more.   :raises SoldOut: none is left.   :raises IdempotencyConflict: as above.
    """
    if known := _known(member_id, gifticon.public_id, key):
        return known
    item = Gifticon.objects.priced(at).filter(pk=gifticon.pk, is_sold=True).first()
    if item is None:
        raise GifticonNotFound
    return _write(item, member_id, tickets=0, spend=None, key=key, at=at)


def require_ready(member: Member, *, at: datetime) -> None:
    """:raises MemberInactive, IdentityNeeded, PhoneNeeded: what stands between this member and an exchange."""
    row = Member.objects.select_related("user").get(pk=member.pk)
    if not row.is_active:
        raise MemberInactive
    if NEEDS_IDENTITY.at(at) and not row.person_hash:
        raise IdentityNeeded
    if not row.user.phone:
        raise PhoneNeeded


def _known(member_id: int, gifticon: UUID, key: str) -> GifticonOrder | None:
    found = GifticonOrder.objects.select_related("gifticon__brand").filter(member_id=member_id, key=key).first()
    if found is not None and found.gifticon.public_id != gifticon:
        raise credits.IdempotencyConflict
    return found


def _offered(public_id: UUID, *, tickets: int, at: datetime) -> Gifticon:
    item = Gifticon.objects.offered(at).select_related("brand").filter(public_id=public_id).first()
    if item is None:
        raise GifticonNotFound
    if item.is_out:
        raise SoldOut
    price = int(item.tickets)  # type: ignore[attr-defined]  # annotated by `offered`
    if price != tickets:
        raise PriceChanged(tickets=f"{price:,}")
    return item


def _write(item: Gifticon, member_id: int, *, tickets: int, spend: Entry | None, key: str, at: datetime) -> GifticonOrder:
    """Joins; the member's wallet is locked. The last item goes to one: the write is the check."""
    if item.stock is not None and not Gifticon.objects.filter(pk=item.pk, stock__gt=0).update(stock=F("stock") - 1):
        raise SoldOut
    order = GifticonOrder.objects.create(
        gifticon=item, member_id=member_id, tickets=tickets, spend=spend, key=key, tr_id=_tr_id(at), cost_krw=item.cost_krw,
        value_krw=int(item.value_krw) if tickets else 0,  # type: ignore[attr-defined]  # annotated by `priced`
        took_stock=item.stock is not None, ordered_at=at,
    )  # fmt: skip
    effects.add(ISSUE, key=f"gifticon:{order.public_id}", at=at, order=order.pk)
    return order


def _tr_id(at: datetime) -> str:
    """24 characters that the supplier never saw."""
    return f"rw_{day_of(at):%Y%m%d}_{secrets.token_hex(6)}"
