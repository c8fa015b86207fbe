"""What an advertiser reads about campaigns: lists, one campaign's money and days, and what a new one would cost. Nothing here writes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from advertisers.models import Advertiser
from campaigns import pacing
from campaigns.effective import Effective, effective
from campaigns.models import BudgetSlot, Campaign, CampaignEvent, State
from campaigns.stats import percent
from common.kst import day_of
from credits import selectors as balances
from identity.models import User
from rewards import policies as reward_policies

DAYS_SHOWN = 30
DAYS_DRAWN = 14
EVENTS_SHOWN = 50
# The tabs of the list: address → (word, states). The first is everything.
FILTERS: dict[str, tuple[str, tuple[State, ...]]] = {
    "": ("전체", ()),
    "running": ("진행중", (State.RUNNING,)),
    "review": ("심사중", (State.SUBMITTED,)),
    "returned": ("수정·반려", (State.CHANGES_ASKED, State.REJECTED)),
    "scheduled": ("시작 예정", (State.APPROVED, State.SCHEDULED)),
    "paused": ("일시중지", (State.PAUSED,)),
    "over": ("종료", (State.ENDED, State.SETTLED, State.WITHDRAWN)),
}
_ASLEEP = (State.PAUSED, State.ENDED, State.SETTLED, State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Tab:
    """One filter of the list. count: campaigns behind it."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """
    A campaign in a list. effective: its status with the reasons.   percent: of the budget, taken so far, in tenths, e.g. "64.8".
    today: credits of what was confirmed today.   days_left: of the budget at the pace of the last week, None while it has no pace.
    """

    campaign: Campaign
    effective: Effective
    percent: str
    tone: str
    has_begun: bool
    today: int
    days_left: int | None

    @property
    def note(self) -> str:
        """The one thing to know beside the status; empty when the status says it all."""
        return self.effective.reasons[0].sentence if self.effective.reasons and not self.campaign.is_over else ""


@dataclass(frozen=True, slots=True)
class _Week:
    """
    A campaign's slots of seven days. today, credits: spent today and in all.   days: how many had units.   left, slots: what may still
    start today, as `pacing.room` reads it; None while today has no units.
    """

    today: int
    credits: int
    days: int
    left: int | None
    slots: list[list[int]] | None


_NO_WEEK = _Week(today=0, credits=0, days=0, left=None, slots=None)


@dataclass(frozen=True, slots=True)
class Day:
    """One KST day of a campaign. started: units taken and not returned.   credits: of confirmed participations."""

    on: date
    started: int
    confirmed: int
    credits: int


@dataclass(frozen=True, slots=True)
class Report:
    """
    One campaign's money and numbers.

    spent: credits of confirmed participations.   running: credits of started ones, still to be earned.   left: of the budget,
    neither spent nor running.   held: on hold now.   captured_reward: what of the charge was for tickets.
    released: given back.   percents: spent and running, of the budget.
    days: newest first, at most `DAYS_SHOWN`.
    """

    started: int
    confirmed: int
    expired: int
    confirmed_percent: str
    spent: int
    spent_percent: str
    running_units: int
    running: int
    left: int
    held: int
    captured: int
    captured_reward: int
    released: int
    today_confirmed: int
    today_left: int | None
    tickets: int
    parts: tuple[tuple[str, str, int], ...]
    days: tuple[Day, ...]
    chart: dict[str, Any]
    finding: str

    @property
    def captured_fee(self) -> int:
        """What of the charge is ours."""
        return self.captured - self.captured_reward


@dataclass(frozen=True, slots=True)
class Cost:
    """
    What a campaign would cost. prizes: of its raffle.   needed: budget and prizes.   units: participations the budget buys.
    days: to spend it at the daily cap, at least.
    unused: part of the budget that buys no whole participation.   held: on hold for it already.   ready: available and held.
    after: available credits once all of it is held.
    """

    budget: int
    prizes: int
    needed: int
    unit_price: int
    units: int
    units_per_day: int
    days: int
    unused: int
    lowest_price: int
    available: int
    paid: int
    bonus: int
    held: int
    ready: int
    after: int
    shortfall: int
    ready_percent: str

    @property
    def is_covered(self) -> bool:
        return self.shortfall == 0

    @property
    def service_fee(self) -> int:
        """What of the unit price is not the tickets."""
        return max(0, self.unit_price - self.lowest_price)


def tabs(advertiser: Advertiser) -> tuple[Tab, ...]:
    """The filters with their counts. One query."""
    counted = Campaign.objects.owned_by(advertiser).values("state").annotate(n=Count("pk")).values_list("state", "n")
    counts: dict[str, int] = dict(counted)
    return tuple(
        Tab(value, label, sum(counts.values()) if not states else sum(counts.get(state, 0) for state in states))
        for value, (label, states) in FILTERS.items()
    )


def campaigns_of(advertiser: Advertiser, *, chosen: str = "", words: str = "", kind: str = "") -> QuerySet[Campaign]:
    """An advertiser's campaigns, newest first. chosen: a key of `FILTERS`.   words: part of the title.   kind: key of a type."""
    mine = Campaign.objects.owned_by(advertiser).select_related("advertiser")
    if kind:
        mine = mine.filter(type=kind)
    states = FILTERS.get(chosen, FILTERS[""])[1]
    if states:
        mine = mine.filter(state__in=states)
    if words:
        mine = mine.filter(title__icontains=words)
    return mine.order_by("-submitted_at", "-pk")


