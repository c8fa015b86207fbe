"""The reward app's doors to raffles. Entering may be sent again after a silence: the same `Idempotency-Key` is the same entry."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from ninja import Header, Query, Router
from pydantic import Field, StringConstraints

from common import cursors
from common.schemas import Input, Output, Whole
from rewards import prize_tax, raffles
from rewards.api import PageQuery
from rewards.app_auth import AppRequest, acting_member
from rewards.forms import MOST_AT_ONCE
from rewards.models import PrizeTax, Raffle, RaffleWinner, TaxState
from rewards.prize_tax import reading
from rewards.prize_tax.flow import NoTaxAsked
from rewards.prize_tax.store import TaxAnswer
from rewards.raffles import board, record
from rewards.raffles.errors import RaffleNotFound

router = Router(tags=["래플"])
LIST = "rewards.raffles"
IntentKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,60}$"), Header(alias="Idempotency-Key")]


class RaffleCard(Output):
    """standing: OPEN, CLOSED (waits for its draw), DRAWN, FINISHED or VOID.   gathered: numbers of everybody so far."""

    id: UUID
    title: str
    prize: str
    prize_count: int
    standing: str
    closes_at: datetime
    draws_at: datetime
    gathered: int


class RafflePage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[RaffleCard]
    next: str


class PrizeOut(Output):
    """value_krw: market value of one."""

    name: str
    quantity: int
    value_krw: int


class WonOut(Output):
    """state: WON (answer until answer_by), CLAIMED, DELIVERED or LAPSED."""

    place: int
    number: int
    prize: str
    state: str
    answer_by: datetime | None


class RaffleOut(Output):
    """
    tickets_per_entry: of one number, 0 when numbers are earned by a mission.   gathered, mine: numbers.   left: how many more you may have.
    odds: in percent, of being drawn first; empty while nobody is in.   won: your own prize.   record: where the public record is.
    rules: sentences to show with it.
    """

    id: UUID
    title: str
    body: str
    standing: str
    prizes: list[PrizeOut]
    tickets_per_entry: int
    opens_at: datetime
    closes_at: datetime
    draws_at: datetime
    gathered: int
    mine: int
    left: int
    odds: float | None
    won: WonOut | None
    seed_hash: str
    rules_hash: str
    public_round: int
    record: str
    rules: list[str]


class EnterIn(Input):
    """chances: numbers wanted."""

    chances: Annotated[Whole, Field(ge=1, le=MOST_AT_ONCE)]


class EntryOut(Output):
    """tickets: that it took."""

    id: UUID
    chances: int
    tickets: int
    entered_at: datetime


class ProofOut(Output):
    """line: as it stands in the public list, empty before the closing.   path: (side, hash) from the line's hash up to the root."""

    entry: UUID
    chances: int
    tickets: int
    line: dict[str, Any] | None
    path: list[tuple[str, str]]


class ProofsOut(Output):
    """holder: your name in this raffle's list."""

    holder: str
    entries: list[ProofOut]


class TaxOut(Output):
    """
    state: ASKED (tell who pays), GIVEN (pay tax_krw to account until due_at), PAID or LAPSED (the prize went to the next in reserve).
    account: bank, number and holder, while there is something to pay.
    """

    state: str
    value_krw: int
    income_tax_krw: int
    local_tax_krw: int
    tax_krw: int
    due_at: datetime
    account: str


@router.get("/raffles", response=RafflePage, summary="래플 목록")
def raffle_list(request: AppRequest, page: Query[PageQuery]) -> RafflePage:
    """Newest closing first."""
    acting_member(request)
    rows = Raffle.objects.shown().order_by("-closes_at", "-pk")
    if page.cursor:
        closes_at, pk = cursors.after(page.cursor, of=LIST)
        rows = rows.filter(closes_at__lte=closes_at).exclude(closes_at=closes_at, pk__gte=pk)
    found = list(rows[: page.limit + 1])
    shown = found[: page.limit]
    more = len(found) > page.limit
    items = [
        RaffleCard(
            id=card.public_id, title=card.title, prize=card.prize, prize_count=card.prize_count, standing=card.standing,
            closes_at=card.closes_at, draws_at=card.draws_at, gathered=card.gathered,
        )
        for card in board.cards(shown, at=timezone.now())
    ]  # fmt: skip
    return RafflePage(items=items, next=cursors.place([shown[-1].closes_at.isoformat(), shown[-1].pk], of=LIST) if more else "")


