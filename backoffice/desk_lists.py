"""What each desk lists. backoffice/lists.py says what a list can do."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet

from advertisers.models import BusinessPaper
from backoffice import refund_case, review_queue
from backoffice.lists import DeskList, Filter
from backoffice.rights import Right
from campaigns import evidence, types
from campaigns.fraud import suspicions
from campaigns.models import LIVE, OVER, Banner, Block, Campaign, Evidence, State, Viewers
from campaigns.services import blocking
from common.statuses import status_of
from identity.models import User
from inquiries.models import Inquiry
from payments.models import BankDeposit, Refund, TaxDocument
from rewards import push
from rewards.models import Gifticon, PrizeTax, Raffle
from rewards.models.prize_taxes import TaxState
from rewards.models.push import PushState
from rewards.models.raffles import State as RaffleState

_OVER, _DECIDED = "over", "decided"


def _types() -> list[tuple[str, str]]:
    return [(one.key, one.name) for one in types.all_types()]


def _banners(tab: str, at: datetime) -> QuerySet[Banner]:
    rows = Banner.objects.select_related("campaign", "raffle", "notice", "made_by")
    over = Q(stopped_at__isnull=False) | Q(shown_until__lte=at)
    return rows.filter(over).order_by("-shown_until", "-pk") if tab == _OVER else rows.exclude(over).order_by("place", "shown_from", "pk")


BANNERS = DeskList(
    name="banners",
    page="banner-list",
    title="배너",
    needs=Right.SEE_CAMPAIGNS,
    rows=_banners,
    tabs=("going", _OVER),
    search=("title", "alt", "campaign__title", "raffle__title", "notice__title", "address"),
    filters=(
        Filter("viewers", "보는 사람", lambda: Viewers.choices, lambda value, _: Q(viewers=value)),
        Filter("leads_to", "연결", lambda: Banner.LeadsTo.choices, lambda value, _: Q(leads_to=value)),
    ),
    columns={
        "자리": lambda row: row.place,
        "이름": lambda row: row.title,
        "대체 텍스트": lambda row: row.alt,
        "연결": lambda row: row.get_leads_to_display(),
        "보는 사람": lambda row: row.get_viewers_display(),
        "기기": lambda row: row.get_system_display(),
        "시작": lambda row: row.shown_from,
        "끝": lambda row: row.shown_until,
        "멈춘 때": lambda row: row.stopped_at or "",
        "만든 사람": lambda row: row.made_by.get_full_name(),
    },
)


def _evidence(tab: str, at: datetime) -> QuerySet[Evidence]:
    return evidence.decided() if tab == _DECIDED else evidence.waiting()


EVIDENCE = DeskList(
    name="evidence",
    page="evidence-list",
    title="참여 확인",
    needs=Right.SEE_CAMPAIGNS,
    rows=_evidence,
    tabs=("waiting", _DECIDED),
    search=("campaign__title", "campaign__advertiser__name", "participation", "reason"),
    filters=(
        Filter("kind", "보낸 것", lambda: Evidence.Kind.choices, lambda value, _: Q(kind=value)),
        Filter("type", "캠페인 유형", _types, lambda value, _: Q(campaign__type=value)),
    ),
    columns={
        "보낸 때": lambda row: row.at,
        "캠페인": lambda row: row.campaign.title,
        "광고주": lambda row: row.campaign.advertiser.name,
        "참여 번호": lambda row: str(row.participation),
        "보낸 것": lambda row: row.get_kind_display(),
        "판정": lambda row: row.get_verdict_display(),
        "확인한 때": lambda row: row.decided_at or "",
        "확인한 사람": lambda row: row.decided_by.get_full_name() if row.decided_by else "",
        "이유": lambda row: row.reason,
    },
)


SUSPICIONS = DeskList(
    name="suspicions",
    page="suspicion-list",
    title="의심 참여",
    needs=Right.SEE_CAMPAIGNS,
    rows=lambda _, at: suspicions.participations(at=at),
    search=("campaign__title", "campaign__advertiser__name", "public_id"),
    filters=(Filter("type", "캠페인 유형", _types, lambda value, _: Q(campaign__type=value)),),
    columns={
        "완료": lambda row: row.confirmed_at,
        "캠페인": lambda row: row.campaign.title,
        "광고주": lambda row: row.campaign.advertiser.name,
        "참여 번호": lambda row: str(row.public_id),
        "기기": lambda row: row.device,
        "단가": lambda row: row.price,
        "티켓": lambda row: row.tickets,
    },
)


class Tab(NamedTuple):
    """Rows of some states under one name, in an order."""

    label: str
    which: Q
    order: tuple[str, ...]


def _of(tabs: Mapping[str, Tab], rows: Callable[[], QuerySet[Any]]) -> Callable[[str, datetime], QuerySet[Any]]:
    """The rows of a tab."""
    return lambda tab, _: rows().filter(tabs[tab].which).order_by(*tabs[tab].order)


def counted(tabs: Mapping[str, Tab], rows: QuerySet[Any]) -> list[tuple[str, str, int]]:
    """(name, label, how many) of each tab. One query."""
    counts = rows.aggregate(**{name: Count("pk", filter=tab.which) for name, tab in tabs.items()})
    return [(name, tab.label, counts[name]) for name, tab in tabs.items()]


def _named(person: User | None) -> str:
    return person.get_full_name() if person else ""


_ASKED, _OLDER = ("requested_at", "pk"), ("-requested_at", "-pk")
REFUND_TABS = {
    "waiting": Tab("처리할 요청", Q(state__in=refund_case.WAITING), _ASKED),
    "running": Tab("처리중", Q(state__in=refund_case.RUNNING), _OLDER),
    "over": Tab("끝난 요청", Q(state__in=refund_case.OVER), _OLDER),
}
REFUNDS = DeskList(
    name="refunds",
    page="refund-list",
    title="환불 요청",
    needs=Right.SEE_PAYMENTS,
    rows=_of(REFUND_TABS, lambda: Refund.objects.select_related("order__advertiser", "requested_by", "decided_by")),
    tabs=tuple(REFUND_TABS),
    search=("order__order_id", "order__advertiser__name", "reason", "public_id"),
    filters=(
        Filter("way", "돌려주는 길", lambda: Refund.Way.choices, lambda value, _: Q(way=value)),
        Filter("source", "경로", lambda: Refund.Source.choices, lambda value, _: Q(source=value)),
    ),
    columns={
        "접수": lambda row: row.requested_at,
        "광고주": lambda row: row.order.advertiser.name,
        "주문": lambda row: row.order.order_id,
        "이유": lambda row: row.reason,
        "크레딧": lambda row: row.credits,
        "환불 금액": lambda row: row.amount_krw,
        "상태": lambda row: status_of(enum="refund", value=row.state).label,
        "결정한 사람": lambda row: _named(row.decided_by),
    },
)

_P = BusinessPaper.State
PAPER_TABS = {
    "waiting": Tab("확인할 서류", Q(state=_P.WAITING), ("uploaded_at", "pk")),
    "accepted": Tab("확인 완료", Q(state=_P.APPROVED), ("-uploaded_at", "-pk")),
    "returned": Tab("돌려보낸 서류", Q(state__in=(_P.ASKED, _P.REFUSED)), ("-uploaded_at", "-pk")),
    "over": Tab("지난 서류", Q(state__in=(_P.EXPIRED, _P.REPLACED)), ("-uploaded_at", "-pk")),
}
PAPERS = DeskList(
    name="papers",
    page="paper-list",
    title="사업자 서류",
    needs=Right.REVIEW_PAPERS,
    rows=_of(PAPER_TABS, lambda: BusinessPaper.objects.select_related("business__advertiser", "uploaded_by", "decided_by")),
    tabs=tuple(PAPER_TABS),
    search=("business__advertiser__name", "business__company_name", "business__registration_number", "public_id"),
    filters=(Filter("kind", "서류", lambda: BusinessPaper.Kind.choices, lambda value, _: Q(kind=value)),),
    columns={
        "올린 때": lambda row: row.uploaded_at,
        "광고주": lambda row: row.business.advertiser.name,
        "서류": lambda row: row.get_kind_display(),
        "상태": lambda row: status_of(enum="paper", value=row.state).label,
        "결정한 사람": lambda row: _named(row.decided_by),
        "이유": lambda row: row.reason,
    },
)

_I = Inquiry.State
INQUIRY_TABS = {
    "waiting": Tab("답할 문의", Q(state__in=(_I.RECEIVED, _I.CHECKING)), ("waiting_since", "pk")),
    "answered": Tab("답변한 문의", Q(state=_I.ANSWERED), ("-created_at", "-pk")),
    "closed": Tab("끝난 문의", Q(state=_I.CLOSED), ("-created_at", "-pk")),
}


def _inquiries(name: str, page: str, title: str, of: Q) -> DeskList:
    return DeskList(
        name=name,
        page=page,
        title=title,
        needs=Right.ANSWER_INQUIRIES,
        rows=_of(INQUIRY_TABS, lambda: Inquiry.objects.unscoped().filter(of).select_related("asker", "advertiser", "assignee", "guest")),
        tabs=tuple(INQUIRY_TABS),
        search=("title", "advertiser__name", "about", "public_id"),
        filters=(
            Filter("topic", "주제", lambda: Inquiry.Topic.choices, lambda value, _: Q(topic=value)),
            Filter(
                "who",
                "담당",
                lambda: [("me", "내가 맡은 문의"), ("nobody", "담당이 없는 문의")],
                lambda value, by: Q(assignee=by) if value == "me" else Q(assignee=None),
            ),
        ),
        columns={
            "접수": lambda row: row.created_at,
            "제목": lambda row: row.title,
            "주제": lambda row: row.get_topic_display(),
            "광고주": lambda row: row.advertiser.name if row.advertiser else "",
            "상태": lambda row: status_of(enum="inquiry", value=row.state).label,
            "담당": lambda row: _named(row.assignee),
        },
    )


MEMBER_INQUIRIES = _inquiries("inquiries", "inquiry-list", "회원 문의", Q(kind=Inquiry.Kind.MEMBER))
ADVERTISER_INQUIRIES = _inquiries("ad-inquiries", "ad-inquiry-list", "광고주 문의", ~Q(kind=Inquiry.Kind.MEMBER))

REVIEW_TABS = {
    "asked": Tab("수정 요청", Q(state=State.CHANGES_ASKED), ("-submitted_at", "-pk")),
    "ahead": Tab("시작 예정", Q(state__in=(State.APPROVED, State.SCHEDULED)), ("-submitted_at", "-pk")),
    "live": Tab("진행중", Q(state__in=LIVE), ("-submitted_at", "-pk")),
    "locked": Tab("운영 잠금", Q(is_locked=True), ("-submitted_at", "-pk")),
    "over": Tab("끝난 캠페인", Q(state__in=(*OVER, State.REJECTED)), ("-submitted_at", "-pk")),
}
REVIEWS = DeskList(
    name="reviews",
    page="review-list",
    title="캠페인 심사",
    needs=Right.SEE_CAMPAIGNS,
    rows=lambda tab, _: review_queue.waiting() if tab == "waiting" else review_queue.to_look_at_again(),
    tabs=("waiting", "again"),
    search=("campaign__title", "campaign__advertiser__name", "campaign__public_id"),
    filters=(
        Filter("type", "캠페인 유형", _types, lambda value, _: Q(campaign__type=value)),
        Filter(
            "who",
            "담당",
            lambda: [("me", "내가 맡은 심사"), ("nobody", "담당이 없는 심사")],
            lambda value, by: Q(claimed_by=by) if value == "me" else Q(claimed_by=None),
        ),
    ),
    columns={
        "제출": lambda row: row.submitted_at,
        "답하기로 한 때": lambda row: row.due_at,
        "캠페인": lambda row: row.campaign.title,
        "광고주": lambda row: row.campaign.advertiser.name,
        "버전": lambda row: row.number,
        "총예산": lambda row: row.campaign.budget_credits,
    },
)
REVIEWED = DeskList(
    name="reviewed-campaigns",
    page="review-list",
    title="캠페인 심사",
    needs=Right.SEE_CAMPAIGNS,
    rows=_of(REVIEW_TABS, lambda: Campaign.objects.filter(advertiser__is_demo=False).select_related("advertiser", "hold")),
    tabs=tuple(REVIEW_TABS),
    search=("title", "advertiser__name", "public_id"),
    filters=(Filter("type", "캠페인 유형", _types, lambda value, _: Q(type=value)),),
    columns={
        "제출": lambda row: row.submitted_at,
        "캠페인": lambda row: row.title,
        "광고주": lambda row: row.advertiser.name,
        "단가": lambda row: row.unit_price,
        "총예산": lambda row: row.budget_credits,
        "시작": lambda row: row.starts_at,
        "종료": lambda row: row.ends_at,
        "상태": lambda row: status_of(enum="campaign", value=row.state).label,
    },
)

PUSH_TABS = {
    "draft": Tab("작성 중", Q(state=PushState.DRAFT), ("-created_at", "-pk")),
    "going": Tab("예약·보내는 중", Q(state__in=(PushState.SCHEDULED, PushState.SENDING)), ("-created_at", "-pk")),
    "done": Tab("끝·멈춤", Q(state__in=(PushState.DONE, PushState.STOPPED)), ("-created_at", "-pk")),
}
PUSHES = DeskList(
    name="pushes",
    page="push-list",
    title="푸시",
    needs=Right.SEE_PUSHES,
    rows=_of(PUSH_TABS, lambda: push.composed().select_related("made_by")),
    tabs=tuple(PUSH_TABS),
    search=("title", "body", "made_by__name", "public_id"),
    filters=(Filter("state", "상태", lambda: PushState.choices, lambda value, _: Q(state=value)),),
    columns={
        "쓴 때": lambda row: row.created_at,
        "제목": lambda row: row.title,
        "내용": lambda row: row.body,
        "쓴 사람": lambda row: _named(row.made_by),
        "보낼 때": lambda row: row.scheduled_at or "",
        "끝난 때": lambda row: row.finished_at or "",
        "상태": lambda row: status_of(enum="push", value=row.state).label,
    },
)


def _sponsors() -> list[tuple[str, str]]:
    return [("house", "럭플"), ("sponsor", "광고주")]


RAFFLE_TABS = {
    "draft": Tab("경품 확인 전", Q(state=RaffleState.DRAFT), ("closes_at", "pk")),
    "coming": Tab("시작 전", Q(state=RaffleState.FUNDED), ("closes_at", "pk")),
    "open": Tab("응모 중", Q(state__in=(RaffleState.OPEN, RaffleState.CLOSED)), ("closes_at", "pk")),
    "drawn": Tab("추첨 완료", Q(state__in=(RaffleState.DRAWN, RaffleState.FINISHED)), ("closes_at", "pk")),
    "void": Tab("무효", Q(state=RaffleState.VOID), ("closes_at", "pk")),
}
RAFFLES = DeskList(
    name="raffles",
    page="raffle-list",
    title="래플",
    needs=Right.SEE_RAFFLES,
    rows=_of(RAFFLE_TABS, lambda: Raffle.objects.select_related("sponsor", "made_by")),
    tabs=tuple(RAFFLE_TABS),
    search=("title", "sponsor__name", "public_id"),
    filters=(
        Filter(
            "from",
            "경품을 내는 곳",
            lambda: [("house", "럭플"), ("sponsor", "광고주")],
            lambda value, _: Q(sponsor__isnull=value == "house"),
        ),
    ),
    columns={
        "래플": lambda row: row.title,
        "경품을 내는 곳": lambda row: row.sponsor.name if row.sponsor else "럭플",
        "응모 시작": lambda row: row.opens_at,
        "응모 마감": lambda row: row.closes_at,
        "추첨": lambda row: row.draws_at,
        "확보한 금액": lambda row: row.funded_krw,
        "상태": lambda row: status_of(enum="raffle", value=row.state).label,
    },
)

TAX_TABS = {
    "given": Tab("납부 확인", Q(state=TaxState.GIVEN), ("due_at", "pk")),
    "asked": Tab("정보 입력 전", Q(state=TaxState.ASKED), ("due_at", "pk")),
    "paid": Tab("납부 완료", Q(state=TaxState.PAID), ("due_at", "pk")),
    "lapsed": Tab("기한 지남", Q(state=TaxState.LAPSED), ("due_at", "pk")),
}
PRIZE_TAXES = DeskList(
    name="prize-taxes",
    page="prize-tax-list",
    title="경품 세금",
    needs=Right.SETTLE_PRIZE_TAXES,
    rows=_of(TAX_TABS, lambda: PrizeTax.objects.select_related("winner__raffle", "paid_by")),
    tabs=tuple(TAX_TABS),
    search=("winner__raffle__title", "reference", "public_id"),
    filters=(Filter("from", "경품을 내는 곳", _sponsors, lambda value, _: Q(winner__raffle__sponsor__isnull=value == "house")),),
    columns={
        "래플": lambda row: row.winner.raffle.title,
        "경품 값": lambda row: row.value_krw,
        "소득세": lambda row: row.income_tax_krw,
        "지방소득세": lambda row: row.local_tax_krw,
        "기한": lambda row: row.due_at,
        "납부한 날": lambda row: str(row.paid_on or ""),
        "입금 확인": lambda row: row.reference,
    },
)

_D = TaxDocument.State
DOCUMENT_TABS = {
    "failed": Tab("발행 실패", Q(state=_D.FAILED), ("-made_at", "-pk")),
    "waiting": Tab("발행 대기", Q(state=_D.WAITING), ("-made_at", "-pk")),
    "issued": Tab("발행함", Q(state=_D.ISSUED), ("-made_at", "-pk")),
}
DOCUMENTS = DeskList(
    name="documents",
    page="document-list",
    title="세금 문서",
    needs=Right.SEE_PAYMENTS,
    rows=_of(DOCUMENT_TABS, lambda: TaxDocument.objects.select_related("advertiser", "order", "corrects")),
    tabs=tuple(DOCUMENT_TABS),
    search=("number", "advertiser__name", "nts_number", "order__order_id"),
    filters=(Filter("kind", "종류", lambda: TaxDocument.Kind.choices, lambda value, _: Q(kind=value)),),
    columns={
        "만든 때": lambda row: row.made_at,
        "문서번호": lambda row: row.number,
        "광고주": lambda row: row.advertiser.name,
        "종류": lambda row: row.get_kind_display(),
        "작성일": lambda row: str(row.written_on),
        "공급가액": lambda row: row.supply_krw,
        "부가세": lambda row: row.vat_krw,
        "국세청 승인번호": lambda row: row.nts_number,
        "실패 이유": lambda row: row.failure,
    },
)

SHELVES = {
    "sold": Tab("파는 상품", Q(is_sold=True, is_shown=True), ("margin_krw", "pk")),
    "hidden": Tab("숨긴 상품", Q(is_sold=True, is_shown=False), ("margin_krw", "pk")),
    "gone": Tab("공급사 판매 끝", Q(is_sold=False), ("margin_krw", "pk")),
}
GOODS = DeskList(
    name="gifticon-goods",
    page="gifticon-goods",
    title="기프티콘 상품과 마진",
    needs=Right.SEE_GIFTICONS,
    rows=lambda tab, at: Gifticon.objects.priced(at).select_related("brand").filter(SHELVES[tab].which).order_by(*SHELVES[tab].order),
    tabs=tuple(SHELVES),
    search=("name", "brand__name", "code"),
    filters=(
        Filter(
            "margin",
            "마진",
            lambda: [("loss", "0원보다 적음"), ("gain", "0원 이상")],
            lambda value, _: Q(margin_krw__lt=0) if value == "loss" else Q(margin_krw__gte=0),
        ),
        Filter("voucher", "상품", lambda: [("yes", "금액권"), ("no", "물품")], lambda value, _: Q(is_voucher=value == "yes")),
    ),
    columns={
        "코드": lambda row: row.code,
        "브랜드": lambda row: row.brand.name,
        "상품": lambda row: row.name,
        "판매가": lambda row: row.face_krw,
        "구매가": lambda row: row.cost_krw,
        "더함(%)": lambda row: row.markup_percent,
        "티켓": lambda row: row.tickets,
        "마진": lambda row: row.margin_krw,
        "남은 수량": lambda row: "" if row.stock is None else row.stock,
    },
)

DEPOSITS = DeskList(
    name="bank-deposits",
    page="bank",
    title="통장 입금",
    needs=Right.SEE_PAYMENTS,
    rows=lambda *_: BankDeposit.objects.select_related("order__advertiser", "decided_by").order_by("-received_at", "-pk"),
    search=("number", "depositor", "order__order_id", "order__advertiser__name"),
    filters=(Filter("state", "상태", lambda: BankDeposit.State.choices, lambda value, _: Q(state=value)),),
    columns={
        "입금": lambda row: row.received_at,
        "입금자": lambda row: row.depositor,
        "금액": lambda row: row.amount_krw,
        "상태": lambda row: row.get_state_display(),
        "주문": lambda row: row.order.order_id if row.order else "",
        "광고주": lambda row: row.order.advertiser.name if row.order else "",
        "결정한 사람": lambda row: _named(row.decided_by),
        "이유": lambda row: row.reason,
    },
)

BLOCKS = DeskList(
    name="blocks",
    page="block-list",
    title="참여 차단",
    needs=Right.SEE_CAMPAIGNS,
    rows=lambda _, at: blocking.active(at=at).select_related("made_by").order_by("-made_at"),
    search=("reason", "key", "made_by__name"),
    filters=(Filter("kind", "대상", lambda: Block.Kind.choices, lambda value, _: Q(kind=value)),),
    columns={
        "막은 때": lambda row: row.made_at,
        "대상": lambda row: row.get_kind_display(),
        "이유": lambda row: row.reason,
        "막은 사람": lambda row: _named(row.made_by),
    },
)

LISTS: dict[str, DeskList] = {
    one.name: one
    for one in (
        BANNERS,
        EVIDENCE,
        SUSPICIONS,
        REFUNDS,
        PAPERS,
        MEMBER_INQUIRIES,
        ADVERTISER_INQUIRIES,
        REVIEWS,
        REVIEWED,
        PUSHES,
        RAFFLES,
        PRIZE_TAXES,
        DOCUMENTS,
        GOODS,
        DEPOSITS,
        BLOCKS,
    )
}
