"""Notices, questions and guides: reference data, edited as rows, with a reason that is kept."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from backoffice import rights
from backoffice.admin.base import ReadOnlyAdmin
from backoffice.rights import Right
from backoffice.site import site
from inquiries import embeds
from inquiries.models import Faq, Guide, Notice

HELP = "## 제목, - 목록, **굵게**, [글](주소)를 쓸 수 있어요. HTML은 글자 그대로 보여요."


class ContentForm(forms.ModelForm):  # type: ignore[type-arg]
    """What people read, and why it changes."""

    reason = forms.CharField(label="이유", max_length=200, widget=UnfoldAdminTextInputWidget, help_text="기록에 남아요.")


class NoticeForm(ContentForm):
    """An announcement."""

    class Meta:
        model = Notice
        fields = ("title", "text", "is_pinned", "shown_from", "shown_until")
        help_texts = {"text": HELP, "shown_from": "비워 두면 초안이에요.", "shown_until": "비워 두면 계속 보여요."}

    def clean(self) -> dict[str, Any]:
        """It ends after it begins."""
        data = super().clean() or {}
        begins, ends = data.get("shown_from"), data.get("shown_until")
        if ends and (begins is None or ends <= begins):
            self.add_error("shown_until", "보이기 시작하는 때보다 늦어야 해요.")
        return data


class FaqForm(ContentForm):
    """A question with its answer."""

    class Meta:
        model = Faq
        fields = ("topic", "question", "answer", "position", "is_shown", "is_on_landing")
        help_texts = {"answer": HELP, "position": "작을수록 위에 보여요."}


class GuideForm(ContentForm):
    """A page of help."""

    embed_url = forms.CharField(
        label="노션 임베드 주소", required=False, max_length=200, widget=UnfoldAdminTextInputWidget,
        help_text="노션에서 공유 → 게시 → 페이지 임베드로 복사한 주소만 쓸 수 있어요.",
    )  # fmt: skip
    notion_page = forms.CharField(
        label="노션 페이지 번호", required=False, max_length=36, widget=UnfoldAdminTextInputWidget,
        help_text="노션에서 가져올 페이지의 32자리 번호예요. 가져온 사본을 게시하면 내용 대신 보여요.",
    )  # fmt: skip

    class Meta:
        model = Guide
        fields = ("slug", "title", "summary", "text", "position", "is_shown", "notion_page", "embed_url")
        help_texts = {"text": HELP, "position": "작을수록 위에 보여요.", "slug": "주소에 쓰여요: /guide/…/"}

    def clean_notion_page(self) -> str:
        """With or without dashes."""
        number = str(self.cleaned_data["notion_page"]).replace("-", "").strip().lower()
        if number and (len(number) != 32 or set(number) - set("0123456789abcdef")):
            raise forms.ValidationError("32자리 페이지 번호를 적어 주세요.")
        return number

    def clean_embed_url(self) -> str:
        """Only the embed address of a published page; whoever pasted another address of it is told the right one."""
        url = embeds.normalised(str(self.cleaned_data["embed_url"]))
        if url and not embeds.is_allowed(url):
            better = embeds.suggestion(url)
            hint = f" 이 주소를 쓰려던 것인지 확인해 주세요: {better}" if better else ""
            raise forms.ValidationError(f"노션의 임베드 주소(/ebd/)만 쓸 수 있어요.{hint}")
        return url


class ContentAdmin(ReadOnlyAdmin):
    """Taken off view rather than deleted: what was said to people can be looked up."""

    sees = Right.SEE_CONTENT
    long: ClassVar[tuple[str, ...]] = ()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.long:
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 14})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return rights.has(request.user, Right.EDIT_CONTENT)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights.has(request.user, Right.EDIT_CONTENT)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> str:
        """Which fields changed, and why; kept with who and when."""
        changed = ", ".join(str(form.fields[name].label) for name in form.changed_data if name != "reason")
        return f"{changed or '바뀐 값 없음'} · {form.cleaned_data['reason']}"


@admin.register(Notice, site=site)
class NoticeAdmin(ContentAdmin):
    form = NoticeForm
    long = ("text",)
    list_display = ("title", "is_pinned", "shown_from", "shown_until")
    list_filter = ("is_pinned",)
    search_fields = ("title", "text")
    ordering = ("-pk",)


@admin.register(Faq, site=site)
class FaqAdmin(ContentAdmin):
    form = FaqForm
    long = ("answer",)
    list_display = ("question", "topic", "position", "is_shown", "is_on_landing")
    list_filter = ("topic", "is_shown", "is_on_landing")
    search_fields = ("question", "answer")
    ordering = ("topic", "position", "pk")


@admin.register(Guide, site=site)
class GuideAdmin(ContentAdmin):
    form = GuideForm
    long = ("text",)
    list_display = ("title", "slug", "position", "is_shown", "changed_in_notion_at")
    list_filter = ("is_shown",)
    search_fields = ("title", "summary", "text")
    ordering = ("position", "pk")
