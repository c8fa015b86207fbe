"""
Settlement lists of payment companies, read and judged without a database: lines in, differences out.

PortOne has no interface for them: its OpenAPI file (1.16.0) offers sums of VAT per payment method alone, marked unstable
(`/payment-reconciliations/…/vat-report`), and no list of movements. What its console exports (PG 거래대사) is brought here as CSV; how
the console names its columns is documented nowhere, so SETTLEMENT_HEADINGS says which is which. Toss Payments tells its own list by API.
Source: PortOne OpenAPI file and developer centre, settlement; Toss Payments core API 2022-11-16, `GET /v1/settlements`.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime

from django.conf import settings

from common import dated
from common.errors import DomainError
from payments import policy

MOST_BYTES = 8_000_000
MOST_LINES = 50_000
TOLERANCE_KRW = 1  # card companies round fee and VAT each in their own way
_AMOUNT = re.compile(r"-?\d{1,12}")
METHODS = {"카드": "CARD", "간편결제": "EASY_PAY", "계좌이체": "TRANSFER", "가상계좌": "VIRTUAL_ACCOUNT"}
COLUMNS = ("결제번호", "거래번호", "구분", "결제수단", "거래일", "거래금액", "수수료", "수수료부가세", "정산금액", "정산일")
SORTS = {"결제": False, "취소": True}


class SettlementUnreadable(DomainError):
    """The file is not a settlement list; nothing was taken."""

    code = "payments.settlement_unreadable"
    message = "정산 파일을 읽지 못했어요. {why}"
    http_status = 422


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One movement as the payment company settles it; see `SettlementRow` for the fields."""

    ref: str
    transaction_id: str
    is_cancel: bool
    method: str
    amount_krw: int
    fee_krw: int
    fee_vat_krw: int
    payout_krw: int
    moved_on: date
    paid_out_on: date


@dataclass(frozen=True, slots=True)
class Rates:
    """What a payment company may take at a moment: hundredths of a percent of the amount, or so many won per deposit; without VAT."""

    card: int
    transfer: int
    account: int

    def fee(self, *, method: str, amount_krw: int) -> int:
        """The fee on one movement; that of a cancel is below zero. Fractions of a won are dropped."""
        sign = -1 if amount_krw < 0 else 1
        if method == "VIRTUAL_ACCOUNT":
            return sign * self.account
        return sign * (abs(amount_krw) * (self.transfer if method == "TRANSFER" else self.card) // 10_000)


@dataclass(frozen=True, slots=True)
class Contract:
    """The rates agreed with a payment company, as dated settings."""

    card: "dated.Dated[int]"
    transfer: "dated.Dated[int]"
    account: "dated.Dated[int]"

    def at(self, moment: datetime) -> Rates:
        """The rates valid at a moment. Three queries."""
        return Rates(card=self.card.at(moment), transfer=self.transfer.at(moment), account=self.account.at(moment))


def _contract(gateway: str, label: str, *, card: int, transfer: int, account: int) -> Contract:
    name = f"payments.fee_{gateway}"
    return Contract(
        card=dated.define(f"{name}_card", default=card, label=f"{label} 카드 수수료(0.01%)"),
        transfer=dated.define(f"{name}_transfer", default=transfer, label=f"{label} 계좌이체 수수료(0.01%)"),
        account=dated.define(f"{name}_account", default=account, label=f"{label} 가상계좌 입금 수수료(원)"),
    )


CONTRACTS = {
    "portone": _contract("portone", "포트원", card=320, transfer=180, account=300),
    "toss": _contract("toss", "토스페이먼츠", card=290, transfer=180, account=300),
}


def digest_of(lines: Iterable[SettlementLine], *, first_on: date, last_on: date) -> str:
    """The same for the same lines and days, whatever the file was called and how it was written."""
    return hashlib.sha256(repr((first_on, last_on, sorted(astuple(line) for line in lines))).encode()).hexdigest()


def read_csv(content: bytes) -> list[SettlementLine]:
    """
    Read an exported list: a heading with COLUMNS, or what SETTLEMENT_HEADINGS calls them, in any order.

    UTF-8, or as Korean Excel saves it (CP949).

    :raises SettlementUnreadable: too long, another encoding, a column or a value is missing; names the line.
    """
    if len(content) > MOST_BYTES:
        raise SettlementUnreadable(why=f"{MOST_BYTES // 1_000_000}MB가 넘어요. 기간을 나누어 올려 주세요.")
    try:
        rows = list(csv.reader(io.StringIO(_text(content), newline="")))
    except csv.Error:
        raise SettlementUnreadable(why="따옴표가 닫히지 않았거나 한 칸이 너무 길어요.") from None
    if not rows:
        raise SettlementUnreadable(why="빈 파일이에요.")
    ours = {"".join(theirs.split()): name for name, theirs in settings.SETTLEMENT_HEADINGS.items()}
    heading = [ours.get(cell, cell) for cell in ("".join(cell.split()) for cell in rows[0])]
    if missing := [name for name in COLUMNS if name not in heading]:
        raise SettlementUnreadable(why=f"{', '.join(missing)} 칸이 없어요. 첫 줄에 칸 이름이 있어야 해요.")
    if twice := [name for name in COLUMNS if heading.count(name) > 1]:
        raise SettlementUnreadable(why=f"{', '.join(twice)} 칸이 두 개예요.")
    filled = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]
    if len(filled) > MOST_LINES:
        raise SettlementUnreadable(why=f"{MOST_LINES:,}줄이 넘어요. 기간을 나누어 올려 주세요.")
    return [_line(number, row, heading) for number, row in filled]


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SettlementUnreadable(why="글자를 읽을 수 없어요. CSV로 저장한 파일인지 확인해 주세요.")


