"""What teams are told about payments, refunds and documents; see `identity.events`."""

from datetime import UTC, datetime

from advertisers.access import PAYERS, REFUNDERS
from identity.events import IN_APP, MAIL, SMS, Topic, define

_TRADE = "결제와 환불은 거래 기록이라 꼭 알려드려야 해요."
_SAFETY = "다른 사람이 몰래 바꾼 것이면 바로 알아야 해요."
_ORDER = "BST01KB3Y8Q6M"
_MOMENT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)

PAID = define(
    "payments.paid",
    topic=Topic.MONEY,
    label="충전이 끝났을 때",
    title="{credits}크레딧을 충전했어요",
    body="{late}{amount}원(부가세 {vat}원 포함)을 결제했어요.{bonus} 영수증은 주문 화면에서 볼 수 있어요.",
    facts={"credits": 300_000, "amount": 330_000, "vat": 30_000, "late": "", "bonus": " 보너스 30,000크레딧도 함께 드렸어요."},
    roles=PAYERS,
    compulsory=(IN_APP, MAIL),
    why=_TRADE,
)
ACCOUNT_ISSUED = define(
    "payments.account_issued",
    topic=Topic.MONEY,
    label="가상계좌를 발급했을 때",
    title="{amount}원을 입금할 가상계좌를 발급했어요",
    body="{account} · {until}까지 정확한 금액을 한 번에 입금해 주세요. 입금하면 바로 충전돼요.",
    facts={"amount": 330_000, "account": "국민은행 1234567890123 부스트", "until": "11월 26일"},
    roles=PAYERS,
)
OUR_ACCOUNT = define(
    "payments.our_account",
    topic=Topic.MONEY,
    label="무통장입금을 안내할 때",
    title="{amount}원을 입금할 계좌를 알려 드려요",
    body="{account} · {until}까지 정확한 금액을 한 번에 보내 주세요. 입금자에 {depositor}를 적으면 운영팀이 통장을 확인하고 충전해요.",
    facts={"amount": 3_300_000, "account": "신한은행 140000000001", "until": "11월 26일", "depositor": "Y8Q6M2"},
    roles=PAYERS,
)
ACCOUNT_ENDS = define(
    "payments.account_ends",
    topic=Topic.MONEY,
    label="입금 기한이 하루 남았을 때",
    title="내일 입금 기한이 끝나요",
    body="주문 {order} · {amount}원 · {account} · {until}까지예요.",
    facts={"order": _ORDER, "amount": 330_000, "account": "국민은행 1234567890123 부스트", "until": "11월 26일"},
    roles=PAYERS,
)
BONUS_OVER = define(
    "payments.bonus_over",
    topic=Topic.MONEY,
    label="약속한 보너스를 드리지 못했을 때",
    title="보너스 {credits}크레딧은 드리지 못했어요",
    body="주문 {order}의 결제가 늦게 확인돼서 ‘{offer}’ 예산이 끝났어요. 원하지 않으면 환불을 요청해 주세요.",
    facts={"credits": 30_000, "order": _ORDER, "offer": "첫 충전 10%"},
    roles=PAYERS,
    compulsory=(IN_APP,),
    why=_TRADE,
)
UNALLOCATED = define(
    "payments.unallocated",
    topic=Topic.MONEY,
    label="입금을 확인하고 있을 때",
    title="입금한 {amount}원을 확인하고 있어요",
    body="주문 {order}: {why}. 운영팀이 확인해서 충전하거나 돌려드릴게요.",
    facts={"amount": 330_000, "order": _ORDER, "why": "금액이 주문과 달라요"},
    roles=PAYERS,
    compulsory=(IN_APP, MAIL),
    why=_TRADE,
)
UNALLOCATED_RETURNED = define(
    "payments.unallocated_returned",
    topic=Topic.MONEY,
    label="확인한 입금을 돌려드렸을 때",
    title="입금한 {amount}원을 돌려드렸어요",
    body="주문 {order}: {why}. 은행에 따라 1~2영업일 뒤에 들어와요.",
    facts={"amount": 330_000, "order": _ORDER, "why": "금액이 주문과 달라요"},
    roles=PAYERS,
    compulsory=(IN_APP, MAIL),
    why=_TRADE,
)
DISPUTED = define(
    "payments.disputed",
    topic=Topic.MONEY,
    label="카드사에 이의가 들어왔을 때",
    title="카드사에 이의가 들어와서 충전분을 묶었어요",
    body="주문 {order}로 충전한 크레딧은 카드사가 결정할 때까지 쓸 수 없어요. 다른 충전분은 그대로 쓸 수 있어요.",
    facts={"order": _ORDER},
    roles=PAYERS,
    compulsory=(IN_APP, MAIL),
    why=_TRADE,
)
DISPUTE_OVER = define(
    "payments.dispute_over",
    topic=Topic.MONEY,
    label="카드사 이의 확인이 끝났을 때",
    title="카드사 이의 확인이 끝났어요",
    body="주문 {order}: {reason}",
    facts={"order": _ORDER, "reason": "카드사가 이의를 받아들이지 않았어요."},
    roles=PAYERS,
    compulsory=(IN_APP, MAIL),
    why=_TRADE,
)
REFUND_DONE = define(
    "payments.refund_done",
    topic=Topic.MONEY,
    label="환불이 끝났을 때",
    title="{amount}원을 돌려드렸어요",
    body="주문 {order}의 환불이 끝났어요. {where}",
    facts={"amount": 110_000, "order": _ORDER, "where": "카드사에 따라 3~7일 뒤 명세서에 보여요."},
    roles=REFUNDERS,
    compulsory=(IN_APP, MAIL),
    why=_TRADE,
)
REFUND_DENIED = define(
    "payments.refund_denied",
    topic=Topic.MONEY,
    label="환불 요청을 반려했을 때",
    title="환불 요청을 반려했어요",
    body="이유: {reason} 크레딧은 바로 다시 쓸 수 있어요. 이유가 맞지 않으면 1:1 문의로 알려 주세요.",
    facts={"reason": "환불할 수 있는 기간이 지났어요."},
    roles=REFUNDERS,
    compulsory=(IN_APP, MAIL),
    why=_TRADE,
)
REFUND_DELAYED = define(
    "payments.refund_delayed",
    topic=Topic.MONEY,
    label="환불이 늦어질 때",
    title="환불이 늦어지고 있어요",
    body="카드사에서 취소가 되지 않아 확인하고 있어요. 크레딧은 안전하게 묶어 둘게요. 환불 계좌를 등록하면 계좌로도 돌려드려요.",
    roles=REFUNDERS,
    compulsory=(IN_APP, MAIL),
    why=_TRADE,
)
REFUND_ACCOUNT_CHANGED = define(
    "payments.refund_account_changed",
    topic=Topic.SECURITY,
    label="환불 계좌가 바뀌었을 때",
    title="환불 계좌가 바뀌었어요",
    body="{account} 계좌를 등록했어요. 우리 팀이 한 일이 아니면 바로 1:1 문의로 알려 주세요. 하루 뒤부터 이 계좌로 환불할 수 있어요.",
    facts={"account": "국민은행 ****0123 김민지"},
    roles=PAYERS,
    compulsory=(IN_APP, MAIL),
    why=_SAFETY,
    is_urgent=True,
)
CARD_REGISTERED = define(
    "payments.card_registered",
    topic=Topic.SECURITY,
    label="자동 충전 카드를 등록했을 때",
    title="자동 충전 카드를 등록했어요",
    body="{card}. 우리 팀이 한 일이 아니면 카드를 지우고 바로 알려 주세요.",
    facts={"card": "국민카드 ****1234"},
    roles=PAYERS,
    compulsory=(IN_APP, MAIL),
    why=_SAFETY,
    is_urgent=True,
)
AUTO_ON = define(
    "payments.auto_on",
    topic=Topic.MONEY,
    label="자동 충전을 켰을 때",
    title="자동 충전을 켰어요",
    body="크레딧이 {below} 아래로 내려가면 {amount}원을 결제해요. 한 달에 {limit}원까지예요. 언제든 멈출 수 있어요.",
    facts={"below": 100_000, "amount": 330_000, "limit": 990_000},
    roles=PAYERS,
    compulsory=(IN_APP, MAIL),
    why="카드가 저절로 결제되는 약속이라 꼭 알려드려요.",
)
AUTO_OFF = define(
    "payments.auto_off",
    topic=Topic.MONEY,
    label="팀이 자동 충전을 멈췄을 때",
    title="자동 충전을 멈췄어요",
    body="{who} 님이 멈췄어요.",
    facts={"who": "김민지"},
    roles=PAYERS,
)
AUTO_LIMIT = define(
    "payments.auto_limit",
    topic=Topic.MONEY,
    label="자동 충전 한도를 다 썼을 때",
    title="자동 충전 한도를 다 썼어요",
    body="이번 달 한도 {limit}원까지 충전했어요. 다음 달 1일에 다시 충전해요. 더 필요하면 한도를 올려 주세요.",
    facts={"limit": 990_000},
    roles=PAYERS,
)
AUTO_STOPPED = define(
    "payments.auto_stopped",
    topic=Topic.MONEY,
    label="자동 충전이 멈췄을 때",
    title="자동 충전이 멈췄어요",
    body="{reason} 자동 충전 화면에서 확인하고 다시 켤 수 있어요.",
    facts={"reason": "등록한 카드가 없어요."},
    roles=PAYERS,
    compulsory=(IN_APP,),
    why="멈춘 것을 모르면 캠페인이 끊길 수 있어요.",
)
SECOND_ASKED = define(
    "payments.second_member_asked",
    topic=Topic.TEAM,
    label="한도를 넘는 충전이 승인을 기다릴 때",
    title="한도를 넘는 충전이 승인을 기다려요",
    body="{who} 님이 요청했어요. {what}",
    facts={"who": "박지수", "what": "1,000,000크레딧 충전"},
    roles=PAYERS,
)
SECOND_AGREED = define(
    "payments.second_member_agreed",
    topic=Topic.TEAM,
    label="내가 요청한 충전을 승인했을 때",
    title="충전을 승인했어요",
    body="{what}. {who} 님이 승인했어요. 이제 결제할 수 있어요.",
    facts={"who": "김민지", "what": "1,000,000크레딧 충전"},
)
SECOND_REFUSED = define(
    "payments.second_member_refused",
    topic=Topic.TEAM,
    label="내가 요청한 충전을 거절했을 때",
    title="충전을 거절했어요",
    body="{what}. {who} 님이 거절했어요. 이유: {reason}",
    facts={"who": "김민지", "what": "1,000,000크레딧 충전", "reason": "다음 달에 해요."},
)
DOCUMENT_ISSUED = define(
    "payments.document_issued",
    topic=Topic.MONEY,
    label="세금계산서나 현금영수증을 발행했을 때",
    title="{document}을 발행했어요",
    body="{on} · {total}원 · 국세청 승인번호 {number}. 결제 내역에서도 볼 수 있어요.",
    facts={"document": "세금계산서", "on": _MOMENT.date(), "total": 330_000, "number": "202611251234567890123456"},
    roles=PAYERS,
)
CREDITS_GIVEN = define(
    "credits.given",
    topic=Topic.CREDITS,
    label="크레딧을 드렸을 때",
    title="{credits}크레딧을 드렸어요",
    body="이유: {reason} 크레딧 내역에서 볼 수 있어요.",
    facts={"credits": 10_000, "reason": "서비스 장애에 대한 보상이에요."},
    roles=PAYERS,
)
OFFER_BEGAN = define(
    "payments.offer_began",
    topic=Topic.NEWS,
    label="충전 보너스가 시작됐을 때",
    title="{offer} 보너스가 시작됐어요",
    body="{until}까지 {from_credits}크레딧 이상 충전하면 보너스를 드려요. 준비한 예산이 끝나면 일찍 마쳐요.",
    facts={"offer": "연말 10%", "until": _MOMENT, "from_credits": 100_000},
    roles=PAYERS,
    default=(IN_APP, MAIL, SMS),
    is_advertising=True,
)
