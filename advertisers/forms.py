"""The HTML face of what people say about their team and their advertiser."""

from typing import Any

from django import forms

from advertisers.access import SPENDERS
from advertisers.models import ApiKey, Membership
from advertisers.schemas import INVITABLE_CHOICES, InvitationIn, KeyIn, LimitIn, ProfileIn, QuietHoursIn, RecipientIn, WebhookIn
from advertisers.webhooks import events
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


_MONEY = {"inputmode": "numeric", "data-money": True}


class LimitForm(SchemaForm):
    """What a role, or one member, may do in a month alone. Roles that launch nothing have no field for it."""

    schema = LimitIn
    monthly_credits = forms.CharField(label="혼자 집행할 수 있는 크레딧", widget=forms.TextInput(attrs=_MONEY))
    monthly_top_up_credits = forms.CharField(label="혼자 충전할 수 있는 크레딧", widget=forms.TextInput(attrs=_MONEY))

    def __init__(self, *args: Any, role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role = role
        if role not in SPENDERS:
            del self.fields["monthly_credits"]

    @property
    def role_word(self) -> str:
        """The role as people read it."""
        return str(Membership.Role(self.role).label)


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
    is_test = forms.BooleanField(
        label="테스트 키로 만들기",
        help_text="실제와 똑같이 확인하고 답하지만, 바꾼 것은 모두 되돌려요. 크레딧도 캠페인도 움직이지 않아요.",
        widget=forms.CheckboxInput(attrs={"class": "checkbox checkbox-primary"}),
    )


_HOURS = [(str(hour), f"{hour:02d}:00") for hour in range(24)]


class QuietHoursForm(SchemaForm):
    """When no mail and no SMS shall come."""

    schema = QuietHoursIn
    is_quiet = forms.BooleanField(label="조용한 시간 쓰기")
    hour_from = forms.ChoiceField(label="시작", choices=_HOURS)
    hour_until = forms.ChoiceField(label="끝", choices=_HOURS)

    @staticmethod
    def saying(hours: tuple[int, int] | None) -> dict[str, Any]:
        """What the form shows for these hours; without any, a night that many choose."""
        start, end = hours or (22, 8)
        return {"is_quiet": hours is not None, "hour_from": str(start), "hour_until": str(end)}


class WebhookForm(SchemaForm):
    """A receiver: what for, where, and what it wants to know."""

    schema = WebhookIn
    name = forms.CharField(label="이름", widget=forms.TextInput(attrs={"maxlength": "40"}))
    url = forms.CharField(
        label="받는 주소",
        help_text="https://로 시작하는, 인터넷에 공개된 주소예요.",
        widget=forms.TextInput(attrs={"type": "url", "inputmode": "url", "autocomplete": "off", "maxlength": "500"}),
    )
    events = forms.MultipleChoiceField(
        label="알릴 이벤트",
        choices=[(one.key, one.label) for one in events.TYPES],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "checkbox checkbox-primary"}),
    )
