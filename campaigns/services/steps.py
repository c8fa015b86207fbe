"""
Missions of several steps: what members send for one, what people decide about it, and what our clock looks at. Each is one call of a
database function in one transaction; which step is open is read before, because what was earned stays earned.
"""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import connection

from campaigns import pictures, progress
from campaigns.fraud.origins import NOWHERE, Place
from campaigns.models import Campaign, Evidence
from campaigns.services import keeping, telling
from campaigns.services import participation as part
from campaigns.services.participation import Taking
from campaigns.services.sending import (
    QUARANTINE_BELOW,
    AnswerIncomplete,
    Exhibit,
    PictureUsed,
    TriesUsedUp,
    WrongAnswer,
    asked_for,
    doubts_of,
    penalties_before,
    seconds_since_start,
)
from campaigns.tokens import ParticipationToken
from campaigns.types.base import Evidence as Facts
from campaigns.types.base import Kept
from campaigns.types.flows import Flow
from campaigns.types.parts import Part, Way
from common import dated, effects
from common.errors import DomainError
from common.kst import SEOUL

GRACE_DAYS = dated.define("campaigns.step_grace_days", default=3, label="다음 단계를 보내는 기한(열린 뒤 날 수)")
LOOK = "campaigns.look_at_post"
LONGEST_TEXT = 500
_KINDS = {Way.PICTURE: Kept.PICTURE, Way.WORD: Kept.ANSWER, Way.LINK: Kept.LINK}


class StepUnknown(DomainError):
    code = "step.unknown"
    message = "이 미션에 없는 단계예요. 미션을 다시 열어 주세요."
    http_status = 404


class StepEarly(DomainError):
    code = "step.early"
    message = "앞 단계를 먼저 마쳐 주세요."


class StepClosed(DomainError):
    code = "step.closed"
    message = "아직 열리지 않은 단계예요. {when}부터 보낼 수 있어요."


def send_step(
    *,
    member: int,
    token: ParticipationToken,
    step: int,
    at: datetime,
    text: str = "",
    upload: "UploadedFile[Any] | None" = None,
    issued_at: datetime | None = None,
    place: Place = NOWHERE,
) -> Taking:
    """
    Put what a member sends for one step before whoever judges it: a word is judged at once and pays its part, the rest waits for a person.
    Sending a step again that waits or is done returns the same.

    :raises StepUnknown, StepEarly, StepClosed: not this step, or not yet.   :raises AnswerIncomplete: something is missing.
    :raises PictureRefused, PictureUsed: another one may be sent.   :raises WrongAnswer: context has `tries_left`.
    :raises TriesUsedUp: this step cannot be earned any more.   :raises OtherWay: the type has no steps.
    :raises ParticipationExpired, OtherDevice, ParticipationNotFound, MemberInactive, TokenOutdated: nothing was written.
    """
    declared, campaign = asked_for(token, Flow.STEPS)
    details = declared.read(campaign.details)
    asked = _asked(campaign, step)
    _refuse_early(campaign, token.participation, asked, at=at)
    stored = _stored(asked, upload)
    waited = seconds_since_start(member, campaign, token, at=at)
    facts = Facts(step=step, text=text.strip()[:LONGEST_TEXT], pictures=int(stored is not None), dwell_seconds=waited)
    verdict = declared.verifier.judge(details, facts)
    if verdict.incomplete:
        raise AnswerIncomplete(what=verdict.incomplete)
    score = max(0, declared.score(facts) - penalties_before(token.participation, token.attempt))
    is_doubted = verdict.is_enough and score < QUARANTINE_BELOW.at(at)
    word = "WAITING" if verdict.needs_a_look or is_doubted else "PASSED" if verdict.is_enough else "FAILED"
    exhibit = Exhibit(
        _KINDS[asked.way],
        {"text": facts.text} if facts.text else {},
        doubts_of(declared, facts),
        file=stored.file if stored else "",
        digest=stored.digest if stored else "",
    )
    try:
        taking = _send(member, token, asked, exhibit, word, campaign, score=score, issued_at=issued_at or at, place=place, at=at)
    except DomainError:
        _forget(stored)
        raise
    if not taking.is_new:
        _forget(stored)
    return taking


def decide(evidence: Evidence, *, is_fine: bool, reason: str, at: datetime) -> bool:
    """
    Decide one step that waits, joining the transaction of `checking.decide`; False when nothing waits any more. The member is told.
    """
    campaign = evidence.campaign
    asked = _asked(campaign, evidence.step)
    sql = "SELECT f.code, (f.answer).member_id FROM campaigns_decide_step(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) f"
    arguments = [campaign.pk, evidence.participation, asked.number, is_fine, asked.tries, *_worth(campaign, asked, at=at), at]
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        code, member = cursor.fetchone()
    if code == "NOT_WAITING":
        return False
    key = f"participation:{evidence.participation}:step:{asked.number}:{evidence.public_id}"
    if is_fine:
        telling.rewarded(member, campaign, tickets=asked.tickets, key=key, at=at)
        _look_later(campaign, evidence.participation, evidence.attempt, asked, at=at)
    else:
        telling.refused(member, campaign, reason=reason, key=key, at=at)
    return True


