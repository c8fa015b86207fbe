"""
The desk for the papers of businesses. What was handed in is looked at as pictures that we drew; every look is written down. Every
decision is one call into `advertisers.papers`.
"""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from advertisers.models import BusinessCheck, BusinessPaper
from advertisers.papers import Decision
from backoffice import rights, services
from backoffice.desk_lists import PAPER_TABS, PAPERS, counted
from backoffice.forms import PaperAcceptedSheet, ReasonSheet
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from backoffice.views import deeds
from common import uploads
from identity import access_log

State = BusinessPaper.State
PER_PAGE = 50
CHECKS_SHOWN = 10


def _papers() -> QuerySet[BusinessPaper]:
    return BusinessPaper.objects.select_related("business__advertiser", "uploaded_by", "decided_by")


@room(Right.REVIEW_PAPERS)
@require_GET
def paper_list(request: HttpRequest) -> HttpResponse:
    """The papers that wait, oldest first; the others by tab, newest first."""
    operator = operator_of(request)
    found = PAPERS.find(request.GET, by=operator, at=timezone.now())
    context = {
        "title": "사업자 서류",
        "found": found,
        "tabs": counted(PAPER_TABS, BusinessPaper.objects.all()),
        "rows": Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_export": rights.has(operator, Right.EXPORT),
    }
    return page(request, "backoffice/paper_list.html", context)


@room(Right.REVIEW_PAPERS)
@require_GET
@never_cache
def paper_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The paper and what the business and the tax office say on the left, the decision on the right."""
    return _detail(request, get_object_or_404(_papers(), public_id=public_id))


def _detail(request: HttpRequest, paper: BusinessPaper, *, status: int = 200, **forms: Any) -> HttpResponse:
    asked = BusinessCheck.objects.filter(registration_number=paper.business.registration_number).select_related("by")
    context = {
        "title": "사업자 서류",
        "paper": paper,
        "business": paper.business,
        "pages": range(1, uploads.page_count(paper) + 1),
        "checks": asked.order_by("-checked_at", "-pk")[:CHECKS_SHOWN],
        "others": paper.business.papers.exclude(pk=paper.pk).select_related("decided_by").order_by("-uploaded_at", "-pk"),
        "is_waiting": paper.state == State.WAITING,
        "form": ReasonSheet(),
        "acceptance": PaperAcceptedSheet(),
        **forms,
    }
    _note(request, paper)
    return page(request, "backoffice/paper_detail.html", context, status=status)


@room(Right.REVIEW_PAPERS)
@require_GET
@never_cache
def paper_page(request: HttpRequest, public_id: UUID, number: int) -> HttpResponse:
    """One page as a picture."""
    paper = get_object_or_404(_papers(), public_id=public_id)
    try:
        drawn = uploads.picture_of(paper, number=number)
    except IndexError:
        raise Http404("no such page") from None
    _note(request, paper)
    return HttpResponse(drawn, content_type="image/jpeg")


@room(Right.REVIEW_PAPERS)
@require_GET
@never_cache
def paper_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The file, to be kept rather than opened."""
    paper = get_object_or_404(_papers(), public_id=public_id)
    _note(request, paper)
    return uploads.answer(paper)


@room(Right.REVIEW_PAPERS)
@require_POST
def paper_approve(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Accept it, until a day if it has one."""
    paper = get_object_or_404(_papers(), public_id=public_id)
    form = PaperAcceptedSheet(request.POST)

    def accept() -> None:
        expires_on, at = form.value.expires_on, timezone.now()
        services.decide_paper(paper=paper, decision=Decision.APPROVE, by=operator_of(request), expires_on=expires_on, at=at)

    def again() -> HttpResponse:
        return _detail(request, paper, status=422, acceptance=form)

    done = "서류를 확인했어요. 광고주에게 알렸어요."
    return deeds.carry_out(request, accept, done=done, to=redirect("admin:paper-detail", public_id), form=form, again=again)


@room(Right.REVIEW_PAPERS)
@require_POST
def paper_ask_again(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask for another, better one."""
    return _with_reason(request, public_id, Decision.ASK, "서류를 다시 올려 달라고 했어요.")


@room(Right.REVIEW_PAPERS)
@require_POST
def paper_refuse(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Refuse what it says."""
    return _with_reason(request, public_id, Decision.REFUSE, "서류를 반려했어요.")


def _with_reason(request: HttpRequest, public_id: UUID, decision: Decision, done: str) -> HttpResponse:
    paper = get_object_or_404(_papers(), public_id=public_id)
    form = ReasonSheet(request.POST)

    def decide() -> None:
        at = timezone.now()
        services.decide_paper(paper=paper, decision=decision, by=operator_of(request), reason=form.value.reason, at=at)

    def again() -> HttpResponse:
        return _detail(request, paper, status=422, form=form)

    return deeds.carry_out(request, decide, done=done, to=redirect("admin:paper-detail", public_id), form=form, again=again)


def _note(request: HttpRequest, paper: BusinessPaper) -> None:
    """Write down who looked at whose paper."""
    access_log.note(actor=operator_of(request), action="paper.viewed", subject=f"paper:{paper.public_id}", at=timezone.now())
