"""STEPS: several things to do, in order or as one likes, each with a price and tickets of its own."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from campaigns.types.base import CampaignType, Evidence, FraudRule, Kept, PriceOption, PriceRule, report
from campaigns.types.flows import Flow
from campaigns.types.parts import Part, StepsVerified, Way
from campaigns.types.uploads import CHECKERS, Checker
from common.schemas import Input, Whole

ORDERS = {"ORDERED": "적은 차례대로", "FREE": "하고 싶은 것부터"}
WAYS = {"PICTURE": "사진 올리기", "WORD": "확인 단어 적기"}


class OneStep(Input):
    """title: what to do.   guide: what the picture must show, or where the word stands.   word: only for a word."""

    title: Annotated[
        str, StringConstraints(min_length=2, max_length=40), Field(title="할 일", description="회원이 보는 말로 40자까지 적어 주세요.")
    ]
    guide: Annotated[
        str,
        StringConstraints(min_length=5, max_length=200),
        Field(title="확인 기준", description="사진에 보여야 하는 것이나 확인 단어가 있는 곳을 5자부터 200자까지 적어 주세요."),
    ]
    way: Annotated[
        Literal["PICTURE", "WORD"],
        Field(
            title="확인하는 방법",
            description="사진은 사람이 보고, 단어는 적는 즉시 확인해요.",
            json_schema_extra={"labels": WAYS},
        ),
    ]
    word: Annotated[
        str,
        StringConstraints(max_length=30),
        Field(title="확인 단어", description="단어로 확인할 때만 적어 주세요. 띄어쓰기와 대소문자는 구별하지 않아요."),
    ] = ""
    credits: Annotated[
        Whole,
        Field(
            ge=10,
            le=100_000,
            title="단계 단가",
            description="이 단계를 마치면 차감하는 크레딧이에요.",
            json_schema_extra={"unit": "크레딧"},
        ),
    ]
    tickets: Annotated[
        Whole, Field(ge=1, le=1_000, title="단계 티켓", description="이 단계를 마치면 주는 티켓이에요.", json_schema_extra={"unit": "장"})
    ]

    @field_validator("word")
    @classmethod
    def _fit_the_way(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("way") == "PICTURE" and value:
            raise PydanticCustomError("word_not_asked", "사진으로 확인할 때는 확인 단어를 비워 두세요.")
        return value


class StepsFields(Input):
    """steps: two to five, in the order in which they are shown."""

    order: Annotated[
        Literal["ORDERED", "FREE"],
        Field(title="하는 차례", description="차례대로 하면 앞 단계를 마쳐야 다음이 열려요.", json_schema_extra={"labels": ORDERS}),
    ]
    steps: Annotated[
        list[OneStep],
        Field(
            min_length=2,
            max_length=5,
            title="단계",
            description="두 단계부터 다섯 단계까지 만들 수 있어요. 단계 단가를 더한 값이 참여 1건 단가예요.",
        ),
    ]
    checker: Checker

    @field_validator("steps")
    @classmethod
    def _ask_for_words(cls, value: list[OneStep]) -> list[OneStep]:
        for number, step in enumerate(value, start=1):
            if step.way == "WORD" and not step.word.strip():
                raise PydanticCustomError("word_missing", "{number}번 단계의 확인 단어를 적어 주세요.", {"number": number})
        return value


def _parts(details: StepsFields, price: int, tickets: int) -> tuple[Part, ...]:
    return tuple(
        Part(number, step.title, step.guide, Way(step.way), step.credits, step.tickets, word=step.word)
        for number, step in enumerate(details.steps, start=1)
    )


def _task(details: StepsFields, person: str) -> dict[str, Any]:
    return {"kind": "STEPS", "checker": CHECKERS[details.checker], "in_order": details.order == "ORDERED"}


def _steps(details: StepsFields) -> tuple[str, ...]:
    return (
        *(f"{step.title} (티켓 {step.tickets:,}장)" for step in details.steps),
        "단계를 마칠 때마다 그 단계의 티켓을 받아요.",
    )


def _operator_checks(details: StepsFields) -> int:
    return sum(step.way == "PICTURE" for step in details.steps) if details.checker == "OPERATOR" else 0


def _is_instant(evidence: Evidence) -> bool:
    return evidence.step > 0 and (evidence.dwell_seconds or 0) < 5


STEPS = CampaignType(
    key="STEPS",
    takes="약 5분",
    name="단계 미션",
    summary="여러 단계를 하나씩 마치고 단계마다 티켓을 받아요.",
    icon="list-checks",
    fields=StepsFields,
    flow=Flow.STEPS,
    evidence=(Kept.PICTURE, Kept.ANSWER, "confirmed_at", "device"),
    verifier=StepsVerified(_parts),
    price=PriceRule(
        lowest=20,
        highest=100_000,
        suggested=500,
        included=("단계마다 따로 차감", "마치지 않은 단계는 차감하지 않기", "확인한 사람과 이유 기록"),
        options=(PriceOption("operator_check", "운영팀이 보는 사진 단계마다", 50, _operator_checks),),
    ),
    slot_life=timedelta(days=7),
    is_daily=False,
    fraud_rules=(FraudRule("steps.instant", "시작하자마자 보낸 단계예요", 20, _is_instant),),
    report_columns=report(done="참여 마침"),
    charged_when="단계를 마칠 때마다 그 단계의 단가만 차감해요. 모두 마쳐도 참여 1건 단가를 넘지 않고, 마치지 않은 단계는 차감하지 않아요.",
    steps=_steps,
    task=_task,
    parts=_parts,
    in_order=lambda details: details.order == "ORDERED",
    adds_up=lambda details: (sum(step.credits for step in details.steps), sum(step.tickets for step in details.steps)),
)
