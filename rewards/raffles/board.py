"""Raffles as members see them: what is on, what one holds, how likely it is. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from rewards.models import Member, Raffle, RaffleEntry, RaffleWinner
from rewards.models.raffles import State
from rewards.prize_tax import rates
from rewards.raffles.entering import chances_of


@dataclass(frozen=True, slots=True)
class Card:
    """One raffle in a list. standing: a word of `common.statuses.RAFFLE`.   gathered: numbers so far, of everybody."""

    public_id: UUID
    title: str
    prize: str
    prize_count: int
    standing: str
    closes_at: datetime
    draws_at: datetime
    gathered: int


@dataclass(frozen=True, slots=True)
class Standing:
    """
    One raffle for one person.

    gathered, mine: numbers of everybody and of this member.   left: how many more this member may have.   odds: of winning at least the
    first prize with what is held, in percent; None while nobody is in.   won: this member's own place, if any.
    """

    word: str
    gathered: int
    mine: int
    left: int
    odds: float | None
    won: RaffleWinner | None

    @property
    def can_enter(self) -> bool:
        return self.word == State.OPEN and self.left > 0


def rules_of(raffle: Raffle, *, at: datetime) -> list[str]:
    """What everybody who enters must know, in Korean: the same sentences on the page and in the app."""
    return [
        f"한 사람이 {raffle.entries_per_member:,}번까지 응모할 수 있고, 두 번 당첨되지 않아요.",
        "티켓은 미션으로만 모을 수 있고 돈으로 살 수 없어요.",
        "당첨 뒤 기한 안에 답하지 않으면 예비 당첨자에게 넘어가요.",
        f"시가 {rates.FREE_KRW.at(at):,}원을 넘는 경품은 받는 분이 제세공과금 {rates.percent(at=at)}%를 내요.",
        "이 래플은 럭플이 진행해요. 애플(Apple)과 구글(Google)은 후원하지 않고 관계도 없어요.",
    ]


def cards(raffles: Iterable[Raffle], *, at: datetime) -> list[Card]:
    """One query for all of them."""
    rows = list(raffles)
    gathered = dict(
        RaffleEntry.objects.filter(raffle__in=rows).values("raffle_id").annotate(held=Sum("chances")).values_list("raffle_id", "held")
    )
    return [
        Card(
            public_id=row.public_id,
            title=row.title,
            prize=row.prizes[0]["name"],
            prize_count=row.prize_count,
            standing=word_of(row, at=at),
            closes_at=row.closes_at,
            draws_at=row.draws_at,
            gathered=gathered.get(row.pk, 0),
        )
        for row in rows
    ]


def closing_soon(*, at: datetime, most: int) -> list[Card]:
    """Open raffles, the first to close first. Two queries."""
    return cards(Raffle.objects.filter(state=State.OPEN, closes_at__gt=at).order_by("closes_at", "pk")[:most], at=at)


def standing_of(raffle: Raffle, member: Member | None, *, at: datetime) -> Standing:
    """At most three queries."""
    gathered = RaffleEntry.objects.filter(raffle=raffle).aggregate(held=Sum("chances"))["held"] or 0
    mine = chances_of(raffle, member.pk) if member else 0
    winners = RaffleWinner.objects.filter(raffle=raffle).exclude(state=RaffleWinner.State.RESERVE)
    return Standing(
        word=word_of(raffle, at=at),
        gathered=gathered,
        mine=mine,
        left=max(0, raffle.entries_per_member - mine),
        odds=round(100 * mine / gathered, 2) if gathered else None,
        won=winners.filter(member_id=member.pk).first() if member else None,
    )


def word_of(raffle: Raffle, *, at: datetime) -> str:
    """The state that people read: what is past its closing takes nothing, whether the clock has been there or not."""
    if raffle.state == State.OPEN and raffle.closes_at <= at:
        return State.CLOSED.value
    return raffle.state
