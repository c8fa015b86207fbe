"""
The HTML face of the steps. Forms only draw and read; whether an answer will do is said by the schemas (`steps`).

What cannot be read as its kind (a number, a moment) is kept as typed, so that the page shows it again with its sentence.
"""

import types as python_types
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import MaxLen, MinLen
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.utils import ErrorDict
from django.http import QueryDict
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from campaigns import gifts, types
from campaigns.forms import MOMENT, MONEY, MomentField, WholeField
from campaigns.schemas import DAY_HOURS, LONGEST_DESIGN, OLDEST, YOUNGEST, Pacing, RewardStep, Sex, System, Weekday
from campaigns.wizard import steps
from campaigns.wizard.steps import Answers, Problem, Step
from common.kst import SEOUL
from rewards.regions import Region

WEEKDAY_WORDS = dict(zip(Weekday, "월화수목금토일", strict=True))
REGION_WORDS = {region: str(region.label) for region in Region}
SYSTEM_WORDS = {System.ANDROID: "안드로이드", System.IOS: "아이폰"}
PACING_WORDS = {Pacing.ASAP: "빨리 쓰기", Pacing.EVEN: "하루에 고르게 쓰기"}
SEX_WORDS = {Sex.FEMALE: "여성", Sex.MALE: "남성"}
NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
_NUMBERS = ("gift",)  # of rows elsewhere, which say nothing to a reader
MOST_ROWS = 20  # of a list of groups, whatever the schema says


class NumberChoice(forms.ChoiceField):
    """One of a few whole numbers."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return int(text) if text.isascii() and text.isdigit() else text


class LinesField(forms.CharField):
    """A list of texts, one per line."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(line) for line in value) if isinstance(value, list | tuple) else value


class SeoulMomentField(MomentField):
    """A moment on Seoul's clock; stored with its offset, shown without."""

    def to_python(self, value: Any) -> Any:
        moment = super().to_python(value)
        return moment.astimezone(SEOUL).isoformat() if isinstance(moment, datetime) else moment

    def prepare_value(self, value: Any) -> Any:
        try:
            return datetime.fromisoformat(value).astimezone(SEOUL).strftime(MOMENT)
        except (TypeError, ValueError, OverflowError):
            return value


_WORDS: dict[str, str] = {
    str(value): word for words in (WEEKDAY_WORDS, REGION_WORDS, SYSTEM_WORDS, SEX_WORDS, PACING_WORDS) for value, word in words.items()
}


def _choices(words: Mapping[Any, str]) -> list[tuple[str, str]]:
    return [(str(value), word) for value, word in words.items()]


class _TypeFields(forms.Form):
    type = forms.ChoiceField(label="캠페인 유형", widget=forms.RadioSelect)


class _DesignFields(forms.Form):
    title = forms.CharField(
        label="미션 제목",
        help_text="무엇을 하면 되는지 한눈에 보이게 60자까지 적어 주세요.",
        widget=forms.TextInput(attrs={"maxlength": 60}),
    )
    body = forms.CharField(
        label="미션 설명",
        help_text="회원이 미션 화면에서 읽어요. 500자까지 적을 수 있어요.",
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_DESIGN}),
    )
    image = forms.CharField(label="대표 이미지", widget=forms.HiddenInput)
    call_to_action = forms.CharField(
        label="버튼 글",
        help_text="14자까지 적을 수 있어요. 비우면 ‘참여 시작하기’예요.",
        widget=forms.TextInput(attrs={"maxlength": 14}),
    )
    landing_url = forms.CharField(
        label="연결 주소",
        help_text="https로 시작하는, 누구나 열 수 있는 주소를 적어 주세요.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url", "maxlength": 500}),
    )


class _RewardFields(forms.Form):
    tickets = WholeField(label="참여 1건에 줄 티켓", help_text="1장부터 100장까지 정할 수 있어요.", widget=forms.TextInput(attrs=MONEY))


class _CreditFields(forms.Form):
    unit_price = WholeField(label="참여 1건 단가", widget=forms.TextInput(attrs=MONEY))
    budget = WholeField(label="총예산", help_text="심사를 요청하면 이만큼이 캠페인에 묶여요.", widget=forms.TextInput(attrs=MONEY))
    daily_cap = WholeField(label="하루 예산", help_text="다 쓰면 다음 날 0시에 다시 시작해요.", widget=forms.TextInput(attrs=MONEY))


