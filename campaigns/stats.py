"""
What happened in campaigns, counted by hour: the one place that pages, files and the API read such numbers from. No participation is
looked at, so an answer costs the same however many took part. Nothing here writes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Self

from django.db.models import Max, QuerySet, Sum
from django.db.models.functions import ExtractHour, TruncDate

from campaigns import types
from campaigns.evidence import EXTRA_DOUBTS
from campaigns.models import Campaign, HourlyStat
from campaigns.types.base import CampaignType
from campaigns.types.flows import STAYS, Flow
from common.kst import SEOUL

REASONS = {
    "failed": "정답을 맞히지 못했어요",
    "refused": "확인에서 인정하지 않았어요",
    "expired": "시간 안에 마치지 않았어요",
    "reversed": "나중에 참여를 취소했어요",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """
    Of some hours. listed, read: times its card was on a list, its page open.   started: of them went, sent, confirmed …: what became of
    those who started then.   running: not ended yet.   credits, tickets: of the confirmed ones.
    """

    listed: int = 0
    read: int = 0
    started: int = 0
    went: int = 0
    sent: int = 0
    confirmed: int = 0
    refused: int = 0
    expired: int = 0
    reversed: int = 0
    running: int = 0
    credits: int = 0
    tickets: int = 0

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: int(row[name] or 0) for name in NAMES})

    @property
    def rate(self) -> int:
        """Confirmed of those who started, in tenths of a percent, cut."""
        return self.confirmed * 1_000 // self.started if self.started else 0

    @property
    def cost(self) -> int:
        """Credits of one confirmed participation, in tenths, cut."""
        return self.credits * 10 // self.confirmed if self.confirmed else 0


NAMES = tuple(field.name for field in fields(Counts))
_SUMS = {f"n_{name}": Sum(name) for name in NAMES}


@dataclass(frozen=True, slots=True)
class Step:
    """
    One step of the funnel. kept: of the step before, in percent with one decimal place, empty for the first.   lost: how many of the step
    before went no further.   part: of the largest step, 0 to 100, for the bar.
    """

    label: str
    number: int
    unit: str
    kept: str
    lost: int
    part: int


@dataclass(frozen=True, slots=True)
class Insight:
    """One campaign over a period, as its page shows it. hours: of the day in Seoul, 0 to 23.   as_of: when it was counted last."""

    counts: Counts
    funnel: tuple[Step, ...]
    hours: dict[int, Counts]
    refusals: tuple[tuple[str, int], ...]
    busiest: int | None
    chart: dict[str, Any]
    as_of: datetime | None


def hours_of(campaigns: Iterable[Campaign], *, since: datetime | None = None, until: datetime | None = None) -> QuerySet[HourlyStat]:
    """The counted hours that begin in [since, until), of these campaigns."""
    found = HourlyStat.objects.filter(campaign__in=list(campaigns))
    if since is not None:
        found = found.filter(hour_at__gte=since)
    return found.filter(hour_at__lt=until) if until is not None else found


def total(hours: QuerySet[HourlyStat]) -> Counts:
    """Everything together. One query."""
    return _plain(hours.aggregate(**_SUMS))


def by_hour(hours: QuerySet[HourlyStat]) -> dict[datetime, Counts]:
    """By the hour, oldest first. One query."""
    rows = hours.values("hour_at").annotate(**_SUMS).order_by("hour_at")
    return {row["hour_at"]: _plain(row) for row in rows}


def by_day(hours: QuerySet[HourlyStat]) -> dict[date, Counts]:
    """By the KST day, oldest first. One query."""
    rows = hours.annotate(on=TruncDate("hour_at", tzinfo=SEOUL)).values("on").annotate(**_SUMS).order_by("on")
    return {row["on"]: _plain(row) for row in rows}


def by_hour_of_day(hours: QuerySet[HourlyStat]) -> tuple[dict[int, Counts], datetime | None]:
    """By the hour of the day in Seoul, 0 to 23, all of them; and when the newest was counted. One query."""
    rows = hours.annotate(hour=ExtractHour("hour_at", tzinfo=SEOUL)).values("hour").annotate(**_SUMS, as_of=Max("counted_at"))
    found = {row["hour"]: row for row in rows}
    counts = {hour: _plain(found[hour]) if hour in found else Counts() for hour in range(24)}
    return counts, max((row["as_of"] for row in found.values()), default=None)


def refusals(hours: QuerySet[HourlyStat], counts: Counts, declared: CampaignType) -> list[tuple[str, int]]:
    """Why participations did not count, in words, most frequent first. counts: of the same hours. One query."""
    labels = REASONS | EXTRA_DOUBTS | {rule.code: rule.label for rule in declared.fraud_rules}
    found = Counter({"expired": counts.expired, "reversed": counts.reversed})
    for refused_by in hours.exclude(refused_by={}).values_list("refused_by", flat=True):
        found.update(refused_by)
    return sorted(((labels.get(code, REASONS["refused"]), n) for code, n in (+found).items()), key=lambda row: (-row[1], row[0]))


def funnel(counts: Counts, kind: str) -> tuple[Step, ...]:
    """From the list to the confirmed participation; kind: a type, or empty for the steps that all types have. No query."""
    flow = types.get(kind).flow if kind else None
    steps = [("노출", counts.listed, "회"), ("상세 열기", counts.read, "회"), ("참여 시작", counts.started, "건")]
    if flow in STAYS or flow == Flow.POSTBACK:
        steps.append(("광고 페이지 열기", counts.went, "건"))
    if flow is not None and flow not in STAYS:
        steps.append(("증거 제출", counts.sent, "건"))
    steps.append(("참여 완료", counts.confirmed, "건"))
    largest = max(number for _, number, _ in steps)
    made, before = [], 0
    for label, number, unit in steps:
        kept = percent(min(number, before), before) if before else ""
        made.append(Step(label, number, unit, kept, max(0, before - number), number * 100 // largest if largest else 0))
        before = number
    return tuple(made)


def percent(part: int, whole: int) -> str:
    """A share in percent with one decimal place, cut and not rounded, so that 100 means all: "64.8", "0", "100"."""
    tenths = part * 1_000 // whole if whole else 0
    return f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10)


def _plain(row: Mapping[str, Any]) -> Counts:
    return Counts.of({name: row[f"n_{name}"] for name in NAMES})


def insight(campaign: Campaign, *, since: datetime | None = None, until: datetime | None = None) -> Insight:
    """Two queries, however many took part."""
    found = hours_of([campaign], since=since, until=until)
    hours, as_of = by_hour_of_day(found)
    counts = Counts(**{name: sum(getattr(one, name) for one in hours.values()) for name in NAMES})
    busiest = max(hours, key=lambda hour: hours[hour].started) if counts.started else None
    series = {
        "label": "참여 시작",
        "data": [one.started for one in hours.values()],
        "colors": [1 if hour == busiest else 2 for hour in hours],
    }
    return Insight(
        counts=counts,
        funnel=funnel(counts, campaign.type),
        hours=hours,
        refusals=tuple(refusals(found, counts, campaign.declared)),
        busiest=busiest,
        chart={"type": "bar", "unit": "건", "labels": [str(hour) for hour in hours], "series": [series]},
        as_of=as_of,
    )
