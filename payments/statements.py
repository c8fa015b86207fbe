"""The statement of the house's own account, as somebody copied or exported it: one deposit a line."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime

from common.errors import DomainError
from common.kst import SEOUL

COLUMNS = ("거래번호", "거래일시", "입금액", "입금자")
MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y.%m.%d %H:%M:%S", "%Y.%m.%d %H:%M")
MOST_LINES = 1_000
MOST_KRW = 10_000_000_000


class StatementUnreadable(DomainError):
    """Not a statement; nothing was taken."""

    code = "payments.statement_unreadable"
    message = "통장 내역을 읽지 못했어요. {why}"
    http_status = 422


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One deposit. number: the bank's own.   amount_krw: whole won, above zero.   depositor: the name the sender wrote."""

    number: str
    received_at: datetime
    amount_krw: int
    depositor: str


def read_statement(text: str) -> list[StatementLine]:
    """
    Read lines of COLUMNS, separated by commas or by the tabs of a copied sheet; a heading is left out.

    :raises StatementUnreadable: names the line and what is wrong with it.
    """
    delimiter = "\t" if "\t" in text else ","
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter)]
    except csv.Error as refused:
        raise StatementUnreadable(why="줄과 칸을 나눌 수 없어요.") from refused
    filled = [(number, row) for number, row in enumerate(rows, start=1) if any(row) and row[0] != COLUMNS[0]]
    if not filled:
        raise StatementUnreadable(why="입금한 줄이 없어요.")
    if len(filled) > MOST_LINES:
        raise StatementUnreadable(why=f"{MOST_LINES:,}줄이 넘어요. 나누어 올려 주세요.")
    lines = [_line(number, row) for number, row in filled]
    if len({line.number for line in lines}) < len(lines):
        raise StatementUnreadable(why="같은 거래 번호가 두 번 있어요.")
    return lines


def _line(place: int, row: list[str]) -> StatementLine:
    if len(row) != len(COLUMNS):
        raise StatementUnreadable(why=f"{place}번째 줄은 {len(row)}칸이에요. {', '.join(COLUMNS)} 네 칸이어야 해요.")
    number, moment, amount, depositor = row
    if not 0 < len(number) <= 60 or not 0 < len(depositor) <= 60:
        raise StatementUnreadable(why=f"{place}번째 줄의 거래 번호나 입금자를 확인해 주세요.")
    digits = amount.replace(",", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12 and 0 < int(digits) <= MOST_KRW):
        raise StatementUnreadable(why=f"{place}번째 줄의 입금액을 원 단위 숫자로 적어 주세요.")
    return StatementLine(number, _moment(place, moment), int(digits), depositor)


def _moment(place: int, text: str) -> datetime:
    for form in MOMENTS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=SEOUL)
        except ValueError:
            continue
    raise StatementUnreadable(why=f"{place}번째 줄의 거래일시를 2026-11-28 14:03처럼 적어 주세요.")
