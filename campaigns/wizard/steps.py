"""The steps of the wizard, and what is wrong with the answers to each. The schemas decide; nothing here writes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from campaigns import gifts, pricing, types
from campaigns.schemas import (
    CampaignSpec,
    CreditStep,
    DesignStep,
    RewardStep,
    SettingStep,
    TypeStep,
    prizes_problem,
)
from campaigns.services.content import PriceBelowReward, refuse_wrong_steps
from campaigns.types.base import CampaignType
from common.errors import DomainError
from common.korean import sentence_for
from rewards import policies as reward_policies

Answers = Mapping[str, Any]
SCHEMA_VERSION = 1
REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Step:
    """
    One page of the wizard.

    slug: in the address.   parts: of the campaign's spec, asked here.   heading, hint: above its fields.   leads_to: on the button
    of the step before.
    """

    slug: str
    label: str
    parts: tuple[str, ...]
    heading: str
    hint: str
    leads_to: str


STEPS = (
    Step("select-type", "유형", ("type",), "어떤 참여를 받고 싶나요?", "참여가 완료됐을 때만 크레딧을 차감해요.", "유형 고르기"),
    Step(
        "design", "디자인", ("design", "details"), "럭플에 보일 모습을 만들어요",
        "적는 대로 미리보기에 보여요. 실제 휴대폰에서도 똑같이 보여요.", "디자인하기",
    ),
    Step(
        "reward", "리워드", ("reward",), "참여하면 무엇을 줄까요?",
        "티켓이 많을수록 더 많은 회원이 참여해요.", "리워드 정하기",
    ),
    Step(
        "credit", "크레딧", ("credit",), "예산을 얼마나 쓸까요?",
        "참여가 완료된 만큼만 차감돼요. 남은 예산은 캠페인이 끝나면 돌아와요.", "예산 정하기",
    ),
    Step(
        "setting", "세팅", ("setting",), "언제, 누구에게 보일까요?",
        "시간은 모두 한국 시간이에요. 정하지 않은 조건은 모두에게 열려 있어요.", "세팅하기",
    ),
)  # fmt: skip
BY_SLUG = {step.slug: step for step in STEPS}
STEP_OF_PART = {part: step for step in STEPS for part in step.parts}
_COMMON: dict[str, type[BaseModel]] = {"design": DesignStep, "reward": RewardStep, "credit": CreditStep, "setting": SettingStep}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right. field: of the part, dotted where it is inside another; empty for the part as a whole."""

    part: str
    field: str
    sentence: str


def after(step: Step) -> Step | None:
    """The next step; None after the last."""
    place = STEPS.index(step) + 1
    return STEPS[place] if place < len(STEPS) else None


def before(slug: str) -> Step | None:
    """The step before; None before the first. slug: of a step, or `REVIEW`."""
    place = len(STEPS) if slug == REVIEW else STEPS.index(BY_SLUG[slug])
    return STEPS[place - 1] if place else None


def type_of(answers: Answers) -> CampaignType | None:
    """The declared type that was chosen."""
    key = answers.get("type")
    return types.get(key) if isinstance(key, str) and types.is_known(key) else None


def schema_of(part: str, answers: Answers) -> type[BaseModel] | None:
    """The schema of one part; None for the type's own fields while there is no type, and for the type itself."""
    if part == "details":
        declared = type_of(answers)
        return declared.fields if declared else None
    return _COMMON.get(part)


def problems(step: Step, answers: Answers, *, at: datetime) -> list[Problem]:
    """Everything to put right in one step."""
    return [problem for part in step.parts for problem in _part_problems(part, answers, at=at)]


def first_open(answers: Answers, *, at: datetime, until: str = REVIEW) -> Step | None:
    """The first step with something to put right among those before `until`; None when all are in order."""
    for step in STEPS:
        if step.slug == until:
            return None
        if problems(step, answers, at=at):
            return step
    return None


def spec_of(answers: Answers) -> CampaignSpec:
    """
    The campaign, as it is submitted.

    :raises pydantic.ValidationError: a step has something to put right.
    """
    return CampaignSpec.model_validate(dict(answers))


