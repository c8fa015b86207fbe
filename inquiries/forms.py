"""The HTML face of what people ask. Members, advertisers and operators write with the same forms."""

import uuid
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile

from common import uploads
from common.errors import DomainError
from common.forms import SchemaForm
from common.uploads import StoredFile
from inquiries import attachments
from inquiries.models import Inquiry
from inquiries.schemas import GuestIn, InquiryIn, MessageIn

TOPICS = {
    Inquiry.Kind.ADVERTISER: (Inquiry.Topic.PAYMENT, Inquiry.Topic.CAMPAIGN, Inquiry.Topic.ACCOUNT, Inquiry.Topic.OTHER),
    Inquiry.Kind.MEMBER: (Inquiry.Topic.REWARD, Inquiry.Topic.ACCOUNT, Inquiry.Topic.OTHER),
    Inquiry.Kind.GUEST: (
        Inquiry.Topic.CAMPAIGN,
        Inquiry.Topic.PAYMENT,
        Inquiry.Topic.ACCOUNT,
        Inquiry.Topic.DEMO,
        Inquiry.Topic.OTHER,
    ),
}


class MessageForm(SchemaForm):
    """One word, and a file if there is one. key: one per opened form."""

    schema: ClassVar[type[MessageIn]] = MessageIn
    text = forms.CharField(label="내용", widget=forms.Textarea(attrs={"rows": 5, "maxlength": 2000}))
    file = forms.FileField(
        label="파일 첨부",
        help_text="JPG, PNG, WEBP, PDF. 10MB까지 올릴 수 있어요.",
        error_messages={"empty": "파일이 비어 있어요. 다시 골라 주세요.", "invalid": "파일을 다시 골라 주세요."},
        widget=forms.FileInput(attrs={"accept": uploads.ACCEPTED, "class": "file-input"}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": "화면을 새로 열고 다시 보내 주세요."})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": {"key": uuid.uuid4(), **(kwargs.get("initial") or {})}})

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = forms.Form.clean(self) or {}
        self.upload: UploadedFile[Any] | None = data.pop("file", None)
        self.sent_key = str(data.pop("key", None) or "")
        self.cleaned_data = data
        if not self.errors and not self.sent_key:
            self.add_error(None, "화면을 새로 열고 다시 보내 주세요.")
        return super().clean()

    def stored(self) -> AbstractContextManager[tuple[StoredFile, ...]]:
        """
        The file, stored; taken away again when no message took it.

        :raises uploads.FileRefused: it is no picture or PDF that we can read.
        """
        return attachments.stored(self.upload)

    def refuse(self, refusal: DomainError) -> None:
        """Say it at the file, or above the form."""
        self.add_error("file" if isinstance(refusal, uploads.FileRefused) else None, str(refusal))


class InquiryForm(MessageForm):
    """A new question."""

    schema = InquiryIn
    topic = forms.ChoiceField(label="주제", choices=Inquiry.Topic.choices)
    title = forms.CharField(label="제목", widget=forms.TextInput(attrs={"maxlength": 100}))
    field_order = ("topic", "title", "text", "file")

    def __init__(self, *args: Any, kind: Inquiry.Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [(topic.value, topic.label) for topic in TOPICS[kind]]  # type: ignore[attr-defined]


class GuestForm(SchemaForm):
    """
    A question without an account.

    key: one per opened form.   website: no person sees it; whoever fills it in is a machine.
    """

    schema = GuestIn
    name = forms.CharField(label="이름", widget=forms.TextInput(attrs={"maxlength": 40, "autocomplete": "name"}))
    company = forms.CharField(label="회사 이름", widget=forms.TextInput(attrs={"maxlength": 60, "autocomplete": "organization"}))
    email = forms.CharField(
        label="이메일",
        help_text="답변을 이 주소로 보내 드려요.",
        widget=forms.EmailInput(attrs={"maxlength": 254, "autocomplete": "email"}),
    )
    phone = forms.CharField(label="전화번호", widget=forms.TextInput(attrs={"maxlength": 20, "autocomplete": "tel", "inputmode": "tel"}))
    topic = forms.ChoiceField(label="주제", choices=[(topic.value, topic.label) for topic in TOPICS[Inquiry.Kind.GUEST]])
    title = forms.CharField(label="제목", widget=forms.TextInput(attrs={"maxlength": 100}))
    text = forms.CharField(label="내용", widget=forms.Textarea(attrs={"rows": 6, "maxlength": 2000}))
    agreed = forms.BooleanField(label="개인정보 수집·이용에 동의해요")
    key = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": "화면을 새로 열고 다시 보내 주세요."})
    website = forms.CharField(label="비워 두세요", widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": {"key": uuid.uuid4()}})

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = forms.Form.clean(self) or {}
        self.sent_key, self.is_machine = str(data.pop("key", None) or ""), bool(data.pop("website", ""))
        self.cleaned_data = data
        if not self.errors and not self.sent_key:
            self.add_error(None, "화면을 새로 열고 다시 보내 주세요.")
        return super().clean()
