"""
"The reward did not come": answered at once by rule from what we know of the participation. What no rule decides becomes an inquiry with the
time line in it. What goodwill pays is a house expense with limits, once for each participation, whoever tells of it later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from campaigns import goodwill, timeline, types
from campaigns.models import EarnedStep, Evidence, FraudSignal, Invalidation, Participation, PostbackLog, RewardClaim
from campaigns.services import quarantine
from campaigns.services.participation import ParticipationNotFound
from campaigns.types.flows import STAYS, Flow
from common import dated
from common.kst import SEOUL
from credits import services as credits
from credits.models import Kind
from inquiries import services as inquiries
from inquiries.models import Inquiry
from inquiries.schemas import InquiryIn
from rewards.app_auth import MemberInactive
from rewards.models import Member

Decision, State, Outcome = RewardClaim.Decision, Participation.State, PostbackLog.Outcome
DAYS = dated.define("campaigns.goodwill_days", default=14, label="늦은 포스트백을 요청하면 보상하는 기간(참여 기한 뒤)", most=90, unit="일")
LONGEST = 1_900


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says. words: Korean.   until: of a wait."""

    decision: RewardClaim.Decision
    words: str
    until: datetime | None = None


def claim_reward(*, member: Member, participation: UUID, at: datetime) -> RewardClaim:
    """
    Answer a member who says that a reward is missing. Owns the transaction; asking again while nothing changed is answered the same.

    :raises ParticipationNotFound: there is none of this member.   :raises MemberInactive: they left.
    """
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        if not Member.objects.select_for_update(no_key=True).filter(pk=member.pk, is_active=True).exists():  # limits are counted one by one
            raise MemberInactive
        row = _locked(member.pk, participation)
        answer = judge(row, at=at)
        if answer.decision == Decision.GOODWILL and goodwill.is_used_up(row, at=at):
            answer = Answer(Decision.ASKED, "자동으로 보상할 수 있는 한도를 넘어 운영팀이 확인해요.")
        claim = _written(row, answer, at=at)
    if claim.decision == Decision.ASKED and claim.inquiry_id is None:
        _open_inquiry(claim, member, at=at)
    return claim


def judge(row: Participation, *, at: datetime) -> Answer:
    """What the rules say of a participation. Nothing is written."""
    if row.state in (State.CONFIRMED, State.REWARDED):
        return Answer(Decision.HERE, f"{_moment(row.confirmed_at or at)}에 티켓 {row.tickets:,}장이 들어왔어요. 내 티켓에서 볼 수 있어요.")
    if goodwill.was_paid(row.public_id):
        return Answer(Decision.HERE, f"늦은 확인을 럭플이 보상해서 티켓 {row.tickets:,}장이 이미 들어왔어요.")
    if row.state == State.REVERSED:
        reason = Invalidation.objects.filter(participation=row.public_id).values_list("reason", flat=True).first() or ""
        return Answer(Decision.NO, f"참여가 취소됐어요. {reason}".strip()[:300])
    if row.state == State.REFUSED:
        return Answer(Decision.NO, f"기준에 맞지 않아 인정되지 않았어요. {_refusal_of(row)}".strip()[:300])
    if row.state in (State.SUBMITTED, State.CHECKING, State.QUARANTINED):
        return _under_way(row, at=at)
    if row.state == State.STARTED and row.expires_at > at:
        return _running(row, at=at)
    return _ended(row, at=at)


def _locked(member_id: int, participation: UUID) -> Participation:
    rows = Participation.objects.filter(member_id=member_id, public_id=participation)
    found = rows.select_for_update().first()
    if found is None:
        raise ParticipationNotFound
    return found


def _under_way(row: Participation, *, at: datetime) -> Answer:
    """People look at it; when their time is over and nobody did, somebody has to be asked."""
    sent = Evidence.objects.filter(participation=row.public_id, attempt=row.attempt).order_by("-at").values_list("at", flat=True).first()
    hours = (quarantine.HOURS if row.state == State.QUARANTINED else quarantine.PICTURE_HOURS).at(at)
    until = (sent or row.started_at) + timedelta(hours=hours)
    if at < until:
        return Answer(Decision.WAIT, f"참여를 확인하고 있어요. 늦어도 {_moment(until)}까지 알려 드려요.", until)
    return Answer(Decision.ASKED, "확인이 약속한 때보다 늦어져서 운영팀에 알렸어요.")