class _SettingFields(forms.Form):
    starts_at = SeoulMomentField(label="시작")
    ends_at = SeoulMomentField(label="종료", help_text="시작한 날부터 1년까지 정할 수 있어요.")
    weekdays = forms.MultipleChoiceField(
        label="요일", help_text="고르지 않으면 날마다 보여요.", choices=_choices(WEEKDAY_WORDS), widget=forms.CheckboxSelectMultiple
    )
    hour_from = NumberChoice(label="여는 시각", choices=[(str(hour), f"{hour}시") for hour in range(DAY_HOURS)])
    hour_until = NumberChoice(label="닫는 시각", choices=[(str(hour), f"{hour}시") for hour in range(1, DAY_HOURS + 1)])
    pacing = forms.ChoiceField(
        label="하루 예산을 쓰는 속도",
        help_text="고르게 쓰면 하루 예산을 여는 시간으로 나눠서 열어요. 한 시간에 남은 자리는 다음 시간으로 넘어가요.",
        choices=_choices(PACING_WORDS),
    )
    age_from = WholeField(label="가장 적은 나이", help_text=f"{YOUNGEST}세부터", widget=forms.TextInput(attrs=NUMBER))
    age_until = WholeField(label="가장 많은 나이", help_text=f"{OLDEST}세까지", widget=forms.TextInput(attrs=NUMBER))
    sex = forms.ChoiceField(label="성별", choices=[("", "모두"), *_choices(SEX_WORDS)])
    systems = forms.MultipleChoiceField(
        label="휴대폰", help_text="고르지 않으면 모든 휴대폰에 보여요.", choices=_choices(SYSTEM_WORDS), widget=forms.CheckboxSelectMultiple
    )
    regions = forms.MultipleChoiceField(
        label="지역", help_text="고르지 않으면 모든 지역에 보여요.", choices=_choices(REGION_WORDS), widget=forms.CheckboxSelectMultiple
    )
    member_limit = WholeField(
        label="한 사람이 참여할 수 있는 횟수", help_text="비우면 유형이 정한 만큼 참여할 수 있어요.", widget=forms.TextInput(attrs=NUMBER)
    )
    exclusions = forms.CharField(label="제외할 사람", widget=forms.HiddenInput)


_FORMS: dict[str, type[forms.Form]] = {
    "type": _TypeFields, "design": _DesignFields, "reward": _RewardFields, "credit": _CreditFields, "setting": _SettingFields,
}  # fmt: skip
_UNITS = {"tickets": "장", "age_from": "세", "age_until": "세", "member_limit": "번"}
UNITS = {**_UNITS, **dict.fromkeys(("unit_price", "budget", "daily_cap"), "크레딧")}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form field's answer belongs: part of the spec, and the way inside it, e.g. ("questions", 0, "text")."""

    part: str
    path: tuple[str | int, ...]

    @property
    def name(self) -> str:
        """The name of the form field. A type's own fields and those of lists carry the part, so that they never meet a common one."""
        inner = "-".join(str(step) for step in self.path)
        return f"{self.part}-{inner}" if self.part == "details" or len(self.path) > 1 else inner


@dataclass(frozen=True, slots=True)
class Group:
    """
    A list of groups of fields. name: as its part's schema calls it.   rows: names of the fields of each.   is_full: no further row fits.
    """

    name: str
    label: str
    help: str
    rows: tuple[tuple[str, ...], ...]
    is_full: bool


