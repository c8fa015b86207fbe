"""
The inquiry desk, for members' and advertisers' questions alike. Notes are for operators only; every word is one call into `inquiries`.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from backoffice import clocks, demo_accounts, masking, navigation, rights
from backoffice.admin.base import refusals_as_messages
from backoffice.desk_lists import ADVERTISER_INQUIRIES, INQUIRY_TABS, MEMBER_INQUIRIES, counted
from backoffice.desks import desk_of
from backoffice.forms import DemoForm, first_error
from backoffice.lists import DeskList
from backoffice.models import CannedReply
from backoffice.rights import Right
from backoffice.services import keep
from backoffice.site import operator_of, page, room
from common import uploads
from common.errors import DomainError
from identity import access_log
from inquiries import services
from inquiries.forms import MessageForm
from inquiries.models import Attachment, Inquiry, Message
from payments.models import Refund

State, Kind = Inquiry.State, Inquiry.Kind
PER_PAGE = 50


def _inquiries() -> QuerySet[Inquiry]:
    return Inquiry.objects.unscoped().select_related("asker", "advertiser", "assignee", "guest")


@room(Right.ANSWER_INQUIRIES)
@require_GET
def member_list(request: HttpRequest) -> HttpResponse:
    """What members ask."""
    return _list(request, MEMBER_INQUIRIES, asked=Q(kind=Kind.MEMBER), work="member_inquiries")


@room(Right.ANSWER_INQUIRIES)
@require_GET
def advertiser_list(request: HttpRequest) -> HttpResponse:
    """What advertisers ask, and those who may become some."""
    return _list(request, ADVERTISER_INQUIRIES, asked=~Q(kind=Kind.MEMBER), work="advertiser_inquiries")


def _list(request: HttpRequest, of: DeskList, *, asked: Q, work: str) -> HttpResponse:
    """Those that wait, oldest first; the others by tab, newest first."""
    operator, at = operator_of(request), timezone.now()
    found = of.find(request.GET, by=operator, at=at)
    hours = clocks.PROMISES[work].at(at)
    shown = Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": of.title,
        "found": found,
        "tabs": counted(INQUIRY_TABS, Inquiry.objects.unscoped().filter(asked)),
        "rows": shown,
        "lines": [(row, clocks.clock(row.waiting_since, hours=hours, at=at) if row.waiting_since else None) for row in shown],
        "may_export": rights.has(operator, Right.EXPORT),
    }
    return page(request, "backoffice/inquiry_list.html", context)


@room(Right.ANSWER_INQUIRIES)
@require_GET
@never_cache
def inquiry_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The whole thread with its notes, and what can be done."""
    return _detail(request, get_object_or_404(_inquiries(), public_id=public_id))


def _detail(request: HttpRequest, inquiry: Inquiry, *, status: int = 200, **forms: Any) -> HttpResponse:
    thread = list(inquiry.messages.select_related("author").prefetch_related("attachments").order_by("pk"))
    context = {
        "title": "문의",
        "inquiry": inquiry,
        "thread": thread,
        "answers": sum(said.side == Message.Side.HOUSE for said in thread),
        "refund_desk": _refund_desk(inquiry),
        "guest_mail": masking.email(inquiry.guest.mail_address) if inquiry.asker is None else "",
        "answer_help": "물어본 사람에게 그대로 보여요."
        if inquiry.asker
        else "이 글과 문의를 여는 링크를 메일로 보내요. 파일은 그 링크에서 받아요.",
        "is_mine": inquiry.assignee_id == operator_of(request).pk,
        "replies": _replies(inquiry),
        "clock": _clock(inquiry),
        "answer": MessageForm(auto_id="id_answer_%s"),
        "note": MessageForm(auto_id="id_note_%s"),
        "demo": DemoForm() if rights.has(request.user, Right.GRANT_DEMOS) and demo_accounts.may_be_granted(inquiry) else None,
        **forms,
    }
    navigation.stand_in(request, "inquiry-list" if inquiry.kind == Kind.MEMBER else "ad-inquiry-list")
    access_log.note(actor=operator_of(request), action="inquiry.viewed", subject=f"inquiry:{inquiry.public_id}", at=timezone.now())
    return page(request, "backoffice/inquiry_detail.html", context, status=status)


def _replies(inquiry: Inquiry) -> QuerySet[CannedReply]:
    """The ready answers that fit."""
    fitting = CannedReply.objects.filter(is_active=True, kind__in=("", inquiry.kind), topic__in=("", inquiry.topic))
    return fitting.order_by("place", "pk")


