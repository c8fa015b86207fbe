"""PROOF and FOLLOW: a member uploads a picture, and a person looks at it; who follows may be asked to show it again days later."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from campaigns.types.base import CampaignType, Evidence, FraudRule, Kept, PriceOption, PriceRule, Verdict, report
from campaigns.types.flows import Flow
from campaigns.types.parts import Part, StepsVerified, Way, shares
from common.schemas import Input, Whole

CHECKERS = {"OPERATOR": "럭플 운영팀", "ADVERTISER": "광고주"}
PRESETS = {"RECEIPT": "영수증", "PHOTO": "사진", "PLACE": "장소 저장 화면", "ALERT": "알림 받기 화면"}
OWN_PICTURES = ("RECEIPT", "PHOTO")  # captures of one screen look alike for everybody; these do not
CHANNELS = {
    "INSTAGRAM": "인스타그램",
    "YOUTUBE": "유튜브",
    "NAVER_BLOG": "네이버 블로그",
    "KAKAO_CHANNEL": "카카오톡 채널",
    "TIKTOK": "틱톡",
    "X": "X",
}

Checker = Annotated[
    Literal["OPERATOR", "ADVERTISER"],
    Field(
        title="확인하는 사람",
        description="올라온 사진을 누가 확인할지 골라 주세요. 운영팀 확인은 단가에 더해져요.",
        json_schema_extra={"labels": CHECKERS},
    ),
]


class ProofFields(Input):
    """guide: what the picture must show."""

    preset: Annotated[
        Literal["RECEIPT", "PHOTO", "PLACE", "ALERT"],
        Field(title="올릴 사진", description="회원이 어떤 사진을 올리는지 골라 주세요.", json_schema_extra={"labels": PRESETS}),
    ]
    guide: Annotated[
        str,
        StringConstraints(min_length=5, max_length=300),
        Field(
            title="사진에 보여야 하는 것",
            description="회원과 확인하는 사람이 함께 보는 기준이에요. 5자부터 300자까지 적을 수 있어요.",
            json_schema_extra={"rows": 3},
        ),
    ]
    checker: Checker


class FollowFields(Input):
    """account: as members see it in the channel."""

    channel: Annotated[
        Literal["INSTAGRAM", "YOUTUBE", "NAVER_BLOG", "KAKAO_CHANNEL", "TIKTOK", "X"],
        Field(title="채널", description="회원이 팔로우하거나 구독할 곳이에요.", json_schema_extra={"labels": CHANNELS}),
    ]
    account: Annotated[
        str,
        StringConstraints(min_length=2, max_length=60),
        Field(title="계정 이름", description="화면 캡처에 보여야 하는 이름이에요. 60자까지 적을 수 있어요."),
    ]
    keep_days: Annotated[
        Whole,
        Field(
            ge=0,
            le=14,
            title="유지 확인",
            description="며칠 뒤에도 팔로우하고 있는지 한 번 더 확인해요. 0이면 확인하지 않아요. 두 번째 확인이 단가의 40%예요.",
            json_schema_extra={"unit": "일 뒤", "initial": 0},
        ),
    ] = 0
    checker: Checker


class SeenByAPerson:
    """A picture was accepted; whether it shows what was asked for is a person's decision."""

    def required_seconds(self, details: Any) -> int:
        return 0

    def judge(self, details: Any, evidence: Evidence) -> Verdict:
        return Verdict(needs_a_look=evidence.pictures > 0)


def _operator_checks(details: Any) -> int:
    return int(details.checker == "OPERATOR")


def _proof_task(details: ProofFields, person: str) -> dict[str, Any]:
    return {"kind": "PICTURE", "picture": PRESETS[details.preset], "guide": details.guide, "checker": CHECKERS[details.checker]}


def _follow_task(details: FollowFields, person: str) -> dict[str, Any]:
    return {"kind": "STEPS", "checker": CHECKERS[details.checker], "in_order": True}


