"""
The one place that pages, files, reports by mail and the API read the numbers of an advertiser's campaigns from. It reads what was counted
by hour and by day; no participation is looked at, so an answer costs the same however many took part. Nothing here writes.

A number is final when its day is over, was counted after its end, and nothing that began in it is still running; until then it is
provisional. What turns out not to count afterwards is taken back, with a credit note, and leaves the numbers again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum

from campaigns import types
from campaigns.evidence import EXTRA_DOUBTS
from campaigns.models import Campaign, PeopleStat
from campaigns.questions import Question
from campaigns.stats import NAMES, REASONS, Counts, Step, funnel
from rewards.models import Member
from rewards.regions import Region

Trait = PeopleStat.Trait
NIGHTLY = "다음 날 새벽 2시 10분"  # when CELERY_BEAT_SCHEDULE counts a day again
_ZERO = Counts()


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of something. open: what of them is provisional."""

    counts: Counts
    open: Counts = _ZERO

    @property
    def is_final(self) -> bool:
        return self.open == _ZERO


@dataclass(frozen=True, slots=True)
class DayLine:
    """One KST day. Where nothing was counted, nothing will change by itself."""

    on: date
    counts: Counts
    is_final: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A campaign or a type. key: public number or key of the type.   before: in the days before, None when they were not asked for."""

    key: str
    label: str
    type: str
    figures: Figures
    before: Counts | None


@dataclass(frozen=True, slots=True)
class People:
    """Who started, by one trait. rows: (value, words, started, confirmed), as they follow each other.   others: everybody not in a row."""

    trait: str
    label: str
    rows: tuple[tuple[str, str, int, int], ...]
    others: tuple[int, int]

    @property
    def started(self) -> int:
        return sum(row[2] for row in self.rows) + self.others[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """
    days: every day of the period, oldest first.   hours: of the day in Seoul, 0 to 23.   refusals: (why, how many), most first.
    people: of the days that are over.   as_of: when it was counted last, None when nothing was.
    """

    question: Question
    total: Figures
    before: Counts | None
    days: tuple[DayLine, ...]
    campaigns: tuple[Group, ...]
    types: tuple[Group, ...]
    hours: tuple[Counts, ...]
    funnel: tuple[Step, ...]
    refusals: tuple[tuple[str, int], ...]
    people: tuple[People, ...]
    as_of: datetime | None


_OF = """campaigns_hourlystat h JOIN campaigns_campaign c ON c.id = h.campaign_id
     WHERE c.advertiser_id = %(advertiser)s AND h.hour_at >= %(since)s AND h.hour_at < %(until)s
       AND (%(campaign)s::bigint IS NULL OR c.id = %(campaign)s) AND (%(type)s = '' OR c.type = %(type)s)"""
_SUMS = ", ".join(f"SUM({name}) AS {name}, COALESCE(SUM({name}) FILTER (WHERE NOT is_final), 0) AS open_{name}" for name in NAMES)
_ASKED = """
    SELECT is_now, day_on, campaign_id, hour, {sums}, BOOL_AND(is_final) AS is_final, MAX(counted_at) AS as_of
      FROM (SELECT h.*, h.hour_at >= %(now_since)s AS is_now, (h.hour_at AT TIME ZONE 'Asia/Seoul')::date AS day_on,
                   EXTRACT(HOUR FROM h.hour_at AT TIME ZONE 'Asia/Seoul')::int AS hour,
                   h.running = 0 AND h.counted_at >= date_trunc('day', h.hour_at, 'Asia/Seoul') + interval '1 day' AS is_final
              FROM {of}) counted
     GROUP BY GROUPING SETS ((is_now, day_on), (is_now, campaign_id), (is_now, hour))
""".replace("{sums}", _SUMS).replace("{of}", _OF)
_REFUSED = """
    SELECT r.key, SUM(r.value::bigint) FROM (SELECT h.refused_by FROM {of} AND h.refused > 0) q, jsonb_each_text(q.refused_by) r GROUP BY 1
