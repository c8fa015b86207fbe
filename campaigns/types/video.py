"""VIDEO: a member watches on our page, and every few seconds our server signs that time passed."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, field_validator

from campaigns import landing
from campaigns.types.base import CampaignType, Evidence, FraudRule, PriceOption, PriceRule, Verdict, report
from campaigns.types.flows import Flow
from campaigns.types.visit import BEAT_EVERY, expected_beats
from common.schemas import Input, Whole

INCLUDED_SECONDS = 15


class VideoFields(Input):
    """video_url: an MP4 that a browser plays.   watch_seconds: how long it must have been playing."""

    video_url: Annotated[
        str,
        Field(
            title="동영상 주소",
            description="https로 시작하는 MP4 파일 주소예요. 누구나 볼 수 있어야 해요.",
            json_schema_extra={"input": "url"},
        ),
    ]
    watch_seconds: Annotated[
        Whole,
        Field(
            ge=5,
            le=180,
            title="봐야 하는 시간",
            description="5초부터 180초까지, 동영상 길이 안에서 정해 주세요.",
            json_schema_extra={"unit": "초", "initial": 15},
        ),
    ]

    @field_validator("video_url")
    @classmethod
    def _may_be_shown(cls, value: str) -> str:
        return landing.checked(value)


class WatchedLongEnough:
    """Both stamps are far enough apart, and the chain of beats shows that the page was playing in between."""

    def required_seconds(self, details: VideoFields) -> int:
        return details.watch_seconds

    def judge(self, details: VideoFields, evidence: Evidence) -> Verdict:
        stayed = evidence.dwell_seconds or 0
        watched = min(stayed, (evidence.beats + 1) * BEAT_EVERY)
        missing = evidence.required_seconds - watched
        return Verdict(is_enough=evidence.dwell_seconds is not None and missing <= 0, missing_seconds=max(0, missing))


def _steps(details: VideoFields) -> tuple[str, ...]:
    return (
        "버튼을 눌러 동영상을 재생해요.",
        f"{details.watch_seconds}초 동안 봐요. 멈추거나 화면을 떠나면 시간이 흐르지 않아요.",
        "다 보고 완료를 누르면 티켓을 받아요.",
    )


def _task(details: VideoFields, person: str) -> dict[str, Any]:
    return {"kind": "VIDEO", "video_url": details.video_url, "watch_seconds": details.watch_seconds}


def _longer(details: VideoFields) -> int:
    """Begun quarter minutes beyond the first."""
    return max(0, -(-(details.watch_seconds - INCLUDED_SECONDS) // INCLUDED_SECONDS))


VIDEO = CampaignType(
    key="VIDEO",
    name="동영상",
    summary="동영상을 정해진 시간 동안 봐요.",
    icon="circle-play",
    fields=VideoFields,
    flow=Flow.WATCH,
    evidence=("opened_at", "confirmed_at", "beats", "device"),
    verifier=WatchedLongEnough(),
    price=PriceRule(
        lowest=20,
        highest=100_000,
        suggested=120,
        included=("보는 시간 15초까지", "재생한 시간을 서버 시계로 확인", "한 사람 하루 한 번 확인"),
        options=(PriceOption("longer_video", "15초를 넘는 15초마다", 5, _longer),),
    ),
    slot_life=timedelta(minutes=10),
    is_daily=True,
    fraud_rules=(FraudRule("video.few_beats", "재생 신호가 빠듯해요", 20, lambda evidence: evidence.beats < expected_beats(evidence)),),
    report_columns=report(started="재생 시작", done="시청 완료"),
    charged_when="회원이 정한 시간 이상 동영상을 본 뒤 완료했을 때만 참여 1건 단가를 차감해요.",
    steps=_steps,
    task=_task,
)
