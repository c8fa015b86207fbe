"""
The reward app's doors to missions. Start, open and confirm may be sent again after a silence: each has one effect per
participation and answers the same.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile
from pydantic import Field, StringConstraints

from campaigns import banners, missions, services, timeline, tokens
from campaigns.device import device_of
from campaigns.fraud.origins import place_of
from campaigns.history import history_of, own_participation, waiting_of
from campaigns.models import Application, Participation, RewardClaim
from campaigns.progress import StepStanding
from campaigns.seen import SeenIn
from campaigns.services import Taking
from common import cursors
from common.schemas import FormWhole, Input, Output
from rewards.app_auth import AppRequest, acting_member

router = Router(tags=["미션"])
PER_PAGE = 20
Signed = Annotated[str, StringConstraints(max_length=tokens.LONGEST)]


class PageQuery(Input):
    """cursor: `next` of the page before; empty for the first."""

    cursor: Annotated[str, StringConstraints(max_length=cursors.LONGEST)] = ""
    limit: Annotated[FormWhole, Field(ge=1, le=100)] = PER_PAGE


class TokenIn(Input):
    """token: of the start's answer."""

    token: Signed


class BeatIn(TokenIn):
    """beat: the newest one; empty before the first."""

    beat: Signed = ""


class AnswerIn(TokenIn):
    """answer: what the mission's `task` asks for. QUIZ: {"choice": 2}. SURVEY: {"answers": [{"picked": [1]}, {"text": "…"}]}, one each."""

    answer: dict[str, Any]


class StepIn(TokenIn):
    """step: from 1.   text: the word or the address, where the step asks for one."""

    step: Annotated[FormWhole, Field(ge=1, le=20)]
    text: Annotated[str, StringConstraints(max_length=500)] = ""


class ApplyIn(Input):
    """text: why, 10 to 300 characters, without personal data."""

    text: Annotated[str, StringConstraints(max_length=300)]


class ApplicationOut(Output):
    """state: WAITING, CHOSEN or NOT_CHOSEN.   handover: from the advertiser to a chosen member."""

    id: UUID
    state: str
    text: str
    handover: str
    applied_at: datetime


class StepOut(Output):
    """
    One step of a mission that earns step by step. way: PICTURE, WORD, LINK, or KEPT (nobody sends anything).   state: OPEN, WAITING,
    EARNED or LATER.   opens_at: when a step that waits for a day opens.   reason: why the last thing sent was refused.
    """

    number: int
    title: str
    guide: str
    way: str
    tickets: int
    state: str
    opens_at: datetime | None
    reason: str
    tries_left: int


class MissionCard(Output):
    """takes: how long it is, in words.   label: in place of the reward; empty while it can be started."""

    id: UUID
    brand: str
    title: str
    takes: str
    tickets: int
    label: str


class MissionPage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[MissionCard]
    next: str


class MissionPrizeOut(Output):
    """One kind of prize of a sponsor's raffle. quantity: winners of it.   value_krw: market value of one."""

    name: str
    quantity: int
    value_krw: int


class MissionOut(Output):
    """
    standing: OPEN, RUNNING, OTHER_DEVICE, DONE, CHECKING, TAKEN_BACK, CLOSED_HOUR, CLOSED_TODAY, SOLD_OUT, NOT_YET, PAUSED,
    NOT_FOR_YOU, APPLY
    (the advertiser chooses; apply), APPLIED or OVER.
    why: in Korean, when it is for others or for another hour.
    left: of today, empty before the day's are out.   participation, token, seconds_left: while it runs on this device.
    similar: up to three others to start now, when there is nothing to do here.   flow: how it is finished (STAY and WATCH: open, beat,
    confirm; ANSWER: answer; UPLOAD: picture; POSTBACK: open, then the advertiser tells us; STEPS: step, one by one).   progress: the
    steps, while it runs on this device.   task: what to do it with, while it runs on this device.   tries_left: answers that may still
    be sent.   prizes: of the raffle that a completion enters; raffle: its id once it takes entries.
    """

    id: UUID
    brand: str
    title: str
    body: str
    type: str
    takes: str
    tickets: int
    flow: str
    dwell_seconds: int
    steps: list[str]
    task: dict[str, Any]
    tries_left: int
    progress: list[StepOut]
    application: ApplicationOut | None
    standing: str
    why: str
    left: int | None
    ends_at: datetime
    reopens_at: datetime | None
    participation: UUID | None
    token: str
    seconds_left: int | None
    prizes: list[MissionPrizeOut]
    raffle: UUID | None
    similar: list[MissionCard]