def _clock(inquiry: Inquiry) -> clocks.Clock | None:
    """What is left of the promise; nothing while the next word is the asker's."""
    if inquiry.waiting_since is None:
        return None
    work = "member_inquiries" if inquiry.kind == Kind.MEMBER else "advertiser_inquiries"
    at = timezone.now()
    return clocks.clock(inquiry.waiting_since, hours=clocks.PROMISES[work].at(at), at=at)


def _refund_desk(inquiry: Inquiry) -> str:
    """The desk of the refund that an appeal is about; empty when it is about nothing, or names what is not the asker's."""
    kind, _, public_id = inquiry.about.partition(":")
    if kind != "refund" or inquiry.advertiser is None:
        return ""
    refund = Refund.objects.owned_by(inquiry.advertiser).filter(public_id=public_id).first()
    return desk_of(refund) if refund else ""


@room(Right.ANSWER_INQUIRIES)
@require_POST
def inquiry_answer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Answer as the house; the asker is told."""
    return _say(request, public_id, name="answer", done="답변을 보냈어요. 물어본 사람에게 알렸어요.")


@room(Right.ANSWER_INQUIRIES)
@require_POST
def inquiry_note(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Write something for operators only."""
    return _say(request, public_id, name="note", done="내부 메모를 남겼어요. 밖에서는 보이지 않아요.")


def _say(request: HttpRequest, public_id: UUID, *, name: str, done: str) -> HttpResponse:
    inquiry = get_object_or_404(_inquiries(), public_id=public_id)
    form = MessageForm(request.POST, request.FILES, auto_id=f"id_{name}_%s")
    seen = request.POST.get("seen", "")
    extra = {"seen": int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 6 else 0} if name == "answer" else {}
    say: Callable[..., Message] = services.answer if name == "answer" else services.note
    if form.is_valid():
        try:
            with form.stored() as files:
                operator, at = operator_of(request), timezone.now()
                said = say(inquiry=inquiry, by=operator, message=form.value, files=files, key=form.sent_key, at=at, **extra)
                if said.at == at:  # sent twice, the first one stands
                    keep(row=inquiry, by=operator, reason="답변했어요" if name == "answer" else "메모를 남겼어요", at=at)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, done)
            return redirect("admin:inquiry-detail", public_id)
    messages.error(request, first_error(form))
    return _detail(request, inquiry, status=422, **{name: form})


@room(Right.ANSWER_INQUIRIES)
@require_POST
def inquiry_take(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Be in charge of it."""
    inquiry, operator = get_object_or_404(_inquiries(), public_id=public_id), operator_of(request)
    with refusals_as_messages(request):
        services.assign(inquiry=inquiry, to=operator, by=operator, at=timezone.now())
        if inquiry.assignee_id != operator.pk:
            keep(row=inquiry, by=operator, reason="문의를 맡았어요", at=timezone.now())
        messages.success(request, "이 문의를 맡았어요.")
    return redirect("admin:inquiry-detail", public_id)


@room(Right.ANSWER_INQUIRIES)
@require_POST
def inquiry_close(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """End it; another word of the asker opens it again."""
    inquiry, operator = get_object_or_404(_inquiries(), public_id=public_id), operator_of(request)
    with refusals_as_messages(request):
        at = timezone.now()
        if services.close(inquiry=inquiry, by=operator, at=at).closed_at != at:
            raise services.AlreadyClosed
        keep(row=inquiry, by=operator, reason="문의를 끝냈어요", at=at)
        messages.success(request, "문의를 끝냈어요.")
    return redirect("admin:inquiry-detail", public_id)


@room(Right.GRANT_DEMOS)
@require_POST
def demo_grant(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Open an account with an end for whoever asked."""
    inquiry, form = get_object_or_404(_inquiries(), public_id=public_id), DemoForm(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return _detail(request, inquiry, status=422, demo=form)
    wanted = form.value
    with refusals_as_messages(request):
        demo_accounts.grant(inquiry=inquiry, days=wanted.days, by=operator_of(request), reason=wanted.reason, at=timezone.now())
        messages.success(request, "데모 계정을 열고 들어오는 방법을 메일로 보냈어요.")
    return redirect("admin:inquiry-detail", public_id)


@room(Right.ANSWER_INQUIRIES)
@require_GET
@never_cache
def inquiry_attachment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One file, to be kept rather than opened."""
    found = get_object_or_404(Attachment, public_id=public_id)
    access_log.note(actor=operator_of(request), action="attachment.viewed", subject=f"attachment:{found.public_id}", at=timezone.now())
    return uploads.answer(found)
