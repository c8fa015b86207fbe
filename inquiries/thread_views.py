"""The advertiser's inquiries: what the team asked, one thread, a new question, another word, the end."""

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from advertisers.access import TenantRequest, advertiser_required
from common import uploads
from common.errors import DomainError
from identity import access_log
from inquiries import access, content, services
from inquiries.forms import InquiryForm, MessageForm
from inquiries.models import Inquiry

SHOWN = 50  # beside a thread
PER_PAGE = 20
FILTERS = (("", "모두"), ("waiting", "답변을 기다려요"), ("answered", "답변 도착"), ("closed", "끝난 문의"))
STATES_OF_FILTER = {
    "waiting": [Inquiry.State.RECEIVED, Inquiry.State.CHECKING],
    "answered": [Inquiry.State.ANSWERED],
    "closed": [Inquiry.State.CLOSED],
}
APPEAL = {"topic": Inquiry.Topic.PAYMENT, "title": "환불 반려에 대한 이의"}
_ABOUT = re.compile(r"refund:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _threads(request: TenantRequest) -> list[Inquiry]:
    return list(Inquiry.objects.owned_by(request.advertiser).order_by("-created_at", "-pk")[:SHOWN])


@require_safe
@advertiser_required()
def inquiry_list(request: TenantRequest) -> HttpResponse:
    """What the team asked, newest first, by what became of it."""
    said = request.GET.get("state", "")
    chosen = said if said in STATES_OF_FILTER else ""
    asked = Inquiry.objects.owned_by(request.advertiser).order_by("-created_at", "-pk")
    found = asked.filter(state__in=STATES_OF_FILTER[chosen]) if chosen else asked
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "threads": page.object_list, "filters": FILTERS, "chosen": chosen}
    return TemplateResponse(request, "inquiries/list.html", context)


@require_http_methods(["GET", "POST"])
@advertiser_required()
def ask(request: TenantRequest) -> HttpResponse:
    """A new question, with a file if there is one; while it is written, what may answer it already stands beside it."""
    if request.htmx and request.method == "GET":
        return TemplateResponse(request, "inquiries/new.html#help", _help(request.GET))
    about = _about(request)
    form = InquiryForm(*_sent(request), kind=Inquiry.Kind.ADVERTISER, initial=APPEAL if about else None)
    if request.method == "POST" and form.is_valid():
        try:
            with form.stored() as files:
                asked = services.ask(
                    asker=request.user,
                    advertiser=request.advertiser,
                    question=form.value,
                    files=files,
                    about=about,
                    key=form.sent_key,
                    at=timezone.now(),
                )
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "문의를 보냈어요. 답변이 오면 알림과 메일로 알려 드릴게요.")
            return redirect("inquiries:detail", asked.public_id)
    context = {"form": form, **_help(request.POST)}
    return TemplateResponse(request, "inquiries/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@advertiser_required()
def detail(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """One thread; another word opens it again when it was over."""
    inquiry = access.get_team_inquiry(request, public_id)
    form = MessageForm(*_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            with form.stored() as files:
                services.follow_up(inquiry=inquiry, by=request.user, message=form.value, files=files, key=form.sent_key, at=timezone.now())
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            return redirect("inquiries:detail", public_id)
    context = {"inquiry": inquiry, "thread": access.messages_of(inquiry), "threads": _threads(request), "form": form}
    return TemplateResponse(request, "inquiries/detail.html", context, status=422 if form.errors else 200)


@require_POST
@advertiser_required()
def close(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """The question is settled."""
    services.close(inquiry=access.get_team_inquiry(request, public_id), by=request.user, at=timezone.now())
    messages.success(request, "문의를 끝냈어요. 더 궁금한 것이 있으면 여기에 다시 남겨 주세요.")
    return redirect("inquiries:detail", public_id)


@require_safe
@advertiser_required()
def attachment(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """One file, to be kept. Who looked is written down."""
    found = access.get_team_attachment(request, public_id)
    access_log.note(actor=request.user, action="attachment.viewed", subject=f"attachment:{found.public_id}", at=timezone.now())
    return uploads.answer(found)


def _help(typed: QueryDict) -> dict[str, Any]:
    """What may answer a question as far as it was typed."""
    topic, title = (typed.get(name, "")[:100].replace("\x00", "") for name in ("topic", "title"))
    faqs, found = content.help_for(topic=topic, title=title)
    return {"questions": faqs, "guides": found}


def _about(request: TenantRequest) -> str:
    """The refund that the question is about, if the address names one; operators see it beside the question."""
    said = request.GET.get("about", "")
    return said if _ABOUT.fullmatch(said) else ""


def _sent(request: TenantRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)
