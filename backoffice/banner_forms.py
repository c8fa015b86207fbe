"""Forms of the room of banners and of fixed places."""

from typing import Annotated, Any, ClassVar

from django import forms
from django.utils import timezone
from pydantic import AwareDatetime, BeforeValidator, Field

from campaigns import missions
from campaigns.forms import MomentField
from campaigns.models import Banner, Campaign, System, Viewers
from campaigns.services import in_order
from campaigns.wishes import BannerWish, SlotWish
from common.forms import SchemaForm
from common.schemas import FormWhole, Input
from inquiries.models import Notice
from rewards.models import Raffle
from rewards.models.raffles import State

MOST_CHOICES = 200
PLACES = [(str(number), f"{number}번") for number in range(1, 11)]


def _chosen(label: str, nothing: str, rows: Any) -> forms.ChoiceField:
    """One of what members see now; what an older banner leads to stays choosable by the form that shows it."""
    return forms.ChoiceField(label=label, choices=lambda: [("", nothing), *rows()])


def _missions() -> list[tuple[str, str]]:
    return [(str(row.public_id), f"{row.title} · {row.advertiser.name}") for row in missions.offered(timezone.now())[:MOST_CHOICES]]


def _placed() -> list[tuple[str, str]]:
    return [(str(row.public_id), f"{row.title} · {row.advertiser.name}") for row in in_order()]


def _raffles() -> list[tuple[str, str]]:
    rows = Raffle.objects.filter(state=State.OPEN, closes_at__gt=timezone.now()).order_by("closes_at", "pk")[:MOST_CHOICES]
    return [(str(row.public_id), row.title) for row in rows]


def _notices() -> list[tuple[str, str]]:
    return [(str(row.public_id), row.title) for row in Notice.objects.shown(timezone.now())[:MOST_CHOICES]]


class BannerSheet(SchemaForm):
    """The face of a banner; the picture stands beside it."""

    schema: ClassVar[type[Input]] = BannerWish
    title = forms.CharField(label="이름", widget=forms.TextInput(attrs={"maxlength": 60}))
    alt = forms.CharField(label="대체 텍스트", widget=forms.TextInput(attrs={"maxlength": 120}))
    leads_to = forms.ChoiceField(label="누르면 여는 곳", choices=Banner.LeadsTo.choices)
    mission = _chosen("미션", "미션을 골라 주세요", _missions)
    raffle = _chosen("래플", "래플을 골라 주세요", _raffles)
    notice = _chosen("공지사항", "공지사항을 골라 주세요", _notices)
    address = forms.CharField(label="바깥 주소", widget=forms.TextInput(attrs={"maxlength": 500, "placeholder": "https://"}))
    place = forms.ChoiceField(label="자리", choices=PLACES)
    viewers = forms.ChoiceField(label="보는 사람", choices=Viewers.choices)
    system = forms.ChoiceField(label="기기", choices=System.choices)
    shown_from = MomentField(label="보이기 시작하는 때")
    shown_until = MomentField(label="그만 보이는 때")
    hints: ClassVar[dict[str, str]] = {
        "title": "운영 화면에서만 보여요.",
        "alt": "이미지에 적힌 말을 그대로 적어 주세요. 이미지를 보지 못하는 회원에게 읽어 줘요.",
        "leads_to": "미션과 바깥 주소를 여는 배너에는 ‘광고’라고 적혀요.",
        "place": "숫자가 작을수록 먼저 보여요. 같은 자리에는 같은 때 한 배너만 보여요.",
    }

    @classmethod
    def of(cls, banner: Banner) -> "BannerSheet":
        """What a banner says now."""
        begun = {name: getattr(banner, name) for name in cls.base_fields if hasattr(banner, name)}
        links = {name: str(row.public_id) for name, row in _links(banner).items() if row}
        return cls(initial={**begun, **links}, banner=banner)

    def __init__(self, *args: Any, banner: Banner | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, row in _links(banner).items() if banner else ():
            known = [*self.fields[name].choices]  # type: ignore[attr-defined]
            if row and str(row.public_id) not in dict(known):
                self.fields[name].choices = [*known, (str(row.public_id), str(row))]  # type: ignore[attr-defined]


def _links(banner: Banner) -> dict[str, Campaign | Raffle | Notice | None]:
    return {"mission": banner.campaign, "raffle": banner.raffle, "notice": banner.notice}


class BannerSeen(Input):
    """version: that the page showed.   reason: why it changes."""

    version: Annotated[FormWhole, Field(ge=1)]
    reason: Annotated[str, Field(min_length=2, max_length=200)]


class BannerSeenSheet(SchemaForm):
    """What stands beside a changed banner."""

    schema = BannerSeen
    version = forms.CharField(label="판", widget=forms.HiddenInput)
    reason = forms.CharField(label="바꾸는 이유", widget=forms.TextInput(attrs={"maxlength": 200}))


class HomeLook(Input):
    """Whose first page, and when; empty for now."""

    when: AwareDatetime | None = None
    viewers: Annotated[Viewers, BeforeValidator(lambda value: value or Viewers.GUESTS)] = Viewers.GUESTS
    system: System = System.ANY


class HomeLookSheet(SchemaForm):
    """The face of a look at the first page."""

    schema = HomeLook
    when = MomentField(label="언제")
    viewers = forms.ChoiceField(label="누가", choices=[one for one in Viewers.choices if one[0] != Viewers.EVERYBODY])
    system = forms.ChoiceField(
        label="기기", choices=[(System.ANY, "컴퓨터"), *((one.value, one.label) for one in (System.ANDROID, System.IOS))]
    )


class SlotSheet(SchemaForm):
    """The face of a fixed place."""

    schema = SlotWish
    campaign = _chosen(
        "캠페인", "캠페인을 골라 주세요", lambda: [(str(row.public_id), f"{row.title} · {row.advertiser.name}") for row in in_order()]
    )
    place = forms.ChoiceField(label="자리", choices=[(str(number), f"{number}번") for number in range(1, 21)])
    shown_from = MomentField(label="시작")
    shown_until = MomentField(label="끝")
    reason = forms.CharField(label="이유", widget=forms.TextInput(attrs={"maxlength": 200}))
