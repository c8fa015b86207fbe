"""
Taking part: start, open, confirm. Each is one call of a database function in one transaction; this module turns codes into words.

A start takes a unit from exactly one slot per transaction. When that slot is empty it asks, without a lock, which slots have
room, and tries one of them in a new transaction; with none left the day is closed.
"""

import random
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from campaigns import goodwill, pacing, targeting, types
from campaigns.fraud import limits
from campaigns.fraud.origins import NOWHERE, WORDS, Place
from campaigns.ids import uuid7
from campaigns.models import BEFORE_THE_START, BudgetSlot, Campaign, Doubt, Participation
from campaigns.postbacks import links
from campaigns.postbacks.keys import Click
from campaigns.services import budget, prizes, running
from campaigns.tokens import ParticipationToken
from campaigns.types.base import Evidence
from campaigns.types.flows import STAYS, Flow
from common.errors import Busy, DomainError
from common.kst import SEOUL, day_of, day_until
from credits import services as credits
from rewards.app_auth import MemberInactive, TokenOutdated
from rewards.persons import member_key

State = Participation.State
HELD = "{what}. 참여할 수 있지만, 확인이 끝난 뒤에 티켓을 드려요."
TRIES = 40  # more than the slots of a day: every try that fails saw a slot sell out in between
_FIELDS = (
    "public_id", "campaign_id", "period_on", "type", "attempt", "state", "device", "charged_on", "started_at", "expires_at", "opened_at",
    "confirmed_at", "tickets", "dwell_seconds", "beats", "score",
)  # fmt: skip
ANSWER = ", ".join(f"(f.answer).{name}" for name in _FIELDS)


class MissionNotFound(DomainError):
    code = "mission.not_found"
    message = "없는 미션이에요."
    http_status = 404


class MissionClosed(DomainError):
    code = "mission.closed"
    message = "지금은 참여할 수 없는 미션이에요."


class MissionClosedToday(DomainError):
    code = "mission.closed_today"
    message = "오늘은 마감됐어요. 00:00에 다시 열려요."


class MissionClosedForNow(DomainError):
    code = "mission.closed_for_now"
    message = "지금 시간의 자리가 모두 찼어요. {opens}에 다시 열려요."


class MissionSoldOut(DomainError):
    code = "mission.sold_out"
    message = "준비한 수량이 모두 끝났어요."


class AlreadyTakenPart(DomainError):
    code = "participation.already"
    message = "이미 참여했어요."


class PaidByGoodwill(DomainError):
    code = "participation.paid_by_goodwill"
    message = "늦은 확인을 럭플이 이미 보상한 참여예요. 같은 미션을 다시 시작할 수는 없어요."


class OtherDevice(DomainError):
    code = "participation.other_device"
    message = "다른 기기에서 참여하고 있어요. 그 기기에서 마치거나 시간이 지난 뒤 다시 시작해 주세요."


class SamePerson(DomainError):
    code = "participation.same_person"
    message = "같은 분의 다른 계정으로 이미 참여했어요."


class ParticipationNotFound(DomainError):
    code = "participation.not_found"
    message = "참여한 기록이 없어요. 미션을 다시 열어 주세요."
    http_status = 404


class ParticipationExpired(DomainError):
    code = "participation.expired"
    message = "참여 시간이 지났어요. 자리가 남아 있으면 다시 시작할 수 있어요."


class Blocked(DomainError):
    code = "participation.blocked"
    message = "참여가 제한된 계정이나 네트워크예요. 잘못됐다고 생각하면 1:1 문의로 알려 주세요."
    http_status = 403


class TooManyHere(DomainError):
    code = "participation.too_many_here"
    message = "이 네트워크에서 짧은 시간에 너무 많은 참여를 시작했어요. 10분 뒤에 다시 시도해 주세요."
    http_status = 429


class DoubtedOrigin(DomainError):
    code = "participation.doubted_origin"
    message = "{what}. 이 미션은 그렇게 시작할 수 없으니, 끄거나 평소 쓰는 휴대전화에서 다시 시도해 주세요."


class NotOpened(DomainError):
    code = "participation.not_opened"
    message = "광고 페이지를 먼저 열어 주세요."


