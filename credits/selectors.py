"""What an advertiser or a member has, read from the ledger. Nothing here locks or writes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from advertisers.models import Advertiser
from credits.models import Account, CreditTransaction, EntryKind, HoldPart, Kind, Lot, Posting
from credits.services.wallet import order_of_use


@dataclass(frozen=True, slots=True)
class Balance:
    """
    Credits of an advertiser, in whole won.

    available: may be spent, = paid + bonus.   held: reserved for campaigns.   frozen: set aside for refunds.
    paid, bonus: the available part that was paid for, and that was given.
    """

    available: int
    held: int
    frozen: int
    paid: int
    bonus: int

    @property
    def total(self) -> int:
        """Everything the advertiser still has."""
        return self.available + self.held + self.frozen


@dataclass(frozen=True, slots=True)
class LotView:
    """A lot as a page shows it: granted = available + held + frozen + used + returned + expired."""

    id: int
    kind: str
    order_id: str
    granted: int
    available: int
    held: int
    frozen: int
    used: int
    returned: int
    expired: int
    granted_at: datetime
    expires_at: datetime
    campaign_types: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Its kind in Korean."""
        return str(Lot.Kind(self.kind).label)

    @property
    def is_free(self) -> bool:
        """True when nobody paid for it."""
        return self.kind != Lot.Kind.PAID

    @property
    def remaining(self) -> int:
        """Credits still in the advertiser's accounts."""
        return self.available + self.held + self.frozen


@dataclass(frozen=True, slots=True)
class OrderLots:
    """The lots of one top-up. paid: None until it was credited.   bonus: its BONUS lots in the order of use."""

    paid: LotView | None
    bonus: tuple[LotView, ...]


@dataclass(frozen=True, slots=True)
class LotHold:
    """Credits of one lot that are reserved. subject_label: for what, as the advertiser knows it."""

    subject: str
    subject_label: str
    credits: int


def balance(advertiser: Advertiser, *, campaign_type: str | None = None) -> Balance:
    """
    The advertiser's credits now. One query; the proof keeps lots and accounts equal.

    campaign_type: count as available only what a campaign of this type may use; default everything.
    """
    paid, usable = Q(kind=Lot.Kind.PAID), Q()
    if campaign_type is not None:
        usable = Q(campaign_types=[]) | Q(campaign_types__contains=[campaign_type])
    sums = Lot.objects.filter(advertiser=advertiser).aggregate(
        held=Coalesce(Sum("held"), 0),
        frozen=Coalesce(Sum("frozen"), 0),
        paid=Coalesce(Sum("available", filter=paid), 0),
        bonus=Coalesce(Sum("available", filter=~paid & usable), 0),
    )
    sums = {name: int(value) for name, value in sums.items()}
    return Balance(available=sums["paid"] + sums["bonus"], **sums)


def balance_of(lots: Iterable[LotView]) -> Balance:
    """The same from the lots that are left. No query."""
    rows = list(lots)
    paid, bonus = (sum(lot.available for lot in rows if lot.is_free is free) for free in (False, True))
    held, frozen = sum(lot.held for lot in rows), sum(lot.frozen for lot in rows)
    return Balance(available=paid + bonus, held=held, frozen=frozen, paid=paid, bonus=bonus)


def claim_of(advertiser: Advertiser) -> int:
    """Credits that the advertiser owes the house: cancelled at the gateway after they were spent, and not settled since. One query."""
    owed = Posting.objects.filter(entry__advertiser=advertiser, account__kind=Kind.RECEIVABLE)
    return -int(owed.aggregate(n=Coalesce(Sum("amount"), 0, output_field=BigIntegerField()))["n"])


def debtors() -> list[tuple[Advertiser, int]]:
    """Everybody who owes something, the largest claim first. Two queries."""
    sums = Posting.objects.filter(account__kind=Kind.RECEIVABLE).values("entry__advertiser").annotate(n=Sum("amount")).filter(n__lt=0)
    owed = {row["entry__advertiser"]: -row["n"] for row in sums}
    found = Advertiser.objects.in_bulk(owed)
    return sorted(((found[number], credits) for number, credits in owed.items()), key=lambda pair: (-pair[1], pair[0].pk))


def member_tickets(member_id: int) -> int:
    """Tickets a member may spend now."""
    return Account.objects.filter(member_id=member_id, kind=Kind.WALLET).values_list("balance", flat=True).first() or 0


@dataclass(frozen=True, slots=True)
class TicketSums:
    """What a member's wallet took in and gave, ever. earned: granted.   spent: on raffles and gifticons.   reversed: taken back."""

    earned: int
    spent: int
    reversed: int


def ticket_sums(member_id: int) -> TicketSums:
    """All lines of a member's wallet by what they were. One query."""
    mine = Posting.objects.filter(account__member_id=member_id, account__kind=Kind.WALLET).order_by()
    sums = {row["entry__kind"]: int(row["n"]) for row in mine.values("entry__kind").annotate(n=Sum("amount"))}
    return TicketSums(
        earned=sums.get(EntryKind.TICKET_GRANT, 0),
        spent=-sums.get(EntryKind.TICKET_SPEND, 0),
        reversed=-sums.get(EntryKind.TICKET_REVERSAL, 0),
    )


def ticket_lines(member_id: int, *, before: int | None = None, limit: int) -> list[Posting]:
    """
    Lines of a member's wallet with their entries, the newest first. One query.

    before: only older ones than the line of this number.
    """
    mine = Posting.objects.filter(account__member_id=member_id, account__kind=Kind.WALLET)
    if before is not None:
        mine = mine.filter(pk__lt=before)
    return list(mine.select_related("entry").order_by("-pk")[:limit])


