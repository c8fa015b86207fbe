"""
Statements as of a day: what an advertiser had, what was booked, what was left. Only closed days are told, and they never change: so the
same statement has the same bytes tomorrow, next year and from another machine.

A period is a month ("2026-10"), or a month's days up to a closed one ("2026-11-24"). Nothing that may change later is printed: names of
today stay on the page around it, the document carries the advertiser's number.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth

from advertisers.models import Advertiser
from common import exports
from common.kst import day_until
from common.pdf import Paper
from credits.models import ADVERTISER_KINDS, DayDigest, Entry, EntryKind, Kind, Posting

_PERIOD = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Credits:
    """Credits in the three accounts, or what changed in them."""

    available: int = 0
    held: int = 0
    frozen: int = 0

    @property
    def total(self) -> int:
        """All three together."""
        return self.available + self.held + self.frozen

    def __add__(self, other: "Credits") -> "Credits":
        return Credits(self.available + other.available, self.held + other.held, self.frozen + other.frozen)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. after: what there was once it was booked."""

    booked_at: datetime
    kind: str
    text: str
    change: Credits
    after: Credits

    @property
    def label(self) -> str:
        """Its kind in Korean."""
        return str(EntryKind(self.kind).label)


@dataclass(frozen=True, slots=True)
class Period:
    """Days of one month that are closed, from its first."""

    first_on: date
    last_on: date

    @property
    def is_whole(self) -> bool:
        """True for a month from its first day to its last."""
        return self.last_on.day == monthrange(self.last_on.year, self.last_on.month)[1]

    @property
    def name(self) -> str:
        """As it stands in addresses and names of files."""
        return f"{self.last_on:%Y-%m}" if self.is_whole else f"{self.last_on:%Y-%m-%d}"

    @property
    def title(self) -> str:
        """As people read it."""
        month = f"{self.first_on.year}년 {self.first_on.month}월"
        return month if self.is_whole else f"{month} 1일–{self.last_on.day}일"


@dataclass(frozen=True, slots=True)
class Statement:
    """opening + Σ lines = closing, in each of the three accounts."""

    advertiser: str
    period: Period
    opening: Credits
    lines: tuple[Line, ...]
    closing: Credits


@dataclass(frozen=True, slots=True)
class Month:
    """One row of the list. came, went: what was added to and taken from all three accounts together, by kinds of entries."""

    period: Period
    came: int
    went: int
    closing: int


def period_of(name: str) -> Period | None:
    """The period of a name, if all its days are closed; else None."""
    found = _PERIOD.fullmatch(name)
    if found is None:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        last_on = date(year, month, day or monthrange(year, month)[1])
    except ValueError:
        return None
    period = Period(last_on.replace(day=1), last_on)
    closed = last_closed_on()
    return period if closed is not None and last_on <= closed and period.name == name else None


def last_closed_on() -> date | None:
    """The last KST day into which nothing can be booked any more."""
    return DayDigest.objects.order_by("-day_on").values_list("day_on", flat=True).first()


def months_of(advertiser: Advertiser) -> list[Month]:
    """Every month since the advertiser's first entry, newest first; the running one up to the last closed day. Two queries."""
    closed = last_closed_on()
    sums = (
        _postings(advertiser)
        .filter(entry__booked_on__lte=closed or date.min)
        .annotate(month=TruncMonth("entry__booked_on"))
        .values_list("month", "entry__kind")
        .annotate(sum=Sum("amount"))
        .order_by("month", "entry__kind")
    )
    by_month: dict[date, list[int]] = {}
    for month, _, amount in sums:
        by_month.setdefault(month, []).append(int(amount))
    if closed is None or not by_month:
        return []
    months, closing, first_on = [], 0, min(by_month)
    while first_on <= closed:
        amounts = by_month.get(first_on, [])
        closing += sum(amounts)
        last_on = min(closed, first_on.replace(day=monthrange(first_on.year, first_on.month)[1]))
        came, went = sum(n for n in amounts if n > 0), sum(n for n in amounts if n < 0)
        months.append(Month(Period(first_on, last_on), came, went, closing))
        first_on = (first_on.replace(day=28) + timedelta(days=4)).replace(day=1)
    return months[::-1]


def statement_of(advertiser: Advertiser, period: Period) -> Statement:
    """The statement of a closed period. Four queries."""
    before = _credits(_sums(_postings(advertiser).filter(entry__booked_on__lt=period.first_on)))
    changes: dict[int, dict[str, int]] = {}
    inside = _postings(advertiser).filter(entry__booked_on__range=(period.first_on, period.last_on))
    for entry, kind, amount in inside.values_list("entry", "account__kind").annotate(sum=Sum("amount")).order_by("entry"):
        changes.setdefault(entry, {})[kind] = int(amount)
    entries = Entry.objects.filter(pk__in=changes).select_related("hold").order_by("booked_at", "pk")
    rewards = _reward_parts(changes)
    lines, after = [], before
    for entry in entries:
        change = _credits(changes[entry.pk])
        after = after + change
        lines.append(Line(entry.booked_at, entry.kind, _text(entry) + _both_parts(entry, rewards, change), change, after))
    return Statement(str(advertiser.public_id), period, before, tuple(lines), after)


