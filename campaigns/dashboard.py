"""What the dashboard says of campaigns: today, the last days, where each one stands, what to look at. Nothing here writes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Max, Q, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse

from advertisers.models import Advertiser
from advertisers.todo import FirstStep, Todo
from campaigns import reports, seconds
from campaigns.comparing import Change, change, points, tenths
from campaigns.effective import Level
from campaigns.models import LIVE, OVER, Campaign, Draft, HourlyStat, State
from campaigns.reports import Row
from campaigns.stats import percent
from common.kst import SEOUL, day_from, day_of

DAYS = 14
SPARK_DAYS = 7
SHOWN = 6
_STALE = timedelta(days=14)  # a rejection that nobody took up is not asked about for ever
_NEARLY = 90  # percent of a budget
_FIELDS = ("started", "confirmed", "credits")
_BARE = {"grid": {"display": False}, "border": {"display": False}}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of today."""

    label: str
    value: str
    unit: str
    change: Change
    good: str = "up"


@dataclass(frozen=True, slots=True)
class Pace:
    """
    Today's money. spent: credits so far.   cap: what the running campaigns may spend today.   expected: by the end of the day, as
    yesterday went on from this hour; None while yesterday says nothing.   percent: of the cap.
    """

    spent: int
    cap: int
    expected: int | None

    @property
    def percent(self) -> str:
        return percent(min(self.spent, self.cap), self.cap)


@dataclass(frozen=True, slots=True)
class Outlook:
    """
    What a running campaign comes to. planned: percent of its days that are over.   reached: percent of its budget that is used.
    units: completions until its end at the pace of the last days.   low, high: what was forecast at submission, None without one.
    """

    planned: int
    reached: int
    units: int
    low: int | None
    high: int | None

    @property
    def word(self) -> str:
        """How it runs against its plan."""
        if self.reached >= self.planned + 10:
            return "계획보다 빨라요"
        return "계획보다 느려요" if self.reached <= self.planned - 10 else "계획대로예요"


@dataclass(frozen=True, slots=True)
class Line:
    """A live campaign. started, confirmed: today.   rate: percent of this week's starts that were completed.   spark: an SVG path."""

    row: Row
    started: int
    confirmed: int
    rate: str
    spark: str
    outlook: Outlook | None


@dataclass(frozen=True, slots=True)
class Board:
    """
    standings: (effective status, campaigns) of all that are not over.   days: (day, counts) of the last `DAYS`, oldest first.
    live: how many campaigns are live; `lines` shows the newest.   has_begun: one of them ever ran.   as_of: when it was counted last.
    """

    figures: tuple[Figure, ...]
    pace: Pace
    days: tuple[tuple[date, Counter[str]], ...]
    chart: dict[str, Any]
    finding: str
    lines: tuple[Line, ...]
    live: int
    standings: tuple[tuple[str, int], ...]
    todos: tuple[Todo, ...]
    has_begun: bool
    campaigns: int
    as_of: datetime | None

    @property
    def today(self) -> Counter[str]:
        return self.days[-1][1]


def board(advertiser: Advertiser, *, at: datetime) -> Board:
    """Four queries; none about participations."""
    open_ = Campaign.objects.owned_by(advertiser).exclude(state__in=OVER).select_related("advertiser", "forecast")
    rows = reports.rows(list(open_.order_by(F("poured_on").desc(nulls_last=True), "-submitted_at", "-pk")), at=at)
    cells, earlier, as_of = _cells(advertiser, at=at)
    days = _days(cells, at=at)
    live = [row for row in rows if row.campaign.state in LIVE]
    running = [row for row in live if row.campaign.state == State.RUNNING]
    pace = _pace(running, days, earlier)
    return Board(
        figures=_figures(days[-1][1], earlier),
        pace=pace,
        days=days,
        chart=_chart(days),
        finding=_finding(pace),
        lines=tuple(_line(row, cells, at=at) for row in live[:SHOWN]),
        live=len(live),
        standings=tuple(sorted(Counter(row.effective.status for row in rows).items(), key=lambda pair: (-pair[1], pair[0]))),
        todos=tuple(_todos(rows, waiting=seconds.waiting_count(advertiser), at=at)),
        has_begun=bool(cells) or any(row.has_begun for row in rows),
        campaigns=len(rows),
        as_of=as_of,
    )