def _part_problems(part: str, answers: Answers, *, at: datetime) -> list[Problem]:
    if part == "type":
        return list(problems_of(part, TypeStep, {"type": answers["type"]} if "type" in answers else {"type": ""}))
    schema = schema_of(part, answers)
    if schema is None:
        return []  # the step of the type says so
    given = answers.get(part)
    found = list(problems_of(part, schema, given if isinstance(given, dict) else {}))
    return found or list(_beyond_the_schema(part, answers, at=at))


def problems_of(part: str, schema: type[BaseModel], given: dict[str, Any]) -> Iterator[Problem]:
    """What the schema says about one part, without a look at the others."""
    try:
        schema.model_validate(given)
    except ValidationError as refusal:
        for error in refusal.errors(include_url=False):
            yield Problem(part, ".".join(str(place) for place in error["loc"]), sentence_for(error))


def _beyond_the_schema(part: str, answers: Answers, *, at: datetime) -> Iterator[Problem]:
    """What one part must be in the light of another, or of the clock."""
    if part == "reward":
        yield from _prize_problems(answers)
    if part == "credit":
        yield from _price_problems(answers, at=at)
    if part == "setting" and SettingStep.model_validate(answers["setting"]).ends_at <= at:
        yield Problem("setting", "ends_at", "종료 시각이 이미 지났어요. 기간을 다시 정해 주세요.")


def _prize_problems(answers: Answers) -> Iterator[Problem]:
    declared, prizes = type_of(answers), RewardStep.model_validate(answers["reward"]).prizes
    if declared is not None and (problem := prizes_problem(declared.key, prizes)):
        yield Problem("reward", "prizes", problem)
    elif name := gifts.changed(list(prizes)):
        yield Problem("reward", "prizes", str(gifts.GiftChanged(name=name)))


def _price_problems(answers: Answers, *, at: datetime) -> Iterator[Problem]:
    unit_price = CreditStep.model_validate(answers["credit"]).unit_price
    declared, price, lowest = type_of(answers), price_of(answers, at=at), lowest_price(answers, at=at)
    if declared is not None and price is not None and not price.allows(unit_price):
        refusal = pricing.PriceOutsideType(name=declared.name, lowest=f"{price.lowest:,}", highest=f"{price.highest:,}")
        yield Problem("credit", "unit_price", str(refusal))
    elif unit_price < lowest:
        yield Problem("credit", "unit_price", str(PriceBelowReward(tickets=tickets_of(answers), lowest=f"{lowest:,}")))
    elif declared is not None and (details := details_of(answers)) is not None:
        yield from _step_problems(declared, details, unit_price=unit_price, tickets=tickets_of(answers), at=at)


def _step_problems(declared: CampaignType, details: BaseModel, *, unit_price: int, tickets: int, at: datetime) -> Iterator[Problem]:
    cost = reward_policies.TICKET_COST_KRW.at(at)
    try:
        refuse_wrong_steps(declared, details, unit_price=unit_price, tickets=tickets, ticket_cost=cost)
    except DomainError as refusal:
        yield Problem("credit", "unit_price", str(refusal))


def price_of(answers: Answers, *, at: datetime) -> pricing.Price | None:
    """What the price table says about the chosen type and its options; None while there is no type. One query."""
    declared = type_of(answers)
    return pricing.price_of(declared, details_of(answers), at=at) if declared else None


def details_of(answers: Answers) -> BaseModel | None:
    """The type's own fields, read; None while they are not finished."""
    declared = type_of(answers)
    try:
        return declared.read(answers.get("details") or {}) if declared else None
    except ValidationError:
        return None


def tickets_of(answers: Answers) -> int:
    """Tickets per completion as far as they can be read; 0 while they cannot."""
    given = answers.get("reward")
    tickets = given.get("tickets") if isinstance(given, dict) else None
    return tickets if isinstance(tickets, int) and not isinstance(tickets, bool) and tickets > 0 else 0


def lowest_price(answers: Answers, *, at: datetime) -> int:
    """What one completion costs us in tickets: no price may be below. One query."""
    return tickets_of(answers) * reward_policies.TICKET_COST_KRW.at(at)
