"""SURVEY: a member answers every question once."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from campaigns.types.base import CampaignType, Evidence, FraudRule, Kept, PriceOption, PriceRule, Verdict, report
from campaigns.types.flows import Flow
from campaigns.types.quiz import Choice, distinct
from common.schemas import Input

INCLUDED_QUESTIONS = 3
FASTEST_PER_QUESTION = 2  # seconds


class SurveyQuestion(Input):
    """kind: one choice, several, or a sentence."""

    text: Annotated[
        str, StringConstraints(min_length=5, max_length=200), Field(title="질문", description="5자부터 200자까지 적을 수 있어요.")
    ]
    kind: Annotated[
        Literal["SINGLE", "MULTIPLE", "TEXT"],
        Field(
            title="답하는 방법",
            description="보기에서 고르거나 직접 적게 할 수 있어요.",
            json_schema_extra={"labels": {"SINGLE": "하나 고르기", "MULTIPLE": "여러 개 고르기", "TEXT": "직접 적기"}},
        ),
    ]
    choices: Annotated[
        list[Choice],
        Field(max_length=10, title="보기", description="고르는 질문은 두 개부터 열 개까지 적어 주세요. 직접 적는 질문은 비워 두세요."),
    ] = []

    @field_validator("choices")
    @classmethod
    def _fit_the_kind(cls, value: list[str], info: ValidationInfo) -> list[str]:
        kind = info.data.get("kind")
        if kind == "TEXT" and value:
            raise PydanticCustomError("choices_not_asked", "직접 적는 질문에는 보기를 비워 두세요.")
        if kind in ("SINGLE", "MULTIPLE") and len(value) < 2:
            raise PydanticCustomError("choices_too_few", "보기를 두 개 이상 적어 주세요.")
        return distinct(value)


class SurveyFields(Input):
    """questions: in the order in which they are asked."""

    questions: Annotated[
        list[SurveyQuestion], Field(min_length=1, max_length=20, title="질문", description="1개부터 20개까지, 적은 차례대로 물어봐요.")
    ]

    @field_validator("questions")
    @classmethod
    def _ask_for_choices(cls, value: list[SurveyQuestion]) -> list[SurveyQuestion]:
        for number, question in enumerate(value, start=1):
            if question.kind != "TEXT" and not question.choices:
                raise PydanticCustomError("choices_missing", "{number}번 질문의 보기를 두 개 이상 적어 주세요.", {"number": number})
        return value


class OneAnswer(Input):
    """picked: places of the choices, from 1.   text: for questions answered in one's own words."""

    picked: Annotated[list[Annotated[int, Field(strict=True, ge=1, le=10)]], Field(max_length=10)] = []
    text: Annotated[str, StringConstraints(max_length=500)] = ""


class SurveyAnswer(Input):
    """answers: one per question, in their order."""

    answers: Annotated[list[OneAnswer], Field(min_length=1, max_length=20, title="답")]


def fits(question: SurveyQuestion, answer: OneAnswer) -> bool:
    """True when the answer is one to this question."""
    if question.kind == "TEXT":
        return bool(answer.text) and not answer.picked
    picked = set(answer.picked)
    counts = len(picked) == 1 if question.kind == "SINGLE" else len(picked) >= 1
    return counts and len(picked) == len(answer.picked) and max(picked) <= len(question.choices) and not answer.text


class AnsweredEverything:
    """Every question has an answer of its kind."""

    def required_seconds(self, details: SurveyFields) -> int:
        return 0

    def judge(self, details: SurveyFields, evidence: Evidence) -> Verdict:
        sent = evidence.answer.answers if isinstance(evidence.answer, SurveyAnswer) else []
        if len(sent) > len(details.questions):
            return Verdict(incomplete="질문보다 답이 많아요. 미션을 다시 열어 주세요.")
        for number, question in enumerate(details.questions, start=1):
            if len(sent) < number or not fits(question, sent[number - 1]):
                return Verdict(incomplete=f"{number}번 질문에 답해 주세요.")
        return Verdict(is_enough=True)


def _task(details: SurveyFields, person: str) -> dict[str, Any]:
    return {"kind": "SURVEY", "questions": [question.model_dump(mode="json") for question in details.questions]}


def _is_rushed(evidence: Evidence) -> bool:
    asked = len(evidence.answer.answers) if isinstance(evidence.answer, SurveyAnswer) else 0
    return (evidence.dwell_seconds or 0) < asked * FASTEST_PER_QUESTION


def _steps(details: SurveyFields) -> tuple[str, ...]:
    return ("참여를 시작하면 질문이 나와요.", f"질문 {len(details.questions)}개에 모두 답해요.", "보내면 바로 티켓을 받아요.")


SURVEY = CampaignType(
    key="SURVEY",
    takes="약 2분",
    name="설문",
    summary="질문에 답하고 의견을 남겨요.",
    icon="clipboard-list",
    fields=SurveyFields,
    flow=Flow.ANSWER,
    answer=SurveyAnswer,
    task=_task,
    evidence=(Kept.ANSWER, "confirmed_at", "device"),
    verifier=AnsweredEverything(),
    price=PriceRule(
        lowest=30,
        highest=100_000,
        suggested=200,
        included=("질문 3개까지", "모든 질문에 답한 참여만 차감", "너무 빠른 응답 표시"),
        options=(
            PriceOption("more_questions", "3개를 넘는 질문마다", 10, lambda details: max(0, len(details.questions) - INCLUDED_QUESTIONS)),
        ),
    ),
    slot_life=timedelta(minutes=30),
    is_daily=False,
    fraud_rules=(FraudRule("survey.rushed", "읽기에 너무 빨리 답했어요", 40, _is_rushed),),
    report_columns=report(done="응답"),
    charged_when="회원이 모든 질문에 답했을 때만 참여 1건 단가를 차감해요.",
    steps=_steps,
)
