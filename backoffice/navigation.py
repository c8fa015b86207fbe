"""The rooms in the sidebar: those that exist, those the operator may enter, with the work that waits in them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from backoffice import clocks, rights, selectors
from backoffice.clocks import Clock
from backoffice.rights import Right


@dataclass(frozen=True, slots=True)
class Room:
    """
    One link of the sidebar.

    needs: the right to enter.   waiting: key in `selectors.waiting`, shown as a count.   shows: the query that leaves exactly the rows
    which were counted.   is_part: these rows alone are the room; the whole list is another one.
    """

    title: str
    icon: str
    name: str
    needs: Right | None = None
    waiting: str = ""
    shows: str = ""
    is_part: bool = False


HIDDEN = f"?is_exposed__exact=0&state__in={','.join(selectors.SHOWN)}"
LOCKED = f"?is_locked__exact=1&state__in={','.join(selectors.LOCKABLE)}"

GROUPS: tuple[tuple[str, tuple[Room, ...]], ...] = (
    (
        "살펴보기",
        (
            Room("운영 현황", "speed", "index"),
            Room("크레딧 요약", "account_balance", "liabilities", Right.SEE_LEDGER),
            Room("운영 알림", "notifications", "identity_notification_changelist", Right.SEE_PEOPLE, "alerts", "?read_at__isnull=True"),
        ),
    ),
    (
        "처리할 일",
        (
            Room("캠페인 심사", "fact_check", "review-list", Right.SEE_CAMPAIGNS, waiting="campaigns"),
            Room("회원 문의", "forum", "inquiry-list", Right.ANSWER_INQUIRIES, waiting="member_inquiries"),
            Room("광고주 문의", "contact_support", "ad-inquiry-list", Right.ANSWER_INQUIRIES, waiting="advertiser_inquiries"),
            Room("사업자 서류", "badge", "paper-list", Right.REVIEW_PAPERS, waiting="papers"),
            Room("참여 확인", "photo_camera", "evidence-list", Right.SEE_CAMPAIGNS, waiting="evidence"),
            Room("의심 참여", "policy", "suspicion-list", Right.SEE_CAMPAIGNS, waiting="suspicions"),
            Room("환불 요청", "undo", "refund-list", Right.SEE_PAYMENTS, waiting="refunds"),
            Room("통장 입금", "savings", "bank", Right.SEE_PAYMENTS, waiting="bank"),
            Room(
                "주인 모를 입금",
                "help_center",
                "payments_unallocatedmoney_changelist",
                Right.SEE_PAYMENTS,
                "unallocated",
                "?state__in=OPEN,FAILED",
            ),
            Room("승인 요청", "group", "identity_approvalrequest_changelist", Right.SEE_APPROVALS, "approvals", "?state__exact=WAITING"),
            Room("대사", "compare_arrows", "reconciliation", Right.SEE_PAYMENTS),
            Room(
                "대사 차이",
                "difference",
                "payments_reconciliationitem_changelist",
                Right.SEE_PAYMENTS,
                "differences",
                "?state__exact=OPEN",
            ),
        ),
    ),
    (
        "광고주",
        (
            Room("광고주 계정", "apartment", "advertisers_advertiser_changelist", Right.SEE_PEOPLE),
            Room("구성원", "badge", "advertisers_membership_changelist", Right.SEE_PEOPLE),
            Room("가입 단계", "filter_alt", "signup-steps", Right.SEE_PEOPLE),
            Room("캠페인", "campaign", "campaigns_campaign_changelist", Right.SEE_CAMPAIGNS),
            Room("노출 순서", "sort", "exposure-order", Right.SEE_CAMPAIGNS),
            Room("앱 첫 화면 배너", "view_carousel", "banner-list", Right.SEE_CAMPAIGNS),
            Room("숨긴 캠페인", "visibility_off", "campaigns_campaign_changelist", Right.SEE_CAMPAIGNS, "hidden", HIDDEN, is_part=True),
            Room("잠근 캠페인", "lock", "campaigns_campaign_changelist", Right.SEE_CAMPAIGNS, "locked", LOCKED, is_part=True),
            Room("자주 쓰는 답변", "quickreply", "backoffice_cannedreply_changelist", Right.ANSWER_INQUIRIES),
            Room("심사 문구", "quickreply", "campaigns_reviewreason_changelist", Right.REVIEW_CAMPAIGNS),
            Room("심사 기준 문구", "spellcheck", "campaigns_policyrule_changelist", Right.SEE_CAMPAIGNS),
            Room("세금 문서", "description", "document-list", Right.SEE_PAYMENTS),
            Room("결제", "receipt_long", "payments_paymentorder_changelist", Right.SEE_PAYMENTS),
            Room("충전 상품", "sell", "payments_package_changelist", Right.SEE_PAYMENTS),
            Room("카드 심사", "add_card", "card-review", Right.PREPARE_CARD_REVIEW),
            Room("보증보험", "shield", "payments_suretypolicy_changelist", Right.SEE_PAYMENTS),
            Room("보너스와 쿠폰", "redeem", "payments_offer_changelist", Right.SEE_PAYMENTS),
        ),
    ),
    (
        "럭플",
        (
            Room("회원", "group", "rewards_member_changelist", Right.SEE_PEOPLE),
            Room("래플", "confirmation_number", "raffle-list", Right.SEE_RAFFLES, "raffles", "?tab=draft"),
            Room("경품 세금", "request_quote", "prize-tax-list", Right.SETTLE_PRIZE_TAXES),
            Room("참여 차단", "block", "block-list", Right.SEE_CAMPAIGNS),
            Room("주소·기기 목록", "vpn_lock", "traffic-lists", Right.SEE_CAMPAIGNS),
            Room("기프티콘", "redeem", "gifticons", Right.SEE_GIFTICONS, "imports", "?runs=waiting"),
            Room("기프티콘 상품과 마진", "sell", "gifticon-goods", Right.SEE_GIFTICONS),
            Room("기프티콘 주문", "shopping_bag", "rewards_gifticonorder_changelist", Right.SEE_GIFTICONS),
            Room("오퍼월", "storefront", "offerwalls", Right.SEE_OFFERWALLS),
            Room("푸시", "send_to_mobile", "push-list", Right.SEE_PUSHES, "pushes", "?tab=draft"),
        ),
    ),
    (
        "콘텐츠",
        (
            Room("콘텐츠", "article", "content", Right.SEE_CONTENT, "copies", "?copies=waiting"),
            Room("공지사항", "campaign", "inquiries_notice_changelist", Right.SEE_CONTENT),
            Room("자주 묻는 질문", "quiz", "inquiries_faq_changelist", Right.SEE_CONTENT),
            Room("가이드", "menu_book", "inquiries_guide_changelist", Right.SEE_CONTENT),
            Room("메시지 문구", "sms", "message-list", Right.SEE_CONTENT),
            Room("파일로 가져오기", "upload_file", "list-imports", Right.EDIT_CONTENT),
        ),
    ),
    (
        "원장",
        (
            Room("전표", "list_alt", "credits_entry_changelist", Right.SEE_LEDGER),
            Room("계정", "account_balance_wallet", "credits_account_changelist", Right.SEE_LEDGER),
            Room("충전분", "stacks", "credits_lot_changelist", Right.SEE_LEDGER),
            Room("예약", "lock_clock", "credits_hold_changelist", Right.SEE_LEDGER),
            Room("일 마감", "event_available", "credits_daydigest_changelist", Right.SEE_LEDGER),
            Room("받을 금액", "request_quote", "claim-list", Right.SEE_LEDGER),
            Room("충전·환불 스위치", "power_settings_new", "money-switch", Right.SEE_LEDGER),
            Room("증명 실행", "verified", "credits_proofrun_changelist", Right.SEE_LEDGER),
        ),
    ),
    (
        "시스템",
        (
            Room("바깥 작업", "sync", "common_effect_changelist", Right.SEE_SYSTEM, "parked_effects", "?state__exact=PARKED"),
            Room("정기 작업", "schedule", "common_jobrun_changelist", Right.SEE_SYSTEM),
            Room("받은 웹훅", "webhook", "common_inboundwebhook_changelist", Right.SEE_PAYMENTS),
            Room("정책 설정", "tune", "common_datedsetting_changelist", Right.SEE_SYSTEM),
            Room("사용자와 역할", "person", "identity_user_changelist", Right.SEE_SYSTEM),
            Room("변경 기록", "manage_history", "history", Right.SEE_SYSTEM),
            Room("접속 기록 점검", "fact_check", "access-review", Right.REVIEW_ACCESS),
            Room("광고주 화면 보기", "visibility", "backoffice_actassession_changelist", Right.SEE_SYSTEM),
            Room("접속 기록", "login", "identity_accesslog_changelist", Right.SEE_SYSTEM),
            Room("떠난 사람", "person_off", "identity_withdrawnperson_changelist", Right.SEE_PEOPLE),
            Room("보관 기간", "auto_delete", "identity_retentionrule_changelist", Right.SEE_SYSTEM),
            Room("활동 기록", "history", "admin_logentry_changelist", Right.SEE_SYSTEM),
        ),
    ),
)
UNTIMED = frozenset(
    {"campaigns", "suspicions", "bank", "locked", "hidden", "raffles", "imports", "pushes", "copies"}
)  # or by a clock of its own
WORK = UNTIMED | clocks.PROMISES.keys()


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The theme's navigation for this operator."""
    waiting = selectors.waiting_for(request)
    groups = []
    for title, rooms in GROUPS:
        items = [_item(room, waiting, stands_in(request)) for room in rooms if room.needs is None or rights.has(request.user, room.needs)]
        if items:
            groups.append({"title": title, "items": items})
    return groups


