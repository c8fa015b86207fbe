"""The credit history as files for spreadsheets: what the page shows, whole."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from common.exports import Cell, csv_file, xlsx_file
from common.statuses import status_of

MOST = 50_000  # the newest; older ones stand in the statements
HEADINGS: tuple[Cell, ...] = (
    "일시", "구분", "쓸 수 있는 크레딧 변동", "묶인 크레딧 변동", "환불 대기 변동", "쓸 수 있는 크레딧", "캠페인", "주문", "이유",
)  # fmt: skip
WIDTHS = (20, 12, 18, 18, 18, 18, 30, 30, 30)
History = QuerySet[Any]  # of selectors.history, whose entries carry what they changed


def rows_of(found: History) -> Iterator[tuple[Cell, ...]]:
    """The headings, then a line for each entry, newest first. One query."""
    yield HEADINGS
    for row in found[:MOST]:
        kind = status_of(enum="ledger", value=row.kind).label
        changes = (row.available_change, row.held_change, row.frozen_change, row.available_after)
        yield (row.booked_at, kind, *changes, row.hold.subject_label if row.hold else "", row.order_id, row.reason)


def as_csv(found: History) -> bytes:
    """The same as CSV."""
    return csv_file(rows_of(found))


def as_xlsx(found: History) -> bytes:
    """The same as one sheet."""
    return xlsx_file(rows_of(found), title="크레딧 내역", widths=WIDTHS)


FORMATS: dict[str, tuple[Callable[[History], bytes], str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
