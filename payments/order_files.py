"""Orders as files for spreadsheets: what the page of payments shows, whole."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from common.exports import Cell, csv_file, xlsx_file
from common.statuses import status_of

MOST = 50_000  # the newest
HEADINGS: tuple[Cell, ...] = (
    "주문번호", "주문일시", "결제일시", "결제 수단", "상태", "공급가액", "부가세", "결제 금액", "충전 크레딧", "보너스 크레딧", "환불 금액",
)  # fmt: skip
WIDTHS = (32, 20, 20, 14, 14, 14, 14, 14, 14, 14, 14)


def rows_of(orders: "QuerySet[Any]") -> Iterator[tuple[Cell, ...]]:
    """The headings, then a line for each of `selectors.orders_of`, newest first. One query."""
    yield HEADINGS
    for order in orders[:MOST]:
        yield (
            order.order_id, order.created_at, order.paid_at or "", order.method_name, status_of(enum="payment", value=order.state).label,
            order.amount_krw - order.vat_krw, order.vat_krw, order.amount_krw,
            order.credits if order.is_credited else 0, order.bonus_credits if order.is_credited else 0, order.refunded_krw,
        )  # fmt: skip


def as_csv(orders: "QuerySet[Any]") -> bytes:
    """The same as CSV."""
    return csv_file(rows_of(orders))


def as_xlsx(orders: "QuerySet[Any]") -> bytes:
    """The same as one sheet."""
    return xlsx_file(rows_of(orders), title="결제 내역", widths=WIDTHS)


FORMATS: dict[str, tuple[Callable[["QuerySet[Any]"], bytes], str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
