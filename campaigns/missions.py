"""What a member reads about missions: which there are today, and where they stand in each. Nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any
from uuid import UUID
from zlib import crc32

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from pydantic import ValidationError

from campaigns import applications, pacing, progress, targeting
from campaigns.models import (
    BEFORE_THE_START,
    LIVE,
    OVER,
    Application,
    Campaign,
    CampaignImage,
    Evidence,
    ExposureSlot,
    Participation,
    State,
)
from campaigns.pacing import Room
from campaigns.progress import StepStanding
from campaigns.services import budget
from campaigns.tokens import ParticipationToken
from campaigns.types.flows import PANELS
from common import cursors
from common.kst import day_from, day_of, day_until
from common.portals import LUCKFFLE, URLCONFS
from rewards.persons import member_key

PARTICIPATION = Participation.State
ARTS = 6
SIMILAR = 3
_LOOKED_AT = 60  # of the list, when others are looked for; beyond, a day with so much sold out shows fewer
_SUMMED = 200
_LIST = "missions.2"
_NO_PLACE = 10_000  # behind every fixed place
QUARTERS = 4
VISIBLE = (*BEFORE_THE_START, *LIVE, State.ENDED, State.SETTLED)
_DONE = (PARTICIPATION.CONFIRMED, PARTICIPATION.REWARDED)
_CHECKING = (PARTICIPATION.SUBMITTED, PARTICIPATION.CHECKING, PARTICIPATION.QUARANTINED)
_TAKEN_BACK = (PARTICIPATION.REFUSED, PARTICIPATION.REVERSED)


class Standing(StrEnum):
    """Where a member stands in a mission; the page shows one thing to do for each."""

    OPEN = "OPEN"
    RUNNING = "RUNNING"
    OTHER_DEVICE = "OTHER_DEVICE"
    DONE = "DONE"
    CHECKING = "CHECKING"
    TAKEN_BACK = "TAKEN_BACK"
    CLOSED_HOUR = "CLOSED_HOUR"
    CLOSED_TODAY = "CLOSED_TODAY"
    SOLD_OUT = "SOLD_OUT"
    NOT_YET = "NOT_YET"
    PAUSED = "PAUSED"
    UNAVAILABLE = "UNAVAILABLE"
    NOT_FOR_YOU = "NOT_FOR_YOU"
    APPLY = "APPLY"
    APPLIED = "APPLIED"
    OVER = "OVER"


# Words instead of the reward, in the list.
WORDS = {
    Standing.RUNNING: "참여 중",
    Standing.OTHER_DEVICE: "참여 중",
    Standing.DONE: "완료",
    Standing.CHECKING: "확인중",
    Standing.TAKEN_BACK: "참여 취소",
    Standing.CLOSED_HOUR: "잠시 마감",
    Standing.CLOSED_TODAY: "오늘 마감",
    Standing.SOLD_OUT: "마감",
}


@dataclass(frozen=True, slots=True)
class Card:
    """
    A mission in a list. takes: words for its length.   words: instead of the reward, empty while it can be started.   image_url: empty
    for one without a picture.
    """

    public_id: UUID
    brand: str
    title: str
    takes: str
    tickets: int
    art: int
    words: str
    image_url: str

    @property
    def is_open(self) -> bool:
        return not self.words

    @property
    def is_done(self) -> bool:
        return self.words == WORDS[Standing.DONE]


@dataclass(frozen=True, slots=True)
class Mission:
    """
    One mission as one member sees it, or somebody who is not signed in.

    left: units of today, None when the day's are not out yet.   takes: words for its length.   steps: what to do, in order.
    participation: the member's own of this period, if any.   seconds_left: to stay, before it counts; None before the page was
    opened.   token: for the next step, empty unless it runs on this device.   why: in Korean, when it is for
    others or for another hour.   asks_region: the member never said where they live.   panel: template of what to do while it runs.
    task: what the member has to do it with (`CampaignType.task`), empty unless it runs here.   tries_left: answers still open.
    image_url: empty for one without a picture.   prizes: [{"name", "quantity", "value_krw"}] of the raffle that a completion enters.
    raffle: that raffle, once it takes entries.
    progress: of a mission of several steps, while it runs here.   application: the member's own, where the advertiser chooses.
    """

    campaign: Campaign
    standing: Standing
    left: int | None
    takes: str
    steps: tuple[str, ...]
    art: int
    participation: Participation | None
    seconds_left: int | None
    token: str
    reopens_at: datetime | None
    why: str
    asks_region: bool
    panel: str
    task: dict[str, Any]
    tries_left: int
    image_url: str
    prizes: tuple[dict[str, Any], ...]
    raffle: UUID | None
    progress: tuple[StepStanding, ...] = ()
    application: Application | None = None

    @property
    def call_to_action(self) -> str:
        """What the button says that begins it."""
        return self.campaign.spec.get("design", {}).get("call_to_action") or "참여 시작하기"

    @property
    def is_open(self) -> bool:
        return self.standing == Standing.OPEN

    @property
    def is_running(self) -> bool:
        return self.standing == Standing.RUNNING

    @property
    def is_done(self) -> bool:
        return self.standing == Standing.DONE

    @property
    def is_closed(self) -> bool:
        """True when there is nothing to do here now."""
        return self.standing in (
            Standing.CLOSED_HOUR,
            Standing.CLOSED_TODAY,
            Standing.SOLD_OUT,
            Standing.NOT_YET,
            Standing.PAUSED,
            Standing.UNAVAILABLE,
            Standing.NOT_FOR_YOU,
            Standing.OVER,
        )

    @property
    def has_run_out(self) -> bool:
        """True when the member started before and the time ran out, and may start again."""
        return self.standing == Standing.OPEN and self.participation is not None


def find(public_id: UUID) -> Campaign | None:
    """The mission that anybody may read: approved once, and not taken back."""
    return Campaign.objects.unscoped().select_related("advertiser", "raffle").filter(public_id=public_id, state__in=VISIBLE).first()


def offered(at: datetime) -> QuerySet[Campaign]:
    """
    Missions of this moment: those at a fixed place first, then by the order of exposure. Of one order fairness decides: who got fewer
    quarters of what was paid for comes first, then the newest. So a large budget does not keep the small ones down.
    """
    spent = Case(
        When(captured_credits__gt=F("budget_credits") - F("unit_price"), then=Value(1)), default=Value(0), output_field=IntegerField()
    )
    served = Cast(F("captured_credits") * QUARTERS / F("budget_credits"), IntegerField())
    slots = ExposureSlot.objects.filter(campaign=OuterRef("pk"), ended_at=None, shown_from__lte=at, shown_until__gt=at)
    place = Coalesce(Subquery(slots.values("place")[:1]), Value(_NO_PLACE))
    rows = Campaign.objects.offered(at).select_related("advertiser").annotate(spent=spent, fixed=place, served=served)
    return rows.order_by("spent", "fixed", "exposure_order", "served", "-starts_at", "-pk")


def offered_page(*, cursor: str, limit: int, at: datetime) -> tuple[list[Campaign], str]:
    """
    One page of `offered`, and the cursor of the next page (empty at the end).

    :raises CursorRefused: the cursor is not ours.
    """
    rows = offered(at)
    if cursor:
        spent, fixed, order, served, begun, last = cursors.after(cursor, of=_LIST)
        starts_at = datetime.fromisoformat(begun)
        equal = Q(spent=spent, fixed=fixed, exposure_order=order)
        rows = rows.filter(
            Q(spent__gt=spent)
            | Q(spent=spent, fixed__gt=fixed)
            | Q(spent=spent, fixed=fixed, exposure_order__gt=order)
            | equal & Q(served__gt=served)
            | equal & Q(served=served, starts_at__lt=starts_at)
            | equal & Q(served=served, starts_at=starts_at, pk__lt=last)
        )
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return found, ""
    end = found[limit - 1]
    place = [end.spent, end.fixed, end.exposure_order, end.served, end.starts_at.isoformat(), end.pk]  # type: ignore[attr-defined]
    return found[:limit], cursors.place(place, of=_LIST)


def cards(campaigns: Iterable[Campaign], *, member_id: int | None, at: datetime) -> list[Card]:
    """
    The missions of one page of the list with where the member stands in each, without those that are for others. At most two queries, and
    three more where one of them is targeted, however many there are.
    """
    shown = targeting.fitting(list(campaigns), member_id=member_id, at=at)
    mine = _participations(shown, member_id, at=at) if member_id is not None else {}
    rooms = pacing.rooms(shown, at=at)
    return [_card(campaign, mine.get(campaign.pk), rooms.get(campaign.pk), at=at) for campaign in shown]


def similar(public_id: UUID, *, member_id: int | None, at: datetime) -> list[Card]:
    """Up to three other missions that this member may start now, in the order of the list. At most three queries."""
    others = offered(at).exclude(public_id=public_id)[:_LOOKED_AT]
    return [card for card in cards(others, member_id=member_id, at=at) if card.is_open][:SIMILAR]


def earnable(*, member_id: int | None, at: datetime) -> tuple[int, int]:
    """How many missions may be started now, and the tickets they bring together, looking at the first 200. At most six queries."""
    shown = [card for card in cards(offered(at)[:_SUMMED], member_id=member_id, at=at) if card.is_open]
    return len(shown), sum(card.tickets for card in shown)


def done_today(*, member_id: int, at: datetime) -> tuple[int, int]:
    """How many missions the member finished on this KST day, and the tickets they brought. One query on the member's own rows."""
    on = day_of(at)
    mine = Participation.objects.filter(
        member_id=member_id,
        state__in=_DONE,
        confirmed_at__gte=day_from(on),
        confirmed_at__lt=day_until(on),
        period_on__gte=on - timedelta(days=1),
    )
    tickets = list(mine.values_list("tickets", flat=True))
    return len(tickets), sum(tickets)


