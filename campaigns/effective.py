"""
Whether members can start a campaign right now, and if not, why: the chain account → campaign → today → hours. One function for the
list, the page and the API. Nothing here writes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from campaigns.models import BEFORE_THE_START, LIVE, Campaign, Constraint, State
from campaigns.pacing import Room
from common.kst import SEOUL, day_from, day_of, day_until

_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_SHOWN_AS_STATE = (State.SUBMITTED, State.CHANGES_ASKED, State.REJECTED)


class Level(StrEnum):
    """Where a reason lies, from the outside in."""

    ACCOUNT = "ACCOUNT"
    CAMPAIGN = "CAMPAIGN"
    TODAY = "TODAY"
    HOURS = "HOURS"


@dataclass(frozen=True, slots=True)
class Reason:
    """
    One thing that keeps members from starting.

    code: stable, dotted.   status: key of the status words.   sentence: Korean, for the advertiser.   until: when it passes by
    itself, None when somebody has to do something or nobody knows.
    """

    level: Level
    code: str
    status: str
    sentence: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Effective:
    """status: key of the word people read (`common.statuses.CAMPAIGN`).   reasons: outermost first; none when members can start."""

    status: str
    reasons: tuple[Reason, ...]

    @property
    def is_serving(self) -> bool:
        return not self.reasons


def effective(campaign: Campaign, *, room: Room | None, at: datetime) -> Effective:
    """
    The status of one campaign at a moment; its advertiser comes with it. No query.

    room: what may still start (`pacing.rooms`), None when the day's units are not out.
    """
    reasons = tuple(
        reason
        for reason in (*_account(campaign), *_campaign(campaign, at=at), *_today(campaign, room, at=at), *_hours(campaign, at=at))
        if reason is not None
    )
    return Effective(_status(campaign, reasons), reasons)


def _status(campaign: Campaign, reasons: tuple[Reason, ...]) -> str:
    """An operator's lock says more than a state before approval; what is over stays over; else the outermost reason has the word."""
    if campaign.is_over:
        return str(campaign.state)
    if campaign.is_locked:
        return "LOCKED"
    if campaign.state in _SHOWN_AS_STATE or not reasons:
        return str(campaign.state)
    return reasons[0].status


def _account(campaign: Campaign) -> tuple[Reason | None, ...]:
    advertiser = campaign.advertiser
    if campaign.is_over:
        return ()
    if not advertiser.is_active:
        return (Reason(Level.ACCOUNT, "account.closed", "ACCOUNT_STOPPED", "닫은 계정이에요."),)
    if advertiser.is_restricted:
        words = f"계정이 제한되어 있어요. 이유: {advertiser.restricted_reason}"
        return (Reason(Level.ACCOUNT, "account.restricted", "ACCOUNT_STOPPED", words),)
    return ()


def _campaign(campaign: Campaign, *, at: datetime) -> tuple[Reason | None, ...]:
    return (_locked(campaign), _standing(campaign, at=at), _hidden(campaign, at=at))


def _locked(campaign: Campaign) -> Reason | None:
    if not campaign.is_locked or campaign.is_over:
        return None
    return Reason(Level.CAMPAIGN, "campaign.locked", "LOCKED", f"운영팀이 잠갔어요. 이유: {campaign.locked_reason}")


_SENTENCES = {
    State.SUBMITTED: "심사하고 있어요.",
    State.CHANGES_ASKED: "운영팀이 수정을 요청했어요. 고쳐서 다시 제출해 주세요.",
    State.REJECTED: "심사에서 반려됐어요.",
    State.PAUSED: "일시중지했어요.",
    State.ENDED: "끝난 캠페인이에요. 정산하고 있어요.",
    State.SETTLED: "끝난 캠페인이에요.",
    State.WITHDRAWN: "철회한 캠페인이에요.",
}
_CONSTRAINTS = {
    Constraint.BALANCE: ("NO_BALANCE", "예산으로 묶은 크레딧에 확인 중인 결제가 있어요. 그만큼 충전하면 바로 이어져요."),
    Constraint.LANDING: ("LANDING_GONE", "연결 주소가 이틀 이어서 열리지 않아 멈췄어요. 주소를 확인한 뒤 다시 시작해 주세요."),
}


