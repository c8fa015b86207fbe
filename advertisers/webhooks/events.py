"""The events that may be told outside, each with its Korean name and an example of what it carries."""

from dataclasses import dataclass
from typing import Any

_ID = "4f2a6c1e-8a53-4d4e-9d5b-1f6a5b2c7d80"
_MOMENT = "2026-11-25T03:00:00Z"


@dataclass(frozen=True, slots=True)
class EventType:
    """key: the `type` of the message.   label, help: as people choose it.   example: its `data`, every field that it ever has."""

    key: str
    label: str
    help: str
    example: dict[str, Any]


TEST = "webhook.test"
TOPPED_UP = "credits.topped_up"
CREDITS_LOW = "credits.low"
REFUND_CHANGED = "refund.changed"
STATE_CHANGED = "campaign.state_changed"
BUDGET_LOW = "campaign.budget_low"
REVIEW_DECIDED = "review.decided"
CONFIRMED = "participations.confirmed"
INVALIDATED = "participations.invalidated"

TYPES = (
    EventType(
        CONFIRMED,
        "참여 확정",
        "확정된 참여를 1분 안에 100건까지 묶어서 알려요.",
        {"campaign": _ID, "items": [{"id": _ID, "confirmed_at": _MOMENT, "credits": 100}]},
    ),
    EventType(
        INVALIDATED,
        "참여 무효",
        "확정한 참여를 무효로 하고 크레딧을 돌려드렸을 때 알려요.",
        {"campaign": _ID, "items": [{"id": _ID, "credits": 100}]},
    ),
    EventType(
        STATE_CHANGED,
        "캠페인 상태",
        "캠페인이 제출, 승인, 시작, 일시중지, 종료, 정산될 때 알려요.",
        {"campaign": _ID, "before": "SCHEDULED", "state": "RUNNING"},
    ),
    EventType(
        REVIEW_DECIDED,
        "심사 결과",
        "승인, 수정 요청, 반려가 정해졌을 때 알려요. 까닭은 화면과 API에서 볼 수 있어요.",
        {"campaign": _ID, "version": 1, "result": "APPROVED"},
    ),
    EventType(
        BUDGET_LOW,
        "예산 부족",
        "캠페인 예산의 10%만 남았을 때 한 번 알려요.",
        {"campaign": _ID, "budget": 100_000, "captured": 90_000},
    ),
    EventType(CREDITS_LOW, "크레딧 부족", "지금처럼 쓰면 며칠 안에 크레딧이 떨어질 때 알려요.", {"days_left": 2}),
    EventType(
        TOPPED_UP,
        "충전 완료",
        "결제를 확인하고 크레딧을 넣었을 때 알려요.",
        {"order_id": "BO01JDEXAMPLE0000000000000", "credits": 100_000, "bonus_credits": 0, "amount_krw": 110_000},
    ),
    EventType(
        REFUND_CHANGED,
        "환불 진행",
        "환불을 요청하고, 마치고, 반려하고, 거두었을 때 알려요.",
        {"refund": _ID, "order_id": "BO01JDEXAMPLE0000000000000", "state": "DONE", "credits": 50_000, "amount_krw": 55_000},
    ),
)
KEYS = frozenset(one.key for one in TYPES)
LABELS = {one.key: one.label for one in TYPES} | {TEST: "시험 이벤트"}