class TooShort(DomainError):
    code = "participation.too_short"
    message = "{missing_seconds}초를 더 머물러야 해요. 광고 페이지를 다시 열어 주세요."


class OtherWay(DomainError):
    code = "participation.other_way"
    message = "이 미션은 다른 방법으로 마쳐요. 미션을 다시 열어 주세요."


@dataclass(frozen=True, slots=True)
class Taking:
    """
    One participation as its member sees it.

    is_new: this call started it; False when it was running on this device already.   landing_url: only after opening.   notice: Korean,
    what will make it wait for a look; empty when nothing does.
    """

    public_id: UUID
    campaign: UUID
    period_on: date
    type: str
    attempt: int
    state: str
    device: str
    charged_on: date
    started_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    confirmed_at: datetime | None
    tickets: int
    dwell_seconds: int
    beats: int
    score: int
    is_new: bool = False
    landing_url: str = ""
    notice: str = ""

    def token(self, *, at: datetime) -> str:
        """The signed token that open, heartbeat and confirm ask for."""
        return ParticipationToken(
            self.public_id, self.campaign, self.period_on, self.type, self.attempt, self.device, self.dwell_seconds, issued_at=at
        ).signed()


def start(*, member: int, campaign: UUID, device: str, at: datetime, issued_at: datetime | None = None, place: Place = NOWHERE) -> Taking:
    """
    Take one unit of today's budget for a member. Pressing again on the same device returns the participation that runs.

    member: primary key.   campaign: public id.   issued_at: of the access token; empty for a portal session.   place: where the request
    comes from; without one nothing is known against it.

    :raises Blocked, TooManyHere, DoubtedOrigin: this member, or this place, may not start; context says why.
    :raises MissionClosedForNow, MissionClosedToday, MissionSoldOut, MissionClosed, MissionNotFound: no unit was taken.
    :raises AlreadyTakenPart, OtherDevice, SamePerson, PaidByGoodwill: this person has or had a participation in this period.
    :raises NotForYou: the campaign is for others, or for another hour; context has `problem`.
    :raises MemberInactive, TokenOutdated: the member may not act.
    """
    slot: int | None = None
    fits = False  # a targeted campaign answers once, and is asked again after the look
    for _ in range(TRIES):
        code, doubt, row = _call_start(member, campaign, device, slot, place, fits=fits, issued_at=issued_at or at, at=at)
        if code == "STARTED":
            return replace(taking_of(row, campaign, is_new=True), notice=HELD.format(what=WORDS[Doubt(doubt)]) if doubt else "")
        if code == "ALREADY":
            return _running_already(row, campaign, device)
        if code == "SLOT_EMPTY":
            open_slots = slots_with_room(campaign=campaign, at=at)
            if not open_slots:
                raise _closed(campaign, at=at)
            slot = random.choice(open_slots)  # noqa: S311 (spreads load; nothing to guess)
        elif code == "DOUBTED":
            raise DoubtedOrigin(what=WORDS[Doubt(doubt)], origin=doubt)
        elif code == "TARGETED":
            targeting.refuse_outside(_campaign(campaign), member_id=member, device=device, at=at)
            fits = True
        elif code == "NOT_POURED":
            budget.pour(campaign=_campaign(campaign), on=day_of(at), at=at)
        elif code == "NOT_BEGUN":
            if running.begin(campaign=_campaign(campaign), at=at).state in BEFORE_THE_START:
                raise MissionClosed  # its time has come, but something keeps it from running
        elif code == "OVERDUE":
            expire(campaign=_campaign(campaign), at=at, member=member)
        else:
            raise refusal(code)
    raise Busy


