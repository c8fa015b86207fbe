"""
The content room: legal texts with their days, guides that are copied from Notion, and the words of messages. Notices, questions and guides
themselves are edited as rows (backoffice/admin/content.py).
"""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from pydantic import BaseModel, Field

from backoffice import content_services, rights
from backoffice.admin.base import refusals_as_messages
from backoffice.forms import first_error
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from common import uploads
from common.errors import DomainError
from common.forms import SchemaForm
from common.kst import day_of
from common.schemas import Input
from identity import events, legal, wording
from identity.models import LegalText, MessageTemplate
from inquiries.models import Faq, Guide, GuideSnapshot, Notice, SnapshotPicture
from inquiries.notion import copies

SHOWN = 20
State = GuideSnapshot.State
FAILURES = {
    "object_not_found": "페이지가 없거나 우리와 공유하지 않았어요.",
    "restricted_resource": "연결에 내용을 읽을 권한이 없어요.",
    "unauthorized": "연결 열쇠가 맞지 않아요.",
    "IN_TRASH": "휴지통에 있는 페이지예요.",
    "TOO_LARGE": "페이지가 너무 커요. 나누어서 가져와 주세요.",
    "rate_limited": "노션이 너무 자주 물어본다고 했어요. 잠시 뒤에 다시 가져와 주세요.",
}


class TextIn(Input):
    """A new wording of a legal text."""

    slug: str = Field(pattern="^(terms|privacy|refund)$")
    effective_on: Any
    text: str = Field(min_length=50, max_length=60_000)
    change: str = Field(min_length=5, max_length=200)
    is_adverse: bool = False

    model_config = {**Input.model_config, "str_max_length": 60_000}


class TextForm(SchemaForm):
    """Its form."""

    schema: ClassVar[type[BaseModel]] = TextIn
    slug = forms.ChoiceField(label="문서", choices=LegalText.Slug.choices)
    effective_on = forms.DateField(label="시행일", widget=forms.DateInput(attrs={"type": "date"}))
    change = forms.CharField(label="바뀐 점", widget=forms.TextInput(attrs={"maxlength": 200}))
    text = forms.CharField(label="내용", widget=forms.Textarea(attrs={"rows": 16, "maxlength": 60_000}))
    is_adverse = forms.BooleanField(label="이용자에게 불리한 변경이에요 (30일 전에 알려요)")


class WordsIn(Input):
    """New words of a message. after: the number of the version that was on the screen."""

    title: str = Field(min_length=1, max_length=wording.TITLE)
    body: str = Field(min_length=1, max_length=wording.BODY)
    alimtalk_id: str = Field(default="", max_length=60)
    after: str = Field(pattern=r"^\d{1,6}$")
    reason: str = Field(min_length=2, max_length=200)


class WordsForm(SchemaForm):
    """Their form."""

    schema: ClassVar[type[BaseModel]] = WordsIn
    title = forms.CharField(label="제목", widget=forms.TextInput(attrs={"maxlength": wording.TITLE}))
    body = forms.CharField(label="내용", widget=forms.Textarea(attrs={"rows": 6, "maxlength": wording.BODY}))
    alimtalk_id = forms.CharField(label="알림톡 템플릿 번호", widget=forms.TextInput(attrs={"maxlength": 60}))
    reason = forms.CharField(label="이유", widget=forms.TextInput(attrs={"maxlength": 200}))
    after = forms.CharField(widget=forms.HiddenInput)


@room(Right.SEE_CONTENT)
@require_safe
def content(request: HttpRequest) -> HttpResponse:
    """Everything that people read, with what waits for somebody."""
    now = timezone.now()
    guides = Guide.objects.with_a_copy_that_waits() if request.GET.get("copies") == "waiting" else Guide.objects.all()
    texts = [(legal.holding(found := legal.wordings(slug), on=day_of(now)), found) for slug in legal.FIRST]
    context = {
        "title": "콘텐츠",
        "counts": {
            "notices": Notice.objects.shown(now).count(),
            "faqs": Faq.objects.shown().count(),
            "guides": Guide.objects.shown().count(),
        },
        "texts": [(holds, [one for one in found if one.effective_on > holds.effective_on], len(found)) for holds, found in texts],
        "guides": guides.exclude(notion_page="").select_related("published").order_by("position", "pk"),
        "waiting": GuideSnapshot.objects.filter(state=State.READY).values_list("guide_id", flat=True),
        "message_count": len(events.defined()),
    }
    return page(request, "backoffice/content.html", context)


@room(Right.SEE_CONTENT)
@require_safe
@never_cache
def guide_copies(request: HttpRequest, slug: str) -> HttpResponse:
    """The copies of a guide: what is new in the newest one, how it will look, and what can be done."""
    guide = get_object_or_404(Guide.objects.select_related("published"), slug=slug)
    rows = list(guide.snapshots.select_related("asked_by", "published_by").order_by("-asked_at", "-pk")[:SHOWN])
    waiting = next((row for row in rows if row.state == State.READY), None)
    old = guide.published.html if guide.published else ""
    context = {
        "title": guide.title,
        "guide": guide,
        "rows": rows,
        "waiting": waiting,
        "lines": copies.difference(old, waiting.html) if waiting else (),
        "drawn": waiting.html.replace('src="/guide/pictures/', 'src="/backoffice/content/pictures/') if waiting else "",
        "failures": FAILURES,
        "is_fetching": any(row.state == State.ASKED for row in rows),
        "may_edit": rights.has(operator_of(request), Right.EDIT_CONTENT),
    }
    return page(request, "backoffice/guide_copies.html", context)