def _standing(campaign: Campaign, *, at: datetime) -> Reason | None:
    if campaign.constraint and not campaign.is_over:
        status, sentence = _CONSTRAINTS[Constraint(campaign.constraint)]
        return Reason(Level.CAMPAIGN, f"campaign.{campaign.constraint.lower()}", status, sentence)
    if campaign.state in BEFORE_THE_START:
        if campaign.starts_at <= at:
            return None  # whoever starts first, member or clock, begins it
        start = campaign.starts_at.astimezone(SEOUL)
        words = f"{start.month}월 {start.day}일 {start:%H:%M}에 시작해요."
        return Reason(Level.CAMPAIGN, "campaign.not_started", "SCHEDULED", words, campaign.starts_at)
    if campaign.state == State.RUNNING:
        if campaign.ends_at <= at:
            return Reason(Level.CAMPAIGN, "campaign.ended", "ENDED", _SENTENCES[State.ENDED])
        if campaign.captured_units >= campaign.units:
            return Reason(Level.CAMPAIGN, "campaign.budget_spent", "BUDGET_SPENT", "총예산을 모두 썼어요. 예산을 늘리면 이어서 진행해요.")
        return None
    return Reason(Level.CAMPAIGN, f"campaign.{campaign.state.lower()}", str(campaign.state), _SENTENCES[State(campaign.state)])


def _hidden(campaign: Campaign, *, at: datetime) -> Reason | None:
    if campaign.is_over or campaign.state in _SHOWN_AS_STATE:
        return None
    if campaign.exposed_from is not None and campaign.exposed_from > at:
        return Reason(Level.CAMPAIGN, "campaign.not_exposed", "HIDDEN", "아직 노출 기간이 아니에요.", campaign.exposed_from)
    if not campaign.is_exposed or (campaign.exposed_until is not None and campaign.exposed_until <= at):
        return Reason(Level.CAMPAIGN, "campaign.not_exposed", "HIDDEN", "운영팀이 노출을 멈췄어요.")
    return None


def _today(campaign: Campaign, room: Room | None, *, at: datetime) -> tuple[Reason | None, ...]:
    if campaign.state != State.RUNNING or room is None or campaign.captured_units >= campaign.units:
        return ()
    if room.opens_at is not None:
        words = f"이 시간에 나눈 예산을 모두 썼어요. {room.opens_at.astimezone(SEOUL).hour}시에 다시 열려요."
        return (Reason(Level.TODAY, "today.hour_spent", "CLOSED_HOUR", words, room.opens_at),)
    if room.today > 0:
        return ()
    return (Reason(Level.TODAY, "today.cap_spent", "CLOSED_TODAY", "오늘 예산을 모두 썼어요. 0시에 다시 열려요.", day_until(day_of(at))),)


def _hours(campaign: Campaign, *, at: datetime) -> tuple[Reason | None, ...]:
    if campaign.state not in (*BEFORE_THE_START, *LIVE):
        return ()
    opens = opens_at(campaign.spec.get("setting", {}), at=at)
    if opens <= at:
        return ()
    local = opens.astimezone(SEOUL)
    words = f"정한 요일과 시간이 아니에요. {local.month}월 {local.day}일 {local:%H}시에 열려요."
    return (Reason(Level.HOURS, "hours.closed", "OUT_OF_HOURS", words, opens),)


def opens_at(setting: dict[str, Any], *, at: datetime) -> datetime:
    """The next moment inside the weekdays and hours of a setting; `at` itself when they are open."""
    days = setting.get("weekdays") or _WEEKDAYS
    first, last = setting.get("hour_from", 0), setting.get("hour_until", 24)
    for ahead in range(8):
        on = day_of(at) + timedelta(days=ahead)
        opens, closes = (day_from(on) + timedelta(hours=hour) for hour in (first, last))
        if _WEEKDAYS[on.weekday()] in days and at < closes:
            return max(at, opens)
    raise AssertionError("a week has a day of these")
