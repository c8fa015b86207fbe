"""How long the oldest piece of each kind of work has waited, against what the house promises. Business hours; reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, QuerySet

from advertisers.models import BusinessPaper
from backoffice import refund_case, review_queue
from campaigns import evidence
from common import business_hours, dated
from common.models import Effect
from identity.models import ApprovalRequest
from inquiries.models import Inquiry
from payments.models import ReconciliationItem, Refund, UnallocatedMoney

SOON = timedelta(hours=2)


def _promise(kind: str, label: str, hours: int) -> dated.Dated[int]:
    return dated.define(f"backoffice.promise_hours.{kind}", default=hours, label=f"{label} 처리 약속", least=1, most=400, unit="영업시간")


PROMISES = {
    "refunds": _promise("refunds", "환불 요청", 16),
    "member_inquiries": _promise("member_inquiries", "회원 문의", 16),
    "advertiser_inquiries": _promise("advertiser_inquiries", "광고주 문의", 16),
    "papers": _promise("papers", "사업자 서류", 16),
    "evidence": _promise("evidence", "참여 확인", 24),
    "approvals": _promise("approvals", "두 번째 승인", 8),
    "differences": _promise("differences", "대사 차이", 16),
    "unallocated": _promise("unallocated", "주인 모를 입금", 16),
    "parked_effects": _promise("parked_effects", "멈춘 바깥 작업", 4),
}


def queues() -> dict[str, tuple[QuerySet[Any], str]]:
    """What waits, by kind of work, and the field that says since when."""
    inquiries = Inquiry.objects.unscoped().waiting()
    return {
        "refunds": (Refund.objects.filter(state__in=refund_case.WAITING), "requested_at"),
        "member_inquiries": (inquiries.filter(kind=Inquiry.Kind.MEMBER), "waiting_since"),
        "advertiser_inquiries": (inquiries.exclude(kind=Inquiry.Kind.MEMBER), "waiting_since"),
        "papers": (BusinessPaper.objects.filter(state=BusinessPaper.State.WAITING), "uploaded_at"),
        "evidence": (evidence.waiting().order_by(), "at"),
        "approvals": (ApprovalRequest.objects.for_operators().waiting(), "made_at"),
        "differences": (ReconciliationItem.objects.filter(state=ReconciliationItem.State.OPEN), "opened_at"),
        "unallocated": (UnallocatedMoney.objects.filter(state__in=UnallocatedMoney.OPEN_STATES), "found_at"),
        "parked_effects": (Effect.objects.filter(state=Effect.State.PARKED), "created_at"),
    }


@dataclass(frozen=True, slots=True)
class Clock:
    """What is left of a promise in business time; negative when it was missed."""

    left: timedelta

    @property
    def words(self) -> str:
        """How much, in words."""
        minutes = int(abs(self.left).total_seconds()) // 60
        amount = f"{minutes // 60:,}시간 {minutes % 60}분" if minutes >= 60 else f"{minutes}분"
        return f"약속을 {amount} 넘겼어요" if self.left < timedelta() else f"약속까지 {amount}"

    @property
    def tone(self) -> str:
        return "red" if self.left < timedelta() else "amber" if self.left <= SOON else "green"


def clock(since: datetime, *, hours: int, at: datetime) -> Clock:
    """The clock of something that waits since a moment and was promised within these business hours. No query."""
    return Clock(business_hours.between(at, business_hours.after(since, timedelta(hours=hours))))


def clocks(kinds: set[str], *, at: datetime) -> dict[str, Clock]:
    """The clock of the oldest piece of each of these kinds that has one. One query for a kind, one for all promises."""
    promises = dated.values([PROMISES[kind] for kind in kinds if kind in PROMISES], at=at)
    found: dict[str, Clock] = {}
    for kind, (rows, since) in queues().items():
        if kind in kinds and (oldest := rows.aggregate(oldest=Min(since))["oldest"]) is not None:
            found[kind] = clock(oldest, hours=promises[PROMISES[kind].name], at=at)
    if "campaigns" in kinds and (first := review_queue.waiting().filter(held_at=None).first()) is not None:
        found["campaigns"] = Clock(business_hours.between(at, first.due_at))
    return found