def _line(number: int, row: Sequence[str], heading: Sequence[str]) -> SettlementLine:
    if len(row) < len(heading):
        raise SettlementUnreadable(why=f"{number}번째 줄에 칸이 모자라요.")
    said = {name: cell.strip() for name, cell in zip(heading, row, strict=False)}

    def won(name: str) -> int:
        text = said[name].replace(",", "")
        if not _AMOUNT.fullmatch(text):
            raise SettlementUnreadable(why=f"{number}번째 줄의 {name}은 숫자여야 해요.")
        return int(text)

    def day(name: str) -> date:
        try:
            return date.fromisoformat(said[name][:10].replace(".", "-"))
        except ValueError:
            raise SettlementUnreadable(why=f"{number}번째 줄의 {name}은 2026-11-25처럼 적어 주세요.") from None

    for name in ("결제번호", "거래번호"):
        if not 1 <= len(said[name]) <= 100:
            raise SettlementUnreadable(why=f"{number}번째 줄의 {name}이 비었거나 너무 길어요.")
    if said["구분"] not in SORTS:
        raise SettlementUnreadable(why=f"{number}번째 줄의 구분은 결제나 취소여야 해요.")
    return SettlementLine(
        ref=said["결제번호"], transaction_id=said["거래번호"], is_cancel=SORTS[said["구분"]], method=METHODS.get(said["결제수단"], "OTHER"),
        amount_krw=won("거래금액"), fee_krw=won("수수료"), fee_vat_krw=won("수수료부가세"), payout_krw=won("정산금액"),
        moved_on=day("거래일"), paid_out_on=day("정산일"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. kind: of ReconciliationItem.   differences: name → [ours, theirs], as text."""

    kind: str
    line: SettlementLine
    differences: dict[str, list[str]]


def judge(
    lines: Iterable[SettlementLine], *, ours: dict[tuple[str, str], set[int]], settled_before: set[str], rates: Rates
) -> Iterator[Finding]:
    """
    Compare lines with our books.

    ours: what a line may say, in won, by (ref, "") for a payment, and by (ref, number of the cancel), below zero, for a cancel. More
        than one where a payment came in several deposits.
    settled_before: numbers of movements in earlier lists.
    """
    seen: set[str] = set()
    for line in lines:
        known = ours.get((line.ref, line.transaction_id if line.is_cancel else ""))
        if known is None:
            yield Finding("SETTLED_UNKNOWN", line, {"amount_krw": ["0", str(line.amount_krw)]})
        elif line.transaction_id in seen or line.transaction_id in settled_before:
            yield Finding("SETTLED_TWICE", line, {"amount_krw": ["0", str(line.amount_krw)]})
        elif line.amount_krw not in known:
            nearest = min(known, key=lambda krw: (abs(krw - line.amount_krw), krw))
            yield Finding("SETTLED_AMOUNT", line, {"amount_krw": [str(nearest), str(line.amount_krw)]})
        elif wrong := _wrong_fee(line, rates.fee(method=line.method, amount_krw=line.amount_krw)):
            yield Finding("SETTLED_FEE", line, wrong)
        seen.add(line.transaction_id)


def _wrong_fee(line: SettlementLine, fee: int) -> dict[str, list[str]]:
    """Fee, its VAT and what is left, where they are not as agreed."""
    sign = -1 if line.amount_krw < 0 else 1
    expected = {
        "fee_krw": (fee, line.fee_krw),
        "fee_vat_krw": (sign * policy.vat_of(abs(line.fee_krw)), line.fee_vat_krw),
        "payout_krw": (line.amount_krw - line.fee_krw - line.fee_vat_krw, line.payout_krw),
    }
    return {name: [str(ours), str(theirs)] for name, (ours, theirs) in expected.items() if abs(ours - theirs) > TOLERANCE_KRW}
