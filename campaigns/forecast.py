"""
What a campaign may reach, from what campaigns of its type did before, and how often such a forecast came true.

A past campaign speaks with its average of completions per full day. Of those that gave at most as many tickets, the range between the
tenth and the ninetieth percent is what this one may expect; a campaign whose daily cap stopped it says nothing about interest and is
left out. More tickets never lower the range.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Min, Sum

from advertisers.models import Advertiser
from campaigns.models import BudgetSlot, Campaign, ForecastLog, State
from campaigns.schemas import DAY_HOURS, CampaignSpec, Pacing, Weekday, prize_credits
from common.kst import SEOUL, day_from, day_of, day_until
from credits import selectors as balances

LOOKS_BACK = timedelta(days=90)
FEWEST_CAMPAIGNS = 8
FEWEST_JUDGED = 20
LOW, HIGH = 0.10, 0.90
NEAR_THE_CAP = 0.95  # of the cap's units on an average day: more people would have come
_NO_LIMIT, _BUDGET, _CAP, _REWARD, _BALANCE, _TIME = "", "BUDGET", "CAP", "REWARD", "BALANCE", "TIME"
LIMITS = {
    _NO_LIMIT: "",
    _BALANCE: "쓸 수 있는 크레딧이 예산보다 적어서 그만큼만 참여할 수 있어요.",
    _CAP: "하루 예산이 먼저 차요. 하루 예산을 늘리면 더 빨리 끝나요.",
    _BUDGET: "총예산이 먼저 끝나요. 예산을 늘리면 더 많이 참여해요.",
    _REWARD: "참여할 사람이 예산보다 적을 수 있어요. 티켓을 늘리면 더 많이 참여해요.",
    _TIME: "기간이 짧아서 예산이 남을 수 있어요. 기간을 늘려 보세요.",
}


@dataclass(frozen=True, slots=True)
class HitRate:
    """judged: past forecasts of the type that could be held against what happened.   inside: those that came true."""

    judged: int
    inside: int

    @property
    def is_known(self) -> bool:
        return self.judged >= FEWEST_JUDGED

    @property
    def percent(self) -> int:
        return self.inside * 100 // self.judged if self.judged else 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """
    low, high: completions until the end, or all that the budget buys when little is known.   per_day: the range of one full day.
    ends_on: earliest and latest day on which the budget is used up; None when it is not.   samples: past campaigns.
    per_hour: units that an evenly spread day opens in an hour, 0 when it is not spread.
    limit: a key of `LIMITS`.   is_known: False when there is too little history, or an answer is missing.
    """

    low: int
    high: int
    per_day: tuple[int, int]
    ends_on: tuple[date | None, date | None]
    samples: int
    per_hour: int
    limit: str
    is_known: bool
    hits: HitRate

    @property
    def limits_you(self) -> str:
        return LIMITS[self.limit]

    @property
    def ends(self) -> str:
        """When the budget is used up, in words."""
        first, last = self.ends_on
        if first is None:
            return "기간 안에 다 쓰지 못할 수 있어요"
        start = f"{first.month}월 {first.day}일"
        if last is None:
            return f"빠르면 {start}"
        return start if last == first else f"{start}~{last.month}월 {last.day}일"


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What a forecast depends on. units, cap: participations in all and per day.   affordable: those that the balance pays for.
    days: those of the period, and which part of each it is open.   hours: over which a day is spread evenly, 0 when it is not.
    """

    type: str
    tickets: int
    units: int
    cap: int
    affordable: int
    days: tuple[tuple[date, float], ...]
    hours: int = 0


def of_spec(spec: CampaignSpec, *, advertiser: Advertiser, at: datetime) -> Forecast:
    """The forecast of a whole campaign. Three queries."""
    return of_answers(spec.model_dump(mode="json"), advertiser=advertiser, at=at)


