"""
A guest's thread, behind the link in the mail with the answer: read, answer, end. The twin of `thread_views`, for one inquiry.

Looking changes nothing: mail programs look before people do. No other page is told the address, and nobody keeps the page.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import uploads
from common.errors import DomainError
from identity import access_log
from inquiries import access, guests
from inquiries.forms import MessageForm
from inquiries.models import Inquiry


def _by_link(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the view the inquiry that the link is about, or say that the link is worth nothing."""

    @wraps(view)
    @never_cache
    def shown(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        try:
            inquiry = guests.find(token=token, at=timezone.now())
        except guests.LinkGone as refusal:
            response: HttpResponse = TemplateResponse(request, "inquiries/guest_gone.html", {"refusal": refusal}, status=404)
        else:
            response = view(request, inquiry, token, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        return response

    return shown


@require_http_methods(["GET", "POST"])
@_by_link
def thread(request: HttpRequest, inquiry: Inquiry, token: str) -> HttpResponse:
    """The thread; another word opens it again when it was over."""
    form = MessageForm(*((request.POST, request.FILES) if request.method == "POST" else (None, None)))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                with form.stored() as files:
                    guests.follow_up(inquiry=inquiry, message=form.value, files=files, key=form.sent_key, at=timezone.now())
            except DomainError as refusal:
                form.refuse(refusal)
                status = refusal.http_status
            else:
                messages.success(request, "답장을 보냈어요. 답변이 오면 메일로 알려 드릴게요.")
                return redirect("inquiries:guest-thread", token)
    context = {"inquiry": inquiry, "thread": access.messages_of(inquiry), "form": form, "guest_token": token}
    return TemplateResponse(request, "inquiries/guest_thread.html", context, status=status)


@require_POST
@_by_link
def close(request: HttpRequest, inquiry: Inquiry, token: str) -> HttpResponse:
    """The question is settled."""
    guests.close(inquiry=inquiry, at=timezone.now())
    messages.success(request, "문의를 끝냈어요. 더 궁금한 것이 있으면 여기에 다시 남겨 주세요.")
    return redirect("inquiries:guest-thread", token)


@require_safe
@_by_link
def attachment(request: HttpRequest, inquiry: Inquiry, token: str, public_id: UUID) -> HttpResponse:
    """One file, to be kept. That somebody looked is written down."""
    found = access.get_guest_attachment(inquiry, public_id)
    access_log.note(actor=None, action="attachment.viewed", subject=f"attachment:{found.public_id}", at=timezone.now())
    return uploads.answer(found)
