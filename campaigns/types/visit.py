"""VISIT: a member opens the advertiser's page, stays, and comes back."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from campaigns.types.base import CampaignType, Evidence, FraudRule, PriceOption, PriceRule, Verdict, report
from campaigns.types.flows import Flow
from common.schemas import Input, Whole

BEAT_SECONDS = 4  # the page and the app send one every 5 s; the server counts those at least this far apart
BEAT_EVERY = BEAT_SECONDS + 1
INCLUDED_STAY = 30


class VisitFields(Input):
    """dwell_seconds: the shortest stay that counts."""

    dwell_seconds: Annotated[
        Whole, Field(ge=5, le=300, title="머무는 시간", description="5초부터 300초까지 정할 수 있어요.", json_schema_extra={"unit": "초"})
    ]


class StayedLongEnough:
    """Dwell is confirm − open, both stamped by our server."""

    def required_seconds(self, details: VisitFields) -> int:
        return details.dwell_seconds

    def judge(self, details: VisitFields, evidence: Evidence) -> Verdict:
        missing = evidence.required_seconds - (evidence.dwell_seconds or 0)
        return Verdict(is_enough=evidence.dwell_seconds is not None and missing <= 0, missing_seconds=max(0, missing))


def expected_beats(evidence: Evidence) -> int:
    """Beats that an honest page sends during the stay that was asked for."""
    return max(1, evidence.required_seconds // BEAT_EVERY)


def _steps(details: VisitFields) -> tuple[str, ...]:
    return (
        "버튼을 눌러 광고 페이지를 열어요.",
        f"페이지를 {details.dwell_seconds}초 넘게 둘러봐요.",
        "럭플로 돌아와 완료를 누르면 티켓을 받아요.",
    )


def _longer_stays(details: VisitFields) -> int:
    """Begun half minutes beyond the first."""
    return max(0, -(-(details.dwell_seconds - INCLUDED_STAY) // INCLUDED_STAY))


def longer_stay(credits: int) -> PriceOption:
    """What every half minute beyond the first costs."""
    return PriceOption("longer_stay", "30초를 넘는 30초마다", credits, _longer_stays)


STAY_TOO_QUIET = (
    # Phones freeze hidden pages, so missing beats cost trust and never refuse by themselves.
    FraudRule("visit.no_beats", "머문 신호가 없어요", 40, lambda evidence: evidence.beats == 0),
    FraudRule("visit.few_beats", "머문 신호가 적어요", 20, lambda evidence: 0 < evidence.beats < expected_beats(evidence)),
)


VISIT = CampaignType(
    key="VISIT",
    name="방문",
    summary="광고 페이지를 열고 정해진 시간 동안 머물러요.",
    icon="external-link",
    fields=VisitFields,
    flow=Flow.STAY,
    evidence=("opened_at", "confirmed_at", "beats", "device"),
    verifier=StayedLongEnough(),
    price=PriceRule(
        lowest=10,
        highest=100_000,
        suggested=100,
        included=("머무는 시간 30초까지", "머문 시간을 서버 시계로 확인", "한 사람 하루 한 번 확인"),
        options=(longer_stay(5),),
    ),
    slot_life=timedelta(minutes=10),
    is_daily=True,
    fraud_rules=STAY_TOO_QUIET,
    report_columns=report(),
    charged_when="회원이 광고 페이지를 열고 정한 시간 이상 머문 뒤 완료했을 때만 참여 1건 단가를 차감해요.",
    steps=_steps,
)
