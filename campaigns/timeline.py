"""What happened in a participation, in plain language, oldest first. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.models import EarnedStep, Evidence, Invalidation, Participation, PostbackLog, RewardClaim
from common.kst import SEOUL

State = Participation.State
_SENT = {
    "ANSWER": "답을 보냈어요.",
    "PICTURE": "사진을 보냈어요.",
    "LINK": "글 주소를 보냈어요.",
    "POSTBACK": "광고주가 참여를 알려 왔어요.",
}
_TOLD = {
    PostbackLog.Outcome.TOO_LATE: "광고주가 참여 기한이 지난 뒤에 알려 왔어요.",
    PostbackLog.Outcome.LATE_PAID: "광고주가 늦게 알려 와서 럭플이 티켓을 보상했어요.",
    PostbackLog.Outcome.CANCELLED: "광고주가 참여를 취소한다고 알려 왔어요.",
    PostbackLog.Outcome.NOTED: "광고주가 중간 과정을 알려 왔어요.",
}
_DECIDED = {
    Evidence.Verdict.APPROVED: "확인이 끝나 인정됐어요.",
    Evidence.Verdict.REFUSED: "인정되지 않았어요.",
    Evidence.Verdict.FAILED: "보낸 답이 맞지 않았어요.",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. text: Korean, without personal data of anybody else."""

    at: datetime
    text: str


def of(row: Participation, *, at: datetime) -> list[Moment]:
    """The whole story of one participation as its member may read it. At most five queries."""
    found = [Moment(row.started_at, "참여를 시작했어요." if row.attempt == 1 else f"{row.attempt}번째로 참여를 시작했어요.")]
    if row.opened_at:
        found.append(Moment(row.opened_at, "광고 페이지를 열었어요."))
    found += _evidence(row) + _told(row) + _earned(row)
    if row.confirmed_at:
        stay = f" 광고 페이지에 {row.dwell_seconds}초 넘게 머물렀어요." if row.dwell_seconds else ""
        found.append(Moment(row.confirmed_at, f"참여가 확정돼 티켓 {row.tickets:,}장이 들어왔어요.{stay}"))
    if row.state == State.EXPIRED or (row.state == State.STARTED and row.expires_at <= at):
        found.append(Moment(row.expires_at, "참여 시간이 지났어요."))
    taken_back = Invalidation.objects.filter(participation=row.public_id).first()
    if taken_back is not None:
        found.append(Moment(taken_back.at, f"참여가 취소됐어요. {taken_back.reason}"))
    found += [Moment(claim.at, f"보상 확인을 요청했어요. {claim.words}") for claim in claims_of(row)]
    return sorted(found, key=lambda moment: moment.at)


def claims_of(row: Participation) -> list[RewardClaim]:
    """What was answered before, the newest first."""
    return list(RewardClaim.objects.filter(participation=row.public_id).select_related("inquiry").order_by("-at", "-pk"))


def told(row: Participation, *, at: datetime) -> str:
    """The story as text, line by line, for whoever answers an inquiry."""
    return "\n".join(f"{moment.at.astimezone(SEOUL):%Y-%m-%d %H:%M:%S} {moment.text}" for moment in of(row, at=at))


def _evidence(row: Participation) -> list[Moment]:
    found = []
    for piece in Evidence.objects.filter(participation=row.public_id).order_by("at", "pk"):
        step = f"{piece.step}단계: " if piece.step else ""
        found.append(Moment(piece.at, step + _SENT.get(piece.kind, "증거를 보냈어요.")))
        if piece.verdict in _DECIDED:
            reason = f" {piece.reason}" if piece.reason else ""
            found.append(Moment(piece.decided_at or piece.at, step + _DECIDED[Evidence.Verdict(piece.verdict)] + reason))
    return found


def _told(row: Participation) -> list[Moment]:
    calls = PostbackLog.objects.filter(participation=row.public_id, is_test=False, outcome__in=list(_TOLD)).order_by("pk")
    return [Moment(call.at, _TOLD[PostbackLog.Outcome(call.outcome)]) for call in calls]


def _earned(row: Participation) -> list[Moment]:
    steps = EarnedStep.objects.filter(participation=row.public_id).order_by("step")
    return [Moment(step.at, f"{step.step}단계를 마쳐 티켓 {step.tickets:,}장이 들어왔어요.") for step in steps]
