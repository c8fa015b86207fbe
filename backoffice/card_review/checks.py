"""
What card companies refuse a house for, looked for beforehand: each finding names the field. Nothing here writes.

Sources: 전자상거래법 10·13조 (footer), the payment companies' lists of what a shop must have (fixed prices that are the same everywhere,
refund rules before paying, terms, a number that is no mobile, 통신판매업신고번호, the life of prepaid credits, no test channel).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import phonenumbers
import requests
from django.conf import settings
from phonenumbers import PhoneNumberType

from advertisers import business_numbers
from backoffice.card_review import pages
from backoffice.card_review.pages import Page, Pages
from common import portals
from common.kst import day_of
from payments import policy, selectors
from payments import services as payments
from payments.models import Package

FOOTER = {
    "name": "상호", "representative": "대표자", "business_number": "사업자등록번호", "mail_order_number": "통신판매업신고번호",
    "address": "사업장 주소", "phone": "고객센터 전화번호", "email": "이메일", "hosting": "호스팅 서비스 제공자",
    "privacy_officer": "개인정보 보호책임자",
}  # fmt: skip
TOP_UP = "/payments/top-up/"
API_PRICES = "/api/v1/packages"
SHOP = {"/": "첫 화면", "/pricing/": "요금", TOP_UP: "크레딧 충전"}
LEGAL = {"terms": "이용약관", "privacy": "개인정보처리방침", "refund": "환불 정책"}
PUBLIC = ("/", "/pricing/", *(f"/terms/{slug}/" for slug in LEGAL), "/contact/", "/accounts/login/")
# What each text has to speak of, and the words it is recognised by.
SPEAKS_OF: dict[str, dict[str, str]] = {
    "terms": {
        "크레딧의 뜻": "크레딧은", "유효기간": r"유효\s?기간", "환불": "환불", "미성년자": "미성년자|만 19세", "분쟁 처리": "분쟁",
        "책임": "책임",
    },
    "privacy": {
        "수집하는 정보와 목적": "목적", "보관 기간": "보관|보유", "제3자 제공": "제3자|다른 곳에 주는|제공", "처리 위탁": "위탁|맡기",
        "정보주체의 권리": "권리", "개인정보 보호책임자": "보호책임자", "14세 미만": "14세",
    },
    "refund": {"쓰지 않은 크레딧": "쓰지 않은|미사용", "돌려받는 방법": "카드|취소", "요청하는 곳": "요청", "문의할 곳": "고객센터|문의"},
}  # fmt: skip
_PLACEHOLDER = re.compile(r"(^|[^1-9])0{3,}([^1-9]|$)|홍길동|example|부스트 주식회사")
_MAIL_ORDER = re.compile(r"제?\s?\d{4}-[가-힣A-Za-z]+-\d{3,5}호?")
_MOBILE = re.compile(r"(?<!\d)(?:\+?82[ -]?|0)1[016789][ -]?\d{3,4}[ -]?\d{4}(?!\d)")
_COMPANY = re.compile(r"(?:주식회사|㈜|\(주\))\s?[가-힣A-Za-z0-9]{2,}|[가-힣A-Za-z0-9]{2,}\s?(?:주식회사|㈜|\(주\))")
_PRICE = re.compile(r"^\D*([\d,]+)\b.* ([\d,]+) ?원$")
_TO_PAY = re.compile(r"결제할 금액 ([\d,]+) ?원")
_REHEARSAL_HOST = re.compile(r"(^|[.-])(test|dev|demo|staging|stage|qa|beta)([.-]|\d|$)")
_TEST_NAME = re.compile(r"\btest\b|테스트", re.IGNORECASE)
_TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. field: what it is called in Korean."""

    check: str
    field: str
    why: str

    def __str__(self) -> str:
        return f"{self.field}: {self.why}"


@dataclass(frozen=True, slots=True)
class Look:
    """What checks are given. is_live: customers pay here with real money."""

    pages: Pages
    is_live: bool
    at: datetime


Found = Iterator[tuple[str, str]]
Check = Callable[[Look], Found]


def findings(*, at: datetime) -> list[Finding]:
    """Everything that is wrong, in the order of the checks. Reads pages of ours and asks our own address; leaves no row behind."""
    with pages.opened() as opened:
        look = Look(pages=opened, is_live=settings.PRODUCTION, at=at)
        return [Finding(name, field, why) for name, check in CHECKS.items() for field, why in check(look)]


def report(found: list[Finding]) -> Iterator[str]:
    """Every check with what it found, line by line, for a terminal."""
    for name in CHECKS:
        wrong = [finding for finding in found if finding.check == name]
        yield f"{'FAIL' if wrong else 'ok  '} {name}"
        yield from (f"       {finding}" for finding in wrong)