class ParticipationOut(Output):
    """state: STARTED, REWARDED, EXPIRED, REFUSED, REVERSED and, while it is looked at, SUBMITTED, CHECKING, QUARANTINED or CONFIRMED."""

    id: UUID
    mission: UUID
    state: str
    started_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    confirmed_at: datetime | None
    tickets: int
    dwell_seconds: int


class StartedOut(ParticipationOut):
    """
    token: open, beat and confirm ask for it; bound to this device.   notice: in Korean, why the tickets will come after a look; empty
    when nothing is doubted. The app says in X-Device-Integrity when it runs on a "rooted" device or an "emulator".
    """

    token: str
    notice: str


class OpenedOut(ParticipationOut):
    """landing_url: where the member goes now; the stay is counted from here."""

    landing_url: str


class BeatOut(Output):
    """beat: send it with the next one, and with confirm."""

    beat: str


class HistoryRow(Output):
    """One line of the member's history. on: KST day it counts for."""

    id: UUID
    mission: UUID
    title: str
    state: str
    on: date
    started_at: datetime
    confirmed_at: datetime | None
    tickets: int


class HistoryPage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[HistoryRow]
    next: str


class WaitingOut(Output):
    """count: participations.   tickets: that they would bring."""

    count: int
    tickets: int


class MomentOut(Output):
    """One thing that happened, in Korean."""

    at: datetime
    text: str


class ClaimOut(Output):
    """
    decision: HERE (the tickets came), UNFINISHED (something is left to do), WAIT (until), NO, GOODWILL (paid now), or ASKED (see inquiry).
    words: to be shown as they are.   tickets: that goodwill paid.
    """

    decision: str
    words: str
    until: datetime | None
    tickets: int
    inquiry: UUID | None
    at: datetime


class TimelineOut(Output):
    """Oldest first; claims newest first."""

    moments: list[MomentOut]
    claims: list[ClaimOut]


class TodayOut(Output):
    """open: missions that may be started now, of the first 200.   earnable: their tickets.   done, earned: finished on this KST day."""

    open: int
    earnable: int
    done: int
    earned: int


class BannerOut(Output):
    """
    A picture of the first page, twice as wide as high. alt: what it says.   leads_to: MISSION, RAFFLE, NOTICE or ADDRESS.   target: id of
    that mission, raffle or notice; empty for an address.   url: what a browser opens.   is_ad: "광고" must stand on it.
    """

    id: UUID
    alt: str
    image_url: str
    leads_to: str
    target: UUID | None
    url: str
    is_ad: bool


@router.get("/banners", response=list[BannerOut], summary="첫 화면 배너")
def banner_list(request: AppRequest) -> list[BannerOut]:
    """What the first page shows this member on this phone now, in order; often nothing."""
    at = timezone.now()
    viewer = banners.viewer_of(request, acting_member(request), at=at)
    return [
        BannerOut(
            id=one.public_id,
            alt=one.alt,
            image_url=banners.full_address(one.image_url),
            leads_to=one.leads_to,
            target=one.target,
            url=banners.full_address(one.href),
            is_ad=one.is_ad,
        )
        for one in banners.shown(viewer, at=at)
    ]


@router.get("/today", response=TodayOut, summary="오늘")
def today(request: AppRequest) -> TodayOut:
    """What may still be earned, and what was."""
    member, at = acting_member(request), timezone.now()
    count, tickets = missions.earnable(member_id=member.pk, at=at)
    done, earned = missions.done_today(member_id=member.pk, at=at)
    return TodayOut(open=count, earnable=tickets, done=done, earned=earned)