def rows(campaigns: Sequence[Campaign], *, at: datetime) -> list[Row]:
    """The campaigns as a list shows them; the advertiser comes with each. One query, however many there are."""
    weeks = _weeks(campaigns, at=at)
    return [_row(campaign, weeks.get(campaign.pk, _NO_WEEK), at=at) for campaign in campaigns]


def _row(campaign: Campaign, week: _Week, *, at: datetime) -> Row:
    open_ = campaign.budget_credits - campaign.captured_credits
    room = pacing.room(campaign, week.left, week.slots, at=at) if week.left is not None else None
    return Row(
        campaign=campaign,
        effective=effective(campaign, room=room, at=at),
        percent=percent(campaign.captured_credits, campaign.budget_credits),
        tone="gray" if campaign.state in _ASLEEP else "",
        has_begun=campaign.poured_on is not None,
        today=week.today,
        days_left=-(-open_ * week.days // week.credits) if week.credits and campaign.state == State.RUNNING else None,
    )


def _weeks(campaigns: Sequence[Campaign], *, at: datetime) -> dict[int, _Week]:
    """By campaign. One query."""
    on = day_of(at)
    today = Q(day_on=on)
    slots = BudgetSlot.objects.filter(campaign__in=campaigns, day_on__gt=on - timedelta(days=7), day_on__lte=on).values("campaign_id")
    rows: Iterable[Mapping[str, Any]] = slots.annotate(
        today=Sum("confirmed_credits", filter=today, default=0),
        credits=Sum("confirmed_credits", default=0),
        days=Count("day_on", distinct=True),
        **pacing.sums(campaigns, today),
    )
    return {row["campaign_id"]: _Week(*(row[name] for name in ("today", "credits", "days", "left", "slots"))) for row in rows}


def report(campaign: Campaign, *, at: datetime) -> Report:
    """The campaign's money and days at this moment. One query; `campaign.hold` comes with the campaign."""
    sums = BudgetSlot.objects.filter(campaign=campaign).values("day_on").order_by("day_on")
    rows = list(
        sums.annotate(
            began=Sum("taken"),
            back=Sum("returned"),
            done=Sum("confirmed"),
            paid=Sum("confirmed_credits"),
            given=Sum("allowance"),
            part=Sum("part_credits"),
            by_steps=Sum("step_tickets"),
        ).values("day_on", "began", "back", "done", "paid", "given", "part", "by_steps")
    )
    began, back, done = (sum(int(row[name]) for row in rows) for name in ("began", "back", "done"))
    spent = sum(int(row["paid"]) for row in rows)
    units_running = began - back - done
    running = units_running * campaign.unit_price - sum(int(row["part"]) for row in rows)
    today = next((row for row in rows if row["day_on"] == day_of(at)), None)
    days = tuple(Day(row["day_on"], row["began"] - row["back"], row["done"], row["paid"]) for row in reversed(rows))
    spent_percent, running_percent = percent(spent, campaign.budget_credits), percent(running, campaign.budget_credits)
    hold = campaign.hold
    return Report(
        started=began - back,
        confirmed=done,
        expired=back,
        confirmed_percent=percent(done, began),
        spent=spent,
        spent_percent=spent_percent,
        running_units=units_running,
        running=running,
        left=max(0, campaign.budget_credits - spent - running),
        held=hold.open,
        captured=campaign.captured_credits,
        captured_reward=campaign.captured_tickets * campaign.ticket_cost,
        released=hold.released,
        today_confirmed=today["done"] if today else 0,
        today_left=today["given"] - today["began"] + today["back"] if today else None,
        tickets=sum(int(row["by_steps"]) for row in rows) if campaign.declared.parts else done * campaign.reward_tickets,
        parts=((spent_percent, "0", 1), (running_percent, spent_percent, 2)),
        days=days[:DAYS_SHOWN],
        chart=_chart(days[:DAYS_DRAWN]),
        finding=_finding(campaign, days, used=began - back, at=at),
    )


def _chart(days: tuple[Day, ...]) -> dict[str, Any]:
    """Bars of confirmed participations, oldest first, the newest stands out; a line of the credits spent since the first of them."""
    drawn = tuple(reversed(days))
    spent = list(accumulate(day.credits for day in drawn))
    bars = {"label": "참여 완료", "data": [day.confirmed for day in drawn], "colors": [2] * (len(drawn) - 1) + [1], "order": 2}
    line = {"type": "line", "label": "누적 크레딧", "data": spent, "color": 3, "axis": "credits", "unit": "크레딧", "order": 1}
    return {
        "type": "bar",
        "unit": "건",
        "labels": [f"{day.on.month}/{day.on.day}" for day in drawn],
        "series": [bars, line] if drawn else [],
        "axes": {"credits": {"position": "right", "beginAtZero": True, "grid": {"display": False}, "ticks": {"maxTicksLimit": 5}}},
    }


def _finding(campaign: Campaign, days: tuple[Day, ...], *, used: int, at: datetime) -> str:
    """What the days say about the end, in a sentence; empty when they say nothing yet."""
    left = campaign.units - used
    if campaign.state != State.RUNNING or not days:
        return ""
    if left <= 0:
        return "준비한 참여를 모두 채웠어요."
    recent = days[:7]
    confirmed = sum(day.confirmed for day in recent)
    if confirmed == 0:
        return "아직 완료된 참여가 없어요."
    more_days = -(-left * len(recent) // confirmed)
    if more_days > (campaign.ends_at - at).days:
        return f"이 속도라면 종료할 때까지 참여 {left:,}건이 다 차지 않을 수 있어요."
    until = day_of(at) + timedelta(days=more_days)
    return f"이 속도라면 {until.month}월 {until.day}일에 목표를 채워요."


def events(campaign: Campaign) -> list[dict[str, Any]]:
    """What happened to the campaign, newest first. One query. who: the operators are one team to an advertiser."""
    told = CampaignEvent.objects.filter(campaign=campaign).exclude(kind__in=_FOR_OPERATORS)
    newest = told.select_related("by").order_by("-at", "-pk")[:EVENTS_SHOWN]
    return [{"event": event, "words": _words(event), "who": _who(event.by)} for event in newest]


def taken_back(campaign: Campaign) -> list[dict[str, Any]]:
    """Participations that were paid and turned out not to count, by credit note, newest first: at, reason, units, credits. One query."""
    notes = campaign.invalidations.values("entry_id", "reason", "is_restored")
    sums = notes.annotate(at=Max("at"), units=Count("pk"), credits=Sum("price")).order_by("-at", "-entry_id")
    return [dict(row) for row in sums]


_MOVES_IN_WORDS = {
    State.SUBMITTED: "심사를 요청했어요",
    State.CHANGES_ASKED: "수정을 요청받았어요",
    State.REJECTED: "반려됐어요",
    State.APPROVED: "심사를 통과했어요",
    State.SCHEDULED: "시작을 기다려요",
    State.RUNNING: "진행을 시작했어요",
    State.PAUSED: "일시중지했어요",
    State.ENDED: "종료했어요",
    State.SETTLED: "정산을 마쳤어요",
    State.WITHDRAWN: "철회했어요",
}
_KINDS_IN_WORDS = {
    CampaignEvent.Kind.LOCKED: "운영팀이 잠갔어요",
    CampaignEvent.Kind.UNLOCKED: "운영팀이 잠금을 풀었어요",
    CampaignEvent.Kind.EXPOSED: "노출 설정이 바뀌었어요",
    CampaignEvent.Kind.VERSION: "고친 내용을 제출했어요",
    CampaignEvent.Kind.EXTENDED: "종료를 늦췄어요",
    CampaignEvent.Kind.IMAGE: "승인된 이미지로 바꿨어요",
    CampaignEvent.Kind.PLANNED: "변경을 예약했어요",
    CampaignEvent.Kind.HELD: "심사에 필요한 서류를 요청받았어요",
}
_FOR_OPERATORS = (CampaignEvent.Kind.CLAIMED, CampaignEvent.Kind.RECHECK)


def _words(event: CampaignEvent) -> str:
    """The event in a sentence."""
    if event.kind == CampaignEvent.Kind.RAISED and "invalid" in event.data:
        return f"무효로 한 참여의 {event.data['invalid']:,}크레딧이 예산으로 돌아왔어요"
    if event.kind == CampaignEvent.Kind.RAISED:
        return f"예산을 {event.data.get('credits', 0):,}크레딧 늘렸어요"
    if event.kind == CampaignEvent.Kind.CAPPED:
        return f"하루 예산이 {event.data['before']:,}에서 {event.data['after']:,}크레딧으로 바뀌었어요"
    if event.kind == CampaignEvent.Kind.CONSTRAIN:
        return "멈췄던 까닭이 없어졌어요" if event.data.get("over") else "결제 확인 때문에 멈췄어요"
    if event.kind == CampaignEvent.Kind.DECIDED:
        return "고친 내용이 심사를 통과했어요" if event.data["decision"] == "APPROVED" else "고친 내용이 심사를 통과하지 못했어요"
    if event.kind == CampaignEvent.Kind.PLANNED and event.data.get("cancelled"):
        return "예약한 변경을 취소했어요"
    if event.kind == CampaignEvent.Kind.HELD and event.data.get("over"):
        return "심사를 이어서 해요"
    if event.kind != CampaignEvent.Kind.MOVED:
        return _KINDS_IN_WORDS[CampaignEvent.Kind(event.kind)]
    if event.from_state == State.PAUSED and event.to_state == State.RUNNING:
        return "다시 시작했어요"
    if event.from_state and event.to_state == State.SUBMITTED:
        return "고쳐서 다시 심사를 요청했어요"
    return _MOVES_IN_WORDS[State(event.to_state)]


def _who(by: User | None) -> str:
    if by is None:
        return "자동"
    return "운영팀" if by.kind == User.Kind.OPERATOR else by.name or by.username


def cost(
    *,
    advertiser: Advertiser,
    unit_price: int,
    budget: int,
    daily_cap: int,
    tickets: int,
    at: datetime,
    held: int = 0,
    campaign_type: str = "",
    prizes: int = 0,
) -> Cost:
    """
    What these answers would cost; zeros where an answer is missing. One query.

    held: credits on hold for it already.   campaign_type: some bonus may be used by some types only.   prizes: credits for its prizes.
    """
    balance = balances.balance(advertiser, campaign_type=campaign_type)
    ready = balance.available + held
    units = budget // unit_price if unit_price else 0
    per_day = min(units, daily_cap // unit_price) if unit_price else 0
    needed = budget + prizes
    shortfall = max(0, needed - ready)
    return Cost(
        budget=budget,
        prizes=prizes,
        needed=needed,
        unit_price=unit_price,
        units=units,
        units_per_day=per_day,
        days=-(-units // per_day) if per_day else 0,
        unused=budget - units * unit_price if units else 0,
        lowest_price=tickets * reward_policies.TICKET_COST_KRW.at(at),
        available=balance.available,
        paid=balance.paid,
        bonus=balance.bonus,
        held=held,
        ready=ready,
        after=max(0, ready - needed),
        shortfall=shortfall,
        ready_percent=percent(min(ready, needed), needed) if needed else "100",
    )
