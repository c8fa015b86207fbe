"""QUIZ: one question of a bank, its choices in an order of the member's own, and a few tries."""

import hashlib
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from campaigns.types.base import CampaignType, Evidence, FraudRule, Kept, PriceOption, PriceRule, Verdict, report
from campaigns.types.flows import Flow
from common.schemas import Input, Whole

Choice = Annotated[str, StringConstraints(min_length=1, max_length=60)]
INCLUDED_QUESTIONS = 3


def distinct(choices: list[str]) -> list[str]:
    """:raises PydanticCustomError: two choices read the same."""
    if len({choice.casefold() for choice in choices}) < len(choices):
        raise PydanticCustomError("choices_alike", "보기를 서로 다르게 적어 주세요.")
    return choices


class Question(Input):
    """answer: place of the right choice, from 1."""

    text: Annotated[
        str, StringConstraints(min_length=5, max_length=200), Field(title="질문", description="5자부터 200자까지 적을 수 있어요.")
    ]
    choices: Annotated[list[Choice], Field(min_length=2, max_length=5, title="보기", description="두 개부터 다섯 개까지 적어 주세요.")]
    answer: Annotated[Whole, Field(ge=1, le=5, title="정답 번호", description="보기 가운데 몇 번째가 정답인지 적어 주세요.")]

    _distinct = field_validator("choices")(distinct)

    @field_validator("answer")
    @classmethod
    def _is_a_choice(cls, value: int, info: object) -> int:
        choices = getattr(info, "data", {}).get("choices")
        if choices is not None and value > len(choices):
            raise PydanticCustomError("answer_is_no_choice", "정답 번호는 보기 수({count}개) 안에서 골라 주세요.", {"count": len(choices)})
        return value


class QuizFields(Input):
    """questions: every member gets one of them.   tries: answers per member."""

    questions: Annotated[
        list[Question],
        Field(
            min_length=1,
            max_length=20,
            title="문제",
            description="회원마다 이 가운데 한 문제가 나와요. 여러 개를 만들면 정답이 퍼져도 광고를 본 사람만 맞혀요.",
        ),
    ]
    tries: Annotated[
        Whole,
        Field(
            ge=1,
            le=5,
            title="답할 수 있는 횟수",
            description="1번부터 5번까지 정할 수 있어요.",
            json_schema_extra={"unit": "번", "initial": 3},
        ),
    ]


class QuizAnswer(Input):
    """choice: its place on the member's own page, from 1."""

    choice: Annotated[Whole, Field(ge=1, le=5, title="고른 보기")]


@dataclass(frozen=True, slots=True)
class Variant:
    """One member's question. answer: place of the right choice on this member's page, from 1."""

    text: str
    choices: tuple[str, ...]
    answer: int


def variant_for(details: QuizFields, person: str) -> Variant:
    """The question and the order of its choices, always the same for a person and told apart between people."""
    seed = hashlib.sha256(f"{person}:{len(details.questions)}".encode()).digest()
    dice = random.Random(seed)  # noqa: S311 (spreads variants; the answer never leaves the server)
    question = dice.choice(details.questions)
    right = question.choices[question.answer - 1]
    choices = dice.sample(question.choices, len(question.choices))
    return Variant(text=question.text, choices=tuple(choices), answer=choices.index(right) + 1)


class AnsweredRightly:
    """The choice is the right one of this member's variant."""

    def required_seconds(self, details: QuizFields) -> int:
        return 0

    def judge(self, details: QuizFields, evidence: Evidence) -> Verdict:
        answer = evidence.answer
        if not isinstance(answer, QuizAnswer):
            return Verdict(incomplete="답을 골라 주세요.")
        variant = variant_for(details, evidence.person)
        if answer.choice > len(variant.choices):
            return Verdict(incomplete="보기 가운데 하나를 골라 주세요.")
        return Verdict(is_enough=answer.choice == variant.answer)


def _task(details: QuizFields, person: str) -> dict[str, Any]:
    variant = variant_for(details, person)
    return {"kind": "QUIZ", "question": variant.text, "choices": list(variant.choices)}


def _steps(details: QuizFields) -> tuple[str, ...]:
    return (
        "버튼을 눌러 광고 페이지에서 힌트를 찾아요.",
        f"문제를 읽고 답을 골라요. {details.tries}번까지 답할 수 있어요.",
        "정답이면 바로 티켓을 받아요.",
    )


QUIZ = CampaignType(
    key="QUIZ",
    name="퀴즈",
    summary="광고를 보고 문제의 답을 맞혀요.",
    icon="circle-question-mark",
    fields=QuizFields,
    flow=Flow.ANSWER,
    answer=QuizAnswer,
    tries=lambda details: details.tries,
    task=_task,
    evidence=(Kept.ANSWER, "confirmed_at", "device"),
    verifier=AnsweredRightly(),
    price=PriceRule(
        lowest=20,
        highest=100_000,
        suggested=150,
        included=("문제 3개까지", "회원마다 다른 문제와 보기 순서", "정답을 맞힌 참여만 차감"),
        options=(
            PriceOption("more_questions", "3개를 넘는 문제마다", 5, lambda details: max(0, len(details.questions) - INCLUDED_QUESTIONS)),
        ),
    ),
    slot_life=timedelta(minutes=10),
    is_daily=False,
    fraud_rules=(FraudRule("quiz.instant", "읽기에 너무 빨리 답했어요", 30, lambda evidence: (evidence.dwell_seconds or 0) < 3),),
    report_columns=report(done="정답"),
    charged_when="회원이 정답을 맞혔을 때만 참여 1건 단가를 차감해요. 틀린 답은 차감하지 않아요.",
    steps=_steps,
)