def open_landing(*, member: int, token: ParticipationToken, at: datetime, issued_at: datetime | None = None) -> Taking:
    """
    Stamp the moment the member leaves for the landing page; the answer carries its address. Opening again starts the stay again.

    :raises ParticipationExpired, AlreadyTakenPart, OtherDevice, ParticipationNotFound: nothing was written.
    """
    sql = f"SELECT f.code, {ANSWER}, f.landing_url FROM campaigns_open(%s, %s, %s, %s, %s, %s, %s, %s) f"  # noqa: S608 (column names)
    code, *row, landing_url = call(sql, [*token_arguments(member, token, issued_at=issued_at or at), at])
    if code == "DONE":
        raise AlreadyTakenPart
    if code != "OPENED":
        raise refusal(code)
    if types.get(token.type).flow == Flow.POSTBACK:
        landing_url = links.with_click(landing_url, Click(token.participation, token.attempt), campaign=token.campaign.hex)
    return taking_of(row, token.campaign, landing_url=landing_url)


def confirm(
    *, member: int, token: ParticipationToken, beats: int, at: datetime, issued_at: datetime | None = None, place: Place = NOWHERE
) -> Taking:
    """
    End a participation that stayed long enough: confirmed, and the tickets are in the wallet. Confirming again returns the same.

    beats: of a checked heartbeat chain, 0 without one.   place: where the request comes from; without one nothing is counted.

    :raises TooShort: context has `missing_seconds`; no state was changed.   :raises NotOpened: the page was never opened.
    :raises OtherWay: the type is not finished by staying; nothing was written.
    :raises TooManyFinishes: this place has made its number; nothing was written.
    :raises RaffleClosed, RaffleNotOpen, TooManyEntries: the raffle that it would enter takes no entry; nothing was written.
    :raises ParticipationExpired, OtherDevice, ParticipationNotFound, MemberInactive, TokenOutdated: nothing was written.
    """
    declared = types.get(token.type)
    if declared.flow not in STAYS:
        raise OtherWay
    evidence = Evidence(required_seconds=token.dwell_seconds, dwell_seconds=token.dwell_seconds, beats=beats)
    verdict = declared.verifier.judge(None, evidence)  # whether the stay was as long as the token says, the function below decides
    if not verdict.is_enough:
        raise TooShort(missing_seconds=verdict.missing_seconds)
    score = declared.score(evidence)
    sql = (
        f"SELECT f.code, {ANSWER}, f.missing_seconds "  # noqa: S608 (column names)
        "FROM campaigns_confirm(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) f"
    )
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        limits.pass_finish(place, at=at)
        code, *row, missing = _answer(sql, [*token_arguments(member, token, issued_at=issued_at or at), beats, score, at])
        if code == "CONFIRMED" and declared.enters_raffle:
            prizes.enter(member=member, campaign=token.campaign, participation=token.participation, at=at)
    if code in ("CONFIRMED", "DONE"):
        return taking_of(row, token.campaign, is_new=code == "CONFIRMED")
    if code == "TOO_SHORT":
        raise TooShort(missing_seconds=missing)
    raise refusal(code)


def expire(*, campaign: Campaign, at: datetime, limit: int = 200, member: int | None = None) -> int:
    """Give the units of overdue participations back to their slots; how many. member: only this member's."""
    with credits.busy_if_locked(), transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT campaigns_expire(%s, %s, %s, %s)", [campaign.pk, at, limit, member])
        return int(cursor.fetchone()[0])


def overdue_campaigns(*, at: datetime) -> QuerySet[Campaign]:
    """Campaigns with participations whose time ran out."""
    ids = Participation.objects.filter(state=State.STARTED, expires_at__lte=at).values("campaign_id").distinct()
    return Campaign.objects.filter(pk__in=ids)


def slots_with_room(*, campaign: UUID, at: datetime) -> list[int]:
    """Numbers of the slots that show room at this moment, read without a lock."""
    return pacing.open_slots(BudgetSlot.objects.filter(campaign__public_id=campaign, day_on=day_of(at)).select_related("campaign"), at=at)