def mission(campaign: Campaign, *, member_id: int | None, device: str, at: datetime) -> Mission:
    """The mission as this member sees it on this device. At most four queries."""
    participation = _participations([campaign], member_id, at=at).get(campaign.pk) if member_id is not None else None
    room = pacing.rooms([campaign], at=at).get(campaign.pk)
    standing = _standing(campaign, participation, room, device=device, at=at)
    if standing == Standing.CLOSED_TODAY and _is_used_up(campaign, at=at):
        standing = Standing.SOLD_OUT
    why, asks_region, application = "", False, None
    if standing == Standing.OPEN and (refusal := _why_not(campaign, member_id, device=device, at=at)) is not None:
        why, standing = str(refusal.context["why"]), Standing.NOT_FOR_YOU
        asks_region = refusal.context["problem"] == targeting.Problem.UNTOLD
        if refusal.context["problem"] == targeting.Problem.CHOSEN and member_id is not None:
            application = applications.own(campaign, member_id)
            standing = Standing.APPLIED if application else Standing.APPLY
    elif campaign.declared.chooses and member_id is not None:
        application = applications.own(campaign, member_id)
    runs = participation if standing == Standing.RUNNING else None
    declared = campaign.declared
    details = declared.read(campaign.details)
    return Mission(
        campaign=campaign,
        standing=standing,
        left=room.today if room is not None else None,
        takes=_takes(campaign),
        steps=declared.steps(details),
        art=_art(campaign),
        participation=participation,
        seconds_left=_seconds_left(runs, at=at) if runs is not None else None,
        token=_token(campaign, runs, at=at) if runs is not None else "",
        reopens_at=_reopens_at(standing, room, at=at),
        why=why,
        asks_region=asks_region,
        panel=PANELS[declared.flow] if runs is not None else "",
        task=declared.task(details, member_key(runs.member_id)) if runs is not None else {},
        tries_left=declared.tries(details) - _wrong_answers(runs) if runs is not None and declared.answer is not None else 0,
        image_url=image_url(campaign),
        prizes=_prizes(campaign),
        raffle=campaign.raffle.public_id if campaign.raffle is not None and campaign.raffle.opened_at is not None else None,
        progress=progress.of(campaign, runs.public_id, at=at) if runs is not None and declared.parts else (),
        application=application,
    )