class StepForm(forms.Form):
    """
    The fields of one step with what was answered and what is wrong with it. It never validates by itself.

    places: where each field's answer belongs.   layout: declared fields in order: a name, or a `Group`.   units: words inside
    the control's right edge, by name.
    """

    def __init__(self, step: Step, answers: Answers, *, problems: list[Problem] | None = None, more: str = "") -> None:
        """more: name of a list that gets an empty row."""
        self.step, self.units = step, dict(UNITS)
        self.places: dict[str, Place] = {}
        self.given: set[str] = set()  # names of fields inside a group that have a value from the beginning
        self.layout: list[str | Group] = []
        drawn: dict[str, forms.Field] = {}
        initial: dict[str, Any] = {}
        for part in step.parts:
            for place, field, value in self._fields_of(part, answers, more=more):
                field.required = False
                drawn[place.name], self.places[place.name] = field, place
                initial[place.name] = value
        super().__init__(initial=initial)
        self.fields = drawn
        self._errors = ErrorDict(renderer=self.renderer)
        for problem in problems or []:
            self._mark(problem)

    @property
    def declared(self) -> list[dict[str, Any]]:
        """What the type asks for beyond the common fields, as a page draws it: {"field", "unit"}, or {"group", "rows"} of such."""

        def one(name: str) -> dict[str, Any]:
            return {"field": self[name], "unit": self.units.get(name, "")}

        return [
            one(entry) if isinstance(entry, str) else {"group": entry, "rows": [[one(name) for name in row] for row in entry.rows]}
            for entry in self.layout
        ]

    @property
    def wrong(self) -> int:
        """How many fields have to be put right."""
        return len(self.errors)

    def typed(self, sent: QueryDict) -> dict[str, Any]:
        """What a page sent, by part of the spec: read as its kind where that can be, as typed where not; empty answers are left out."""
        found: dict[str, Any] = {part: {} for part in self.step.parts if part != "type"}
        rows: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
        written: set[tuple[str, str, int]] = set()
        for name, place in self.places.items():
            value = _read(self.fields[name], name, sent)
            if says_nothing(value):
                continue
            match place.path:
                case (str(key),) if place.part == "type":
                    found[key] = value
                case (str(key),):
                    found[place.part][key] = value
                case (str(group), int(number), str(key)):
                    rows.setdefault((place.part, group), {}).setdefault(number, {})[key] = value
                    if name not in self.given:  # a field that begins with a value says nothing about its row
                        written.add((place.part, group, number))
        for (part, group), numbered in rows.items():
            if kept := [row for number, row in sorted(numbered.items()) if (part, group, number) in written]:
                found[part][group] = kept
        return found

    def _fields_of(self, part: str, answers: Answers, *, more: str) -> Iterator[tuple[Place, forms.Field, Any]]:
        given = answers.get(part)
        if part == "details":
            schema = steps.schema_of(part, answers)
            for name, info in schema.model_fields.items() if schema else ():
                yield from self._declared(part, name, info, given if isinstance(given, dict) else {}, more=more)
            return
        for name, field in _FORMS[part].base_fields.items():
            drawn = deepcopy(field)
            if part == "type":
                drawn.choices = [(declared.key, declared.name) for declared in types.offered_types()]  # type: ignore[attr-defined]
                yield Place(part, (name,)), drawn, given
            else:
                default = DEFAULTS.get(name)
                yield Place(part, (name,)), drawn, given.get(name, default) if isinstance(given, dict) else default
        declared = steps.type_of(answers)
        if part == "reward" and declared is not None and declared.enters_raffle:
            prizes = RewardStep.model_fields["prizes"]
            yield from self._declared(part, "prizes", prizes, given if isinstance(given, dict) else {}, more=more)

    def _declared(
        self, part: str, name: str, info: FieldInfo, given: dict[str, Any], *, more: str
    ) -> Iterator[tuple[Place, forms.Field, Any]]:
        """One field as its schema declares it, or the rows of a list of groups."""
        inner = _model_in_list(info.annotation)
        if inner is None:
            place = Place(part, (name,))
            self.layout.append(place.name)
            self.units[place.name] = _extra(info).get("unit", "")
            yield place, draw(info), given.get(name, _extra(info).get("initial"))
            return
        rows = given.get(name)
        rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        longest = min(_limit(info, MaxLen) or MOST_ROWS, MOST_ROWS)
        count = min(max(len(rows) + (more == name), _limit(info, MinLen) or 0, 1), longest)
        has_catalogue = any(_extra(one).get("catalogue") for one in inner.model_fields.values())
        catalogue = gifts.choices(also=[row.get("gift") for row in rows]) if has_catalogue else []
        names = []
        for number in range(count):
            row = rows[number] if number < len(rows) else {}
            places = [(Place(part, (name, number, key)), one) for key, one in inner.model_fields.items()]
            names.append(tuple(place.name for place, _ in places))
            for place, one in places:
                field, extra = draw(one), _extra(one)
                if extra.get("catalogue"):
                    field = forms.ChoiceField(label=field.label, help_text=field.help_text, choices=catalogue)
                self.units[place.name] = extra.get("unit", "")
                if "initial" in extra or (isinstance(field, forms.ChoiceField) and not extra.get("catalogue")):
                    self.given.add(place.name)
                yield place, field, row.get(str(place.path[2]), extra.get("initial"))
        self.layout.append(Group(name, info.title or name, info.description or "", tuple(names), count >= longest))

    def _mark(self, problem: Problem) -> None:
        """Put a sentence beside its field, or beside the nearest thing that is drawn."""
        path = tuple(int(step) if step.isdigit() else step for step in problem.field.split("."))
        while path and Place(problem.part, path).name not in self.fields:
            path = path[:-1]
        name = Place(problem.part, path).name if path else ""
        if not name:
            first = f"{problem.part}-{problem.field.split('.')[0]}-"
            name = next((field for field in self.fields if field.startswith(first)), NON_FIELD_ERRORS)
        self._errors.setdefault(name, self.error_class(renderer=self.renderer)).append(problem.sentence)


