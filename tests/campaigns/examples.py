"""One valid campaign of every type, with evidence that counts and evidence that does not. A new type adds its own line."""

from dataclasses import dataclass
from typing import Any

from campaigns.types.base import Evidence
from campaigns.types.quiz import QuizAnswer, QuizFields, variant_for
from campaigns.types.survey import SurveyAnswer

QUIZ = {
    "questions": [
        {"text": "민지네 커피의 대표 원두는 무엇인가요?", "choices": ["예가체프", "만델링", "수프리모"], "answer": 1},
        {"text": "민지네 커피가 문을 연 해는 언제인가요?", "choices": ["2019년", "2020년", "2021년", "2022년"], "answer": 3},
    ],
    "tries": 3,
}
SURVEY = {
    "questions": [
        {"text": "커피를 얼마나 자주 마시나요?", "kind": "SINGLE", "choices": ["매일", "가끔", "안 마셔요"]},
        {"text": "어떤 커피를 좋아하나요?", "kind": "MULTIPLE", "choices": ["아메리카노", "라떼", "핸드드립"]},
        {"text": "우리 가게에 바라는 점을 적어 주세요.", "kind": "TEXT", "choices": []},
    ]
}
PROOF = {"preset": "RECEIPT", "guide": "가게 이름과 결제 시각이 보이는 영수증", "checker": "ADVERTISER"}
FOLLOW = {"channel": "INSTAGRAM", "account": "@minji_coffee", "keep_days": 7, "checker": "OPERATOR"}
REVIEW = {
    "how": "VISIT",
    "place": "NAVER_BLOG",
    "guide": "가게 안과 마신 커피 사진을 세 장 이상 담아 주세요.",
    "disclosure": "SPONSORED",
    "keep_days": 30,
    "checker": "ADVERTISER",
}
INSTALL = {"os": "ANDROID", "app_name": "민지네 커피", "source": "AIRBRIDGE", "event": "install"}
ACTION = {"action": "회원가입", "guide": "처음 가입한 사람만 인정해요.", "source": "HMAC", "event": "signup"}
STEPS = {
    "order": "ORDERED",
    "steps": [
        {
            "title": "가게 이름 찾기",
            "guide": "첫 화면 맨 아래에 있는 가게 이름",
            "way": "WORD",
            "word": "민지네 커피",
            "credits": 100,
            "tickets": 2,
        },
        {"title": "장바구니 담기", "guide": "원두를 장바구니에 담은 화면", "way": "PICTURE", "word": "", "credits": 300, "tickets": 5},
    ],
    "checker": "ADVERTISER",
}
VIDEO = {"video_url": "https://coffee.example.com/roasting.mp4", "watch_seconds": 15}

# What a campaign of a type needs beside its own fields.
BESIDE: dict[str, dict[str, Any]] = {"RAFFLE": {"budget": 500, "prizes": [{"name": "커피 쿠폰", "quantity": 2, "value_krw": 200}]}}
_SURVEY_ANSWERS = [{"picked": [1]}, {"picked": [1, 3]}, {"text": "자리가 더 있으면 좋겠어요."}]


@dataclass(frozen=True)
class Example:
    """details: valid fields.   true, false: evidence of somebody who did it, and of somebody who did not."""

    details: dict[str, Any]
    true: Evidence
    false: tuple[Evidence, ...]


def _quiz() -> Example:
    right = variant_for(QuizFields.model_validate(QUIZ), "suji").answer
    wrong = right % 3 + 1
    return Example(
        QUIZ,
        Evidence(person="suji", answer=QuizAnswer(choice=right), dwell_seconds=20),
        (Evidence(person="suji", answer=QuizAnswer(choice=wrong), dwell_seconds=20), Evidence(person="suji", dwell_seconds=20)),
    )


def _survey() -> Example:
    def sent(answers: list[dict[str, Any]]) -> Evidence:
        return Evidence(answer=SurveyAnswer.model_validate({"answers": answers}), dwell_seconds=60)

    one, several, text = _SURVEY_ANSWERS
    return Example(
        SURVEY,
        sent(_SURVEY_ANSWERS),
        (
            Evidence(dwell_seconds=60),
            sent([one, several]),
            sent([one, several, text, text]),
            sent([{"picked": [1, 2]}, several, text]),
            sent([{"picked": [4]}, several, text]),
            sent([{}, several, text]),
            sent([one, {"picked": [2, 2]}, text]),
            sent([one, several, {"text": ""}]),
            sent([one, several, {"picked": [1]}]),
        ),
    )


def _told(details: dict[str, Any]) -> Example:
    event = details["event"]
    return Example(
        details,
        Evidence(event=event.upper(), dwell_seconds=600),
        (Evidence(dwell_seconds=600), Evidence(event="purchase", dwell_seconds=600)),
    )


def _stayed(details: dict[str, Any], seconds: int, *, beats: int) -> Example:
    return Example(
        details,
        Evidence(required_seconds=seconds, dwell_seconds=seconds, beats=beats),
        (
            Evidence(required_seconds=seconds, beats=99),
            Evidence(required_seconds=seconds, dwell_seconds=seconds - 1, beats=99),
        ),
    )


EXAMPLES: dict[str, Example] = {
    "VISIT": _stayed({"dwell_seconds": 10}, 10, beats=0),
    "VIDEO": _stayed(VIDEO, 15, beats=2),
    "RAFFLE": _stayed({"dwell_seconds": 10}, 10, beats=0),
    "QUIZ": _quiz(),
    "SURVEY": _survey(),
    "PROOF": Example(PROOF, Evidence(pictures=1, dwell_seconds=60), (Evidence(dwell_seconds=60),)),
    "FOLLOW": Example(
        FOLLOW,
        Evidence(step=1, pictures=1, dwell_seconds=60),
        (Evidence(step=1, dwell_seconds=60), Evidence(step=3, pictures=1), Evidence(pictures=1, dwell_seconds=60)),
    ),
    "REVIEW": Example(
        REVIEW,
        Evidence(step=1, text="https://blog.example.com/minji-coffee", dwell_seconds=86_400),
        (
            Evidence(step=1, text="http://blog.example.com/minji-coffee", dwell_seconds=86_400),
            Evidence(step=1, text="민지네 커피 다녀왔어요", dwell_seconds=86_400),
            Evidence(step=2, text="https://blog.example.com/minji-coffee", dwell_seconds=86_400),
        ),
    ),
    "STEPS": Example(
        STEPS,
        Evidence(step=1, text="민지네커피", dwell_seconds=60),
        (
            Evidence(step=1, text="", dwell_seconds=60),
            Evidence(step=1, text="이브 커피", pictures=1, dwell_seconds=60),
            Evidence(step=2, text="민지네 커피", dwell_seconds=60),
            Evidence(step=3, pictures=1, text="민지네 커피", dwell_seconds=60),
        ),
    ),
    "INSTALL": _told(INSTALL),
    "ACTION": _told(ACTION),
}
