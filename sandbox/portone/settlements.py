"""
What the console exports as 거래대사: every payment and cancel of some days with its fee, as a CSV that people bring to their books.

Control can spoil the file (`sandbox.spoils`); it comes from the sandbox's own book and knows nothing of who reads it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.context import Sandbox
from sandbox.control import route
from sandbox.portone.attempts import TAKEN, Attempt, Attempts
from sandbox.spoils import Spoil, spoils_of

SEOUL = ZoneInfo("Asia/Seoul")
FEE_BASIS_POINTS = 320  # of a card payment
FEE_PER_ACCOUNT = 300
PAID_OUT_AFTER = timedelta(days=4)
METHODS = {"CARD": "카드", "EASY_PAY": "간편결제", "TRANSFER": "계좌이체", "VIRTUAL_ACCOUNT": "가상계좌"}
HEADING = ("결제번호", "거래번호", "구분", "결제수단", "거래일", "거래금액", "수수료", "수수료부가세", "정산금액", "정산일")


def export(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """The file of the days `first` to `last`, both included, as text."""
    first, last = date.fromisoformat(named["first"]), date.fromisoformat(named["last"])
    spoils = spoils_of(sandbox, "portone")
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADING)
    for attempt in Attempts(sandbox.book).payments():
        if attempt.status in TAKEN:
            writer.writerows(row for row in _rows(attempt, [s for s in spoils if s.payment_id == attempt.payment_id], first, last))
    for spoil in spoils:
        if spoil.how == "invent":
            writer.writerow(_row(spoil.payment_id, f"tx-{spoil.payment_id}", "결제", "카드", first, spoil.by))
    return {"file": out.getvalue()}


def _rows(attempt: Attempt, spoils: list[Spoil], first: date, last: date) -> Iterator[tuple[Any, ...]]:
    method = METHODS.get(attempt.pay_method, "카드")
    how = {said.how: said.by for said in spoils}
    paid_on = _day(attempt.paid_at)
    if first <= paid_on <= last and "drop" not in how:
        row = _row(
            attempt.payment_id, attempt.transaction_id, "결제", method, paid_on, attempt.total + how.get("amount", 0), how.get("fee", 0)
        )
        yield from (row, row) if "twice" in how else (row,)
    for made in attempt.cancellations:
        if made.status == "SUCCEEDED" and first <= _day(made.cancelled_at) <= last:
            yield _row(attempt.payment_id, made.id, "취소", method, _day(made.cancelled_at), -made.total)


def _row(payment_id: str, number: str, sort: str, method: str, on: date, amount: int, more_fee: int = 0) -> tuple[Any, ...]:
    sign = -1 if amount < 0 else 1
    fee = sign * (FEE_PER_ACCOUNT if method == "가상계좌" else abs(amount) * FEE_BASIS_POINTS // 10_000) + more_fee
    vat = sign * (abs(fee) // 10)
    return payment_id, number, sort, method, on, amount, fee, vat, amount - fee - vat, on + PAID_OUT_AFTER


def _day(moment: str | None) -> date:
    return datetime.fromisoformat((moment or "").replace("Z", "+00:00")).astimezone(SEOUL).date()


ROUTES = [route("GET", "/settlements", export)]