@router.get("/missions", response=MissionPage, summary="오늘의 미션")
def mission_list(request: AppRequest, page: Query[PageQuery]) -> MissionPage:
    """Missions that may be started now, in the order of exposure."""
    member, at = acting_member(request), timezone.now()
    found, following = missions.offered_page(cursor=page.cursor, limit=page.limit, at=at)
    return MissionPage(items=_cards(missions.cards(found, member_id=member.pk, at=at)), next=following)


@router.get("/missions/{mission_id}", response=MissionOut, summary="미션 하나")
def mission_detail(request: AppRequest, mission_id: UUID) -> MissionOut:
    """One mission and where the member stands in it."""
    member, at = acting_member(request), timezone.now()
    campaign = missions.find(mission_id)
    if campaign is None:
        raise Http404("no such mission")
    shown = missions.mission(campaign, member_id=member.pk, device=device_of(request.headers), at=at)
    return MissionOut(
        id=campaign.public_id,
        brand=campaign.advertiser.name,
        title=campaign.title,
        body=campaign.body,
        type=campaign.type,
        takes=shown.takes,
        tickets=campaign.reward_tickets,
        flow=campaign.declared.flow.value,
        dwell_seconds=campaign.dwell_seconds,
        steps=list(shown.steps),
        task=shown.task,
        tries_left=shown.tries_left,
        progress=[_step(one) for one in shown.progress],
        application=_application(shown.application) if shown.application else None,
        standing=shown.standing.value,
        why=shown.why,
        left=shown.left,
        ends_at=campaign.ends_at,
        reopens_at=shown.reopens_at,
        participation=shown.participation.public_id if shown.is_running and shown.participation else None,
        token=shown.token,
        seconds_left=shown.seconds_left,
        prizes=[MissionPrizeOut(**prize) for prize in shown.prizes],
        raffle=shown.raffle,
        similar=_cards(missions.similar(mission_id, member_id=member.pk, at=at)) if shown.is_closed else [],
    )


@router.post("/seen", response={204: None}, summary="본 미션 알리기")
def seen(request: AppRequest, told: SeenIn) -> Status[None]:
    """Which missions' cards the member had on the screen, and whose page was open. Counts only: sending it twice counts twice."""
    services.show(member=acting_member(request).pk, listed=told.listed, read=told.read, at=timezone.now())
    return Status(204, None)


@router.post("/missions/{mission_id}/start", response={200: StartedOut, 201: StartedOut}, summary="참여 시작")
def start(request: AppRequest, mission_id: UUID) -> Status[StartedOut]:
    """
    Take one place of today. 201 when this call took it, 200 when it runs on this device already. A refusal because the mission is
    closed carries `similar` in its detail, as the mission does.
    """
    at, member_id = timezone.now(), request.auth.member_id
    try:
        taking = services.start(
            member=member_id,
            campaign=mission_id,
            device=device_of(request.headers),
            at=at,
            issued_at=request.auth.issued_at,
            place=place_of(request),
        )
    except (services.MissionClosedForNow, services.MissionClosedToday, services.MissionSoldOut, services.MissionClosed) as refusal:
        others = _cards(missions.similar(mission_id, member_id=member_id, at=at))
        refusal.context["similar"] = [card.model_dump(mode="json") for card in others]
        raise
    return Status(201 if taking.is_new else 200, StartedOut(**_facts(taking), token=taking.token(at=at), notice=taking.notice))


@router.post("/missions/{mission_id}/apply", response=ApplicationOut, summary="체험 신청")
def apply(request: AppRequest, mission_id: UUID, body: ApplyIn) -> ApplicationOut:
    """Ask to be chosen for a mission whose advertiser chooses (standing APPLY). Asking again answers the first application."""
    member, device = acting_member(request), device_of(request.headers)
    return _application(services.apply(member=member.pk, campaign=mission_id, text=body.text, device=device, at=timezone.now()))


