"""The word and the tone of every state that people see.

One map per enum, keyed by the stored value. Members, advertisers and operators read the same word for the same state, so a
template never spells a state out: `{% status "campaign" campaign.state %}` does. Several stored values may share a word where
the difference is ours and not the reader's (a refund is 환불 처리중 from the approval until the card company has answered).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Tone(StrEnum):
    """The meanings a colour may carry; `static/css/themes.css` decides how each looks."""

    GRAY = "gray"
    BLUE = "blue"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    SKY = "sky"


@dataclass(frozen=True, slots=True)
class Status:
    """
    One state as people see it.

    is_ring: drawn with an open circle, because nothing has begun yet or nothing will happen any more.
    """

    label: str
    tone: Tone
    is_ring: bool = False


CAMPAIGN: Final[dict[str, Status]] = {
    "DRAFT": Status("작성중", Tone.GRAY, is_ring=True),
    "SUBMITTED": Status("심사중", Tone.AMBER),
    "CHANGES_ASKED": Status("수정 요청", Tone.AMBER),
    "REJECTED": Status("반려", Tone.RED),
    "WITHDRAWN": Status("철회", Tone.GRAY, is_ring=True),
    "LOCKED": Status("운영 잠금", Tone.RED),
    "APPROVED": Status("시작 예정", Tone.SKY),
    "SCHEDULED": Status("시작 예정", Tone.SKY),
    "RUNNING": Status("진행중", Tone.GREEN),
    "PAUSED": Status("일시중지", Tone.GRAY),
    "BUDGET_SPENT": Status("예산 소진", Tone.AMBER),
    "CLOSED_TODAY": Status("오늘 마감", Tone.AMBER),
    "CLOSED_HOUR": Status("이 시간 마감", Tone.AMBER),
    "OUT_OF_HOURS": Status("시간 외", Tone.GRAY),
    "HIDDEN": Status("노출 꺼짐", Tone.GRAY),
    "NO_BALANCE": Status("잔액 부족", Tone.AMBER),
    "LANDING_GONE": Status("연결 주소 확인", Tone.AMBER),
    "ACCOUNT_STOPPED": Status("계정 제한", Tone.RED),
    "ENDED": Status("종료", Tone.GRAY, is_ring=True),
    "SETTLED": Status("종료", Tone.GRAY, is_ring=True),
}

IMAGE: Final[dict[str, Status]] = {
    "NEW": Status("심사 전", Tone.GRAY, is_ring=True),
    "APPROVED": Status("승인", Tone.GREEN),
    "REFUSED": Status("반려", Tone.RED),
}

PAYMENT: Final[dict[str, Status]] = {
    "CREATED": Status("결제 대기", Tone.GRAY, is_ring=True),
    "WINDOW_OPEN": Status("결제 대기", Tone.GRAY, is_ring=True),
    "ACCOUNT_ISSUED": Status("입금 대기", Tone.AMBER),
    "PAID": Status("결제 완료", Tone.GREEN),
    "FAILED": Status("결제 실패", Tone.RED),
    "ABANDONED": Status("결제 취소", Tone.GRAY),
    "PART_REFUNDED": Status("부분 환불", Tone.SKY),
    "REFUNDED": Status("환불 완료", Tone.GRAY),
    "DISPUTED": Status("이의 확인중", Tone.AMBER),
}

REFUND: Final[dict[str, Status]] = {
    "REQUESTED": Status("요청 접수", Tone.SKY),
    "APPROVED": Status("환불 처리중", Tone.BLUE),
    "SENT": Status("환불 처리중", Tone.BLUE),
    "UNKNOWN": Status("환불 처리중", Tone.BLUE),
    "BANK": Status("환불 처리중", Tone.BLUE),
    "FAILED": Status("검토중", Tone.AMBER),
    "DONE": Status("환불 완료", Tone.GREEN),
    "DENIED": Status("환불 반려", Tone.RED),
    "WITHDRAWN": Status("요청 취소", Tone.GRAY, is_ring=True),
}

LEDGER: Final[dict[str, Status]] = {
    "TOP_UP": Status("충전", Tone.BLUE),
    "BONUS": Status("보너스", Tone.SKY),
    "GOODWILL": Status("보너스", Tone.SKY),
    "HOLD": Status("예약", Tone.GRAY, is_ring=True),
    "RAISE": Status("예약", Tone.GRAY, is_ring=True),
    "CAPTURE": Status("차감", Tone.GRAY),
    "RELEASE": Status("예약 해제", Tone.GRAY, is_ring=True),
    "FREEZE": Status("환불 대기", Tone.AMBER),
    "UNFREEZE": Status("환불 대기 해제", Tone.GRAY, is_ring=True),
    "RECLAIM": Status("환불", Tone.RED),
    "CANCEL": Status("환불", Tone.RED),
    "EXPIRE": Status("기간 만료", Tone.GRAY, is_ring=True),
    "ADJUST": Status("수동 조정", Tone.AMBER),
    "REVERSAL": Status("정정", Tone.AMBER),
    "PARK": Status("주인 모를 입금", Tone.AMBER),
    "UNPARK": Status("주인 모를 입금 처리", Tone.GRAY),
    "TICKET_GRANT": Status("티켓 받음", Tone.SKY),
    "TICKET_SPEND": Status("티켓 사용", Tone.GRAY),
    "TICKET_REVERSAL": Status("티켓 정정", Tone.AMBER),
}

INQUIRY: Final[dict[str, Status]] = {
    "RECEIVED": Status("접수", Tone.SKY),
    "CHECKING": Status("확인중", Tone.AMBER),
    "ANSWERED": Status("답변 도착", Tone.GREEN),
    "CLOSED": Status("종료", Tone.GRAY),
}

RAFFLE: Final[dict[str, Status]] = {
    "DRAFT": Status("준비 중", Tone.GRAY, is_ring=True),
    "FUNDED": Status("응모 예정", Tone.SKY),
    "OPEN": Status("응모 중", Tone.GREEN),
    "CLOSED": Status("추첨중", Tone.AMBER),
    "DRAWN": Status("추첨 완료", Tone.GRAY),
    "FINISHED": Status("추첨 완료", Tone.GRAY),
    "VOID": Status("무효", Tone.RED),
}

PUSH: Final[dict[str, Status]] = {
    "DRAFT": Status("작성 중", Tone.GRAY, is_ring=True),
    "SCHEDULED": Status("예약", Tone.SKY),
    "SENDING": Status("보내는 중", Tone.BLUE),
    "STOPPED": Status("멈춤", Tone.AMBER),
    "DONE": Status("끝", Tone.GREEN),
}

BANNER: Final[dict[str, Status]] = {
    "AHEAD": Status("예약", Tone.SKY),
    "SHOWN": Status("보이는 중", Tone.GREEN),
    "OVER": Status("끝", Tone.GRAY, is_ring=True),
    "STOPPED": Status("멈춤", Tone.AMBER),
}

PARTICIPATION: Final[dict[str, Status]] = {
    "STARTED": Status("참여 중", Tone.SKY),
    "SUBMITTED": Status("확인중", Tone.AMBER),
    "CHECKING": Status("확인중", Tone.AMBER),
    "QUARANTINED": Status("확인중", Tone.AMBER),
    "CONFIRMED": Status("완료", Tone.GREEN),
    "REWARDED": Status("완료", Tone.GREEN),
    "REFUSED": Status("참여 취소", Tone.RED),
    "REVERSED": Status("참여 취소", Tone.RED),
    "EXPIRED": Status("시간 지남", Tone.GRAY, is_ring=True),
}

OFFERWALL: Final[dict[str, Status]] = {
    "PAID": Status("지급", Tone.GREEN),
    "HELD": Status("확인 대기", Tone.AMBER),
    "REFUSED": Status("지급 안 함", Tone.RED),
    "REVERSED": Status("회수", Tone.GRAY),
}

GIFTICON: Final[dict[str, Status]] = {
    "HELD": Status("발급중", Tone.AMBER),
    "ORDERED": Status("발급중", Tone.AMBER),
    "UNKNOWN": Status("발급중", Tone.AMBER),
    "ISSUED": Status("사용 가능", Tone.GREEN),
    "DELIVERED": Status("사용 가능", Tone.GREEN),
    "USED": Status("사용 완료", Tone.GRAY),
    "EXPIRED": Status("기간 만료", Tone.GRAY, is_ring=True),
    "FAILED": Status("발급 실패", Tone.RED),
}

DIFFERENCE: Final[dict[str, Status]] = {
    "OPEN": Status("확인 필요", Tone.AMBER),
    "SETTLED": Status("처리함", Tone.GRAY),
}

DOCUMENT: Final[dict[str, Status]] = {
    "WAITING": Status("발행 대기", Tone.SKY),
    "ISSUED": Status("발행함", Tone.GREEN),
    "FAILED": Status("발행 실패", Tone.RED),
}

APPROVAL: Final[dict[str, Status]] = {
    "WAITING": Status("승인 대기", Tone.AMBER),
    "APPROVED": Status("승인", Tone.GREEN),
    "REFUSED": Status("거절", Tone.RED),
    "EXPIRED": Status("만료", Tone.GRAY, is_ring=True),
}

EFFECT: Final[dict[str, Status]] = {
    "NEW": Status("대기", Tone.SKY),
    "SENT": Status("보냄", Tone.BLUE),
    "UNKNOWN": Status("결과 모름", Tone.AMBER),
    "DONE": Status("완료", Tone.GREEN),
    "FAILED": Status("실패", Tone.RED),
    "PARKED": Status("멈춤", Tone.RED),
}

WEBHOOK: Final[dict[str, Status]] = {
    "STORED": Status("받음", Tone.SKY),
    "PARKED": Status("주문 기다림", Tone.AMBER),
    "DONE": Status("처리함", Tone.GREEN),
    "IGNORED": Status("해당 없음", Tone.GRAY),
}

PAPER: Final[dict[str, Status]] = {
    "WAITING": Status("확인 중", Tone.AMBER),
    "APPROVED": Status("확인 완료", Tone.GREEN),
    "ASKED": Status("다시 제출 필요", Tone.RED),
    "REFUSED": Status("반려", Tone.RED),
    "EXPIRED": Status("기간 지남", Tone.GRAY, is_ring=True),
    "REPLACED": Status("새 서류로 바뀜", Tone.GRAY, is_ring=True),
}

UNALLOCATED: Final[dict[str, Status]] = {
    "OPEN": Status("처리할 입금", Tone.AMBER),
    "ALLOCATED": Status("충전함", Tone.GREEN),
    "RETURNING": Status("돌려주는 중", Tone.BLUE),
    "RETURNED": Status("돌려줌", Tone.GRAY),
    "FAILED": Status("돌려주지 못함", Tone.RED),
}

AUTO_CHARGE: Final[dict[str, Status]] = {
    "WAITING": Status("결제 중", Tone.BLUE),
    "UNKNOWN": Status("확인 중", Tone.AMBER),
    "DONE": Status("충전함", Tone.GREEN),
    "FAILED": Status("결제 실패", Tone.RED),
}

EVIDENCE: Final[dict[str, Status]] = {
    "WAITING": Status("확인 대기", Tone.AMBER),
    "PASSED": Status("통과", Tone.GREEN),
    "APPROVED": Status("통과", Tone.GREEN),
    "FAILED": Status("틀림", Tone.GRAY),
    "REFUSED": Status("거절", Tone.RED),
}

APPLICATION: Final[dict[str, Status]] = {
    "WAITING": Status("선정 대기", Tone.AMBER),
    "CHOSEN": Status("선정", Tone.GREEN),
    "NOT_CHOSEN": Status("미선정", Tone.GRAY),
}

POSTBACK: Final[dict[str, Status]] = {
    "CONFIRMED": Status("참여 확정", Tone.GREEN),
    "HELD": Status("확인 대기", Tone.AMBER),
    "REPEATED": Status("같은 신호", Tone.GRAY),
    "BAD_SIGNATURE": Status("서명 다름", Tone.RED),
    "STALE": Status("시각 지남", Tone.RED),
    "UNKNOWN_CLICK": Status("모르는 클릭", Tone.RED),
    "REUSED_CLICK": Status("이미 쓴 클릭", Tone.RED),
    "UNKNOWN_EVENT": Status("모르는 이벤트", Tone.RED),
    "TOO_LATE": Status("기한 지남", Tone.RED),
    "LATE_PAID": Status("럭플이 보상", Tone.SKY),
    "NOTED": Status("경과 기록", Tone.GRAY),
    "CANCELLED": Status("취소 신호", Tone.AMBER),
    "WRONG_SENDER": Status("모르는 주소", Tone.RED),
    "TOO_MANY": Status("한도 넘음", Tone.RED),
    "MALFORMED": Status("읽을 수 없음", Tone.RED),
}

ENDPOINT: Final[dict[str, Status]] = {
    "ON": Status("켜짐", Tone.GREEN),
    "OFF": Status("꺼짐", Tone.GRAY, is_ring=True),
}

DELIVERY: Final[dict[str, Status]] = {
    "WAITING": Status("기다림", Tone.SKY),
    "DELIVERED": Status("전송함", Tone.GREEN),
    "PARKED": Status("멈춤", Tone.RED),
    "SKIPPED": Status("건너뜀", Tone.GRAY),
}

STATUSES: Final[dict[str, dict[str, Status]]] = {
    "campaign": CAMPAIGN,
    "image": IMAGE,
    "payment": PAYMENT,
    "refund": REFUND,
    "ledger": LEDGER,
    "inquiry": INQUIRY,
    "raffle": RAFFLE,
    "push": PUSH,
    "banner": BANNER,
    "participation": PARTICIPATION,
    "gifticon": GIFTICON,
    "offerwall": OFFERWALL,
    "difference": DIFFERENCE,
    "document": DOCUMENT,
    "approval": APPROVAL,
    "effect": EFFECT,
    "webhook": WEBHOOK,
    "paper": PAPER,
    "unallocated": UNALLOCATED,
    "auto_charge": AUTO_CHARGE,
    "evidence": EVIDENCE,
    "application": APPLICATION,
    "postback": POSTBACK,
    "endpoint": ENDPOINT,
    "delivery": DELIVERY,
}


def status_of(*, enum: str, value: str) -> Status:
    """
    Look up the word and tone of a stored value.

    :raises KeyError: the enum or the value has no word yet; give it one here.
    """
    return STATUSES[enum][str(value)]
