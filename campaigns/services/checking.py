"""What people decide about evidence: operators about everything that waits, advertisers about the pictures they said they would check."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from campaigns.models import Evidence
from campaigns.services import moves, steps, telling
from common.errors import DomainError
from credits import services as credits
from identity.models import User

OPEN = (Evidence.Verdict.WAITING, Evidence.Verdict.PASSED)  # PASSED: judged at once, and its participation waits in quarantine


class EvidenceDecided(DomainError):
    code = "evidence.decided"
    message = "이미 확인이 끝난 참여예요. 새로 고쳐서 확인해 주세요."


def decide(*, evidence: Evidence, is_fine: bool, by: User, at: datetime, reason: str = "") -> Evidence:
    """
    Say whether a participation counts: its tickets are granted and its price counted, or its unit goes back. Decided once, by one person.

    :raises EvidenceDecided: nothing waits here any more.   :raises ReasonMissing: refused without a reason.
    """
    text = reason.strip()[:300] if is_fine else moves.stated(reason)[:300]
    return _decide(evidence, is_fine=is_fine, at=at, reason=text, decided_by=by)


def decide_by_rule(*, evidence: Evidence, is_fine: bool, rule: str, at: datetime, reason: str) -> Evidence:
    """
    The same, when nobody looked in time. rule: its name.   reason: Korean, what the member reads.

    :raises EvidenceDecided: somebody decided in between.
    """
    return _decide(evidence, is_fine=is_fine, at=at, reason=reason[:300], rule=rule)


def _decide(evidence: Evidence, *, is_fine: bool, at: datetime, reason: str, **author: Any) -> Evidence:
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        carry_out = steps.decide if evidence.step else _decided
        ended = carry_out(evidence, is_fine=is_fine, reason=reason, at=at)
        verdict = Evidence.Verdict.APPROVED if is_fine else Evidence.Verdict.REFUSED
        decided = Evidence.objects.filter(pk=evidence.pk, verdict__in=OPEN).update(verdict=verdict, decided_at=at, reason=reason, **author)
        if not ended or decided != 1:
            raise EvidenceDecided
    evidence.refresh_from_db()
    return evidence


def _decided(evidence: Evidence, *, is_fine: bool, reason: str, at: datetime) -> bool:
    """The whole participation: rewarded or refused; False when it does not wait any more. The member is told."""
    with connection.cursor() as cursor:
        sql = "SELECT f.code, (f.answer).member_id, (f.answer).tickets FROM campaigns_decide(%s, %s, %s, %s) f"
        cursor.execute(sql, [evidence.campaign_id, evidence.participation, is_fine, at])
        code, member, tickets = cursor.fetchone()
    if code == "NOT_WAITING":
        return False
    key = f"participation:{evidence.participation}:rewarded"
    if is_fine:
        telling.rewarded(member, evidence.campaign, tickets=tickets, key=key, at=at)
    else:
        telling.refused(member, evidence.campaign, reason=reason, key=key, at=at)
    return True