@room(Right.EDIT_CONTENT)
@require_POST
def guide_copy(request: HttpRequest, slug: str) -> HttpResponse:
    """Fetch the page from Notion."""
    guide = get_object_or_404(Guide, slug=slug)
    with refusals_as_messages(request):
        content_services.copy_guide(guide=guide, by=operator_of(request), at=timezone.now())
        messages.success(request, "노션에서 가져오고 있어요. 잠시 뒤에 화면을 새로 고쳐 주세요.")
    return redirect("admin:guide-copies", slug)


@room(Right.EDIT_CONTENT)
@require_POST
def copy_publish(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show people this copy."""
    return _decide(request, public_id, publish=True, done="게시했어요. 이제 사람들이 이 사본을 봐요.")


@room(Right.EDIT_CONTENT)
@require_POST
def copy_drop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Do not show this copy."""
    return _decide(request, public_id, publish=False, done="이 사본을 버렸어요. 보이는 내용은 그대로예요.")


def _decide(request: HttpRequest, public_id: UUID, *, publish: bool, done: str) -> HttpResponse:
    row = get_object_or_404(GuideSnapshot.objects.select_related("guide"), public_id=public_id)
    reason = request.POST.get("reason", "").replace("\x00", "").strip()[:160]
    decide = content_services.publish_copy if publish else content_services.drop_copy
    if not reason:
        messages.error(request, "이유를 적어 주세요.")
        return redirect("admin:guide-copies", row.guide.slug)
    with refusals_as_messages(request):
        decide(snapshot=row, by=operator_of(request), reason=reason, at=timezone.now())
        messages.success(request, done)
    return redirect("admin:guide-copies", row.guide.slug)


@room(Right.SEE_CONTENT)
@require_safe
def copy_picture(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A picture of a copy, published or not."""
    found = get_object_or_404(SnapshotPicture, public_id=public_id)
    return HttpResponse(uploads.picture_of(found, number=1), content_type=found.content_type)


@room(Right.SEE_CONTENT)
@require_safe
def legal_texts(request: HttpRequest, slug: str) -> HttpResponse:
    """Every wording of a legal text, and the form for the next one."""
    return _texts(request, slug, TextForm(initial={"slug": slug}))


def _texts(request: HttpRequest, slug: str, form: TextForm, *, status: int = 200) -> HttpResponse:
    if slug not in legal.FIRST:
        raise Http404("no such text")
    found = legal.wordings(slug)
    context = {
        "title": found[-1].title,
        "slug": slug,
        "wordings": found,
        "holds": legal.holding(found, on=day_of(timezone.now())),
        "form": form,
        "may_announce": rights.has(operator_of(request), Right.ANNOUNCE_TEXTS),
    }
    return page(request, "backoffice/legal_texts.html", context, status=status)


@room(Right.ANNOUNCE_TEXTS)
@require_POST
def legal_text_announce(request: HttpRequest, slug: str) -> HttpResponse:
    """Announce a new wording; a notice tells people in the same moment."""
    form = TextForm({**request.POST.dict(), "slug": slug})
    if form.is_valid():
        try:
            content_services.announce_text(**form.value.model_dump(), by=operator_of(request), at=timezone.now())
        except DomainError as refusal:
            form.add_error("effective_on", str(refusal))
        else:
            messages.success(request, "공고했어요. 공지사항에도 올렸어요.")
            return redirect("admin:legal-texts", slug)
    messages.error(request, first_error(form))
    return _texts(request, slug, form, status=422)


@room(Right.SEE_CONTENT)
@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    """What people are told, by topic."""
    found = sorted(events.defined().values(), key=lambda event: (list(events.Topic).index(event.topic), event.label))
    changed = set(MessageTemplate.objects.values_list("event", flat=True))
    return page(request, "backoffice/message_list.html", {"title": "메시지 문구", "events": found, "changed": changed})


@room(Right.SEE_CONTENT)
@require_safe
def message_detail(request: HttpRequest, kind: str) -> HttpResponse:
    """The words of one message, as people get them, and every version."""
    event = _event(kind)
    now = wording.current(event)
    words = {"title": now.title, "body": now.body, "alimtalk_id": now.alimtalk_id, "after": str(now.number)}
    return _message(request, event, WordsForm(initial=words))


def _message(request: HttpRequest, event: events.Event, form: WordsForm, *, status: int = 200) -> HttpResponse:
    now = wording.current(event)
    context = {
        "title": event.label,
        "event": event,
        "now": now,
        "preview": wording.preview(event, title=now.title, body=now.body),
        "versions": wording.versions(event),
        "form": form,
        "may_edit": rights.has(operator_of(request), Right.ANNOUNCE_TEXTS),
    }
    return page(request, "backoffice/message_detail.html", context, status=status)


@room(Right.ANNOUNCE_TEXTS)
@require_POST
def message_save(request: HttpRequest, kind: str) -> HttpResponse:
    """Write new words; those before stay in the list."""
    event, form = _event(kind), WordsForm(request.POST)
    if form.is_valid():
        said: WordsIn = form.value
        words = {"title": said.title, "body": said.body, "alimtalk_id": said.alimtalk_id, "after": int(said.after)}
        try:
            wording.save(event=event, **words, by=operator_of(request), reason=said.reason, at=timezone.now())  # type: ignore[arg-type]
        except DomainError as refusal:
            form.add_error("body", str(refusal))
        else:
            messages.success(request, "새 문구를 저장했어요. 다음 메시지부터 쓰여요.")
            return redirect("admin:message-detail", kind)
    messages.error(request, first_error(form))
    return _message(request, event, form, status=422)


def _event(kind: str) -> events.Event:
    found = events.defined().get(kind)
    if found is None:
        raise Http404("no such message")
    return found
