"""What members fill in on pages that show what they own."""

from typing import Any

from django import forms

from common.forms import SchemaForm
from identity import consents
from identity.forms import PhoneField
from identity.models import User
from identity.passwords import LONGEST, SHORTEST
from rewards.prize_tax.store import TaxAnswer
from rewards.profile import NicknameIn, ProfileIn
from rewards.regions import Region
from rewards.signing_up import JoinIn

MOST_AT_ONCE = 1_000


class EntryForm(forms.Form):
    """chances: numbers wanted.   key: one per form, so that sending it twice is one entry."""

    chances = forms.IntegerField(
        label="응모할 번호 수",
        min_value=1,
        max_value=MOST_AT_ONCE,
        initial=1,
        error_messages={
            "required": "몇 번 응모할지 적어 주세요.",
            "invalid": "숫자로 적어 주세요.",
            "min_value": "1번부터 응모할 수 있어요.",
            "max_value": f"한 번에 {MOST_AT_ONCE:,}번까지 응모할 수 있어요.",
        },
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


class Unrepeated(forms.TextInput):
    """A field that is never filled in by the page, not even when something else has to be put right."""

    def format_value(self, value: Any) -> None:
        return None


class TaxForm(SchemaForm):
    """Who pays the tax of a prize."""

    schema = TaxAnswer

    name = forms.CharField(label="이름", help_text="주민등록에 적힌 이름이에요.", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    number = forms.CharField(
        label="주민등록번호",
        help_text="숫자 13자리예요. 잠가서 따로 보관하고, 세무서에 신고할 때만 써요.",
        widget=Unrepeated(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 14}),
    )
    agrees = forms.BooleanField(label="제세공과금 원천징수와 신고에 이름과 주민등록번호를 쓰는 데 동의해요.")


class ShelfForm(forms.Form):
    """What somebody looks for in the shop. category: a kind of brand.   q: part of a name."""

    category = forms.CharField(required=False, max_length=40)
    q = forms.CharField(label="브랜드나 상품 찾기", required=False, max_length=40)


class OwnPassword(forms.CharField):
    """The password of who is signed in, asked for again."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            label="비밀번호",
            strip=False,
            max_length=LONGEST,
            error_messages={"required": "비밀번호를 적어 주세요.", "max_length": "비밀번호가 맞지 않아요."},
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
            **more,
        )


class ExchangeForm(forms.Form):
    """tickets: the price that the page showed.   key: one per form, so that sending it twice is one order."""

    tickets = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)
    password = OwnPassword(required=False, help_text="다른 사람이 내 티켓을 쓰지 못하게 교환할 때마다 확인해요.")  # an empty one is wrong


class NewPhoneForm(forms.Form):
    """Another number, and the password again."""

    phone = PhoneField(label="새 휴대전화 번호")
    phone.widget.attrs["placeholder"] = "010-0000-0000"
    password = OwnPassword()


class ResendForm(forms.Form):
    """resends: how often it had been sent again when the page was made."""

    resends = forms.IntegerField(min_value=0, max_value=1_000, widget=forms.HiddenInput)


class ProfileForm(SchemaForm):
    """Where the member lives."""

    schema = ProfileIn
    region = forms.ChoiceField(
        label="사는 지역",
        help_text="지역을 정한 미션을 볼 수 있어요. 광고주에게 알려 주지 않아요.",
        choices=[("", "고르기"), *Region.choices],
    )


class NicknameForm(SchemaForm):
    """What the member is called."""

    schema = NicknameIn
    nickname = forms.CharField(
        label="별명", help_text="한글, 영문, 숫자 2~12자예요.", widget=forms.TextInput(attrs={"autocomplete": "nickname", "maxlength": 12})
    )


_LABELS = {text.kind.value: text.label for text in consents.texts_of(User.Kind.MEMBER)}


class JoinForm(SchemaForm):
    """Nickname, password and consents of somebody who proved a number."""

    schema = JoinIn

    nickname = forms.CharField(
        label="별명",
        help_text="한글, 영문, 숫자 2~12자예요. 언제든 바꿀 수 있어요.",
        widget=forms.TextInput(attrs={"autocomplete": "nickname", "maxlength": 12}),
    )
    password = forms.CharField(
        label="비밀번호",
        strip=False,
        help_text=f"{SHORTEST}자 이상이면 어떤 글자든 쓸 수 있어요.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    is_14 = forms.BooleanField(label="만 14세 이상이에요")
    terms = forms.BooleanField(label=_LABELS["TERMS"])
    privacy = forms.BooleanField(label=_LABELS["PRIVACY"])
    marketing = forms.BooleanField(label=_LABELS["MARKETING"])
    night = forms.BooleanField(label=_LABELS["NIGHT"])
    invitation = forms.CharField(
        label="초대 코드",
        help_text="친구에게 받은 코드가 있으면 적어 주세요.",
        widget=forms.TextInput(attrs={"maxlength": 12, "autocomplete": "off", "autocapitalize": "characters"}),
    )


class LeaveForm(forms.Form):
    """The password again, and a word that it is meant."""

    password = OwnPassword()
    sure = forms.BooleanField(label="사라지는 것을 확인했어요", error_messages={"required": "확인했으면 표시해 주세요."})