def _postings(advertiser: Advertiser) -> QuerySet[Posting]:
    return Posting.objects.filter(account__advertiser=advertiser)


def _sums(rows: QuerySet[Posting]) -> dict[str, int]:
    return {kind: int(amount) for kind, amount in rows.values_list("account__kind").annotate(sum=Sum("amount")).order_by("account__kind")}


def _credits(sums: dict[str, int]) -> Credits:
    return Credits(*(sums.get(kind, 0) for kind in ADVERTISER_KINDS))


def _text(entry: Entry) -> str:
    """What it was about: a campaign as it was called when the credits were held for it, or an order."""
    return entry.hold.subject_label if entry.hold else entry.order_id


def _reward_parts(entries: Iterable[int]) -> dict[int, int]:
    """What of each capture stands for members' tickets and prizes. One query."""
    rows = Posting.objects.filter(entry__in=entries, entry__kind=EntryKind.CAPTURE, account__kind=Kind.REWARD_COST)
    return {entry: int(amount) for entry, amount in rows.values_list("entry").annotate(sum=Sum("amount")).order_by("entry")}


def _both_parts(entry: Entry, rewards: dict[int, int], change: Credits) -> str:
    """A capture names its two parts; other lines have none."""
    if entry.kind != EntryKind.CAPTURE:
        return ""
    reward = rewards.get(entry.pk, 0)
    return f" (리워드 {reward:,} · 서비스 이용료 {-change.total - reward:,})"


# ---- as a file -----------------------------------------------------------------------------------------------------------

HEADER = ("일시", "구분", "내용", "쓸 수 있는 크레딧 변동", "묶인 크레딧 변동", "환불 대기 변동", "전체 변동", "남은 크레딧")


def _rows(statement: Statement) -> list[tuple[exports.Cell, ...]]:
    """Everything the statement says, line by line."""
    opening, closing = statement.opening, statement.closing
    return [
        ("크레딧 명세서", statement.period.title),
        ("광고주 번호", statement.advertiser),
        ("기간(한국 시각)", f"{statement.period.first_on} – {statement.period.last_on}"),
        HEADER,
        ("", "시작", "", opening.available, opening.held, opening.frozen, opening.total, opening.total),
        *(
            (
                line.booked_at, line.label, line.text, line.change.available, line.change.held, line.change.frozen, line.change.total,
                line.after.total,
            )
            for line in statement.lines
        ),
        ("", "끝", "", closing.available, closing.held, closing.frozen, closing.total, closing.total),
    ]  # fmt: skip


def as_csv(statement: Statement) -> bytes:
    """For any spreadsheet."""
    return exports.csv_file(_rows(statement))


def as_xlsx(statement: Statement) -> bytes:
    """For Excel."""
    return exports.xlsx_file(_rows(statement), title=f"명세서 {statement.period.name}", widths=(20, 16, 36, 16, 16, 16, 14, 14))


def as_pdf(statement: Statement) -> bytes:
    """For paper. Its only moment is the end of the period."""
    opening, closing, period = statement.opening, statement.closing, statement.period
    paper = Paper(title="크레딧 명세서", made_at=day_until(period.last_on))
    paper.facts(
        [
            ("기간", f"{period.title} ({period.first_on:%Y.%m.%d}–{period.last_on:%Y.%m.%d}, 한국 시각)"),
            ("광고주 번호", statement.advertiser),
            ("기간 시작 크레딧", _three(opening)),
            ("기간 끝 크레딧", _three(closing)),
        ]
    )
    lines = [
        (
            exports.moment(line.booked_at)[5:16], line.label, line.text, f"{line.change.available:+,}", f"{line.change.held:+,}",
            f"{line.change.frozen:+,}", f"{line.after.total:,}",
        )
        for line in statement.lines
    ]  # fmt: skip
    paper.rows(
        ("일시", "구분", "내용", "쓸 수 있음", "묶임", "환불 대기", "남은 크레딧"),
        [
            ("", "시작", "", f"{opening.available:,}", f"{opening.held:,}", f"{opening.frozen:,}", f"{opening.total:,}"),
            *lines,
            ("", "끝", "", f"{closing.available:,}", f"{closing.held:,}", f"{closing.frozen:,}", f"{closing.total:,}"),
        ],
        widths=(20, 20, 46, 24, 22, 22, 24),
        numbers=(3, 4, 5, 6),
    )
    paper.note(
        "1크레딧은 공급가액 1원이에요. 시작 크레딧에 모든 변동을 더하면 끝 크레딧이 돼요. 마감한 날만 담아서 다시 받아도 같은 문서예요."
    )
    return paper.file()


def _three(credits: Credits) -> str:
    return f"{credits.total:,} (쓸 수 있음 {credits.available:,} · 묶임 {credits.held:,} · 환불 대기 {credits.frozen:,})"


FORMATS: dict[str, tuple[Callable[[Statement], bytes], str]] = {
    "pdf": (as_pdf, "application/pdf"),
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
