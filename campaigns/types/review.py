"""REVIEW: members apply, the advertiser chooses, they try it, write with the disclosure that the law asks for, and keep the post."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from campaigns.types.base import CampaignType, Evidence, FraudRule, Kept, PriceOption, PriceRule, report
from campaigns.types.flows import Flow
from campaigns.types.parts import Part, StepsVerified, Way, shares
from campaigns.types.uploads import CHECKERS, Checker
from common.schemas import Input, Whole

HOWS = {"VISIT": "매장에 방문해요", "SHIP": "제품을 받아요"}
PLACES = {"NAVER_BLOG": "네이버 블로그", "INSTAGRAM": "인스타그램", "YOUTUBE": "유튜브", "TISTORY": "티스토리"}
# Words that name the reward plainly. Source: 추천·보증 등에 관한 표시·광고 심사지침 (KFTC), 경제적 이해관계의 공개: at the head, in Korean,
# without "체험단", "Thanks to" or abbreviations that hide it.
DISCLOSURES = {
    "AD": "광고",
    "PAID": "유료 광고 포함",
    "SPONSORED": "협찬을 받아 작성했어요",
    "REWARDED": "대가를 받고 작성한 글이에요",
}


class ReviewFields(Input):
    """guide: what the post must hold.   disclosure: the words at its head.   keep_days: how long it has to stay."""

    how: Annotated[
        Literal["VISIT", "SHIP"],
        Field(title="체험 방법", description="선정한 회원이 어떻게 체험하는지 골라 주세요.", json_schema_extra={"labels": HOWS}),
    ]
    place: Annotated[
        Literal["NAVER_BLOG", "INSTAGRAM", "YOUTUBE", "TISTORY"],
        Field(title="글을 올릴 곳", description="회원이 후기를 올릴 채널이에요.", json_schema_extra={"labels": PLACES}),
    ]
    guide: Annotated[
        str,
        StringConstraints(min_length=10, max_length=500),
        Field(
            title="글에 담을 것",
            description="사진 수나 꼭 들어갈 내용을 적어 주세요. 좋은 말만 쓰도록 요구할 수는 없어요.",
            json_schema_extra={"rows": 4},
        ),
    ]
    disclosure: Annotated[
        Literal["AD", "PAID", "SPONSORED", "REWARDED"],
        Field(
            title="대가를 밝히는 문구",
            description="법에 따라 글의 첫머리에 꼭 넣어야 하는 문구예요. 빠진 글은 통과시킬 수 없어요.",
            json_schema_extra={"labels": DISCLOSURES},
        ),
    ]
    keep_days: Annotated[
        Whole,
        Field(
            ge=1,
            le=90,
            title="글 유지 기간",
            description="통과한 뒤 며칠 동안 글이 남아 있어야 하는지 정해 주세요. 그날 럭플이 주소를 열어 확인해요.",
            json_schema_extra={"unit": "일", "initial": 30},
        ),
    ]
    checker: Checker


def _parts(details: ReviewFields, price: int, tickets: int) -> tuple[Part, ...]:
    credits, given = shares(price, (80, 20)), shares(tickets, (80, 20))
    words = DISCLOSURES[details.disclosure]
    guide = f"첫머리에 ‘{words}’ 문구가 보이고, {details.guide}"
    return (
        Part(1, "후기 쓰고 주소 보내기", guide, Way.LINK, credits[0], given[0]),
        Part(
            2,
            f"글을 {details.keep_days}일 유지하기",
            "글이 그대로 열려야 해요.",
            Way.KEPT,
            credits[1],
            given[1],
            after_days=details.keep_days,
        ),
    )


def _task(details: ReviewFields, person: str) -> dict[str, Any]:
    return {"kind": "STEPS", "checker": CHECKERS[details.checker], "in_order": True, "disclosure": DISCLOSURES[details.disclosure]}


def _steps(details: ReviewFields) -> tuple[str, ...]:
    return (
        "신청하고 선정되기를 기다려요.",
        "선정되면 참여를 시작하고 " + ("매장을 방문해요." if details.how == "VISIT" else "안내받은 대로 제품을 받아요."),
        f"{PLACES[details.place]}에 ‘{DISCLOSURES[details.disclosure]}’ 문구를 첫머리에 넣어 후기를 쓰고 주소를 보내요.",
        f"확인되면 티켓을 받고, 글을 {details.keep_days}일 유지하면 나머지 티켓을 받아요.",
    )


REVIEW = CampaignType(
    key="REVIEW",
    takes="약 2주",
    name="체험 후기",
    summary="신청한 회원 가운데 골라서 체험 후기를 받아요.",
    icon="pencil",
    fields=ReviewFields,
    flow=Flow.STEPS,
    evidence=(Kept.LINK, "confirmed_at", "device"),
    verifier=StepsVerified(_parts),
    price=PriceRule(
        lowest=1_000,
        highest=100_000,
        suggested=10_000,
        included=("신청한 회원 가운데 직접 고르기", "대가를 밝히는 문구 확인", "유지 기간이 지난 날 주소 확인"),
        options=(PriceOption("operator_check", "운영팀이 글 확인", 500, lambda details: int(details.checker == "OPERATOR")),),
    ),
    slot_life=timedelta(days=14),
    is_daily=False,
    fraud_rules=(
        FraudRule("review.instant", "시작하자마자 보낸 글이에요", 20, lambda evidence: evidence.step > 0 and _minutes(evidence) < 10),
    ),
    report_columns=report(started="선정되어 시작", done="후기 마침"),
    charged_when="글을 확인해 통과시켰을 때 단가의 80%를, 유지 기간이 지나 글이 남아 있을 때 나머지를 차감해요.",
    steps=_steps,
    task=_task,
    parts=_parts,
    chooses=True,
)


def _minutes(evidence: Evidence) -> int:
    return (evidence.dwell_seconds or 0) // 60
