"""
An advertiser's own list of conversions beside ours, click by click: matched, only theirs, only ours, each with a reason. The list is
read and forgotten; nothing here writes, and a click is all that is ever said of a member.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
from django.core.files.uploadedfile import UploadedFile
from openpyxl.utils.exceptions import InvalidFileException

from campaigns.models import Campaign, Participation
from campaigns.postbacks.keys import CLICK_LENGTH, Click, read_click
from common import exports
from common.errors import DomainError

MOST_BYTES, MOST_UNPACKED, MOST_ROWS = 2_000_000, 40_000_000, 10_000
OURS_AT_MOST = 100_000
COLUMN = "click_id"
State = Participation.State
COUNTED = (State.CONFIRMED, State.REWARDED)
_WHY = {
    State.STARTED: "아직 참여하고 있어요.",
    State.SUBMITTED: "확인하고 있어요.",
    State.CHECKING: "확인하고 있어요.",
    State.QUARANTINED: "확인하고 있어요.",
    State.EXPIRED: "정한 시간 안에 끝나지 않았어요.",
    State.REFUSED: "인정하지 않은 참여예요.",
    State.REVERSED: "나중에 취소된 참여예요.",
}
UNKNOWN, OLD, TWICE, MISSING = (
    "이 캠페인에서 드린 click_id가 아니에요.", "다시 시작하기 전의 click_id예요.", "목록에 두 번 넘게 있어요.", "보내 주신 목록에 없어요.",
)  # fmt: skip


class OwnListRefused(DomainError):
    code = "campaign.own_list_refused"
    message = "이 파일을 비교할 수 없어요. {why}"
    http_status = 422


@dataclass(frozen=True, slots=True)
class Line:
    """One click of one side only, with the reason."""

    click: str
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """matched: on both lists.   theirs, ours: on one only, in the order of the list and of our confirmations."""

    matched: int
    theirs: tuple[Line, ...]
    ours: tuple[Line, ...]


def read(upload: "UploadedFile[Any]") -> list[str]:
    """
    The clicks of a CSV or XLSX file: the column `click_id`, or the first one. Formulas are texts here and never calculated.

    :raises OwnListRefused: too large, too long, empty, or no table that we can read.
    """
    if not upload.size or upload.size > MOST_BYTES:
        raise OwnListRefused(why=f"{MOST_BYTES // 1_000_000}MB까지 올릴 수 있어요.")
    raw = upload.read()
    rows = _sheet(raw) if raw[:2] == b"PK" else _text(raw)
    clicks: list[str] = []
    column = None
    for row in rows:
        if column is None:
            names = [cell.strip().lower() for cell in row]
            column = names.index(COLUMN) if COLUMN in names else 0
            if COLUMN in names:
                continue
        if column < len(row) and (click := row[column].strip()):
            clicks.append(click[: 2 * CLICK_LENGTH])
        if len(clicks) > MOST_ROWS:
            raise OwnListRefused(why=f"{MOST_ROWS:,}줄까지 비교할 수 있어요. 기간을 나누어 주세요.")
    if not clicks:
        raise OwnListRefused(why="click_id가 한 줄도 없어요.")
    return clicks


def compare(campaign: Campaign, clicks: list[str]) -> Comparison:
    """Our confirmed participations of the campaign beside the clicks. At most two queries."""
    counted = Participation.objects.filter(campaign=campaign, state__in=COUNTED).order_by("confirmed_at")
    ours = [Click(*row).text for row in counted.values_list("public_id", "attempt")[:OURS_AT_MOST]]
    mine, seen, matched = set(ours), set(), 0
    theirs: list[tuple[str, str]] = []
    for click in clicks:
        plain = click.lower()
        if plain in seen:
            theirs.append((click, TWICE))
        elif plain in mine:
            matched += 1
        else:
            theirs.append((click, ""))
        seen.add(plain)
    known = _states(campaign, [click for click, why in theirs if not why])
    return Comparison(
        matched=matched,
        theirs=tuple(Line(click, why or _why(click, known)) for click, why in theirs),
        ours=tuple(Line(click, MISSING) for click in ours if click not in seen),
    )


def file_of(comparison: Comparison) -> bytes:
    """The differences as a spreadsheet."""
    lines = [("보내 주신 목록에만", line) for line in comparison.theirs] + [("부스트에만", line) for line in comparison.ours]
    rows = [("구분", COLUMN, "까닭"), *((side, line.click, line.why) for side, line in lines)]
    return exports.xlsx_file(rows, title="전환 비교", widths=(22, 40, 40))


def _states(campaign: Campaign, clicks: list[str]) -> dict[str, tuple[str, int]]:
    """State and attempt of the participations that clicks name, by the number in hex. One query."""
    numbers = [found.participation for click in clicks if (found := read_click(click.lower()))]
    rows = Participation.objects.filter(campaign=campaign, public_id__in=numbers).values_list("public_id", "state", "attempt")
    return {number.hex: (state, attempt) for number, state, attempt in rows}


def _why(click: str, known: dict[str, tuple[str, int]]) -> str:
    found = read_click(click.lower())
    if found is None or found.participation.hex not in known:
        return UNKNOWN
    state, attempt = known[found.participation.hex]
    return OLD if attempt != found.attempt else _WHY.get(State(state), UNKNOWN)


def _text(raw: bytes) -> Iterator[list[str]]:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise OwnListRefused(why="CSV나 XLSX 파일로 올려 주세요.")
    try:
        yield from csv.reader(io.StringIO(text.replace("\x00", "")))
    except csv.Error:
        raise OwnListRefused(why="표로 읽을 수 없는 줄이 있어요.") from None


def _sheet(raw: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise OwnListRefused(why="압축을 풀면 너무 큰 파일이에요.")
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=False, keep_links=False)
        for row in book.worksheets[0].iter_rows(values_only=True, max_col=50):
            yield ["" if cell is None else str(cell) for cell in row]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, SyntaxError):
        raise OwnListRefused(why="엑셀에서 열 수 있는 XLSX 파일인지 확인해 주세요.") from None
