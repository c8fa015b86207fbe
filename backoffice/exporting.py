"""The list that a room shows, with its filters, as a file. Whoever takes one says why; the taking is a line of the access log."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.http import HttpResponse
from django.utils.html import strip_tags

from backoffice import services
from common import exports
from common.errors import DomainError
from identity.models import User

MOST_ROWS = 20_000
KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class TooManyRows(DomainError):
    """More rows than one file takes."""

    code = "backoffice.export_too_large"
    message = "한 번에 20,000건까지 받을 수 있어요. 필터로 줄여 주세요."
    http_status = 422


class ReasonMissing(DomainError):
    """Nobody takes a list along without saying why."""

    code = "backoffice.export_reason_missing"
    message = "파일로 받는 이유를 두 글자 넘게 적어 주세요."
    http_status = 422


def export(shown: ChangeList, *, kind: str, reason: str, by: User, at: datetime) -> HttpResponse:
    """
    The rows of a list as a file. kind: csv or xlsx; anything else is csv.

    :raises ReasonMissing: nothing was written.   :raises TooManyRows: nothing was written.
    """
    reason = stated(reason)
    rows = shown.queryset
    count = rows.count()
    if count > MOST_ROWS:
        raise TooManyRows
    services.take_export(model=shown.model, count=count, reason=reason, by=by, at=at)
    title = str(shown.model._meta.verbose_name)
    return answer(_table(shown, rows), kind=kind, name=str(shown.model._meta.model_name), title=title, at=at)


def stated(reason: str) -> str:
    """
    The reason, which must say something.

    :raises ReasonMissing: fewer than two characters.
    """
    reason = reason.replace("\x00", "").strip()
    if len(reason) < 2:
        raise ReasonMissing
    return reason[:200]


def answer(table: Iterable[list[exports.Cell]], *, kind: str, name: str, title: str, at: datetime) -> HttpResponse:
    """A table as a file of this day. kind: csv or xlsx; anything else is csv."""
    kind = kind if kind in KINDS else "csv"
    content = exports.csv_file(table) if kind == "csv" else exports.xlsx_file(table, title=title[:31])
    disposition = f'attachment; filename="{name}-{exports.moment(at)[:10]}.{kind}"'
    return HttpResponse(content, content_type=KINDS[kind], headers={"Content-Disposition": disposition})


def _table(shown: ChangeList, rows: Any) -> Iterator[list[exports.Cell]]:
    """What the list shows, its head first; a cell is what people read there."""
    columns = [column for column in shown.list_display if column != "action_checkbox"]
    yield [str(label_for_field(column, shown.model, model_admin=shown.model_admin)) for column in columns]
    for row in rows.iterator(chunk_size=1_000):
        yield [_cell(column, row, shown) for column in columns]


def _cell(column: Any, row: Any, shown: ChangeList) -> exports.Cell:
    field, _, value = lookup_field(column, row, shown.model_admin)
    if field is not None and field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    if isinstance(value, bool):
        return "예" if value else "아니요"
    if isinstance(value, int | datetime):
        return value
    return strip_tags(str("" if value is None else value))
