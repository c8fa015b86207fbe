"""Forms of the push room."""

from typing import Annotated, ClassVar
from uuid import UUID

from django import forms
from pydantic import AwareDatetime, Field

from campaigns.forms import MomentField
from common.forms import SchemaForm
from common.schemas import FormWhole, Input
from rewards.models import Device, Member
from rewards.models.push import OPT_OUT
from rewards.push.composing import PushIn, Words
from rewards.push.segments import Segment
from rewards.push.telling import LONGEST_BODY, LONGEST_TITLE
from rewards.regions import Region

Year = Annotated[FormWhole, Field(ge=1900, le=2100)]


class Aimed(Segment):
    """A segment as a form says it."""

    born_from: Year | None = None
    born_until: Year | None = None

    def segment(self) -> Segment:
        """As it is kept."""
        return Segment(**{name: getattr(self, name) for name in Segment.model_fields})


class Composed(Words, Aimed):
    """A whole message as a form says it."""

    def wish(self) -> PushIn:
        """As it is kept."""
        return PushIn(**{name: getattr(self, name) for name in Words.model_fields}, segment=self.segment())


def _boxes(label: str, choices: list[tuple[str, str]]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, choices=choices, widget=forms.CheckboxSelectMultiple)


def _year(label: str) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 4, "placeholder": "1990"}))


class AimSheet(SchemaForm):
    """The face of a segment; what is left empty leaves nobody out."""

    schema: ClassVar[type[Aimed]] = Aimed
    regions = _boxes("사는 지역", Region.choices)
    sexes = _boxes("성별", Member.Sex.choices)
    platforms = _boxes("휴대폰", Device.Platform.choices)
    born_from = _year("태어난 해부터")
    born_until = _year("태어난 해까지")


class PushSheet(AimSheet):
    """The face of a message."""

    schema = Composed
    title = forms.CharField(label="제목", widget=forms.TextInput(attrs={"maxlength": LONGEST_TITLE}))
    body = forms.CharField(label="내용", strip=False, widget=forms.Textarea(attrs={"rows": 6, "maxlength": LONGEST_BODY}))
    url = forms.CharField(label="누르면 열 화면", widget=forms.TextInput(attrs={"maxlength": 300, "placeholder": "/luckffle/"}))
    key = forms.CharField(widget=forms.HiddenInput)
    field_order = ("title", "body", "url", "regions", "sexes", "platforms", "born_from", "born_until", "key")
    hints = {
        "title": "(광고)와 보내는 이름으로 시작해야 해요.",
        "body": f"마지막 줄은 ‘{OPT_OUT}’이어야 해요.",
        "url": "럭플 안의 주소예요. 비우면 첫 화면을 열어요.",
    }


class Trial(Input):
    """Whose phones ring first."""

    member: UUID


class TrialSheet(SchemaForm):
    """The face of a trial."""

    schema = Trial
    member = forms.CharField(label="시험할 회원의 공개 번호", widget=forms.TextInput(attrs={"maxlength": 36, "autocomplete": "off"}))


class Moment(Input):
    """When it goes out; empty for now."""

    when: AwareDatetime | None = None


class MomentSheet(SchemaForm):
    """The face of a schedule."""

    schema = Moment
    when = MomentField(label="보낼 때")
