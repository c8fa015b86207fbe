"""
What was changed, by whom and why, over every table that remembers its changes (common/history.py): before beside after, newest first.
Reads only; one query for each table and one for the people, however many rows there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db.models import CharField, ForeignKey, Model, OuterRef, Q, QuerySet, Subquery, TextField
from pghistory.models import Event

from common import kst
from identity.models import User

PER_PAGE = 50
MOST_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for. table: label of the model that remembers; empty for all.   first_on, last_on: days in Seoul, both included."""

    words: str = ""
    table: str = ""
    first_on: date | None = None
    last_on: date | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One change. number: of the row in its table.   changed: (column, before, after), before empty for a new row."""

    at: datetime
    table: str
    number: Any
    is_new: bool
    who: str
    reason: str
    changed: tuple[tuple[str, str, str], ...]


def tables() -> dict[str, type[Model]]:
    """Every table of changes by the label of the model whose changes it keeps, sorted."""
    kept = [model for model in apps.get_models() if issubclass(model, Event) and getattr(model, "pgh_tracked_model", None)]
    return {model.pgh_tracked_model._meta.label_lower: model for model in sorted(kept, key=lambda each: each._meta.label_lower)}  # type: ignore[attr-defined]


def find(wanted: Wanted) -> list[Line]:
    """The newest changes that fit, one page of them; `until` of the next page is the moment of the last."""
    people = User.objects.filter(name__icontains=wanted.words).values_list("pk", flat=True)[:MOST_PEOPLE] if wanted.words else ()
    by = list(people)
    found: list[Any] = []
    for label, model in tables().items():
        if wanted.table in ("", label):
            found += _rows(model, wanted, by)[:PER_PAGE]
    found.sort(key=lambda row: (row.pgh_created_at, row.pgh_id), reverse=True)
    return list(_lines(found[:PER_PAGE]))


def _rows(model: type[Any], wanted: Wanted, by: list[int]) -> QuerySet[Any]:
    before = model.objects.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id")).order_by("-pgh_id")
    rows: QuerySet[Any] = model.objects.order_by("-pgh_id").annotate(previous=Subquery(before.values("pgh_id")[:1]))
    if wanted.words:
        texts = [field.name for field in _kept(model) if isinstance(field, CharField | TextField)]
        fits = Q(pgh_context__reason__icontains=wanted.words) | Q(pgh_context__by__in=by)
        for name in texts:
            fits |= Q(**{f"{name}__icontains": wanted.words})
        if wanted.words.isascii() and wanted.words.isdigit() and len(wanted.words) < 18:
            fits |= Q(pgh_obj_id=int(wanted.words))
        rows = rows.filter(fits)
    if wanted.first_on:
        rows = rows.filter(pgh_created_at__gte=kst.day_from(wanted.first_on))
    if wanted.last_on:
        rows = rows.filter(pgh_created_at__lt=kst.day_until(wanted.last_on))
    return rows.filter(pgh_created_at__lt=wanted.until) if wanted.until else rows


def _kept(model: type[Model]) -> list[Any]:
    """The columns that are kept, without those of the history itself."""
    return [field for field in model._meta.concrete_fields if not field.name.startswith("pgh_")]


def _lines(rows: list[Any]) -> Iterator[Line]:
    earlier: dict[tuple[type[Model], int], Any] = {}
    for model in {type(row) for row in rows}:
        wanted = [row.previous for row in rows if type(row) is model and row.previous]
        earlier |= {(model, number): row for number, row in model.objects.in_bulk(wanted).items()}  # type: ignore[attr-defined]
    names = _names(rows, list(earlier.values()))
    for row in rows:
        context = row.pgh_context or {}
        yield Line(
            at=row.pgh_created_at,
            table=str(row.pgh_tracked_model._meta.verbose_name),
            number=row.pgh_obj_id,
            is_new=row.pgh_label == "insert",
            who=names.get(context.get("by") or 0, "시스템"),
            reason=str(context.get("reason") or ""),
            changed=tuple(_changed(earlier.get((type(row), row.previous)), row, names)),
        )


def _changed(before: Any, row: Any, names: dict[int, str]) -> Iterator[tuple[str, str, str]]:
    for field in _kept(type(row)):
        was, now = (None if before is None else field.value_from_object(before)), field.value_from_object(row)
        if before is None or was != now:
            yield str(field.verbose_name), _shown(field, was, names), _shown(field, now, names)


def _shown(field: Any, value: Any, names: dict[int, str]) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "예" if value else "아니요"
    if isinstance(field, ForeignKey):
        return names.get(value, f"#{value}") if field.remote_field.model is User else f"#{value}"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, datetime):
        return f"{value.astimezone(kst.SEOUL):%Y-%m-%d %H:%M}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _names(rows: list[Any], earlier: list[Any]) -> dict[int, str]:
    """Names of everybody who is named in these rows or changed them. One query."""
    numbers = {(row.pgh_context or {}).get("by") for row in rows}
    for row in [*rows, *earlier]:
        people = [field for field in _kept(type(row)) if isinstance(field, ForeignKey) and field.remote_field.model is User]
        numbers |= {field.value_from_object(row) for field in people}
    found = User.objects.in_bulk([number for number in numbers if number])
    return {number: person.get_full_name() for number, person in found.items()}