def _prizes(campaign: Campaign) -> tuple[dict[str, Any], ...]:
    """As submitted; those of a draft as far as they are written."""
    prizes = campaign.spec.get("reward", {}).get("prizes") if campaign.declared.enters_raffle else None
    return tuple(prize for prize in prizes or () if isinstance(prize, dict))


def _why_not(campaign: Campaign, member_id: int | None, *, device: str, at: datetime) -> targeting.NotForYou | None:
    """Why this member may not start a targeted mission; None when nothing stands in the way."""
    if member_id is None or not campaign.is_targeted:
        return None
    try:
        targeting.refuse_outside(campaign, member_id=member_id, device=device, at=at)
    except targeting.NotForYou as refusal:
        return refusal
    return None


def sample(campaign: Campaign, participation: Participation | None, *, image_url: str) -> Mission:
    """The mission of a campaign that exists only in a draft, open, or done where there is a participation. No query."""
    declared = campaign.declared
    try:
        todo = declared.steps(declared.read(campaign.details))
    except ValidationError:  # its fields are not finished
        todo = ()
    begins = Standing.APPLY if declared.chooses else Standing.OPEN
    return Mission(
        campaign=campaign,
        standing=Standing.DONE if participation else begins,
        left=None,
        takes=_takes(campaign),
        steps=todo,
        art=_art(campaign),
        participation=participation,
        seconds_left=None,
        token="",
        reopens_at=None,
        why="",
        asks_region=False,
        panel="",
        task={},
        tries_left=0,
        image_url=image_url,
        prizes=_prizes(campaign),
        raffle=None,
    )


