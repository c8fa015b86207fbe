"""
What the house owes and earned, from the ledger. Every figure names the postings it is the sum of (`Lines`), and a page shows them.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet, Sum

from backoffice.words import word_of
from common.kst import day_from, day_of
from credits.models import ADVERTISER_KINDS, MEMBER_KINDS, Account, Hold, Kind, Lot, Posting, Unit
from payments.insurance import Cover, cover_at
from rewards.policies import TICKET_COST_KRW

# Age in days since the credits were received: label, from, until (None: without end).
AGES = (("30일까지", 0, 31), ("31–90일", 31, 91), ("91–180일", 91, 181), ("181–365일", 181, 366), ("1년 넘음", 366, None))
PARTS = {"available": Kind.AVAILABLE, "held": Kind.HELD, "frozen": Kind.FROZEN}
PAID, FREE = "PAID", "FREE"
MOST_CAMPAIGNS = 100


@dataclass(frozen=True, slots=True)
class Lines:
    """
    Which postings a figure is the sum of.

    account: a kind; empty means those of advertisers, or of members.   unit: CREDIT or TICKET.   lots: PAID, FREE or empty.
    since, until: days on which the lots were received, the last not included.   hold: number of a hold.   owner: number of an account.
    """

    account: str = ""
    unit: str = Unit.CREDIT
    lots: str = ""
    since: date | None = None
    until: date | None = None
    hold: int | None = None
    owner: int | None = None

    @property
    def query(self) -> str:
        """What the page that shows them is asked, as in its address."""
        return urlencode({name: value for name in self.__slots__ if (value := getattr(self, name)) not in ("", None, Unit.CREDIT)})

    def postings(self) -> QuerySet[Posting]:
        """The lines themselves, oldest first."""
        rows = Posting.objects.filter(account__unit=self.unit).exclude(entry__advertiser__is_demo=True)
        if self.owner is not None:
            return rows.filter(account=self.owner).order_by("pk")
        owned = MEMBER_KINDS if self.unit == Unit.TICKET else ADVERTISER_KINDS
        rows = rows.filter(account__kind__in=[self.account] if self.account else owned)
        if self.lots:
            is_paid = Q(lot__kind=Lot.Kind.PAID)
            rows = rows.filter(is_paid if self.lots == PAID else ~is_paid, lot__isnull=False)
        if self.since is not None:
            rows = rows.filter(lot__granted_at__gte=day_from(self.since))
        if self.until is not None:
            rows = rows.filter(lot__granted_at__lt=day_from(self.until))
        if self.hold is not None:
            rows = rows.filter(entry__hold=self.hold)
        return rows.order_by("pk")

    def total(self) -> int:
        """Their sum. One query."""
        return int(self.postings().order_by().aggregate(n=Sum("amount", default=0))["n"])


@dataclass(frozen=True, slots=True)
class Figure:
    """One amount and the lines behind it. Signed as a debt: what we owe is above zero."""

    amount: int
    lines: Lines


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table of prepaid credits."""

    title: str
    available: Figure
    held: Figure
    frozen: Figure

    @property
    def total(self) -> int:
        """All three."""
        return self.available.amount + self.held.amount + self.frozen.amount


