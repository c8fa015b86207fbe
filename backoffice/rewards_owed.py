"""
What members were promised beyond tickets, what lies at the supplier of gifticons, and what was earned on either: beside `liabilities`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Max, Q, Sum

from backoffice.liabilities import Figure, Lines
from credits.models import Kind, Posting
from rewards.models import GifticonFloat, GifticonOrder, Raffle, RaffleWinner

RECENT = timedelta(days=30)
MOST_ROWS = 20
PROMISING = ("FUNDED", "OPEN", "CLOSED", "DRAWN")


@dataclass(frozen=True, slots=True)
class Prizes:
    """One raffle whose prizes are not all delivered. promised, secured: won; a sponsor's are secured by a hold."""

    raffle: Raffle
    promised: int
    secured: int


@dataclass(frozen=True, slots=True)
class Deposit:
    """
    Our money at the supplier of gifticons. balance: as it told us last, None before it ever did.   waiting: won for orders under way.
    spent: won in the last 30 days.
    """

    balance: int | None
    told_at: datetime | None
    is_explained: bool
    orders: int
    waiting: int
    spent: int

    @property
    def days_left(self) -> int | None:
        """How long it lasts at the pace of the last 30 days, after what is under way; None when nothing is spent or known."""
        if self.balance is None or not self.spent:
            return None
        return max(self.balance - self.waiting, 0) * RECENT.days // self.spent


@dataclass(frozen=True, slots=True)
class GifticonMargin:
    """Coupons of one kind issued in the last 30 days. value, cost: won."""

    name: str
    issued: int
    value: int
    cost: int

    @property
    def margin(self) -> int:
        """What stays with us."""
        return self.value - self.cost


@dataclass(frozen=True, slots=True)
class CampaignMargin:
    """What one campaign was charged so far: what is ours, and what stands for the rewards of members."""

    label: str
    advertiser: str
    hold: int
    ours: Figure
    rewards: Figure

    @property
    def charged(self) -> int:
        """Both."""
        return self.ours.amount + self.rewards.amount


@dataclass(frozen=True, slots=True)
class RewardsOwed:
    """Everything of this module."""

    prizes: tuple[Prizes, ...]
    deposit: Deposit
    gifticons: tuple[GifticonMargin, ...]
    campaigns: tuple[CampaignMargin, ...]

    @property
    def promised(self) -> int:
        """Won of all prizes that are not delivered."""
        return sum(row.promised for row in self.prizes)


def rewards_owed_at(at: datetime) -> RewardsOwed:
    """A fixed number of queries."""
    return RewardsOwed(prizes=_prizes(), deposit=_deposit(at), gifticons=_gifticon_margins(at), campaigns=_campaign_margins())


def _prizes() -> tuple[Prizes, ...]:
    """Raffles that still owe something, by the moment of their draw. Two queries."""
    raffles = Raffle.objects.filter(state__in=PROMISING).select_related("sponsor", "hold").order_by("draws_at", "pk")
    waiting = RaffleWinner.objects.filter(raffle__state="DRAWN", state__in=(RaffleWinner.State.WON, RaffleWinner.State.CLAIMED))
    ranks: dict[int, list[int]] = {}
    for raffle_id, rank in waiting.values_list("raffle_id", "prize_rank"):
        ranks.setdefault(raffle_id, []).append(rank or 0)
    rows = []
    for raffle in raffles:
        drawn = raffle.state == "DRAWN"
        promised = sum(raffle.worth_of(rank) for rank in ranks.get(raffle.pk, [])) if drawn else raffle.prize_value_krw
        if promised:
            rows.append(Prizes(raffle, promised, raffle.hold.open if raffle.hold is not None else raffle.funded_krw))
    return tuple(rows)


def _deposit(at: datetime) -> Deposit:
    """Two queries."""
    told = GifticonFloat.objects.order_by("-read_at").first()
    open_now, recent = Q(state__in=("HELD", "ORDERED", "UNKNOWN")), Q(issued_at__gt=at - RECENT)
    sums = GifticonOrder.objects.aggregate(
        orders=Count("pk", filter=open_now),
        waiting=Sum("cost_krw", filter=open_now, default=0),
        spent=Sum("cost_krw", filter=recent, default=0),
    )
    if told is None:
        return Deposit(balance=None, told_at=None, is_explained=True, **sums)
    return Deposit(balance=told.balance_krw, told_at=told.read_at, is_explained=told.is_explained, **sums)


def _gifticon_margins(at: datetime) -> tuple[GifticonMargin, ...]:
    """By what was issued most. One query."""
    issued = GifticonOrder.objects.issued().filter(issued_at__gt=at - RECENT, tickets__gt=0)
    rows = issued.values_list("gifticon__name").annotate(n=Count("pk"), value=Sum("value_krw"), cost=Sum("cost_krw"))
    return tuple(GifticonMargin(*row) for row in rows.order_by("-n", "gifticon__name")[:MOST_ROWS])


def _campaign_margins() -> tuple[CampaignMargin, ...]:
    """Those that were charged last. One query."""
    charges = Posting.objects.filter(account__kind__in=(Kind.REVENUE, Kind.REWARD_COST), entry__hold__isnull=False)
    rows = charges.values(
        hold=F("entry__hold"), label=F("entry__hold__subject_label"), advertiser=F("entry__hold__advertiser__name")
    ).annotate(
        ours=Sum("amount", filter=Q(account__kind=Kind.REVENUE), default=0),
        rewards=Sum("amount", filter=Q(account__kind=Kind.REWARD_COST), default=0),
        last=Max("entry__booked_at"),
    )
    return tuple(
        CampaignMargin(
            label=row["label"],
            advertiser=row["advertiser"],
            hold=row["hold"],
            ours=Figure(row["ours"], Lines(account=Kind.REVENUE, hold=row["hold"])),
            rewards=Figure(row["rewards"], Lines(account=Kind.REWARD_COST, hold=row["hold"])),
        )
        for row in rows.order_by("-last", "-hold")[:MOST_ROWS]
    )