def sample_card(campaign: Campaign, *, image_url: str) -> Card:
    """The same in a list. No query."""
    return _drawn_card(campaign, words="", image_url=image_url)


def image_url(campaign: Campaign) -> str:
    """Where members see the picture of a mission; empty for one without."""
    number = campaign.spec.get("design", {}).get("image")
    return reverse("campaigns:mission-image", args=[number], urlconf=URLCONFS[LUCKFFLE]) if number else ""


def find_image(public_id: UUID) -> CampaignImage | None:
    """A picture that a mission shows which anybody may read."""
    shown = Campaign.objects.unscoped().filter(state__in=VISIBLE, spec__design__image=str(public_id), advertiser=OuterRef("advertiser"))
    return CampaignImage.objects.filter(Exists(shown), public_id=public_id).first()


def _wrong_answers(participation: Participation) -> int:
    return Evidence.objects.filter(participation=participation.public_id, verdict=Evidence.Verdict.FAILED).count()


def _card(campaign: Campaign, participation: Participation | None, room: Room | None, *, at: datetime) -> Card:
    standing = _standing(campaign, participation, room, device=None, at=at)
    return _drawn_card(campaign, words=WORDS.get(standing, ""), image_url=image_url(campaign))


def _drawn_card(campaign: Campaign, *, words: str, image_url: str) -> Card:
    return Card(
        public_id=campaign.public_id,
        brand=campaign.advertiser.name,
        title=campaign.title,
        takes=_takes(campaign),
        tickets=campaign.reward_tickets,
        art=_art(campaign),
        words=words,
        image_url=image_url,
    )


def _standing(campaign: Campaign, participation: Participation | None, room: Room | None, *, device: str | None, at: datetime) -> Standing:
    """What a participation of this period says comes first: it may be finished though the campaign stopped meanwhile."""
    if participation is not None:
        if _runs(campaign, participation, at=at):
            return Standing.RUNNING if device in (None, participation.device) else Standing.OTHER_DEVICE
        if participation.state in _DONE:
            return Standing.DONE
        if participation.state in _CHECKING:
            return Standing.CHECKING
        if participation.state in _TAKEN_BACK:
            return Standing.TAKEN_BACK
    return _openness(campaign, room, at=at)


def _runs(campaign: Campaign, participation: Participation, *, at: datetime) -> bool:
    """True while there is something to do; a step that is looked at leaves the others open."""
    if participation.state == PARTICIPATION.CHECKING and campaign.declared.parts is not None:
        return True
    return participation.state == PARTICIPATION.STARTED and participation.expires_at > at