def first_steps(advertiser: Advertiser, board: Board, *, has_credits: bool) -> tuple[FirstStep, ...]:
    """What a new advertiser does until the first campaign runs. At most one query. has_credits: topped up already."""
    is_written = bool(board.campaigns) or Draft.objects.filter(advertiser=advertiser).exists()
    is_approved = any(status not in ("SUBMITTED", "CHANGES_ASKED", "REJECTED") for status, _ in board.standings)
    new, top_up, list_ = reverse("campaigns:new"), reverse("payments:top-up"), reverse("campaigns:list")
    steps = (
        ("크레딧 충전하기", "1크레딧은 1원이에요. 쓰지 않은 크레딧은 환불할 수 있어요.", top_up, has_credits or bool(board.campaigns)),
        ("첫 캠페인 만들기", "다섯 단계로 적고, 언제든 이어서 쓸 수 있어요.", new, is_written),
        ("심사 요청하기", "요청하면 예산만큼 크레딧이 묶여요.", new, bool(board.campaigns)),
        ("심사 통과하기", "통과하면 정한 때에 럭플 회원에게 보여요.", list_, is_approved),
    )
    first = next((label for label, _, _, is_done in steps if not is_done), "")
    return tuple(FirstStep(label, note, url if label == first else "", is_done) for label, note, url, is_done in steps)


def _cells(advertiser: Advertiser, *, at: datetime) -> tuple[dict[tuple[int, date], Counter[str]], Counter[str], datetime | None]:
    """Counts by campaign and KST day; all of yesterday's until this hour; and when it was counted last. One query."""
    since = day_from(day_of(at) - timedelta(days=DAYS - 1))
    hours = HourlyStat.objects.filter(campaign__advertiser=advertiser, hour_at__gte=since, hour_at__lte=at)
    same_time = Q(hour_at__lte=at - timedelta(days=1, minutes=30))  # an hour counts from its half on
    sums = {f"n_{name}": Sum(name) for name in _FIELDS} | {f"t_{name}": Sum(name, filter=same_time, default=0) for name in _FIELDS}
    found = hours.annotate(on=TruncDate("hour_at", tzinfo=SEOUL)).values("campaign_id", "on").annotate(**sums, as_of=Max("counted_at"))
    cells: dict[tuple[int, date], Counter[str]] = {}
    earlier: Counter[str] = Counter()
    moments = []
    rows: Iterable[Mapping[str, Any]] = found
    for row in rows:
        cells[row["campaign_id"], row["on"]] = Counter({name: int(row[f"n_{name}"]) for name in _FIELDS})
        moments.append(row["as_of"])
        if row["on"] == day_of(at) - timedelta(days=1):
            earlier.update({name: int(row[f"t_{name}"]) for name in _FIELDS})
    return cells, earlier, max(moments, default=None)


def _days(cells: dict[tuple[int, date], Counter[str]], *, at: datetime) -> tuple[tuple[date, Counter[str]], ...]:
    sums: dict[date, Counter[str]] = {day_of(at) - timedelta(days=back): Counter() for back in range(DAYS - 1, -1, -1)}
    for (_, on), counts in cells.items():
        sums[on].update(counts)
    return tuple(sums.items())


def _figures(today: Counter[str], earlier: Counter[str]) -> tuple[Figure, ...]:
    rate, rate_before = _rate(today), _rate(earlier)
    cost, cost_before = _cost(today), _cost(earlier)
    return (
        Figure("집행 크레딧", f"{today['credits']:,}", "크레딧", change(today["credits"], earlier["credits"])),
        Figure("참여 완료", f"{today['confirmed']:,}", "건", change(today["confirmed"], earlier["confirmed"])),
        Figure("참여 완료율", tenths(rate) if today["started"] else "–", "%" if today["started"] else "", points(rate, rate_before)),
        Figure("참여당 비용", tenths(cost) if cost else "–", "크레딧" if cost else "", change(cost, cost_before), good="down"),
    )


def _rate(counts: Counter[str]) -> int:
    return counts["confirmed"] * 1_000 // counts["started"] if counts["started"] else 0


def _cost(counts: Counter[str]) -> int:
    return counts["credits"] * 10 // counts["confirmed"] if counts["confirmed"] else 0


def _pace(running: Iterable[Row], days: tuple[tuple[date, Counter[str]], ...], earlier: Counter[str]) -> Pace:
    spent, yesterday = days[-1][1]["credits"], days[-2][1]["credits"]
    caps = sum(
        min(row.campaign.daily_cap_credits, row.today + row.campaign.budget_credits - row.campaign.captured_credits) for row in running
    )
    expected = spent * yesterday // earlier["credits"] if earlier["credits"] else None
    return Pace(spent=spent, cap=caps, expected=max(spent, min(expected, caps)) if expected is not None and caps else expected)


