"""The evidence desk: pictures and doubtful participations of every campaign. Every decision is one call into `campaigns`."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import rights, services
from backoffice.admin.base import refusals_as_messages
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from campaigns import evidence, pictures
from campaigns import services as campaigns
from identity import access_log

PER_PAGE = 20


@room(Right.SEE_CAMPAIGNS)
@require_GET
def evidence_list(request: HttpRequest) -> HttpResponse:
    """What waits for a person, oldest first; what was decided, newest first."""
    tab = "decided" if request.GET.get("tab") == "decided" else "waiting"
    found = evidence.decided() if tab == "decided" else evidence.waiting()
    rows = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "참여 확인",
        "tab": tab,
        "tabs": [("waiting", "확인할 참여"), ("decided", "확인한 참여")],
        "rows": rows,
        "cases": evidence.cases(rows.object_list),
        "may_decide": rights.has(operator_of(request), Right.REVIEW_CAMPAIGNS),
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
    return _decide(request, evidence_id, is_fine=True, done="통과시켰어요. 회원에게 티켓이 지급됐어요.")


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def evidence_refuse(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """It does not count; its place goes back into the budget."""
    return _decide(request, evidence_id, is_fine=False, done="거절했어요. 이 참여는 차감하지 않아요.")


def _decide(request: HttpRequest, evidence_id: UUID, *, is_fine: bool, done: str) -> HttpResponse:
    row = evidence.find(evidence_id)
    if row is None:
        raise Http404("no such evidence")
    reason = request.POST.get("reason", "").replace("\x00", "")
    with refusals_as_messages(request):
        operator, at = operator_of(request), timezone.now()
        campaigns.decide_evidence(evidence=row, is_fine=is_fine, by=operator, at=at, reason=reason)
        services.keep(row=row, by=operator, reason=f"{'통과' if is_fine else '거절'} · {reason}", at=at)
        messages.success(request, done)
    return redirect("admin:evidence-list")