def looked(*, campaign_id: int, participation: UUID, attempt: int, step: int, is_kept: bool, found: str, at: datetime) -> str:
    """Write down what a look at a kept post found, once: its step is earned, or the mission ends. Joins the caller's transaction."""
    campaign = Campaign.objects.unscoped().get(pk=campaign_id)
    asked = _asked(campaign, step)
    verdict = campaign.declared.verifier.judge(campaign.declared.read(campaign.details), Facts(step=step, is_kept=is_kept))
    exhibit = Exhibit(Kept.LINK, {"found": found}, {})
    sql = "SELECT f.code, (f.answer).member_id FROM campaigns_look_step(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) f"
    arguments = [
        campaign.pk, participation, attempt, step, exhibit.as_json(), verdict.is_enough, *_worth(campaign, asked, at=at), at,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        code, member = cursor.fetchone()
    key = f"participation:{participation}:step:{step}:looked"
    if code == "EARNED":
        telling.rewarded(member, campaign, tickets=asked.tickets, key=key, at=at)
        keeping.look_later(kind=LOOK, campaign_id=campaign.pk, participation=participation, attempt=attempt, step=step, at=at)
    elif code == "REFUSED":
        telling.refused(member, campaign, reason="글이 약속한 날까지 남아 있지 않아서 마지막 단계는 지급하지 않았어요.", key=key, at=at)
    return str(code)


def address_of(participation: UUID, step: int) -> str:
    """The address that was sent in for the step before, as a person passed it."""
    rows = Evidence.objects.filter(participation=participation, step=step - 1, kind=Evidence.Kind.LINK)
    data = rows.exclude(verdict__in=(Evidence.Verdict.FAILED, Evidence.Verdict.REFUSED)).values_list("data", flat=True).first()
    return str((data or {}).get("text", ""))


def _asked(campaign: Campaign, step: int) -> Part:
    """:raises StepUnknown: the mission has no such step."""
    found = next((one for one in progress.parts_of(campaign) if one.number == step), None)
    if found is None:
        raise StepUnknown
    return found


def _refuse_early(campaign: Campaign, participation: UUID, asked: Part, *, at: datetime) -> None:
    """:raises StepUnknown, StepEarly, StepClosed: this step is not to be sent now. One query."""
    if not asked.is_sent:
        raise StepUnknown
    standing = progress.of(campaign, participation, at=at)[asked.number - 1]
    if standing.state == progress.LATER:
        if standing.opens_at is None:
            raise StepEarly
        raise StepClosed(when=standing.opens_at.astimezone(SEOUL).strftime("%-m월 %-d일 %H:%M"))


def _stored(asked: Part, upload: "UploadedFile[Any] | None") -> pictures.StoredPicture | None:
    if asked.way != Way.PICTURE:
        return None
    if upload is None:
        raise pictures.PictureRefused(why="사진을 골라 주세요.")
    return pictures.store(upload)


def _forget(stored: pictures.StoredPicture | None) -> None:
    if stored is not None:
        pictures.remove(stored.file)


def _worth(campaign: Campaign, asked: Part, *, at: datetime) -> list[Any]:
    """What a step brings, of how many it is one, and until when the next may be sent."""
    parts = progress.parts_of(campaign)
    later = [one.after_days for one in parts if one.number > asked.number]
    until = at + timedelta(days=(later[0] if later else 0) + GRACE_DAYS.at(at))
    return [asked.credits, asked.tickets, len(parts), until]


def _send(
    member: int,
    token: ParticipationToken,
    asked: Part,
    exhibit: Exhibit,
    word: str,
    campaign: Campaign,
    *,
    score: int,
    issued_at: datetime,
    place: Place,
    at: datetime,
) -> Taking:
    places = ", ".join(["%s"] * 17)
    sql = f"SELECT f.code, {part.ANSWER}, f.tries_left FROM campaigns_send_step({places}) f"  # noqa: S608 (our own names)
    arguments = [
        *part.token_arguments(member, token, issued_at=issued_at), asked.number, json.dumps(asdict(exhibit)), word, asked.tries, score,
        *_worth(campaign, asked, at=at), at,
    ]  # fmt: skip
    code, *row, tries_left = part.call(sql, arguments, place=place, at=at)
    if code == "WRONG":
        raise WrongAnswer(tries_left=tries_left)
    if code == "REFUSED":
        raise TriesUsedUp
    if code == "SEEN":
        raise PictureUsed
    if code not in ("SENT", "EARNED", "KNOWN", "DONE"):
        raise part.refusal(code)
    return part.taking_of(row, token.campaign, is_new=code in ("SENT", "EARNED"))


def _look_later(campaign: Campaign, participation: UUID, attempt: int, asked: Part, *, at: datetime) -> None:
    """Ask for the look that earns the next step, when it is one that nobody sends. Joins the caller's transaction."""
    parts = progress.parts_of(campaign)
    following = parts[asked.number] if asked.number < len(parts) else None
    if following is None or following.is_sent:
        return
    effects.add(
        LOOK,
        key=f"participation:{participation}:{attempt}:step:{following.number}",
        at=at,
        due_at=at + timedelta(days=following.after_days),
        campaign=campaign.pk,
        participation=str(participation),
        attempt=attempt,
        step=following.number,
    )
