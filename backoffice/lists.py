"""
The lists of desks: what is searched, narrowed and taken along as a file. A desk says what its list is; the page, the file and the test
of all rooms (tests/backoffice/test_lists.py) follow. Model pages of the site have the same from the theme (admin/base.py).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict

from backoffice import exporting, services
from backoffice.rights import Right
from common import exports
from identity.models import User

LONGEST = 100
MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice above a list. choices: (value, words), read when the page is drawn.   where: what a value leaves for this operator."""

    name: str
    label: str
    choices: Callable[[], Sequence[tuple[str, str]]]
    where: Callable[[str, User], Q]


@dataclass(frozen=True, slots=True)
class DeskList:
    """
    What one desk lists.

    name: in addresses.   page: of the desk, by its name.   rows: those of a tab at a moment, in their order.
    search: fields that are looked through for every word.
    columns: heads of the file, and what stands below.   tabs: their names; the first is where one begins.
    """

    name: str
    page: str
    title: str
    needs: Right
    rows: Callable[[str, datetime], QuerySet[Any]]
    search: tuple[str, ...]
    columns: Mapping[str, Callable[[Any], exports.Cell]]
    filters: tuple[Filter, ...]
    tabs: tuple[str, ...] = ("",)

    def find(self, asked: QueryDict, *, by: User, at: datetime) -> "Found":
        """The rows that were asked for. What is unknown narrows nothing."""
        tab = asked.get("tab", "")
        tab = tab if tab in self.tabs else self.tabs[0]
        words = asked.get("q", "").replace("\x00", "").strip()[:LONGEST]
        rows, chosen = self.rows(tab, at), {}
        for one in self.filters:
            value = asked.get(one.name, "")
            if value and value in dict(one.choices()):
                chosen[one.name], rows = value, rows.filter(one.where(value, by))
        for word in words.split()[:MOST_WORDS]:
            rows = rows.filter(reduce(or_, (Q(**{f"{name}__icontains": word}) for name in self.search)))
        return Found(of=self, tab=tab, words=words, chosen=chosen, rows=rows)


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter as the page draws it."""

    name: str
    label: str
    choices: Sequence[tuple[str, str]]
    value: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. chosen: values of filters that hold."""

    of: DeskList
    tab: str
    words: str
    rows: QuerySet[Any]
    chosen: dict[str, str] = field(default_factory=dict)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.words or self.chosen)

    @property
    def choices(self) -> list[Choice]:
        """The filters, for the page."""
        return [Choice(one.name, one.label, one.choices(), self.chosen.get(one.name, "")) for one in self.of.filters]

    @property
    def query(self) -> str:
        """The same search as an address has it."""
        said = QueryDict(mutable=True)
        said.update({**({"tab": self.tab} if self.tab else {}), **({"q": self.words} if self.words else {}), **self.chosen})
        return said.urlencode()

    def take_along(self, *, kind: str, reason: str, by: User, at: datetime) -> HttpResponse:
        """
        The rows as a file. kind: csv or xlsx; anything else is csv.

        :raises ReasonMissing, TooManyRows: nothing was written.
        """
        why = exporting.stated(reason)
        rows = list(self.rows[: exporting.MOST_ROWS + 1])
        if len(rows) > exporting.MOST_ROWS:
            raise exporting.TooManyRows
        services.take_export(model=self.rows.model, count=len(rows), reason=why, by=by, at=at)
        return exporting.answer(self._table(rows), kind=kind, name=self.of.name, title=self.of.title, at=at)

    def _table(self, rows: Sequence[Any]) -> Iterator[list[exports.Cell]]:
        yield [*self.of.columns]
        for row in rows:
            yield [read(row) for read in self.of.columns.values()]