def lots(advertiser: Advertiser, *, with_used_up: bool = False) -> tuple[LotView, ...]:
    """The advertiser's lots in the order of use. with_used_up: also those of which nothing is left."""
    rows = Lot.objects.filter(advertiser=advertiser)
    if not with_used_up:
        rows = rows.filter(Q(available__gt=0) | Q(held__gt=0) | Q(frozen__gt=0))
    return tuple(_view(lot) for lot in sorted(rows, key=order_of_use))


def order_lots(order_id: str) -> OrderLots:
    """The lots a top-up brought. One query."""
    return lots_of_orders([order_id])[order_id]


def lots_of_orders(order_ids: list[str]) -> dict[str, OrderLots]:
    """`order_lots` for many top-ups in one query, by order."""
    found: dict[str, list[Lot]] = {order_id: [] for order_id in order_ids}
    for lot in sorted(Lot.objects.filter(order_id__in=order_ids).exclude(order_id=""), key=order_of_use):
        found[lot.order_id].append(lot)
    return {order_id: _order_lots(rows) for order_id, rows in found.items()}


def _order_lots(rows: list[Lot]) -> OrderLots:
    paid = next((_view(lot) for lot in rows if lot.kind == Lot.Kind.PAID), None)
    return OrderLots(paid=paid, bonus=tuple(_view(lot) for lot in rows if lot.kind == Lot.Kind.BONUS))


def holds_of(lot: LotView | Lot) -> tuple[LotHold, ...]:
    """What still reserves credits of this lot, oldest first. One query."""
    return holds_of_lots([lot]).get(lot.id, ())


def holds_of_lots(lots: "list[LotView | Lot] | tuple[LotView, ...]") -> dict[int, tuple[LotHold, ...]]:
    """`holds_of` for many lots in one query, by lot id."""
    parts = HoldPart.objects.filter(lot__in=[lot.id for lot in lots], placed__gt=F("captured") + F("released"))
    found: dict[int, list[LotHold]] = defaultdict(list)
    for part in parts.select_related("hold").order_by("hold_id"):
        found[part.lot_id].append(LotHold(part.hold.subject, part.hold.subject_label, part.open))
    return {lot_id: tuple(holds) for lot_id, holds in found.items()}


# What an advertiser may look for in the history: the word in the address → the kinds of entries.
HISTORY_GROUPS: dict[str, tuple[str, ...]] = {
    "top-up": (EntryKind.TOP_UP,),
    "bonus": (EntryKind.BONUS, EntryKind.GOODWILL),
    "campaign": (EntryKind.HOLD, EntryKind.RAISE, EntryKind.CAPTURE, EntryKind.RELEASE),
    "refund": (EntryKind.FREEZE, EntryKind.UNFREEZE, EntryKind.RECLAIM, EntryKind.CANCEL),
    "other": (EntryKind.EXPIRE, EntryKind.ADJUST, EntryKind.REVERSAL),
}


def history(advertiser: Advertiser, *, group: str = "", since: datetime | None = None) -> "QuerySet[CreditTransaction]":
    """
    The advertiser's entries, newest first. One query per page.

    Each has `available_change`, `held_change`, `frozen_change` (credits, 0 when untouched) and `available_after`: what could be
    spent once it was written.   group: a key of HISTORY_GROUPS, anything else means all.   since: booked at or after.
    """
    rows = CreditTransaction.objects.filter(advertiser=advertiser)
    if group in HISTORY_GROUPS:
        rows = rows.filter(kind__in=HISTORY_GROUPS[group])
    if since is not None:
        rows = rows.filter(booked_at__gte=since)
    # Entries of one advertiser are written one after another under her lock, so a later one has the higher id.
    before = Posting.objects.filter(account=_account(advertiser, Kind.AVAILABLE), entry__lte=OuterRef("pk")).order_by("-entry", "-pk")
    return (
        rows.select_related("hold")
        .order_by("-pk")
        .annotate(
            **{f"{kind.lower()}_change": _change(_account(advertiser, kind)) for kind in (Kind.AVAILABLE, Kind.HELD, Kind.FROZEN)},
            available_after=Coalesce(Subquery(before.values("balance_after")[:1]), 0),
        )
    )


def _account(advertiser: Advertiser, kind: str) -> Subquery:
    """The advertiser's account of a kind; the database looks once."""
    return Subquery(Account.objects.filter(advertiser=advertiser, kind=kind).values("pk")[:1])


def _change(account: Subquery) -> Coalesce:
    """The sum of an entry's lines on one account."""
    lines = Posting.objects.filter(entry=OuterRef("pk"), account=account).order_by().values("entry")
    return Coalesce(Subquery(lines.annotate(sum=Sum("amount")).values("sum")), 0, output_field=BigIntegerField())


def expiring(lots: tuple[LotView, ...], *, until: datetime) -> tuple[int, datetime | None]:
    """How many available credits expire before a moment, and when the first of them do. No query."""
    soon = [lot for lot in lots if lot.available and lot.expires_at < until]
    return sum(lot.available for lot in soon), min((lot.expires_at for lot in soon), default=None)


def _view(lot: Lot) -> LotView:
    return LotView(
        id=lot.pk,
        kind=lot.kind,
        order_id=lot.order_id,
        granted=lot.granted,
        available=lot.available,
        held=lot.held,
        frozen=lot.frozen,
        used=lot.used,
        returned=lot.returned,
        expired=lot.expired,
        granted_at=lot.granted_at,
        expires_at=lot.expires_at,
        campaign_types=tuple(lot.campaign_types),
    )