def _running(row: Participation, *, at: datetime) -> Answer:
    """There is something left to do, or the advertiser has still time to tell us."""
    flow, until = types.get(row.type).flow, _moment(row.expires_at)
    if flow == Flow.POSTBACK and row.opened_at:
        return Answer(Decision.WAIT, f"광고주가 알려 오기를 기다리고 있어요. {until}까지 알려 오면 바로 들어와요.", row.expires_at)
    if flow in STAYS and row.opened_at:
        left = max(0, row.dwell_seconds - int((at - row.opened_at).total_seconds()))
        todo = f"{left}초를 더 머문 뒤 돌아와" if left else "미션으로 돌아와"
        return Answer(Decision.UNFINISHED, f"아직 끝나지 않았어요. {todo} 참여 완료를 눌러 주세요. {until}까지 할 수 있어요.")
    todo = {Flow.ANSWER: "답을 보내", Flow.UPLOAD: "사진을 보내", Flow.STEPS: "남은 단계를 마쳐"}.get(flow, "광고 페이지를 열어")
    return Answer(Decision.UNFINISHED, f"아직 끝나지 않았어요. {until}까지 {todo} 주세요.")


def _ended(row: Participation, *, at: datetime) -> Answer:
    """The time ran out: what was missing, as far as we know."""
    flow = types.get(row.type).flow
    if flow == Flow.STEPS:
        earned = EarnedStep.objects.filter(participation=row.public_id).aggregate(n=Sum("tickets"))["n"] or 0
        kept = f" 마친 단계의 티켓 {earned:,}장은 그대로예요." if earned else ""
        return Answer(Decision.NO, f"남은 단계를 마치기 전에 참여 시간이 지났어요.{kept}")
    if flow == Flow.ANSWER:
        return Answer(Decision.NO, "맞는 답을 보내기 전에 참여 시간이 지났어요.")
    if flow == Flow.UPLOAD:
        return Answer(Decision.NO, "사진을 보내기 전에 참여 시간이 지났어요.")
    if row.opened_at is None:
        return Answer(Decision.NO, "광고 페이지를 열지 않아 참여가 시작되지 않았어요.")
    if flow in STAYS:
        return Answer(Decision.NO, f"{row.dwell_seconds}초를 머문 뒤 돌아와 참여 완료를 누른 기록이 없어요.")
    return _untold(row, at=at)


def _untold(row: Participation, *, at: datetime) -> Answer:
    """A conversion that the advertiser told too late, or not at all."""
    was_told = PostbackLog.objects.filter(participation=row.public_id, outcome=Outcome.TOO_LATE, is_test=False).exists()
    is_doubted = FraudSignal.objects.filter(participation=row.public_id).exists()
    if was_told and not is_doubted and at < row.expires_at + timedelta(days=DAYS.at(at)):
        return Answer(Decision.GOODWILL, f"광고주가 늦게 알려 왔어요. 럭플이 티켓 {row.tickets:,}장을 보상했어요.")
    if was_told:
        return Answer(Decision.ASKED, "광고주가 늦게 알려 와서 운영팀이 확인해요.")
    return Answer(Decision.ASKED, "광고주가 아직 알려 오지 않았어요. 운영팀이 광고주에게 확인해요.")


def _written(row: Participation, answer: Answer, *, at: datetime) -> RewardClaim:
    """The answer as a row, paid where goodwill pays; the same decision about the same start is one row."""
    known = RewardClaim.objects.filter(participation=row.public_id, attempt=row.attempt, decision=answer.decision).first()
    if known is not None:
        known.words, known.until = answer.words, answer.until
        return known
    facts: dict[str, Any] = {
        "words": answer.words,
        "until": answer.until,
        "campaign_id": row.campaign_id,
        "member_id": row.member_id,
        "at": at,
    }
    facts["story"] = timeline.told(row, at=at)
    if answer.decision == Decision.GOODWILL:
        title = row.campaign.title
        facts["tickets"] = row.tickets
        facts["entry"] = credits.grant(
            member_id=row.member_id, amount=row.tickets, kind=Kind.ISSUED, key=f"goodwill:{row.public_id}:grant", at=at, reason=title
        )
    return RewardClaim.objects.create(participation=row.public_id, attempt=row.attempt, decision=answer.decision, **facts)


def _open_inquiry(claim: RewardClaim, member: Member, *, at: datetime) -> None:
    """One inquiry for each claim; opened again after a crash it is the same one."""
    title = f"보상이 안 들어왔어요: {claim.campaign.title}"[:100]
    text = f"{claim.words}\n\n{claim.story}"[:LONGEST]
    asked = inquiries.ask(
        asker=member.user,
        advertiser=None,
        question=InquiryIn(topic=Inquiry.Topic.REWARD, title=title, text=text),
        about=f"participation:{claim.participation}",
        key=f"claim:{claim.public_id}",
        at=at,
    )
    RewardClaim.objects.filter(pk=claim.pk).update(inquiry=asked)
    claim.inquiry = asked


def _refusal_of(row: Participation) -> str:
    refused = Evidence.objects.filter(participation=row.public_id, verdict=Evidence.Verdict.REFUSED).order_by("-decided_at")
    return refused.values_list("reason", flat=True).first() or ""


def _moment(at: datetime) -> str:
    local = at.astimezone(SEOUL)
    return f"{local.month}월 {local.day}일 {local:%H:%M}"
