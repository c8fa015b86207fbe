"""
What members send in: answers that are judged at once, pictures that a person looks at. Each is one call of a database function in
one transaction; the verdict is the type's, what follows from it is the function's.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Sum
from pydantic import BaseModel, ValidationError

from campaigns import pictures, types
from campaigns.fraud.origins import NOWHERE, Place
from campaigns.models import Campaign, FraudSignal, Participation
from campaigns.services import participation as part
from campaigns.services.participation import Taking
from campaigns.tokens import ParticipationToken
from campaigns.types.base import CampaignType, Evidence, Kept
from campaigns.types.flows import Flow
from common import dated
from common.errors import DomainError
from common.korean import sentence_for
from rewards.persons import member_key

QUARANTINE_BELOW = dated.define("campaigns.quarantine_below", default=50, label="참여를 확인 대기로 보내는 신뢰 점수(미만)")
WAITS = (Participation.State.CHECKING, Participation.State.QUARANTINED)


class AnswerIncomplete(DomainError):
    code = "participation.answer_incomplete"
    message = "답을 다시 확인해 주세요. {what}"
    http_status = 422


class WrongAnswer(DomainError):
    code = "participation.wrong_answer"
    message = "아쉽지만 정답이 아니에요. {tries_left}번 더 답할 수 있어요."


class TriesUsedUp(DomainError):
    code = "participation.tries_used_up"
    message = "아쉽지만 정답이 아니에요. 답할 수 있는 횟수를 모두 썼어요."


class PictureUsed(DomainError):
    code = "participation.picture_used"
    message = "이미 사용된 사진이에요. 직접 찍은 다른 사진을 올려 주세요."


@dataclass(frozen=True, slots=True)
class Exhibit:
    """
    One row of evidence to be.

    data: answers, or facts; never a person's name.   file, digest, look: of a stored picture.   doubts: penalty by rule.
    """

    kind: Kept
    data: dict[str, Any]
    doubts: dict[str, int]
    file: str = ""
    digest: str = ""
    look: str = ""

    def as_json(self) -> str:
        """For the database functions."""
        return json.dumps(asdict(self))


def doubts_of(declared: CampaignType, evidence: Evidence) -> dict[str, int]:
    """Penalties by the code of the rule."""
    return {rule.code: rule.penalty for rule in declared.doubts(evidence)}


def penalties_before(participation: UUID, attempt: int) -> int:
    """What this start was doubted for already. One query."""
    signals = FraudSignal.objects.filter(participation=participation, attempt=attempt)
    return int(signals.aggregate(n=Sum("penalty"))["n"] or 0)


def answer(
    *,
    member: int,
    token: ParticipationToken,
    sent: dict[str, Any],
    at: datetime,
    issued_at: datetime | None = None,
    place: Place = NOWHERE,
) -> Taking:
    """
    Judge an answer: right ones are confirmed and paid at once, doubtful ones wait. Sending it again after that returns the same.

    sent: JSON as it came, read through the type's own schema.   place: where the request comes from; without one nothing is counted.

    :raises AnswerIncomplete: nothing was written and no try used up.   :raises WrongAnswer: context has `tries_left`.
    :raises TriesUsedUp: the participation is over, its unit is back in the budget.   :raises OtherWay: the type asks for no answer.
    :raises ParticipationExpired, OtherDevice, ParticipationNotFound, MemberInactive, TokenOutdated: nothing was written.
    """
    declared, campaign = asked_for(token, Flow.ANSWER)
    details, written = declared.read(campaign.details), _read(declared, sent)
    evidence = Evidence(person=member_key(member), answer=written, dwell_seconds=seconds_since_start(member, campaign, token, at=at))
    verdict = declared.verifier.judge(details, evidence)
    if verdict.incomplete:
        raise AnswerIncomplete(what=verdict.incomplete)
    score = max(0, declared.score(evidence) - penalties_before(token.participation, token.attempt))
    word = _word(is_enough=verdict.is_enough, score=score, at=at)
    exhibit = Exhibit(Kept.ANSWER, data=written.model_dump(mode="json"), doubts=doubts_of(declared, evidence))
    return submit(member, token, exhibit, word, tries=declared.tries(details), score=score, issued_at=issued_at, place=place, at=at)


def picture(
    *,
    member: int,
    token: ParticipationToken,
    upload: "UploadedFile[Any]",
    at: datetime,
    issued_at: datetime | None = None,
    place: Place = NOWHERE,
) -> Taking:
    """
    Put a picture before the people who check this mission. Sending one again after that returns the same.

    :raises PictureRefused: it cannot be read.   :raises PictureUsed: another participation stands on it; another one may be sent.
    :raises OtherWay: the type asks for no picture.
    :raises ParticipationExpired, OtherDevice, ParticipationNotFound, MemberInactive, TokenOutdated: nothing was written.
    """
    declared, campaign = asked_for(token, Flow.UPLOAD)
    details, stored = declared.read(campaign.details), pictures.store(upload)
    evidence = Evidence(pictures=1, dwell_seconds=seconds_since_start(member, campaign, token, at=at))
    verdict = declared.verifier.judge(details, evidence)
    look = stored.look if declared.compares_looks(details) else ""
    exhibit = Exhibit(Kept.PICTURE, {}, doubts_of(declared, evidence), file=stored.file, digest=stored.digest, look=look)
    word = "WAITING" if verdict.needs_a_look else "FAILED"
    try:
        taking = submit(member, token, exhibit, word, tries=1, score=declared.score(evidence), issued_at=issued_at, place=place, at=at)
    except DomainError:
        pictures.remove(stored.file)
        raise
    if not taking.is_new:
        pictures.remove(stored.file)
    return taking


def submit(
    member: int,
    token: ParticipationToken,
    exhibit: Exhibit,
    word: str,
    *,
    tries: int,
    score: int,
    issued_at: datetime | None,
    at: datetime,
    place: Place = NOWHERE,
) -> Taking:
    """
    Put one exhibit before the database function. word: PASSED, FAILED, WAITING or DOUBTED.   tries: wrong ones that end it.

    :raises: see `answer`.
    """
    function = "campaigns_submit_picture" if exhibit.kind == Kept.PICTURE else "campaigns_submit"
    sql = (
        f"SELECT f.code, {part.ANSWER}, f.tries_left "  # noqa: S608 (our own names)
        f"FROM {function}(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) f"
    )
    arguments = [*part.token_arguments(member, token, issued_at=issued_at or at), exhibit.as_json(), word, tries, score, at]
    code, *row, tries_left = part.call(sql, arguments, place=place, at=at)
    if code == "WRONG":
        raise WrongAnswer(tries_left=tries_left)
    if code == "REFUSED":
        raise TriesUsedUp
    if code == "SEEN":
        raise PictureUsed
    taking = part.taking_of(row, token.campaign, is_new=code in ("CONFIRMED", "CHECKING")) if row[0] is not None else None
    if taking is not None and (code in ("CONFIRMED", "CHECKING", "DONE") or (code == "ALREADY" and taking.state in WAITS)):
        return taking
    raise part.refusal(code)


def asked_for(token: ParticipationToken, flow: Flow) -> tuple[CampaignType, Campaign]:
    """
    The type and the campaign of a token. One query.

    :raises OtherWay: the type is not finished this way.
    """
    declared = types.get(token.type)
    if declared.flow != flow:
        raise part.OtherWay
    return declared, Campaign.objects.unscoped().get(public_id=token.campaign)


def seconds_since_start(member: int, campaign: Campaign, token: ParticipationToken, *, at: datetime) -> int:
    """On our clock; 0 for a participation that is not there, which the database function will say. One query."""
    rows = Participation.objects.filter(member_id=member, campaign=campaign, period_on=token.period_on)
    started_at = rows.values_list("started_at", flat=True).first()
    return int((at - started_at).total_seconds()) if started_at else 0


def _read(declared: CampaignType, sent: dict[str, Any]) -> BaseModel:
    if declared.answer is None:
        raise RuntimeError(f"{declared.key} asks for answers and declares none")
    try:
        return declared.answer.model_validate(sent)
    except ValidationError as exc:
        raise AnswerIncomplete(what=sentence_for(exc.errors(include_url=False)[0])) from None


def _word(*, is_enough: bool, score: int, at: datetime) -> str:
    if not is_enough:
        return "FAILED"
    return "DOUBTED" if score < QUARANTINE_BELOW.at(at) else "PASSED"