""".replace("{of}", _OF)


def answer(question: Question) -> Answer:
    """Four queries, whatever is asked; none of them about participations."""
    facts = _facts(question)
    rows = _rows(_ASKED, facts)
    days = {row["day_on"]: row for row in rows if row["day_on"] is not None and row["is_now"]}
    now = [row for row in rows if row["campaign_id"] is not None and row["is_now"]]
    earlier = {row["campaign_id"]: _counts(row) for row in rows if row["campaign_id"] is not None and not row["is_now"]}
    hours = {row["hour"]: _counts(row) for row in rows if row["hour"] is not None and row["is_now"]}
    before = earlier if question.compares else None
    known = Campaign.objects.owned_by(question.advertiser).in_bulk({row["campaign_id"] for row in now} | set(earlier))
    total = Figures(_sum(_counts(row) for row in now), _sum(_counts(row, "open_") for row in now))
    campaigns = [_campaign(known[number], now, before) for number in known]
    return Answer(
        question=question,
        total=total,
        before=None if before is None else _sum(before.values()),
        days=tuple(_day(on, days.get(on)) for on in _every_day(question)),
        campaigns=tuple(sorted(campaigns, key=_largest_first)),
        types=tuple(sorted(_types(campaigns), key=_largest_first)),
        hours=tuple(hours.get(hour, _ZERO) for hour in range(24)),
        funnel=funnel(total.counts, question.campaign.type if question.campaign else question.type),
        refusals=_refusals(_rows(_REFUSED, facts), total.counts),
        people=people(question),
        as_of=max((row["as_of"] for row in rows), default=None),
    )


def people(question: Question) -> tuple[People, ...]:
    """Who started, by each trait: only groups of enough people, each a sum of rows that may be shown by themselves. One query."""
    period = question.period
    rows = PeopleStat.objects.filter(campaign__advertiser=question.advertiser, day_on__gte=period.first, day_on__lte=period.last)
    if question.campaign is not None:
        rows = rows.filter(campaign=question.campaign)
    if question.type:
        rows = rows.filter(campaign__type=question.type)
    sums: dict[tuple[str, bool, str], tuple[int, int]] = {
        (trait, shown, value): (started, confirmed)
        for trait, shown, value, started, confirmed in rows.values("trait", "is_shown", "value")
        .annotate(n_started=Sum("started"), n_confirmed=Sum("confirmed"))
        .values_list("trait", "is_shown", "value", "n_started", "n_confirmed")
    }
    return tuple(_people(trait, sums) for trait in Trait)


def words_of(trait: str, value: str) -> str:
    """A value of a trait in Korean."""
    if not value:
        return "기타" if trait == Trait.SYSTEM else "알 수 없음"
    if trait == Trait.AGE:
        return {"10": "10대 이하", "60": "60대 이상"}.get(value, f"{value}대")
    named: dict[str, str] = {"ANDROID": "안드로이드", "IOS": "아이폰", **dict(Member.Sex.choices), **dict(Region.choices)}
    return named[value]


def _people(trait: str, sums: Mapping[tuple[str, bool, str], tuple[int, int]]) -> People:
    mine = {key: counts for key, counts in sums.items() if key[0] == trait}
    shown = [(value, words_of(trait, value), *counts) for (_, is_shown, value), counts in mine.items() if is_shown]
    hidden = [counts for (_, is_shown, _), counts in mine.items() if not is_shown]
    order = (
        sorted(shown, key=lambda row: (row[0] == "", row[0])) if trait == Trait.AGE else sorted(shown, key=lambda row: (-row[2], row[0]))
    )
    others = (sum(started for started, _ in hidden), sum(confirmed for _, confirmed in hidden))
    return People(trait, str(Trait(trait).label), tuple(order), others)


def _facts(question: Question) -> dict[str, Any]:
    period = question.period
    return {
        "advertiser": question.advertiser.pk,
        "campaign": question.campaign.pk if question.campaign else None,
        "type": question.type,
        "since": period.before.since if question.compares else period.since,
        "now_since": period.since,
        "until": period.until,
    }


def _rows(sql: str, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _counts(row: Mapping[str, Any], prefix: str = "") -> Counts:
    return Counts.of({name: row[prefix + name] for name in NAMES})


def _sum(parts: Iterable[Counts]) -> Counts:
    found = list(parts)
    return Counts(**{field.name: sum(getattr(part, field.name) for part in found) for field in fields(Counts)})


def _every_day(question: Question) -> list[date]:
    return [question.period.first + timedelta(days=n) for n in range(question.period.days)]


def _day(on: date, row: Mapping[str, Any] | None) -> DayLine:
    return DayLine(on, _counts(row), bool(row["is_final"])) if row is not None else DayLine(on, _ZERO, is_final=True)


def _campaign(campaign: Campaign, now: Iterable[Mapping[str, Any]], before: Mapping[int, Counts] | None) -> Group:
    row = next((row for row in now if row["campaign_id"] == campaign.pk), None)
    figures = Figures(_counts(row), _counts(row, "open_")) if row is not None else Figures(_ZERO)
    earlier = before.get(campaign.pk, _ZERO) if before is not None else None
    return Group(str(campaign.public_id), campaign.title, campaign.type, figures, earlier)


def _types(campaigns: list[Group]) -> list[Group]:
    found = []
    for key in {group.type for group in campaigns}:
        mine = [group for group in campaigns if group.type == key]
        figures = Figures(_sum(group.figures.counts for group in mine), _sum(group.figures.open for group in mine))
        before = _sum(group.before for group in mine if group.before is not None) if mine[0].before is not None else None
        found.append(Group(key, types.get(key).name if types.is_known(key) else key, key, figures, before))
    return found


def _largest_first(group: Group) -> tuple[int, str, str]:
    return -group.figures.counts.credits, group.label, group.key


def _refusals(rows: Iterable[Mapping[str, Any]], counts: Counts) -> tuple[tuple[str, int], ...]:
    """Why participations did not count, in words; codes with the same words together."""
    labels = REASONS | EXTRA_DOUBTS | {rule.code: rule.label for declared in types.all_types() for rule in declared.fraud_rules}
    found = {REASONS["expired"]: counts.expired, REASONS["reversed"]: counts.reversed}
    for row in rows:
        why = labels.get(row["key"], REASONS["refused"])
        found[why] = found.get(why, 0) + int(row["sum"])
    return tuple(sorted(((why, number) for why, number in found.items() if number), key=lambda pair: (-pair[1], pair[0])))