@router.get("/raffles/{raffle_id}", response=RaffleOut, summary="래플")
def raffle(request: AppRequest, raffle_id: UUID) -> RaffleOut:
    """One raffle, with what you hold."""
    member, found, at = acting_member(request), _shown(raffle_id), timezone.now()
    standing = board.standing_of(found, member, at=at)
    return RaffleOut(
        id=found.public_id, title=found.title, body=found.body, standing=standing.word,
        prizes=[PrizeOut(**prize) for prize in found.prizes], tickets_per_entry=found.tickets_per_entry, opens_at=found.opens_at,
        closes_at=found.closes_at, draws_at=found.draws_at, gathered=standing.gathered, mine=standing.mine, left=standing.left,
        odds=standing.odds, won=_won(found, standing.won) if standing.won else None,
        seed_hash=found.commitment.seed_hash, rules_hash=found.commitment.rules_hash,
        public_round=found.public_round or 0, record=f"/luckffle/raffles/{found.public_id}/record.json",
        rules=board.rules_of(found, at=at),
    )  # fmt: skip


@router.post("/raffles/{raffle_id}/entries", response=EntryOut, summary="래플 응모")
def enter(request: AppRequest, raffle_id: UUID, body: EnterIn, key: IntentKey) -> EntryOut:
    """Spend tickets on numbers."""
    entry = raffles.enter(member=acting_member(request), raffle=raffle_id, chances=body.chances, key=key, at=timezone.now())
    return EntryOut(id=entry.public_id, chances=entry.chances, tickets=entry.tickets, entered_at=entry.entered_at)


@router.get("/raffles/{raffle_id}/entries", response=ProofsOut, summary="내 응모와 증명")
def entries(request: AppRequest, raffle_id: UUID) -> ProofsOut:
    """Your entries, each with its proof that it is in the frozen list."""
    found, member = _shown(raffle_id), acting_member(request)
    own = record.proofs_of(found, member, record.entries_of(found, member))
    return ProofsOut(holder=own["holder"], entries=[ProofOut(**entry) for entry in own["entries"]])


@router.post("/raffles/{raffle_id}/claim", response=WonOut, summary="경품 받기")
def claim(request: AppRequest, raffle_id: UUID) -> WonOut:
    """Say that the prize is wanted."""
    winner = raffles.claim(member=acting_member(request), raffle=raffle_id, at=timezone.now())
    return _won(winner.raffle, winner)


@router.get("/raffles/{raffle_id}/tax", response=TaxOut, summary="경품 제세공과금")
def tax(request: AppRequest, raffle_id: UUID) -> TaxOut:
    """What you owe for your prize, and how to pay it."""
    return _tax(reading.own_tax(acting_member(request), raffle_id))


@router.post("/raffles/{raffle_id}/tax", response=TaxOut, summary="제세공과금 신고 정보")
def give_tax(request: AppRequest, raffle_id: UUID, body: TaxAnswer) -> TaxOut:
    """Tell who pays. Sent again it corrects what was told, until the payment was seen; the number is never sent back."""
    member = acting_member(request)
    prize_tax.give(member=member, raffle=raffle_id, answer=body, at=timezone.now())
    return _tax(reading.own_tax(member, raffle_id))


def _tax(found: PrizeTax | None) -> TaxOut:
    """:raises NoTaxAsked: this member owes none."""
    if found is None:
        raise NoTaxAsked
    return TaxOut(
        state=found.state,
        value_krw=found.value_krw,
        income_tax_krw=found.income_tax_krw,
        local_tax_krw=found.local_tax_krw,
        tax_krw=found.tax_krw,
        due_at=found.due_at,
        account=settings.PRIZE_TAX_ACCOUNT if found.state == TaxState.GIVEN else "",
    )


def _shown(public_id: UUID) -> Raffle:
    """:raises RaffleNotFound: there is none that members may see."""
    found = Raffle.objects.shown().select_related("commitment").filter(public_id=public_id).first()
    if found is None:
        raise RaffleNotFound
    return found


def _won(found: Raffle, winner: RaffleWinner) -> WonOut:
    """A winner's own prize; nobody in reserve is a winner."""
    prize = found.prize_of(winner.prize_rank or 0)["name"]
    return WonOut(place=winner.place, number=winner.number, prize=prize, state=winner.state, answer_by=winner.answer_by)