@router.post("/participations/{participation_id}/open", response=OpenedOut, summary="광고 페이지 열기")
def open_landing(request: AppRequest, participation_id: UUID, answer: TokenIn) -> OpenedOut:
    """Stamp the moment of leaving for the advertiser's page. Opening again starts the stay again."""
    token = _token(request, participation_id, answer)
    taking = services.open_landing(member=request.auth.member_id, token=token, at=timezone.now(), issued_at=request.auth.issued_at)
    return OpenedOut(**_facts(taking), landing_url=taking.landing_url)


@router.post("/participations/{participation_id}/beat", response=BeatOut, summary="머문 신호")
def beat(request: AppRequest, participation_id: UUID, answer: BeatIn) -> BeatOut:
    """The next signed heartbeat. Nothing is written; missing ones cost trust and never the reward."""
    token = _token(request, participation_id, answer)
    return BeatOut(beat=tokens.next_beat(token, last=answer.beat, at=timezone.now()).signed())


@router.post("/participations/{participation_id}/confirm", response=ParticipationOut, summary="참여 완료")
def confirm(request: AppRequest, participation_id: UUID, answer: BeatIn) -> ParticipationOut:
    """Finish after the stay; the tickets are in the wallet with this answer. Too early: how many seconds are missing."""
    token = _token(request, participation_id, answer)
    beats = tokens.read_beat(token, answer.beat).count if answer.beat else 0
    at, place = timezone.now(), place_of(request)
    taking = services.confirm(member=request.auth.member_id, token=token, beats=beats, at=at, issued_at=request.auth.issued_at, place=place)
    return ParticipationOut(**_facts(taking))


@router.post("/participations/{participation_id}/answer", response=ParticipationOut, summary="답 보내기")
def answer(request: AppRequest, participation_id: UUID, body: AnswerIn) -> ParticipationOut:
    """
    Send an answer in. A right one is paid with this answer, or waits (QUARANTINED); a wrong one says `tries_left` and may be followed by
    another. Sending it again after that answers the same.
    """
    token = _token(request, participation_id, body)
    taking = services.answer(
        member=request.auth.member_id,
        token=token,
        sent=body.answer,
        at=timezone.now(),
        issued_at=request.auth.issued_at,
        place=place_of(request),
    )
    return ParticipationOut(**_facts(taking))


@router.post("/participations/{participation_id}/picture", response=ParticipationOut, summary="사진 보내기")
def picture(request: AppRequest, participation_id: UUID, body: Form[TokenIn], picture: File[UploadedFile]) -> ParticipationOut:
    """
    Send a picture in, as multipart/form-data. A person looks at it (CHECKING); one that another participation stands on is refused, and
    another may be sent.
    """
    token = _token(request, participation_id, body)
    taking = services.picture(
        member=request.auth.member_id,
        token=token,
        upload=picture,
        at=timezone.now(),
        issued_at=request.auth.issued_at,
        place=place_of(request),
    )
    return ParticipationOut(**_facts(taking))


@router.post("/participations/{participation_id}/step", response=ParticipationOut, summary="단계 보내기")
def step(request: AppRequest, participation_id: UUID, body: Form[StepIn], picture: File[UploadedFile | None] = None) -> ParticipationOut:
    """
    Send one step in, as multipart/form-data. A word is judged with this answer and pays its part; a picture or an address waits for a
    person (CHECKING). Sending a step again that waits or is earned answers the same. REWARDED: every step is done.
    """
    token = _token(request, participation_id, body)
    taking = services.send_step(
        member=request.auth.member_id,
        token=token,
        step=body.step,
        text=body.text,
        upload=picture,
        at=timezone.now(),
        issued_at=request.auth.issued_at,
        place=place_of(request),
    )
    return ParticipationOut(**_facts(taking))


@router.get("/participations", response=HistoryPage, summary="내 참여")
def participation_list(request: AppRequest, page: Query[PageQuery]) -> HistoryPage:
    """The member's own participations, newest first."""
    rows, following = history_of(acting_member(request).pk, cursor=page.cursor, limit=page.limit)
    return HistoryPage(items=[_history_row(row) for row in rows], next=following)


