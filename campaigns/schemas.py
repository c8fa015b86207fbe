"""
What an advertiser may say about a campaign, one schema per wizard step; the whole is `CampaignSpec`.

Checks that compare two fields sit on the later one, so that the sentence stands beside the field that has to change.
"""

from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from campaigns import landing, types
from common.korean import sentence_for
from common.kst import FIRST_DAY, LAST_DAY
from common.schemas import Input, Whole
from rewards.regions import Region

LONGEST_DESIGN = 500
LARGEST_BUDGET = 10_000_000_000
LONGEST_RUN = timedelta(days=366)
MOST_PRIZES = 10
EARLIEST_YEAR, LATEST_YEAR = FIRST_DAY.year, LAST_DAY.year
YOUNGEST, OLDEST = 14, 99
DAY_HOURS = 24


class Weekday(StrEnum):
    """A day of the week in Seoul, in order."""

    MON = "MON"
    TUE = "TUE"
    WED = "WED"
    THU = "THU"
    FRI = "FRI"
    SAT = "SAT"
    SUN = "SUN"


class System(StrEnum):
    """What a phone runs on."""

    ANDROID = "ANDROID"
    IOS = "IOS"


class Pacing(StrEnum):
    """How a day's units are given out."""

    ASAP = "ASAP"  # to whoever comes first
    EVEN = "EVEN"  # spread over the open hours; what an hour leaves over is open in the next


class Sex(StrEnum):
    """As an identity check says."""

    FEMALE = "FEMALE"
    MALE = "MALE"


Word = TypeVar("Word", bound=Enum)


def _once_in_order(value: tuple[Word, ...]) -> tuple[Word, ...]:
    """Each word once, in the order of its list; the same choice is always written the same way."""
    return tuple(word for word in type(value[0]) if word in value) if value else ()


def _written_out(value: Any) -> Any:
    """Moments are written as text with a date; pydantic alone would take 1e3 or "1700000000" for one."""
    if isinstance(value, str) and "-" in value[:5]:
        return value
    if isinstance(value, datetime) and EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        return value
    raise PydanticCustomError("moment_unclear", "날짜와 시각을 적어 주세요.")


def _in_our_time(value: datetime) -> datetime:
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise PydanticCustomError("moment_out_of_range", "날짜를 다시 확인해 주세요.")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_our_time)]
Credits = Annotated[Whole, Field(ge=10, le=LARGEST_BUDGET)]


class TypeStep(Input):
    """type: a key of the registry."""

    type: Annotated[str, StringConstraints(max_length=20)] = "VISIT"

    @field_validator("type")
    @classmethod
    def _is_declared(cls, value: str) -> str:
        if not types.is_offered(value):
            raise PydanticCustomError("campaign_type_unknown", "고를 수 있는 캠페인 유형이 아니에요.")
        return value


class DesignStep(Input):
    """
    What members see. landing_url: https, see `landing`.   call_to_action: on the button, empty for the usual words.
    image: a `CampaignImage` of the advertiser.
    """

    title: Annotated[str, StringConstraints(min_length=2, max_length=60)]
    body: Annotated[str, StringConstraints(max_length=LONGEST_DESIGN)] = ""
    image: UUID | None = None
    call_to_action: Annotated[str, StringConstraints(max_length=14)] = ""
    landing_url: str

    @field_validator("title", "call_to_action")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if any(character in value for character in "\r\n\t"):
            raise PydanticCustomError("title_one_line", "한 줄로 적어 주세요.")
        return value

    @field_validator("landing_url")
    @classmethod
    def _may_be_shown(cls, value: str) -> str:
        return landing.checked(value)


