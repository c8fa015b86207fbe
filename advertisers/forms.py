"""The HTML face of what people say about their team and their advertiser."""

from django import forms

from advertisers.models import ApiKey
from advertisers.schemas import INVITABLE_CHOICES, InvitationIn, KeyIn, LimitIn, ProfileIn, RecipientIn
from common.forms import SchemaForm

_MAIL = {"type": "email", "inputmode": "email", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class InvitationForm(SchemaForm):
    """Whom to invite, as what."""

    schema = InvitationIn
    email = forms.CharField(label="이메일", widget=forms.TextInput(attrs=_MAIL))
    role = forms.ChoiceField(label="역할", choices=INVITABLE_CHOICES)


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label="역할", choices=INVITABLE_CHOICES)


class LimitForm(SchemaForm):
    """What a role may commit in a month."""

    schema = LimitIn
    monthly_credits = forms.CharField(
        label="운영 담당이 한 달에 혼자 집행할 수 있는 크레딧",
        help_text="비워 두면 한도가 없어요. 넘으면 다른 구성원이 승인한 뒤에 집행돼요.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-money": True}),
    )


class RecipientForm(SchemaForm):
    """An address for reports."""

    schema = RecipientIn
    email = forms.CharField(label="이메일", widget=forms.TextInput(attrs=_MAIL))


class ProfileForm(SchemaForm):
    """The name that members see."""

    schema = ProfileIn
    name = forms.CharField(label="광고주 이름", help_text="럭플 회원에게 캠페인과 함께 보여요.")


class KeyForm(SchemaForm):
    """A new key: what for, and what it may do."""

    schema = KeyIn
    name = forms.CharField(label="이름", help_text="어디에 쓰는 키인지 적어 주세요.", widget=forms.TextInput(attrs={"maxlength": "40"}))
    scopes = forms.MultipleChoiceField(
        label="할 수 있는 일",
        choices=ApiKey.Scope.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "checkbox checkbox-primary"}),
    )