def stand_in(request: HttpRequest, room: str) -> None:
    """Say in which room a page stands whose address alone would name another."""
    request.stands_in = room  # type: ignore[attr-defined]


def stands_in(request: HttpRequest) -> str:
    """The room that a page said it stands in; empty where its address says so."""
    return str(getattr(request, "stands_in", ""))


def _item(room: Room, waiting: dict[str, int], here: str) -> dict[str, Any]:
    link = reverse(f"backoffice:{room.name}") + (room.shows if room.is_part else "")
    item: dict[str, Any] = {"title": room.title, "icon": room.icon, "link": link}
    if here:
        item["active"] = room.name == here
    if count := waiting.get(room.waiting, 0):
        item["badge"] = f"{count:,}"
    return item


@dataclass(frozen=True, slots=True)
class Tile:
    """One kind of waiting work on the first page. url: exactly the rows that were counted.   clock: of the oldest, if it has one."""

    title: str
    count: int
    url: str
    clock: Clock | None


def tiles(request: HttpRequest, *, at: datetime) -> tuple[Tile, ...]:
    """The kinds of work this operator may see, with how much of it waits and how long."""
    waiting = selectors.waiting_for(request)
    rooms = [room for _, rooms in GROUPS for room in rooms if room.waiting in WORK]
    shown = [room for room in rooms if room.needs is None or rights.has(request.user, room.needs)]
    known = clocks.clocks({room.waiting for room in shown if waiting[room.waiting]}, at=at)
    return tuple(
        Tile(room.title, waiting[room.waiting], reverse(f"backoffice:{room.name}") + room.shows, known.get(room.waiting)) for room in shown
    )


def account_links(request: HttpRequest) -> list[dict[str, str]]:
    """The operator's own account."""
    return [{"title": "패스키와 2단계 인증", "link": reverse("mfa_index")}]