class PrizeWish(Input):
    """
    One kind of prize. gift: of the catalogue, which then says name and value; empty for one of the advertiser's own.   value_krw: market
    value of one, VAT included; so many credits are held for each.
    """

    gift: Annotated[
        UUID | None,
        Field(
            title="경품 고르기",
            description="기프티콘을 고르면 이름과 값은 저희가 채워요.",
            json_schema_extra={"catalogue": True},
        ),
    ] = None
    name: Annotated[
        str,
        StringConstraints(min_length=2, max_length=60),
        Field(title="경품 이름", description="당첨자가 받는 그대로 60자까지 적어 주세요."),
    ]
    quantity: Annotated[
        Whole, Field(ge=1, le=1_000, title="수량", description="한 명이 하나씩 받아요.", json_schema_extra={"unit": "개", "initial": 1})
    ]
    value_krw: Annotated[
        Whole,
        Field(
            ge=100,
            le=100_000_000,
            title="한 개 값",
            description="부가세를 포함한 판매 가격이에요. 5만원을 넘으면 당첨자가 제세공과금 22%를 내요.",
            json_schema_extra={"unit": "원"},
        ),
    ]


class RewardStep(Input):
    """tickets: per confirmed participation.   prizes: of the raffle, in the order drawn; for types that enter one."""

    tickets: Annotated[Whole, Field(ge=1, le=100)]
    prizes: Annotated[
        tuple[PrizeWish, ...],
        Field(
            max_length=MOST_PRIZES,
            title="경품",
            description="위에서부터 차례로 뽑아요. 경품 값은 심사를 요청할 때 예산과 함께 묶여요.",
        ),
    ] = ()

    @field_validator("prizes")
    @classmethod
    def _can_be_held(cls, value: tuple[PrizeWish, ...]) -> tuple[PrizeWish, ...]:
        if sum(prize.quantity * prize.value_krw for prize in value) > LARGEST_BUDGET:
            raise PydanticCustomError("prizes_too_large", "경품 값을 모두 더해 100억원까지 걸 수 있어요.")
        return value


def prize_credits(reward: Any) -> int:
    """What the prizes of a reward step cost in all, as far as its answers can be read."""
    prizes = reward.get("prizes") if isinstance(reward, dict) else None
    if not prizes:
        return 0
    try:
        return sum(prize.quantity * prize.value_krw for prize in _PRIZES.validate_python(prizes))
    except ValidationError:
        return 0


def prizes_problem(type_key: str, prizes: tuple[PrizeWish, ...]) -> str:
    """Why these prizes do not go with the type, in Korean; empty when they do."""
    if types.get(type_key).enters_raffle:
        return "" if prizes else "경품을 하나 이상 적어 주세요."
    return "이 유형에는 경품을 걸 수 없어요." if prizes else ""


_PRIZES: TypeAdapter[tuple[PrizeWish, ...]] = TypeAdapter(tuple[PrizeWish, ...])


class CreditStep(Input):
    """unit_price: credits per confirmed participation.   budget: credits in all.   daily_cap: credits per KST day."""

    unit_price: Annotated[Whole, Field(ge=10, le=100_000)]
    budget: Credits
    daily_cap: Credits

    @field_validator("budget")
    @classmethod
    def _buys_one(cls, value: int, info: ValidationInfo) -> int:
        price = info.data.get("unit_price")
        if price is not None and value < price:
            raise PydanticCustomError(
                "budget_below_price", "총예산은 참여 1건 단가({price}크레딧)보다 작을 수 없어요.", {"price": f"{price:,}"}
            )
        return value

    @field_validator("daily_cap")
    @classmethod
    def _fits_the_budget(cls, value: int, info: ValidationInfo) -> int:
        price, budget = info.data.get("unit_price"), info.data.get("budget")
        if price is not None and value < price:
            raise PydanticCustomError(
                "cap_below_price", "하루 예산은 참여 1건 단가({price}크레딧)보다 작을 수 없어요.", {"price": f"{price:,}"}
            )
        if budget is not None and value > budget:
            raise PydanticCustomError("cap_above_budget", "하루 예산은 총예산({budget}크레딧)을 넘을 수 없어요.", {"budget": f"{budget:,}"})
        return value