def _finding(pace: Pace) -> str:
    if pace.expected is not None and pace.spent:
        return f"어제와 같은 흐름이면 오늘 {pace.expected:,}크레딧을 집행해요."
    return ""


def _line(row: Row, cells: dict[tuple[int, date], Counter[str]], *, at: datetime) -> Line:
    today = day_of(at)
    week = [cells.get((row.campaign.pk, today - timedelta(days=back)), Counter()) for back in range(SPARK_DAYS - 1, -1, -1)]
    sums: Counter[str] = sum(week, Counter())
    return Line(
        row=row,
        started=week[-1]["started"],
        confirmed=week[-1]["confirmed"],
        rate=tenths(_rate(sums)) if sums["started"] else "",
        spark=_path([day["confirmed"] for day in week]),
        outlook=_outlook(row.campaign, sums["confirmed"], at=at) if row.campaign.state == State.RUNNING else None,
    )


def _path(numbers: list[int]) -> str:
    """A line through the numbers in a box of 96 × 24, as the `d` of an SVG path."""
    largest = max(numbers) or 1
    return "M" + " L".join(f"{number * 96 // (len(numbers) - 1)},{23 - value * 22 // largest}" for number, value in enumerate(numbers))


def _outlook(campaign: Campaign, week: int, *, at: datetime) -> Outlook:
    whole = campaign.ends_at - campaign.starts_at
    gone = min(max(at - campaign.starts_at, timedelta()), whole)
    ran = min(timedelta(days=SPARK_DAYS), max(gone, timedelta(hours=1)))
    forecast = getattr(campaign, "forecast", None)
    return Outlook(
        planned=int(gone * 100 / whole),
        reached=campaign.captured_credits * 100 // campaign.budget_credits,
        units=min(campaign.units, campaign.captured_units + int(week * (max(campaign.ends_at - at, timedelta()) / ran))),
        low=forecast.low if forecast is not None else None,
        high=forecast.high if forecast is not None else None,
    )


def _chart(days: tuple[tuple[date, Counter[str]], ...]) -> dict[str, Any]:
    """Bars of credits, today stands out; a line of completions."""
    bars = {"label": "집행", "data": [counts["credits"] for _, counts in days], "colors": [2] * (len(days) - 1) + [1], "order": 2}
    line = {
        "type": "line", "label": "참여 완료", "data": [counts["confirmed"] for _, counts in days],
        "color": 3, "axis": "count", "unit": "건", "order": 1,
    }  # fmt: skip
    return {
        "type": "bar",
        "unit": "크레딧",
        "labels": [*(f"{on.month}/{on.day}" for on, _ in days[:-1]), "오늘"],
        "series": [bars, line],
        "axes": {"count": {"position": "right", "beginAtZero": True, **_BARE, "ticks": {"maxTicksLimit": 5, "precision": 0}}},
    }


def _todos(rows: Iterable[Row], *, waiting: int, at: datetime) -> Iterable[Todo]:
    if waiting:
        url = reverse("campaigns:approvals")
        yield Todo("amber", "users-round", f"승인을 기다리는 집행이 {waiting}건 있어요", "다른 구성원이 확인해야 진행돼요", url)
    for row in sorted(rows, key=lambda row: row.campaign.state_changed_at, reverse=True):
        campaign = row.campaign
        url = reverse("campaigns:detail", args=[campaign.public_id])
        if campaign.is_locked:
            yield Todo("red", "lock", "운영팀이 캠페인을 잠갔어요", campaign.title, url)
        elif campaign.state == State.REJECTED and campaign.state_changed_at > at - _STALE:
            yield Todo("red", "circle-alert", "캠페인이 반려됐어요", campaign.title, url)
        elif campaign.state == State.CHANGES_ASKED:
            yield Todo("amber", "pencil", "캠페인을 고쳐 주세요", campaign.title, url)
        elif campaign.constraint and row.effective.reasons and row.effective.reasons[0].level == Level.CAMPAIGN:
            yield Todo("amber", "triangle-alert", row.effective.reasons[0].sentence, campaign.title, url)
        elif campaign.state == State.RUNNING and campaign.captured_credits * 100 >= campaign.budget_credits * _NEARLY:
            yield Todo("amber", "coins", f"예산을 {row.percent}% 썼어요", campaign.title, url)
        elif campaign.state == State.SUBMITTED:
            yield Todo("blue", "hourglass", "심사하고 있어요", campaign.title, url)