def _footer(look: Look) -> Found:
    """The company as the law wants it, on the first screen and where orders are taken."""
    for name, field in FOOTER.items():
        value = str(settings.COMPANY.get(name, "")).strip()
        if not value:
            yield field, f"비어 있어요 (COMPANY_{name.upper()})."
            continue
        if look.is_live and _PLACEHOLDER.search(value):
            yield field, f"견본 값이에요 (COMPANY_{name.upper()})."
        for path, title in SHOP.items():
            if value not in look.pages[path].footer:
                yield field, f"{title} 화면 아래에 보이지 않아요."
    number = str(settings.COMPANY["mail_order_number"]).strip()
    if number and not _MAIL_ORDER.search(number):
        yield FOOTER["mail_order_number"], "제0000-지역-00000호 모양이 아니에요 (COMPANY_MAIL_ORDER_NUMBER)."
    if look.is_live and business_numbers.read(str(settings.COMPANY["business_number"])) is None:
        yield FOOTER["business_number"], "맞지 않는 번호예요 (COMPANY_BUSINESS_NUMBER)."
    if not settings.COMPANY["business_check_url"]:
        yield "사업자정보확인 링크", "비어 있어요 (COMPANY_BUSINESS_CHECK_URL)."


def _phone(look: Look) -> Found:
    """A landline or a representative number: card companies accept no mobile."""
    if _is_mobile(str(settings.COMPANY["phone"])):
        yield FOOTER["phone"], "휴대전화 번호예요. 카드사는 유선이나 대표 번호를 요구해요 (COMPANY_PHONE)."
    for path, title in SHOP.items():
        if _MOBILE.search(look.pages[path].footer):
            yield FOOTER["phone"], f"{title} 화면 아래에 휴대전화 번호가 있어요."


def _is_mobile(text: str) -> bool:
    try:
        number = phonenumbers.parse(text, "KR")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(number) == PhoneNumberType.MOBILE or bool(_MOBILE.search(text))


def _legal(look: Look) -> Found:
    """The three texts can be read, are linked from where people pay, and speak of what is asked for."""
    for slug, title in LEGAL.items():
        page = look.pages[f"/terms/{slug}/"]
        if page.status != 200:
            yield title, f"열리지 않아요 ({page.status})."
            continue
        for topic, words in SPEAKS_OF[slug].items():
            if not re.search(words, page.text):
                yield title, f"‘{topic}’ 내용이 없어요."
        for path, where in SHOP.items():
            if f"/terms/{slug}/" not in look.pages[path].source:
                yield title, f"{where} 화면에 링크가 없어요."


def _refund(look: Look) -> Found:
    """How long a payment can be taken back is told at the product, before paying, and is the rule that holds."""
    hours = policy.REFUND_WINDOW_HOURS.at(look.at)
    told = {"/pricing/": f"{hours // 24}일", TOP_UP: f"{hours}시간", "/terms/refund/": f"{hours // 24}일"}
    for path, words in told.items():
        if words not in look.pages[path].text:
            yield "환불 기간", f"{SHOP.get(path, LEGAL['refund'])} 화면에 지금 기준인 {words}이 보이지 않아요."


def _prices(look: Look) -> Found:
    """Every page and the API name the same sum for the same thing, and it is the one that is charged."""
    packages = list(Package.objects.offered())
    if not packages:
        yield "충전 상품", "판매 중인 상품이 없어요."
    right = {package.credits: package.amount_krw for package in packages}
    shown = {title: _listed(look.pages[path]) for path, title in SHOP.items() if path != TOP_UP}
    shown[SHOP[TOP_UP]] = {package.credits: _to_pay(look.pages[f"{TOP_UP}?package={package.pk}"]) for package in packages}
    shown["API"] = _told(look.pages[API_PRICES])
    for title, prices in shown.items():
        for credits, amount in right.items():
            if prices.get(credits) != amount:
                said = f"{prices[credits]:,}원" if prices.get(credits) is not None else "없음"
                yield "결제 금액", f"{credits:,}크레딧은 {amount:,}원인데 {title} 화면에는 {said}이에요."
        for credits in prices.keys() - right.keys():
            yield "결제 금액", f"팔지 않는 {credits:,}크레딧이 {title} 화면에 있어요."


def _listed(page: Page) -> dict[int, int | None]:
    """Credits → won with VAT, as the price list on a page says."""
    found = (_PRICE.match(row) for row in page.rows)
    return {_number(row[1]): _number(row[2]) for row in found if row}


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _to_pay(page: Page) -> int | None:
    found = _TO_PAY.search(page.text)
    return _number(found[1]) if found else None