class SettingStep(Input):
    """
    When it runs, and for whom.

    [starts_at, ends_at) and [hour_from, hour_until) are half-open, hours on Seoul's clock.   weekdays, regions, systems, sex: empty
    for all.   age_from, age_until: both included.   member_limit: completions of one member in all.   exclusions: an
    `ExclusionList` of the advertiser.
    """

    starts_at: Moment
    ends_at: Moment
    weekdays: Annotated[tuple[Weekday, ...], Field(max_length=len(Weekday)), AfterValidator(_once_in_order)] = ()
    hour_from: Annotated[Whole, Field(ge=0, le=DAY_HOURS - 1)] = 0
    hour_until: Annotated[Whole, Field(ge=1, le=DAY_HOURS)] = DAY_HOURS
    pacing: Pacing = Pacing.ASAP
    age_from: Annotated[Whole, Field(ge=YOUNGEST, le=OLDEST)] | None = None
    age_until: Annotated[Whole, Field(ge=YOUNGEST, le=OLDEST)] | None = None
    sex: Sex | None = None
    regions: Annotated[tuple[Region, ...], Field(max_length=len(Region)), AfterValidator(_once_in_order)] = ()
    systems: Annotated[tuple[System, ...], Field(max_length=len(System)), AfterValidator(_once_in_order)] = ()
    member_limit: Annotated[Whole, Field(ge=1, le=366)] | None = None
    exclusions: UUID | None = None

    @field_validator("ends_at")
    @classmethod
    def _is_later(cls, value: datetime, info: ValidationInfo) -> datetime:
        starts_at = info.data.get("starts_at")
        if starts_at is not None and value <= starts_at:
            raise PydanticCustomError("ends_before_start", "종료는 시작보다 늦어야 해요.")
        if starts_at is not None and value - starts_at > LONGEST_RUN:
            raise PydanticCustomError("runs_too_long", "캠페인은 1년까지 진행할 수 있어요.")
        return value

    @field_validator("hour_until")
    @classmethod
    def _closes_after_opening(cls, value: int, info: ValidationInfo) -> int:
        opens = info.data.get("hour_from")
        if opens is not None and value <= opens:
            raise PydanticCustomError("hours_reversed", "끝나는 시각은 시작 시각({opens}시)보다 늦어야 해요.", {"opens": opens})
        return value

    @field_validator("age_until")
    @classmethod
    def _is_not_younger(cls, value: int | None, info: ValidationInfo) -> int | None:
        youngest = info.data.get("age_from")
        if value is not None and youngest is not None and value < youngest:
            raise PydanticCustomError("ages_reversed", "가장 많은 나이는 {youngest}세보다 적을 수 없어요.", {"youngest": youngest})
        return value


def refuse_price_outside_type(type_key: str, unit_price: int) -> None:
    """:raises PydanticCustomError: the type does not allow this price."""
    rule = types.get(type_key).price
    if not rule.lowest <= unit_price <= rule.highest:
        raise PydanticCustomError(
            "price_outside_type",
            "{name} 유형의 단가는 {lowest}크레딧부터 {highest}크레딧까지 정할 수 있어요.",
            {"name": types.get(type_key).name, "lowest": f"{rule.lowest:,}", "highest": f"{rule.highest:,}"},
        )


class CampaignSpec(TypeStep):
    """
    The whole of a campaign, as submitted.

    details: the fields that the type declares.
    """

    design: DesignStep
    details: dict[str, Any]
    reward: RewardStep
    credit: CreditStep
    setting: SettingStep

    @field_validator("details")
    @classmethod
    def _as_declared(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        key = info.data.get("type")
        if key is None:
            return value
        try:
            return types.get(key).read(value).model_dump(mode="json")
        except ValidationError as exc:
            first = exc.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            raise PydanticCustomError("details_invalid", "{field}: {sentence}", {"field": field, "sentence": sentence_for(first)}) from None

    @field_validator("reward")
    @classmethod
    def _prizes_fit_the_type(cls, value: RewardStep, info: ValidationInfo) -> RewardStep:
        if (key := info.data.get("type")) and (problem := prizes_problem(key, value.prizes)):
            raise PydanticCustomError("prizes_unfit", problem)
        return value

    @property
    def prize_credits(self) -> int:
        """Held for the prizes."""
        return sum(prize.quantity * prize.value_krw for prize in self.reward.prizes)

    @property
    def committed(self) -> int:
        """Credits that submitting it takes from the balance: the budget and the prizes."""
        return self.credit.budget + self.prize_credits

    @model_validator(mode="after")
    def _price_fits_the_type(self) -> "CampaignSpec":
        refuse_price_outside_type(self.type, self.credit.unit_price)
        return self
