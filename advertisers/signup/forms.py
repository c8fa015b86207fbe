"""The HTML face of the steps."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from advertisers.signup.schemas import AccountAnswer, BusinessAnswer, ConsentsAnswer
from advertisers.tax_office import BusinessDiffers
from common.errors import DomainError
from common.forms import SchemaForm
from identity import consents
from identity.forms import PhoneField
from identity.models import User
from identity.passwords import SHORTEST

_LABELS = {text.kind.lower(): text for text in consents.TEXTS}


class ConsentsForm(SchemaForm):
    """Nothing is ticked beforehand; what is needed and what is not stand apart."""

    schema = ConsentsAnswer

    terms = forms.BooleanField(label=_LABELS["terms"].label)
    privacy = forms.BooleanField(label=_LABELS["privacy"].label)
    marketing = forms.BooleanField(label=_LABELS["marketing"].label)
    night = forms.BooleanField(label=_LABELS["night"].label)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for name in ("terms", "privacy"):
            if not data.get(name):
                self.add_error(name, "동의해야 가입할 수 있어요.")
        if data.get("night") and not data.get("marketing"):
            self.add_error("night", "밤에 받으려면 위의 소식 받기에도 동의해 주세요.")
        return data


class PhoneForm(forms.Form):
    """The number a code is sent to."""

    phone = PhoneField(label="휴대전화 번호")
    phone.widget.attrs["placeholder"] = "010-0000-0000"


class BusinessForm(SchemaForm):
    """The certificate, line by line."""

    schema = BusinessAnswer

    registration_number = forms.CharField(
        label="사업자등록번호",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "placeholder": "000-00-00000", "autocomplete": "off"}),
    )
    company_name = forms.CharField(label="상호", widget=forms.TextInput(attrs={"autocomplete": "organization"}))
    representative = forms.CharField(label="대표자 이름", widget=forms.TextInput(attrs={"placeholder": "사업자등록증에 적힌 이름"}))
    opened_on = forms.CharField(
        label="개업 연월일",
        help_text="사업자등록증에 적힌 날짜예요.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "placeholder": "2026-01-31", "autocomplete": "off"}),
    )
    postcode = forms.CharField(
        label="우편번호", widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": "5", "autocomplete": "postal-code"})
    )
    address = forms.CharField(label="사업장 주소", widget=forms.TextInput(attrs={"autocomplete": "address-line1"}))
    address_detail = forms.CharField(label="상세 주소", widget=forms.TextInput(attrs={"autocomplete": "address-line2"}))
    tax_email = forms.CharField(
        label="세금계산서 받을 이메일",
        help_text="매월 10일까지 이 주소로 보내드려요.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    is_as_on_paper = forms.BooleanField(label="등록증에 적힌 대로 적었어요. 서류로 확인해 주세요.")

    def refuse(self, refusal: DomainError) -> None:
        """Say beside the field why the tax office's answer stops it; after another name or date the paper may decide."""
        self.asks_for_paper = isinstance(refusal, BusinessDiffers)
        self.add_error("representative" if self.asks_for_paper else "registration_number", str(refusal))

    @property
    def shows_paper_choice(self) -> bool:
        """True once the tax office knew another name or date."""
        return getattr(self, "asks_for_paper", False) or bool(self.data.get("is_as_on_paper"))


class PaperForm(forms.Form):
    """One file; what it is, its content says."""

    paper = forms.FileField(
        label="사업자등록증",
        max_length=200,
        help_text="JPG, PNG, WEBP, PDF. 10MB까지 올릴 수 있어요.",
        error_messages={
            "required": "파일을 골라 주세요.", "empty": "파일이 비어 있어요. 다시 골라 주세요.", "missing": "파일을 골라 주세요.",
            "invalid": "파일을 다시 골라 주세요.", "max_length": "파일 이름을 짧게 바꿔서 올려 주세요.",
        },
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf", "class": "file-input"}),
    )  # fmt: skip


class AccountForm(SchemaForm):
    """Login ID, e-mail, password: typed once, with a way to see it."""

    schema = AccountAnswer

    username = forms.CharField(
        label="아이디",
        help_text="영문으로 시작하는 5~20자, 영문과 숫자와 _를 쓸 수 있어요.",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    email = forms.CharField(
        label="이메일",
        help_text="확인 메일을 보내요. 링크를 누르면 이메일로도 로그인할 수 있어요.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label="비밀번호",
        strip=False,
        help_text=f"{SHORTEST}자 이상이면 어떤 글자든 쓸 수 있어요.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, name: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors:
            person = User(kind=User.Kind.ADVERTISER, username=self.value.username, email=self.value.email, name=self.name)
            try:
                validate_password(self.value.password, person)
            except ValidationError as error:
                self.add_error("password", error)
        return data