def _proof_steps(details: ProofFields) -> tuple[str, ...]:
    return (
        "안내를 읽고 참여를 시작해요.",
        f"{PRESETS[details.preset]}을 찍거나 캡처해서 올려요."
        if details.preset in ("RECEIPT", "PHOTO")
        else f"{PRESETS[details.preset]}을 캡처해서 올려요.",
        f"{CHECKERS[details.checker]}{'이' if details.checker == 'OPERATOR' else '가'} 확인하면 티켓을 받아요.",
    )


def _follow_parts(details: FollowFields, price: int, tickets: int) -> tuple[Part, ...]:
    guide = f"{CHANNELS[details.channel]}에서 {details.account} 계정을 팔로우하거나 구독한 화면"
    if not details.keep_days:
        return (Part(1, "팔로우하기", guide, Way.PICTURE, price, tickets),)
    credits, given = shares(price, (60, 40)), shares(tickets, (60, 40))
    again = f"{details.keep_days}일 뒤에도 {details.account} 계정을 팔로우하고 있는 새 화면"
    return (
        Part(1, "팔로우하기", guide, Way.PICTURE, credits[0], given[0]),
        Part(2, f"{details.keep_days}일 유지하기", again, Way.PICTURE, credits[1], given[1], after_days=details.keep_days),
    )


def _follow_steps(details: FollowFields) -> tuple[str, ...]:
    later = (f"{details.keep_days}일 뒤 팔로우한 화면을 한 번 더 올리면 나머지 티켓을 받아요.",) if details.keep_days else ()
    return (
        f"{CHANNELS[details.channel]}에서 {details.account} 계정을 찾아요.",
        "팔로우하거나 구독한 화면을 캡처해서 올려요.",
        f"{CHECKERS[details.checker]}{'이' if details.checker == 'OPERATOR' else '가'} 확인하면 티켓을 받아요.",
        *later,
    )


_CHECK = PriceOption("operator_check", "운영팀이 사진 확인", 50, _operator_checks)
_QUICK = FraudRule("upload.instant", "시작하자마자 올린 사진이에요", 20, lambda evidence: (evidence.dwell_seconds or 0) < 10)
_SECOND_LOOK = PriceOption("keep_check", "유지 확인", 50, lambda details: int(details.keep_days > 0))
_INCLUDED = ("같은 사진 다시 쓰기 막기", "확인한 사람과 이유 기록", "통과한 참여만 차감")

PROOF = CampaignType(
    key="PROOF",
    takes="약 3분",
    name="인증",
    summary="영수증이나 사진을 올려 참여를 인증해요.",
    icon="camera",
    fields=ProofFields,
    flow=Flow.UPLOAD,
    evidence=(Kept.PICTURE, "confirmed_at", "device"),
    verifier=SeenByAPerson(),
    price=PriceRule(lowest=100, highest=100_000, suggested=500, included=_INCLUDED, options=(_CHECK,)),
    slot_life=timedelta(days=14),
    is_daily=False,
    fraud_rules=(_QUICK,),
    report_columns=report(done="확인 완료"),
    charged_when="올라온 사진을 확인해 통과시켰을 때만 참여 1건 단가를 차감해요.",
    steps=_proof_steps,
    task=_proof_task,
    compares_looks=lambda details: details.preset in OWN_PICTURES,
)

FOLLOW = CampaignType(
    key="FOLLOW",
    takes="약 2분",
    name="팔로우",
    summary="채널을 팔로우하거나 구독하고 화면을 올려요.",
    icon="users-round",
    fields=FollowFields,
    flow=Flow.STEPS,
    evidence=(Kept.PICTURE, "confirmed_at", "device"),
    verifier=StepsVerified(_follow_parts),
    price=PriceRule(lowest=80, highest=100_000, suggested=300, included=_INCLUDED, options=(_CHECK, _SECOND_LOOK)),
    slot_life=timedelta(days=3),
    is_daily=False,
    fraud_rules=(_QUICK,),
    report_columns=report(done="확인 완료"),
    charged_when="팔로우한 화면을 확인해 통과시켰을 때만 차감해요. 유지 확인을 정하면 처음에 60%, 다시 확인했을 때 40%를 차감해요.",
    steps=_follow_steps,
    task=_follow_task,
    parts=_follow_parts,
)
