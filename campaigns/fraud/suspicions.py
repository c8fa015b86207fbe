"""Paid participations that are doubted so much that a person looks at them. Nothing here writes."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from campaigns import evidence
from campaigns.models import Campaign, Clearance, Invalidation, Participation
from common import dated
from rewards.models import Member

FROM = dated.define("campaigns.fraud_look_from", default=60, label="지급한 참여를 운영팀이 다시 보는 감점(이상)", most=100, unit="점")
LOOKED_BACK = timedelta(days=90)
MOST = 200
_FOUND = """
    SELECT s.participation, p.campaign_id, p.member_id, p.score, p.confirmed_at, p.price, sum(s.penalty)::int AS penalty,
           array_agg(s.code ORDER BY s.id) AS codes
      FROM campaigns_fraudsignal s
      JOIN campaigns_participation p ON p.public_id = s.participation AND p.attempt = s.attempt AND p.state = 'REWARDED'
     WHERE s.at > %s AND NOT EXISTS (SELECT 1 FROM campaigns_clearance c WHERE c.participation = s.participation)
     GROUP BY s.participation, p.campaign_id, p.member_id, p.score, p.confirmed_at, p.price
    HAVING sum(s.penalty) >= %s
"""


# What operators say most often of paid participations; of those that are fine first.
FINE = "확인해 보니 정상 참여예요."
REASONS = (
    "한 사람이 여러 계정으로 참여했어요.",
    "프로그램이나 조작한 기기로 참여했어요.",
    "참여 기록을 꾸며 보냈어요.",
    "캠페인이 정한 기준을 지키지 않았어요.",
)


@dataclass(frozen=True, slots=True)
class Decided:
    """Who said what of a doubted participation. is_fine: cleared; else it was taken back."""

    who: str
    is_fine: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Suspect:
    """One paid participation. penalty: of all doubts.   doubts: Korean.   price: credits that would go back."""

    participation: UUID
    member: Member
    penalty: int
    doubts: tuple[str, ...]
    score: int
    confirmed_at: datetime
    price: int


@dataclass(frozen=True, slots=True)
class Suspected:
    """A campaign and its doubted participations, the most doubted first."""

    campaign: Campaign
    suspects: tuple[Suspect, ...]

    @property
    def price(self) -> int:
        return sum(suspect.price for suspect in self.suspects)


def waiting(*, at: datetime) -> int:
    """How many wait for a look."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_FOUND}) f", [at - LOOKED_BACK, FROM.at(at)])  # noqa: S608 (our own text)
        return int(cursor.fetchone()[0])


def suspected(*, at: datetime, among: Collection[UUID] | None = None) -> list[Suspected]:
    """Up to `MOST` of them by campaign; only those among the given ones, if any are. Four queries, however many there are."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_FOUND} ORDER BY campaign_id, penalty DESC, participation", [at - LOOKED_BACK, FROM.at(at)])
        rows = [row for row in cursor.fetchall() if among is None or row[0] in among][:MOST]
    campaigns = Campaign.objects.select_related("advertiser").in_bulk({row[1] for row in rows})
    members = Member.objects.in_bulk({row[2] for row in rows})
    return [
        Suspected(campaigns[number], tuple(_suspect(row, campaigns[number], members) for row in group))
        for number, group in groupby(rows, key=lambda row: row[1])
    ]


def participations(*, at: datetime) -> QuerySet[Participation]:
    """Those that wait for a look, for a desk that searches and narrows them. Two queries, and its own."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT f.participation FROM ({_FOUND}) f", [at - LOOKED_BACK, FROM.at(at)])  # noqa: S608 (our own text)
        numbers = [row[0] for row in cursor.fetchall()]
    return (
        Participation.objects.filter(public_id__in=numbers).select_related("campaign__advertiser").order_by("campaign_id", "-confirmed_at")
    )


def decided_before(numbers: Iterable[UUID]) -> Decided | None:
    """Who decided the first of these that was decided. At most two queries."""
    chosen = list(numbers)
    for model, is_fine in ((Invalidation, False), (Clearance, True)):
        row = model.objects.filter(participation__in=chosen).select_related("by").order_by("pk").first()
        if row is not None:
            return Decided(row.by.get_full_name(), is_fine, row.at)
    return None


def _suspect(row: Sequence[object], campaign: Campaign, members: dict[int, Member]) -> Suspect:
    participation, _campaign, member, score, confirmed_at, price, penalty, codes = row
    doubts = evidence.words_for(campaign, codes)  # type: ignore[arg-type]
    return Suspect(participation, members[member], penalty, doubts, score, confirmed_at, price)  # type: ignore[arg-type, index]