def _call_start(
    member: int, campaign: UUID, device: str, slot: int | None, place: Place, *, fits: bool, issued_at: datetime, at: datetime
) -> tuple[str, str, list[Any]]:
    """Code, what is doubted about the place, and the row."""
    sql = (
        f"SELECT f.code, f.doubt, {ANSWER} "  # noqa: S608 (column names)
        "FROM campaigns_start_from(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) f"
    )
    refusing = [declared.key for declared in types.all_types() if declared.refuses_doubtful_origins]
    arguments = [
        campaign, member, member_key(member), issued_at, uuid7(at), device, slot, at, fits,
        place.address, place.address_key, place.network_key, place.agent, place.agent_key, refusing, limits.DEFAULTS,
    ]  # fmt: skip
    try:
        with credits.busy_if_locked(), transaction.atomic(durable=True):
            code, doubt, *row = _answer(sql, arguments)
            _refuse_paid(code, dict(zip(_FIELDS, row, strict=True)))
    except DatabaseError as exc:
        if getattr(exc.__cause__, "sqlstate", "") != "BC001":
            raise
        return "SLOT_EMPTY", "", []  # the transaction, and with it the participation, is gone
    return code, doubt, row


def _refuse_paid(code: str, row: dict[str, Any]) -> None:
    """
    The row of a start that was tried before is locked by now, as goodwill locks it when it pays: we see what was paid, or it sees a start.

    :raises PaidByGoodwill: the house paid for it.
    """
    if code == "STARTED" and row["attempt"] > 1 and goodwill.was_paid(row["public_id"]):
        raise PaidByGoodwill


def call(sql: str, arguments: list[Any], *, place: Place = NOWHERE, at: datetime | None = None) -> list[Any]:
    """
    One database function in one transaction. place: of a finish, which is counted at that moment.

    :raises Busy: a lock was not free in time.   :raises TooManyFinishes: see `limits`.
    """
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        if at is not None:
            limits.pass_finish(place, at=at)
        return _answer(sql, arguments)


def _answer(sql: str, arguments: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return list(cursor.fetchone())


def token_arguments(member: int, token: ParticipationToken, *, issued_at: datetime) -> list[Any]:
    """The oldest of the tokens that were shown must be young enough."""
    oldest = min(issued_at, token.issued_at)
    return [token.campaign, member, oldest, token.participation, token.period_on, token.attempt, token.device]


def taking_of(row: list[Any], campaign: UUID, *, is_new: bool = False, landing_url: str = "") -> Taking:
    facts = dict(zip(_FIELDS, row, strict=True))
    del facts["campaign_id"]
    return Taking(campaign=campaign, is_new=is_new, landing_url=landing_url, **facts)


def _running_already(row: list[Any], campaign: UUID, device: str) -> Taking:
    """A second press: the running participation on its own device, a reason anywhere else."""
    taking = taking_of(row, campaign)
    if taking.state != State.STARTED:
        raise AlreadyTakenPart
    if taking.device != device:
        raise OtherDevice
    return taking


def _campaign(public_id: UUID) -> Campaign:
    return Campaign.objects.select_related("advertiser").get(public_id=public_id)


def _closed(public_id: UUID, *, at: datetime) -> DomainError:
    """No slot has room: until a later hour, until midnight, or for good."""
    campaign = _campaign(public_id)
    room = pacing.rooms([campaign], at=at).get(campaign.pk)
    if room is not None and room.opens_at is not None:
        opens_at = room.opens_at.astimezone(SEOUL)
        return MissionClosedForNow(opens=f"{opens_at.hour}시", reopens_at=opens_at.isoformat())
    if campaign.ends_at <= day_until(day_of(at)) or budget.used_units(campaign) >= campaign.units:
        return MissionSoldOut()
    return MissionClosedToday(reopens_at=day_until(day_of(at)).isoformat())


_REFUSALS: dict[str, type[DomainError]] = {
    "NO_CAMPAIGN": MissionNotFound,
    "CLOSED": MissionClosed,
    "NO_MEMBER": MemberInactive,
    "TOKEN_OLD": TokenOutdated,
    "SAME_PERSON": SamePerson,
    "BLOCKED": Blocked,
    "TOO_MANY_HERE": TooManyHere,
    "ALREADY": AlreadyTakenPart,
    "NO_PARTICIPATION": ParticipationNotFound,
    "EXPIRED": ParticipationExpired,
    "OTHER_DEVICE": OtherDevice,
    "NOT_OPENED": NotOpened,
}


def refusal(code: str) -> DomainError:
    if code not in _REFUSALS:
        raise RuntimeError(f"the database function answered {code}")
    return _REFUSALS[code]()