DEFAULTS: dict[str, Any] = {"hour_from": 0, "hour_until": DAY_HOURS}


def draw(info: FieldInfo) -> forms.Field:
    """The form field of one declared field, from its annotation, title, description and extras."""
    extra, kind = _extra(info), _bare(info.annotation)
    words: dict[str, Any] = {"label": info.title or "", "help_text": info.description or ""}
    labels: dict[str, str] = extra.get("labels", {})
    if kind is bool:
        return forms.BooleanField(**words)
    if kind is int:
        return WholeField(**words, widget=forms.TextInput(attrs=NUMBER))
    if get_origin(kind) is Literal:
        return forms.ChoiceField(**words, choices=[(str(value), labels.get(str(value), str(value))) for value in get_args(kind)])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return forms.ChoiceField(**words, choices=[(str(one.value), labels.get(str(one.value), str(one.value))) for one in kind])
    if get_origin(kind) in (list, tuple):
        return LinesField(**words, widget=forms.Textarea(attrs={"rows": extra.get("rows", 3)}))
    longest = {"maxlength": _limit(info, MaxLen)} if _limit(info, MaxLen) else {}
    if "rows" in extra:
        return forms.CharField(**words, widget=forms.Textarea(attrs={"rows": extra["rows"], **longest}))
    mode = {"inputmode": extra["input"]} if "input" in extra else {}
    return forms.CharField(**words, widget=forms.TextInput(attrs={**mode, **longest}))


def words_of(part: str, field: str, answers: Answers) -> str:
    """What a field is called on the page."""
    if part == "details":
        schema = steps.schema_of(part, answers)
        info = schema.model_fields.get(field) if schema else None
        return (info.title if info else "") or field
    if (part, field) == ("reward", "prizes"):
        return RewardStep.model_fields["prizes"].title or field
    drawn = _FORMS[part].base_fields.get(field)
    return str(drawn.label) if drawn is not None else field


def unit_of(part: str, field: str, answers: Answers) -> str:
    """The word behind a field's number; empty for one without."""
    if part != "details":
        return UNITS.get(field, "")
    schema = steps.schema_of(part, answers)
    info = schema.model_fields.get(field) if schema else None
    return str(_extra(info).get("unit", "")) if info else ""


def worded(part: str, field: str, value: Any, answers: Answers) -> str:
    """The answer to one field in words, with its unit; a dash where there is none."""
    if says_nothing(value):
        return "–"
    return f"{value}시" if field.startswith("hour_") else shown(value) + unit_of(part, field, answers)


def says_nothing(value: Any) -> bool:
    """True for a field that was left empty."""
    return value in (None, "", [], ())


def shown(value: Any) -> str:
    """An answer in words, for a list of what there is; long ones are cut."""
    if says_nothing(value):
        return "–"
    if isinstance(value, bool):
        return "예" if value else "아니요"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(shown(one) for one in value)[:300]
    if isinstance(value, dict):
        return " / ".join(shown(one) for name, one in value.items() if name not in _NUMBERS and one is not None)[:300]
    text = str(value)
    return _WORDS.get(text) or (_moment_words(text) if text[4:5] == "-" else text)[:300]


def _moment_words(text: str) -> str:
    try:
        return datetime.fromisoformat(text).astimezone(SEOUL).strftime("%Y.%m.%d %H:%M")
    except (ValueError, OverflowError):
        return text


def _read(field: forms.Field, name: str, sent: QueryDict) -> Any:
    raw = field.widget.value_from_datadict(sent, {}, name)  # type: ignore[arg-type]
    try:
        return field.to_python(raw)
    except ValidationError:
        return str(raw)[:600]


def _extra(info: FieldInfo) -> dict[str, Any]:
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


def _bare(annotation: Any) -> Any:
    """The kind of value without Annotated and without None."""
    while hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    if get_origin(annotation) in (Union, python_types.UnionType):
        [annotation] = [one for one in get_args(annotation) if one is not type(None)]
        return _bare(annotation)
    return annotation


def _model_in_list(annotation: Any) -> type[BaseModel] | None:
    kind = _bare(annotation)
    if get_origin(kind) not in (list, tuple):
        return None
    inner = _bare(get_args(kind)[0])
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def _limit(info: FieldInfo, kind: type[MaxLen] | type[MinLen]) -> int | None:
    for item in info.metadata:
        if isinstance(item, kind):
            return item.max_length if isinstance(item, MaxLen) else item.min_length
        found = getattr(item, "max_length" if kind is MaxLen else "min_length", None)  # of StringConstraints
        if isinstance(found, int):
            return found
    return None
