"""
The evidence desk: pictures and doubtful participations of every campaign, worked through by keyboard or mouse. Every decision is one call
into `campaigns`; two operators never decide one thing twice, and the second one reads who was first.
"""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import queues, rights, services
from backoffice.admin.base import refusals_as_messages
from backoffice.desk_lists import EVIDENCE
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from campaigns import evidence, pictures
from campaigns import services as campaigns
from campaigns.models import Evidence
from common.errors import DomainError
from common.templatetags.boost import kst_short
from identity import access_log

PER_PAGE = 20


class DecidedBefore(DomainError):
    """Somebody else was first."""

    code = "backoffice.evidence_decided"
    message = "{who} 먼저 {verdict}했어요({when}). 다음 참여로 넘어가요."


@room(Right.SEE_CAMPAIGNS)
@require_GET
def evidence_list(request: HttpRequest) -> HttpResponse:
    """What waits for a person, oldest first; what was decided, newest first."""
    found = EVIDENCE.find(request.GET, by=operator_of(request), at=timezone.now())
    rows = Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page"))
    cases = evidence.cases(rows.object_list)
    current, following = queues.chain([case.evidence.public_id for case in cases], asked=request.GET.get("item", ""))
    operator = operator_of(request)
    context = {
        "title": "참여 확인",
        "found": found,
        "tabs": [("waiting", "확인할 참여"), ("decided", "확인한 참여")],
        "rows": rows,
        "lines": [(case, following[case.evidence.public_id]) for case in cases],
        "current": current,
        "reasons": evidence.REASONS,
        "may_decide": found.tab == "waiting" and rights.has(operator, Right.REVIEW_CAMPAIGNS),
        "may_export": rights.has(operator, Right.EXPORT),
    }
    return page(request, "backoffice/evidence_list.html", context)


@room(Right.SEE_CAMPAIGNS)
@require_GET
def evidence_picture(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """One picture that a member sent in."""
    row = evidence.find(evidence_id)
    if row is None or not row.file:
        raise Http404("no such picture")
    access_log.note(actor=operator_of(request), action="evidence.viewed", subject=f"evidence:{row.public_id}", at=timezone.now())
    return pictures.answer(row.file)


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def evidence_approve(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """It counts."""
    return _one(request, evidence_id, is_fine=True, done="통과시켰어요. 회원에게 티켓이 지급됐어요.")


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def evidence_refuse(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """It does not count; its place goes back into the budget."""
    return _one(request, evidence_id, is_fine=False, done="거절했어요. 이 참여는 차감하지 않아요.")


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def evidence_refuse_many(request: HttpRequest) -> HttpResponse:
    """Those that were ticked do not count, for one reason: pictures that were handed around."""
    rows = list(
        Evidence.objects.select_related("campaign__advertiser").filter(public_id__in=queues.numbers_of(request, "evidence")[:PER_PAGE])
    )
    queues.each(
        request,
        rows,
        lambda row: _decide(request, row, is_fine=False),
        label=lambda row: f"{row.campaign.title} {kst_short(row.at)}",
        done="참여 {count}건을 거절했어요. 이 참여들은 차감하지 않아요.",
    )
    return queues.onward(request, "evidence-list")


def _one(request: HttpRequest, evidence_id: UUID, *, is_fine: bool, done: str) -> HttpResponse:
    row = evidence.find(evidence_id)
    if row is None:
        raise Http404("no such evidence")
    with refusals_as_messages(request):
        _decide(request, row, is_fine=is_fine)
        messages.success(request, done)
    return queues.onward(request, "evidence-list")


def _decide(request: HttpRequest, row: Evidence, *, is_fine: bool) -> None:
    """
    One decision with who made it and why.

    :raises DecidedBefore: by somebody else.   :raises ReasonMissing: refused without a reason.
    """
    operator, at, reason = operator_of(request), timezone.now(), queues.reason_of(request)
    try:
        campaigns.decide_evidence(evidence=row, is_fine=is_fine, by=operator, at=at, reason=reason)
    except campaigns.EvidenceDecided:
        raise _first(row) from None
    services.keep(row=row, by=operator, reason=f"{'통과' if is_fine else '거절'} · {reason}", at=at)


def _first(row: Evidence) -> DomainError:
    """Who decided, when and how; where nobody did, the participation itself does not wait any more."""
    known = evidence.find(row.public_id)
    if known is None or known.decided_at is None:
        return campaigns.EvidenceDecided()
    who = f"{known.decided_by.get_full_name()} 님이" if known.decided_by else "정해 둔 규칙이"
    verdict = "통과" if known.verdict == Evidence.Verdict.APPROVED else "거절"
    return DecidedBefore(who=who, verdict=verdict, when=kst_short(known.decided_at))
