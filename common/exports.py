"""
Tables as files for spreadsheets: the same rows give the same bytes, whenever, wherever and by whichever process they are asked for.

A text that a spreadsheet would take for a formula is given a quote in front, in CSV; in XLSX texts are written as texts.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import xlsxwriter
from django.db.models import QuerySet

from common.kst import SEOUL

Cell = str | int | datetime
# What Excel and its relatives read as the start of a formula, the full-width signs and leading blanks included.
_FORMULA = tuple("=+-@|%＝＋－＠")
_BLANK = " \t\r\n\v\f\u00a0\u3000\ufeff\u200b"
_MADE_AT = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # a file says nothing about when it was asked for


def safe(text: str) -> str:
    """The text, harmless in a spreadsheet."""
    return f"'{text}" if text.lstrip(_BLANK).startswith(_FORMULA) or text[:1] in ("\t", "\r", "\n") else text


def moment(at: datetime) -> str:
    """An aware moment as files show it: Korean time, to the second."""
    return at.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S")


def named(rows: "QuerySet[Any, Any]", columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows as people read them. columns: the word for each → the field it comes from. One query."""
    return [dict(zip(columns, values, strict=True)) for values in rows.values_list(*columns.values())]


def csv_file(rows: Iterable[Sequence[Cell]]) -> bytes:
    """The rows as CSV: UTF-8 with a mark that Excel wants, lines ended as RFC 4180 says."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([_plain(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def xlsx_file(rows: Iterable[Sequence[Cell]], *, title: str, widths: Sequence[int] = (), is_long: bool = False) -> bytes:
    """
    The rows as one sheet. title: its name, at most 31 characters.   widths: of the first columns, in characters.   is_long: the rows lie
    in the system's temporary folder instead of memory while the file is made; so it is for nothing personal.
    """
    out = io.BytesIO()
    place = {"constant_memory": True} if is_long else {"in_memory": True}
    book = xlsxwriter.Workbook(out, {**place, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": _MADE_AT, "title": title})
    sheet, amount = book.add_worksheet(title), book.add_format({"num_format": "#,##0"})
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(number, column, cell, amount)
            else:
                sheet.write_string(number, column, moment(cell) if isinstance(cell, datetime) else cell)
    book.close()
    return out.getvalue()


def _plain(cell: Cell) -> str | int:
    if isinstance(cell, datetime):
        return moment(cell)
    return cell if isinstance(cell, int) else safe(cell)