def _openness(campaign: Campaign, room: Room | None, *, at: datetime) -> Standing:
    if campaign.state in OVER or campaign.ends_at <= at:
        return Standing.OVER
    if not _is_shown(campaign, at=at):
        return Standing.UNAVAILABLE
    if campaign.state in BEFORE_THE_START and campaign.starts_at > at:
        return Standing.NOT_YET
    if campaign.state == State.PAUSED:
        return Standing.PAUSED
    if room is not None and room.today == 0:
        return Standing.CLOSED_TODAY
    return Standing.CLOSED_HOUR if room is not None and room.opens_at else Standing.OPEN


def _reopens_at(standing: Standing, room: Room | None, *, at: datetime) -> datetime | None:
    """When places open again by themselves, where they do."""
    if standing == Standing.CLOSED_TODAY:
        return day_until(day_of(at))
    return room.opens_at if standing == Standing.CLOSED_HOUR and room is not None else None


def _is_shown(campaign: Campaign, *, at: datetime) -> bool:
    """False while an operator, or a restriction of the account, keeps it from members. The advertiser comes with the campaign."""
    after = campaign.exposed_from is None or campaign.exposed_from <= at
    before = campaign.exposed_until is None or campaign.exposed_until > at
    account = campaign.advertiser.is_active and not campaign.advertiser.is_restricted
    return campaign.is_exposed and not campaign.is_locked and after and before and account


def _participations(campaigns: list[Campaign], member_id: int, *, at: datetime) -> dict[int, Participation]:
    """
    The member's participation of the current period of each campaign. One query.

    Just after midnight one that was started yesterday still runs; it counts until its time is over.
    """
    periods = {campaign.pk: _periods(campaign, at=at) for campaign in campaigns}
    days = {day for both in periods.values() for day in both}
    rows = Participation.objects.filter(member_id=member_id, campaign_id__in=list(periods), period_on__in=days)
    found: dict[int, Participation] = {}
    for row in sorted(rows, key=lambda row: row.period_on):
        now, before = periods[row.campaign_id]
        runs = row.state == PARTICIPATION.STARTED and row.expires_at > at
        if row.period_on == now or (row.period_on == before and runs):
            found[row.campaign_id] = row
    return found


def _periods(campaign: Campaign, *, at: datetime) -> tuple[date, date]:
    """The current period, and the one in which a participation that still runs may have begun."""
    if not campaign.is_daily:
        first = day_of(campaign.starts_at)
        return first, first
    return day_of(at), day_of(at - timedelta(seconds=campaign.slot_life_seconds))


def _is_used_up(campaign: Campaign, *, at: datetime) -> bool:
    """True when no later day can bring new units."""
    if campaign.ends_at <= day_until(day_of(at)):
        return True
    return budget.used_units(campaign) >= campaign.units


def _seconds_left(participation: Participation, *, at: datetime) -> int | None:
    if participation.opened_at is None:
        return None
    stayed = (at - participation.opened_at).total_seconds()
    return max(0, ceil(participation.dwell_seconds - stayed))


def _token(campaign: Campaign, participation: Participation, *, at: datetime) -> str:
    """A token for the participation that runs here; signed anew for each page, so nothing has to be kept in the browser."""
    return ParticipationToken(
        participation=participation.public_id,
        campaign=campaign.public_id,
        period_on=participation.period_on,
        type=participation.type,
        attempt=participation.attempt,
        device=participation.device,
        dwell_seconds=participation.dwell_seconds,
        issued_at=at,
    ).signed()


def _takes(campaign: Campaign) -> str:
    """How long it takes: the stay that is asked for, else what the type says."""
    seconds = campaign.dwell_seconds
    if not seconds:
        return campaign.declared.takes
    return f"약 {seconds}초" if seconds < 60 else f"약 {-(-seconds // 60)}분"


def _art(campaign: Campaign) -> int:
    """One of the six tints, always the same for a title: a draft shows the one that its campaign will have."""
    return crc32(campaign.title.encode()) % ARTS + 1