@dataclass(frozen=True, slots=True)
class House:
    """One account of the house: the sum of its lines, as the book signs it."""

    title: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Liabilities:
    """
    paid, free: by age.   campaigns: open holds, largest first; others: what the rest of them holds.   tickets: pieces members have.
    ticket_cost_krw: expected cost of one.   house: every house account, the other side of the book.
    """

    at: datetime
    paid: tuple[Row, ...]
    free: tuple[Row, ...]
    campaigns: tuple[tuple[Hold, Figure], ...]
    others: int
    tickets: Figure
    ticket_cost_krw: int
    house: tuple[House, ...]
    cover: Cover

    @property
    def paid_total(self) -> int:
        """Prepaid credits somebody paid for."""
        return sum(row.total for row in self.paid)

    @property
    def free_total(self) -> int:
        """Bonus and goodwill credits."""
        return sum(row.total for row in self.free)

    @property
    def frozen_total(self) -> int:
        """On their way back to somebody."""
        return sum(row.frozen.amount for row in (*self.paid, *self.free))

    @property
    def held_total(self) -> int:
        """Reserved for campaigns."""
        return sum(row.held.amount for row in (*self.paid, *self.free))

    @property
    def tickets_krw(self) -> int:
        """What it would cost if every ticket were exchanged today."""
        return self.tickets.amount * self.ticket_cost_krw

    @property
    def trial_balance(self) -> int:
        """Everybody's credits and the house's together: zero, or the book is wrong."""
        return self.paid_total + self.free_total + sum(row.figure.amount for row in self.house if row.figure.lines.unit == Unit.CREDIT)


def liabilities_at(at: datetime) -> Liabilities:
    """Everything on the page. A fixed number of queries."""
    today = day_of(at)
    paid, free = (_by_age(lots, today) for lots in (PAID, FREE))
    real = Hold.objects.filter(advertiser__is_demo=False).select_related("advertiser")
    holds = real.annotate(left=F("placed") - F("captured") - F("released")).filter(left__gt=0)
    shown = tuple(
        (hold, Figure(hold.open, Lines(account=Kind.HELD, hold=hold.pk))) for hold in holds.order_by("-left", "pk")[:MOST_CAMPAIGNS]
    )
    held = sum(row.held.amount for row in (*paid, *free))
    tickets = Account.objects.filter(kind__in=MEMBER_KINDS).aggregate(n=Sum("balance", default=0))["n"]
    return Liabilities(
        at=at,
        paid=paid,
        free=free,
        campaigns=shown,
        others=held - sum(figure.amount for _, figure in shown),
        tickets=Figure(int(tickets), Lines(unit=Unit.TICKET)),
        ticket_cost_krw=TICKET_COST_KRW.at(at),
        house=_house(),
        cover=cover_at(at),
    )


def _by_age(lots: str, today: date) -> tuple[Row, ...]:
    """Paid or free credits by the age of their lots. One query."""
    is_paid = Q(kind=Lot.Kind.PAID)
    sums: dict[str, Sum] = {}
    ranges = []
    for number, (title, youngest, oldest) in enumerate(AGES):
        since = None if oldest is None else today - timedelta(days=oldest - 1)
        until = None if youngest == 0 else today - timedelta(days=youngest - 1)
        ranges.append((title, since, until))
        inside = is_paid if lots == PAID else ~is_paid
        inside &= Q(granted_at__gte=day_from(since)) if since else Q()
        inside &= Q(granted_at__lt=day_from(until)) if until else Q()
        sums |= {f"{part}_{number}": Sum(part, filter=inside, default=0) for part in PARTS}
    found = Lot.objects.filter(advertiser__is_demo=False).aggregate(**sums)
    return tuple(
        Row(
            title,
            *(
                Figure(int(found[f"{part}_{number}"]), Lines(account=kind, lots=lots, since=since, until=until))
                for part, kind in PARTS.items()
            ),
        )
        for number, (title, since, until) in enumerate(ranges)
    )


def _house() -> tuple[House, ...]:
    """Every account of the house with the sum of its lines. One query."""
    lines = Posting.objects.filter(account__balance=None).exclude(account__kind=Kind.DEMO)
    rows = lines.values_list("account__unit", "account__kind").annotate(sum=Sum("amount"))
    return tuple(
        House(_title(kind), Figure(int(amount), Lines(account=kind, unit=unit)))
        for unit, kind, amount in rows.order_by("account__unit", "account__kind")
    )


def _title(kind: str) -> str:
    name, _, gateway = kind.partition(":")
    return f"{Kind(name).label} {word_of(gateway)}".strip()
