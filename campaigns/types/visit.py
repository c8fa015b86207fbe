"""VISIT: a member opens the advertiser's page, stays, and comes back."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from campaigns.types.base import CampaignType, Evidence, FraudRule, PriceRule, ReportColumn, Verdict
from common.schemas import Input, Whole

BEAT_SECONDS = 4  # the page and the app send one every 5 s; the server counts those at least this far apart


class VisitFields(Input):
    """dwell_seconds: the shortest stay that counts."""

    dwell_seconds: Annotated[Whole, Field(ge=5, le=300)]


class StayedLongEnough:
    """Dwell is confirm − open, both stamped by our server."""

    def required_seconds(self, details: VisitFields) -> int:
        return details.dwell_seconds

    def judge(self, evidence: Evidence) -> Verdict:
        missing = evidence.required_seconds - (evidence.dwell_seconds or 0)
        return Verdict(is_enough=evidence.dwell_seconds is not None and missing <= 0, missing_seconds=max(0, missing))


def _expected_beats(evidence: Evidence) -> int:
    return max(1, evidence.required_seconds // (BEAT_SECONDS + 1))


def _steps(details: VisitFields) -> tuple[str, ...]:
    return (
        "버튼을 눌러 광고 페이지를 열어요.",
        f"페이지를 {details.dwell_seconds}초 넘게 둘러봐요.",
        "럭플로 돌아와 완료를 누르면 티켓을 받아요.",
    )


VISIT = CampaignType(
    key="VISIT",
    name="방문",
    summary="광고 페이지를 열고 정해진 시간 동안 머물러요.",
    fields=VisitFields,
    evidence=("opened_at", "confirmed_at", "beats", "device"),
    verifier=StayedLongEnough(),
    price=PriceRule(lowest=10, highest=100_000),
    slot_life=timedelta(minutes=10),
    is_daily=True,
    fraud_rules=(
        # Phones freeze hidden pages, so missing beats cost trust and never refuse by themselves.
        FraudRule("visit.no_beats", "머문 신호가 없어요", 40, lambda evidence: evidence.beats == 0),
        FraudRule("visit.few_beats", "머문 신호가 적어요", 20, lambda evidence: 0 < evidence.beats < _expected_beats(evidence)),
    ),
    report_columns=(
        ReportColumn("taken", "참여 시작"),
        ReportColumn("confirmed", "참여 완료"),
        ReportColumn("returned", "시간 지남"),
        ReportColumn("confirmed_credits", "집행 크레딧"),
    ),
    charged_when="회원이 광고 페이지를 열고 정한 시간 이상 머문 뒤 완료했을 때만 참여 1건 단가를 차감해요.",
    steps=_steps,
)