@router.get("/participations/waiting", response=WaitingOut, summary="확인을 기다리는 참여")
def waiting(request: AppRequest) -> WaitingOut:
    """What waits until somebody has looked."""
    count, tickets = waiting_of(acting_member(request).pk)
    return WaitingOut(count=count, tickets=tickets)


@router.get("/participations/{participation_id}/timeline", response=TimelineOut, summary="참여 기록")
def participation_timeline(request: AppRequest, participation_id: UUID) -> TimelineOut:
    """What happened when, and what was answered to "the reward did not come"."""
    row = own_participation(acting_member(request).pk, participation_id)
    if row is None:
        raise services.ParticipationNotFound
    moments = [MomentOut(at=moment.at, text=moment.text) for moment in timeline.of(row, at=timezone.now())]
    return TimelineOut(moments=moments, claims=[_claim(claim) for claim in timeline.claims_of(row)])


@router.post("/participations/{participation_id}/claim", response=ClaimOut, summary="보상이 안 들어왔어요")
def claim(request: AppRequest, participation_id: UUID) -> ClaimOut:
    """Answered at once by rule. Asking again while nothing changed is answered the same."""
    return _claim(services.claim_reward(member=acting_member(request), participation=participation_id, at=timezone.now()))


@router.get("/participations/{participation_id}", response=HistoryRow, summary="내 참여 하나")
def participation_detail(request: AppRequest, participation_id: UUID) -> HistoryRow:
    """One participation of the member's own; anybody else's is not found."""
    row = own_participation(acting_member(request).pk, participation_id)
    if row is None:
        raise services.ParticipationNotFound
    return _history_row(row)


def _token(request: AppRequest, participation_id: UUID, answer: TokenIn) -> tokens.ParticipationToken:
    """
    The token, which must be of the participation in the address and of this device.

    :raises TokenRefused, ParticipationNotFound: it is not.
    """
    token = tokens.read(answer.token, device=device_of(request.headers))
    if token.participation != participation_id:
        raise services.ParticipationNotFound
    return token


def _application(row: Application) -> ApplicationOut:
    return ApplicationOut(id=row.public_id, state=row.state, text=row.text, handover=row.handover, applied_at=row.applied_at)


def _step(one: StepStanding) -> StepOut:
    return StepOut(
        number=one.part.number,
        title=one.part.title,
        guide=one.part.guide,
        way=one.part.way.value,
        tickets=one.part.tickets,
        state=one.state,
        opens_at=one.opens_at,
        reason=one.reason,
        tries_left=one.tries_left,
    )


def _claim(row: RewardClaim) -> ClaimOut:
    inquiry = row.inquiry.public_id if row.inquiry is not None else None
    return ClaimOut(decision=row.decision, words=row.words, until=row.until, tickets=row.tickets, inquiry=inquiry, at=row.at)


def _cards(shown: Iterable[missions.Card]) -> list[MissionCard]:
    return [
        MissionCard(id=card.public_id, brand=card.brand, title=card.title, takes=card.takes, tickets=card.tickets, label=card.words)
        for card in shown
    ]


def _facts(taking: Taking) -> dict[str, Any]:
    return {
        "id": taking.public_id,
        "mission": taking.campaign,
        "state": taking.state,
        "started_at": taking.started_at,
        "expires_at": taking.expires_at,
        "opened_at": taking.opened_at,
        "confirmed_at": taking.confirmed_at,
        "tickets": taking.tickets,
        "dwell_seconds": taking.dwell_seconds,
    }


def _history_row(row: Participation) -> HistoryRow:
    return HistoryRow(
        id=row.public_id,
        mission=row.campaign.public_id,
        title=row.campaign.title,
        state=row.state,
        on=row.charged_on,
        started_at=row.started_at,
        confirmed_at=row.confirmed_at,
        tickets=row.tickets,
    )
