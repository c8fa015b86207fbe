"""What waits for operators, and what the house owes. The number of queries does not depend on the number of rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, Q, QuerySet, Sum, Value
from django.http import HttpRequest
from django.utils import timezone

from backoffice import clocks, refund_case, review_queue
from campaigns.fraud import suspicions
from campaigns.models import BEFORE_THE_START, LIVE, Campaign
from campaigns.models.campaigns import State as CampaignState
from common import dated
from common.models import DatedSetting
from credits import services as ledger
from credits.models import Account, Kind, Lot, ProofRun
from identity.models import Notification, User
from inquiries.models import Guide
from payments.models import BankDeposit, BankPayout, Refund
from rewards import push
from rewards.models import GifticonImport, Raffle
from rewards.models.push import PushState
from rewards.models.raffles import State as RaffleState

PROOF_IS_OLD_AFTER = timedelta(hours=26)  # it runs every night
SHOWN = (*BEFORE_THE_START, *LIVE)  # states in which members see a campaign, or soon will, unless an operator hides it
LOCKABLE = (CampaignState.SUBMITTED, CampaignState.CHANGES_ASKED, *SHOWN, CampaignState.ENDED)  # a lock keeps the money of each of these


def waiting_for(request: HttpRequest) -> dict[str, int]:
    """Counts of waiting work by name, read once per request."""
    known: dict[str, int] | None = getattr(request, "_waiting_work", None)
    if known is None:
        known = waiting()
        request._waiting_work = known  # type: ignore[attr-defined]
    return known


def waiting() -> dict[str, int]:
    """Counts of waiting work by name; every one is the answer of a partial or state index."""
    counted = _count_all(
        {
            "deposits": BankDeposit.objects.filter(state=BankDeposit.State.WAITING),
            "payouts": BankPayout.objects.filter(state__in=BankPayout.OPEN),
            "alerts": Notification.objects.for_operators().unread(),
            "locked": Campaign.objects.filter(is_locked=True, state__in=LOCKABLE),
            "hidden": Campaign.objects.filter(is_exposed=False, state__in=SHOWN),
            "raffles": Raffle.objects.filter(state=RaffleState.DRAFT),
            "imports": GifticonImport.objects.filter(state=GifticonImport.State.READY),
            "pushes": push.composed().filter(state=PushState.DRAFT),
            "copies": Guide.objects.with_a_copy_that_waits().exclude(notion_page=""),
        }
    )
    return {
        **{kind: rows.count() for kind, (rows, _) in clocks.queues().items()},
        **counted,
        "campaigns": review_queue.waiting().count(),
        "suspicions": suspicions.waiting(at=timezone.now()),
        "bank": counted["deposits"] + counted["payouts"],
    }


def _count_all(rows: dict[str, QuerySet[Any]]) -> dict[str, int]:
    """How many rows each of these has. One query."""
    first, *others = [found.order_by().values(of=Value(name, CharField())).annotate(n=Count("pk")) for name, found in rows.items()]
    counted = {row["of"]: int(row["n"]) for row in first.union(*others, all=True)}
    return {name: counted.get(name, 0) for name in rows}


@dataclass(frozen=True, slots=True)
class Owed:
    """Credits of one origin that advertisers still have, in whole won. kinds: of the lots behind them, as a list page filters."""

    title: str
    available: int
    held: int
    frozen: int
    kinds: str = ""

    @property
    def total(self) -> int:
        """All of them."""
        return self.available + self.held + self.frozen


@dataclass(frozen=True, slots=True)
class Liabilities:
    """What we owe: prepaid credits by origin, and tickets."""

    paid: Owed
    free: Owed
    tickets: int

    @property
    def lines(self) -> tuple[Owed, ...]:
        """By origin, then both together."""
        paid, free = self.paid, self.free
        return paid, free, Owed("모두", paid.available + free.available, paid.held + free.held, paid.frozen + free.frozen)


def liabilities() -> Liabilities:
    """Two sums over the lots and the members' wallets."""
    paid = Q(kind=Lot.Kind.PAID)
    parts = ("available", "held", "frozen")
    sums = Lot.objects.filter(advertiser__is_demo=False).aggregate(
        **{f"paid_{part}": Sum(part, filter=paid, default=0) for part in parts},
        **{f"free_{part}": Sum(part, filter=~paid, default=0) for part in parts},
    )
    tickets = Account.objects.filter(kind__in=[Kind.WALLET, Kind.IN_EXCHANGE]).aggregate(n=Sum("balance", default=0))["n"]
    return Liabilities(
        paid=Owed("충전 크레딧", **{part: int(sums[f"paid_{part}"]) for part in parts}, kinds=Lot.Kind.PAID),
        free=Owed("보너스 크레딧", **{part: int(sums[f"free_{part}"]) for part in parts}, kinds=f"{Lot.Kind.BONUS},{Lot.Kind.GOODWILL}"),
        tickets=int(tickets),
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """The last run of the proof. tone: green, amber (old or never), red (differences)."""

    run: ProofRun | None
    tone: str
    sentence: str

    @property
    def found(self) -> int:
        """How many differences it found."""
        return sum(self.run.counts.values()) if self.run else 0


def last_proof(*, at: datetime) -> Proof:
    """The last run, and what to think of it."""
    run = ProofRun.objects.order_by("-pk").first()
    if run is None:
        return Proof(None, "amber", "아직 원장 증명을 돌린 적이 없어요.")
    if not run.is_green:
        return Proof(run, "red", "원장 증명에서 차이를 찾았어요. 차이를 확인할 때까지 충전과 환불을 멈출 수 있어요.")
    if at - run.ran_at > PROOF_IS_OLD_AFTER:
        return Proof(run, "amber", "마지막 원장 증명이 하루를 넘었어요.")
    return Proof(run, "green", "원장과 계정, 충전분이 모두 맞아요.")


@dataclass(frozen=True, slots=True)
class Turn:
    """One press of the switch over top-ups and refunds."""

    at: datetime
    who: str
    stopped: bool
    reason: str


def is_money_stopped(*, at: datetime) -> bool:
    """Whether top-ups and refunds are refused now."""
    return bool(ledger.MONEY_STOPPED.at(at))


def money_turns(limit: int = 20) -> tuple[Turn, ...]:
    """The last presses of the switch, newest first. Two queries."""
    rows = list(DatedSetting.objects.filter(name=ledger.MONEY_STOPPED.name).order_by("-effective_from")[:limit])
    people = User.objects.in_bulk({row.created_by_id for row in rows if row.created_by_id})
    names = {number: person.get_full_name() for number, person in people.items()}
    return tuple(Turn(row.effective_from, names.get(row.created_by_id or 0, "시스템"), bool(row.value), row.reason) for row in rows)


@dataclass(frozen=True, slots=True)
class Policy:
    """A dated setting with the value that is valid now. following: the value that comes next, with its moment, if one is set."""

    declared: dated.Dated[Any]
    value: Any
    following: DatedSetting | None

    @property
    def name(self) -> str:
        """Its name in code."""
        return self.declared.name

    @property
    def label(self) -> str:
        """What it is about."""
        return self.declared.label

    @property
    def bounds(self) -> str:
        """Between which a new number has to be; empty for what is no number."""
        least, most = self.declared.least, self.declared.most
        if isinstance(self.declared.default, bool) or not isinstance(self.declared.default, int):
            return ""
        return f"{'' if least is None else f'{least:,}'}~{'' if most is None else f'{most:,}'}"

    @property
    def shown(self) -> str:
        """The value that is valid now, to read."""
        return shown_value(self.value) + self.declared.unit

    @property
    def shown_default(self) -> str:
        """The value in code, to read."""
        return shown_value(self.declared.default) + self.declared.unit

    @property
    def shown_following(self) -> str:
        """The value that comes next, to read; empty without one."""
        return shown_value(self.following.value) + self.declared.unit if self.following else ""


def shown_value(value: Any) -> str:
    """A policy's value as operators read it."""
    if isinstance(value, bool):
        return "켜짐" if value else "꺼짐"
    return f"{value:,}" if isinstance(value, int) else str(value)


def policies(*, at: datetime) -> tuple[Policy, ...]:
    """Every declared policy, by name. One query."""
    now: dict[str, Any] = {}
    coming: dict[str, DatedSetting] = {}
    for row in DatedSetting.objects.order_by("effective_from", "pk"):
        if row.effective_from <= at:
            now[row.name] = row.value
        else:
            coming.setdefault(row.name, row)
    return tuple(Policy(policy, now.get(name, policy.default), coming.get(name)) for name, policy in sorted(dated.defined().items()))


def alerts(limit: int = 8) -> tuple[Notification, ...]:
    """The newest alerts to the operators that nobody has dealt with."""
    return tuple(Notification.objects.filter(user__isnull=True, read_at__isnull=True).order_by("-pk")[:limit])


def oldest_refunds(limit: int = 5) -> tuple[Refund, ...]:
    """Those that wait longest."""
    rows = Refund.objects.filter(state__in=refund_case.WAITING).select_related("order__advertiser")
    return tuple(rows.order_by("requested_at", "pk")[:limit])


def next_reviews(*, at: datetime, limit: int = 5) -> tuple[review_queue.Line, ...]:
    """The versions whose promise comes first. One query."""
    return tuple(review_queue.line(version, at=at) for version in review_queue.waiting()[:limit])