def _told(page: Page) -> dict[int, int | None]:
    rows = re.findall(r'"credits": ?(\d+).*?"amount_krw": ?(\d+)', page.source) if page.status == 200 else []
    return {int(credits): int(amount) for credits, amount in rows}


def _amounts(look: Look) -> Found:
    """Fixed sums, none of them free, each of which some contract allows; nothing that is called a test."""
    most = payments.MAX_PER_CHARGE_KRW[settings.PAYMENT_GATEWAY, "CARD"].at(look.at)
    for package in Package.objects.offered():
        if most and package.amount_krw > most and "무통장입금" not in look.pages[f"{TOP_UP}?package={package.pk}"].text:
            yield "결제 한도", f"{package.amount_krw:,}원은 카드로 한 번에 결제할 수 있는 {most:,}원보다 커요."
    if look.is_live and _TEST_NAME.search(look.pages["/pricing/"].text):
        yield "상품 이름", "요금 화면에 테스트라는 말이 있어요."


def _validity(look: Look) -> Found:
    """How long bought credits live is told before paying, and is no longer than the payment company allows."""
    promise = selectors.promise_at(look.at, gateway=settings.PAYMENT_GATEWAY)
    if f"{day_of(promise.valid_until):%Y.%m.%d}까지 쓸 수 있어요" not in look.pages[TOP_UP].text:
        yield "유효기간", "크레딧 충전 화면에 언제까지 쓸 수 있는지 보이지 않아요."
    allowed = policy.MAX_VALIDITY_DAYS[settings.PAYMENT_GATEWAY].at(look.at)
    if allowed and (promise.valid_until - look.at).days > allowed:
        yield "유효기간", f"결제사가 허용하는 {allowed:,}일보다 길어요."


def _channel(look: Look) -> Found:
    """Where real money is taken no test channel stands in for the real one."""
    if not look.is_live:
        return
    card = settings.PORTONE_CHANNEL_KEY_CARD
    if "00000000-0000-4000" in card or card == settings.PORTONE_CHANNEL_KEY_REVIEW:
        yield "카드 결제 채널", "시험(TEST) 채널이에요 (PORTONE_CHANNEL_KEY_CARD)."
    if not settings.PORTONE_REQUIRE_LIVE:
        yield "카드 결제 채널", "시험(TEST) 결제를 받도록 되어 있어요 (PORTONE_REQUIRE_LIVE)."
    for name in ("TOSS_CLIENT_KEY", "TOSS_SECRET_KEY"):
        if str(getattr(settings, name)).startswith("test_"):
            yield "토스페이먼츠 키", f"시험(TEST) 키예요 ({name})."


def _address(look: Look) -> Found:
    """The shop answers at its own name, over TLS, and at no name that sounds like a rehearsal."""
    origin = str(settings.PORTAL_ORIGINS[portals.ADVERTISER])
    parts = urlsplit(origin)
    if look.is_live and parts.scheme != "https":
        yield "서비스 주소", f"https가 아니에요: {origin}"
    if look.is_live and _REHEARSAL_HOST.search(parts.hostname or ""):
        yield "서비스 주소", f"시험용으로 보이는 주소예요: {parts.hostname}"
    for path in PUBLIC:
        if why := _unreachable(origin + path):
            yield "서비스 주소", f"{path} 화면이 밖에서 열리지 않아요 ({why})."


def _unreachable(url: str) -> str:
    """Why a page cannot be opened from outside; empty when it can."""
    try:
        answer = requests.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        return type(error).__name__
    return "" if answer.status_code == 200 else str(answer.status_code)


def _company(look: Look) -> Found:
    """One company everywhere: the name in the footer is the one in the texts."""
    ours = {_plain(str(settings.COMPANY[name])) for name in ("name", "hosting")}
    places = SHOP | {f"/terms/{slug}/": title for slug, title in LEGAL.items()}
    for path, title in places.items():
        page = look.pages[path]
        if str(settings.COMPANY["name"]) not in page.text:
            yield FOOTER["name"], f"{title} 화면에 보이지 않아요."
        read = page.footer if path.endswith("/privacy/") else page.text  # a privacy policy names other companies
        for other in sorted({found for found in _COMPANY.findall(read) if _plain(found) not in ours}):
            yield FOOTER["name"], f"{title} 화면에 다른 회사 이름이 있어요: {other}"


def _plain(name: str) -> str:
    return re.sub(r"주식회사|㈜|\(주\)|\s", "", name)


CHECKS: dict[str, Check] = {
    "사업자 정보": _footer,
    "전화번호": _phone,
    "약관과 정책": _legal,
    "환불 안내": _refund,
    "가격": _prices,
    "결제 한도": _amounts,
    "유효기간": _validity,
    "결제 채널": _channel,
    "서비스 주소": _address,
    "상호": _company,
}