def of_answers(answers: dict[str, Any], *, advertiser: Advertiser, at: datetime, held: int = 0) -> Forecast:
    """
    The forecast of what is answered so far; two weeks from now where no period is set. Three queries.

    held: credits on hold for it already.
    """
    key = answers.get("type")
    available = balances.balance(advertiser, campaign_type=key if isinstance(key, str) else "").available + held
    available = max(0, available - prize_credits(answers.get("reward")))
    return forecast(_plan(answers, available=available, at=at), at=at)


def forecast(plan: Plan, *, at: datetime) -> Forecast:
    """Two queries."""
    history, hits = _history(plan.type, at=at), hit_rate(plan.type)
    low, high, samples = expected_per_day(history, tickets=plan.tickets)
    is_known = samples >= FEWEST_CAMPAIGNS and plan.units > 0 and bool(plan.days)
    per_hour = -(-plan.cap // plan.hours) if plan.hours else 0
    if not is_known:
        return Forecast(0, plan.units, (0, plan.cap), (None, None), samples, per_hour, _NO_LIMIT, False, hits)
    units = min(plan.units, plan.affordable)
    at_least, last = _run(plan, units, low)
    at_most, first = _run(plan, units, high)
    return Forecast(
        low=at_least,
        high=at_most,
        per_day=(min(int(low), plan.cap), min(-int(-high // 1), plan.cap)),
        ends_on=(first, last),
        samples=samples,
        per_hour=per_hour,
        limit=_limit(plan, units=units, low=low, high=high, at_least=at_least),
        is_known=True,
        hits=hits,
    )


def expected_per_day(history: Iterable[tuple[int, float]], *, tickets: int) -> tuple[float, float, int]:
    """
    Completions on a full day, from the tenth to the ninetieth percent, and how many campaigns say so.

    history: (tickets, completions per day) of past campaigns. Those of each number of tickets speak together with those that gave
    fewer; the range grows with the tickets and never falls, because more of them scare nobody away.
    """
    by_tickets = defaultdict(list)
    for given, per_day in history:
        by_tickets[given].append(per_day)
    low = high = 0.0
    samples: list[float] = []
    for given in sorted(by_tickets):
        if given > tickets and len(samples) >= FEWEST_CAMPAIGNS:
            break
        samples += by_tickets[given]
        alike = by_tickets[given] if len(by_tickets[given]) >= FEWEST_CAMPAIGNS else samples
        low, high = max(low, _quantile(alike, LOW)), max(high, _quantile(alike, HIGH))
    return low, high, len(samples)


def hit_rate(type_key: str) -> HitRate:
    """How often forecasts of a type came true. One query."""
    judged = ForecastLog.objects.filter(type=type_key, is_inside__isnull=False)
    found = dict(judged.order_by().values_list("is_inside").annotate(n=Count("pk")))
    return HitRate(judged=sum(found.values()), inside=found.get(True, 0))


def judge(*, at: datetime) -> int:
    """
    Hold forecasts of campaigns that are over against what happened; how many were judged. Doubled, it judges nothing twice.

    A campaign that its advertiser or an operator ended early says nothing about the forecast.
    """
    over = ForecastLog.objects.filter(judged_at=None, campaign__state__in=(State.ENDED, State.SETTLED, State.WITHDRAWN))
    number = 0
    for log in over.select_related("campaign").iterator():
        campaign = log.campaign
        done = BudgetSlot.objects.filter(campaign=campaign).aggregate(n=Sum("confirmed"))["n"] or 0
        is_fair = campaign.state != State.WITHDRAWN and (_ran_to_its_end(campaign) or done >= campaign.units)
        with transaction.atomic(durable=True):
            number += ForecastLog.objects.filter(pk=log.pk, judged_at=None).update(
                actual=done, is_inside=log.low <= done <= log.high if is_fair else None, judged_at=at
            )
    return number


def _ran_to_its_end(campaign: Campaign) -> bool:
    return campaign.ended_at is not None and campaign.ended_at >= campaign.ends_at


def _history(type_key: str, *, at: datetime) -> list[tuple[int, float]]:
    """(tickets, completions per day) of past campaigns whose cap did not stop them. One query; the days of today are not over."""
    since, today = day_of(at - LOOKS_BACK), day_of(at)
    rows = (
        BudgetSlot.objects.filter(campaign__type=type_key, day_on__gte=since, day_on__lt=today)
        .values("campaign_id")
        .annotate(
            tickets=Max("campaign__reward_tickets"),
            done=Sum("confirmed"),
            days=Count("day_on", distinct=True),
            cap=Min(F("campaign__daily_cap_credits") / F("campaign__unit_price")),
        )
        .values_list("tickets", "done", "days", "cap")
    )
    averages = [(tickets, done / days, cap) for tickets, done, days, cap in rows]
    free = [(tickets, average) for tickets, average, cap in averages if average < cap * NEAR_THE_CAP]
    return free if len(free) >= FEWEST_CAMPAIGNS else [(tickets, average) for tickets, average, _ in averages]


def _quantile(values: list[float], share: float) -> float:
    """Between the two nearest values, as people expect of a percentile."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _run(plan: Plan, units: int, per_day: float) -> tuple[int, date | None]:
    """Completions until the end at this interest, and the day on which the units are used up."""
    done = 0.0
    for on, part in plan.days:
        done += min(plan.cap, per_day * part)
        if done >= units:
            return units, on
    return int(done), None


def _limit(plan: Plan, *, units: int, low: float, high: float, at_least: int) -> str:
    if plan.affordable < plan.units:
        return _BALANCE
    if plan.cap < low:
        return _CAP if plan.cap * len(plan.days) >= units else _TIME
    if at_least >= units:
        return _BUDGET
    return _TIME if high * len(plan.days) < units and low >= plan.cap else _REWARD


def _plan(answers: dict[str, Any], *, available: int, at: datetime) -> Plan:
    credit, reward, setting = (_part(answers, name) for name in ("credit", "reward", "setting"))
    price, budget, cap = (_whole(credit.get(name)) for name in ("unit_price", "budget", "daily_cap"))
    key = answers.get("type")
    return Plan(
        type=key if isinstance(key, str) else "",
        tickets=_whole(reward.get("tickets")),
        units=budget // price if price else 0,
        cap=min(budget, cap or budget) // price if price else 0,
        affordable=min(budget, available) // price if price else 0,
        days=tuple(_days(setting, at=at)),
        hours=_hours_to_spread(setting),
    )


def _days(setting: dict[str, Any], *, at: datetime) -> Iterator[tuple[date, float]]:
    """The KST days of the period, and which part of each the campaign is open."""
    starts_at, ends_at = _moment(setting.get("starts_at")) or at, _moment(setting.get("ends_at"))
    ends_at = ends_at or starts_at + timedelta(days=14)
    chosen = {day for day in Weekday if day in (setting.get("weekdays") or ())} or set(Weekday)
    opens, closes = _hour(setting.get("hour_from"), 0), _hour(setting.get("hour_until"), DAY_HOURS)
    on = day_of(starts_at)
    while day_from(on) < ends_at and (on - day_of(starts_at)).days <= 366:
        if list(Weekday)[on.weekday()] in chosen:
            begin = max(starts_at, day_from(on) + timedelta(hours=opens))
            finish = min(ends_at, day_from(on) + timedelta(hours=closes), day_until(on))
            if finish > begin:
                yield on, (finish - begin).total_seconds() / 86_400
        on += timedelta(days=1)


def _hours_to_spread(setting: dict[str, Any]) -> int:
    """The open hours of a day that is spread evenly; 0 for one that is not."""
    if setting.get("pacing") != Pacing.EVEN:
        return 0
    return max(1, _hour(setting.get("hour_until"), DAY_HOURS) - _hour(setting.get("hour_from"), 0))


def _part(answers: dict[str, Any], name: str) -> dict[str, Any]:
    given = answers.get(name)
    return given if isinstance(given, dict) else {}


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _hour(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= DAY_HOURS else default


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.astimezone(SEOUL) if found and found.tzinfo and 2020 <= found.year <= 2100 else None
