"""
The member's inquiries: what they asked, one thread, a new question, another word, the end. The twin of `thread_views`, for one person.

That the person is a member, the portal's gate has looked (config/gate.py): this app does not know members.
"""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import uploads
from common.errors import DomainError
from identity import access_log
from identity.models import User
from inquiries import access, services
from inquiries.forms import InquiryForm, MessageForm
from inquiries.models import Inquiry

SHOWN = 50


@require_safe
@login_required
def inquiry_list(request: HttpRequest) -> HttpResponse:
    """What I asked, newest first."""
    return TemplateResponse(request, "inquiries/member_list.html", {"threads": _threads(_user(request))})


@require_http_methods(["GET", "POST"])
@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """A new question, with a file if there is one."""
    user = _user(request)
    form = InquiryForm(*_sent(request), kind=Inquiry.Kind.MEMBER)
    if request.method == "POST" and form.is_valid():
        try:
            with form.stored() as files:
                asked = services.ask(asker=user, advertiser=None, question=form.value, files=files, key=form.sent_key, at=timezone.now())
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "문의를 보냈어요. 답변이 오면 알림으로 알려 드릴게요.")
            return redirect("member-inquiries:detail", asked.public_id)
    return TemplateResponse(request, "inquiries/member_new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One thread; another word opens it again when it was over."""
    user = _user(request)
    inquiry = access.get_own_inquiry(user, public_id)
    form = MessageForm(*_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            with form.stored() as files:
                services.follow_up(inquiry=inquiry, by=user, message=form.value, files=files, key=form.sent_key, at=timezone.now())
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            return redirect("member-inquiries:detail", public_id)
    context = {"inquiry": inquiry, "thread": access.messages_of(inquiry), "form": form}
    return TemplateResponse(request, "inquiries/member_detail.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def close(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The question is settled."""
    user = _user(request)
    services.close(inquiry=access.get_own_inquiry(user, public_id), by=user, at=timezone.now())
    messages.success(request, "문의를 끝냈어요. 더 궁금한 것이 있으면 여기에 다시 남겨 주세요.")
    return redirect("member-inquiries:detail", public_id)


@require_safe
@login_required
def attachment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One file, to be kept. Who looked is written down."""
    user = _user(request)
    found = access.get_own_attachment(user, public_id)
    access_log.note(actor=user, action="attachment.viewed", subject=f"attachment:{found.public_id}", at=timezone.now())
    return uploads.answer(found)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _threads(user: User) -> list[Inquiry]:
    return list(Inquiry.objects.asked_by(user).order_by("-created_at", "-pk")[:SHOWN])


def _sent(request: HttpRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)
