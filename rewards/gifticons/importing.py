"""
Copying the supplier's catalogue: read page by page, shown as differences, applied in one commit.

Reading is a chain of effects, one for each page, so whatever dies, the next page is the one that was not yet written. Nothing of the
catalogue changes before somebody applies what was read; the night does so by itself only when no price needs a look.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from common import effects
from common.errors import DomainError
from common.transactions import joined
from identity import notifications
from identity.models import User
from rewards.gifticons.rules import GUARD_PERCENT
from rewards.gifticons.supplier import Good, GoodsPage, get_supplier
from rewards.models import Gifticon, GifticonBrand, GifticonImport, GifticonImportLine

READ = "rewards.gifticon_import"
OF_BRAND = ("brand_code", "brand_name", "category", "icon_url")
OF_GOOD = ("name", "notice", "image_url", "face_krw", "cost_krw", "valid_days", "is_voucher", "is_sold")
PRICES = ("face_krw", "cost_krw")
State, Kind = GifticonImport.State, GifticonImportLine.Kind


class ImportMoved(DomainError):
    code = "gifticon.import_moved"
    message = "이미 반영했거나 버린 목록이에요. 새로 가져와 주세요."


def start(*, by: User | None, at: datetime) -> GifticonImport:
    """Begin to read the catalogue, or go on with the reading that is under way. Owns the transaction."""
    with transaction.atomic(durable=True):
        GifticonImport.objects.filter(state=State.READY).update(state=State.DROPPED, finished_at=at)
        run, _ = GifticonImport.objects.get_or_create(state=State.READING, defaults={"by": by, "started_at": at})
        page = _read_next(run, at=at)
    effects.unpark([page.pk], at=at)
    return run


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a reading would find. told: goods the supplier speaks of.   lines: what would be new, changed, the same or gone."""

    told: int
    lines: tuple[GifticonImportLine, ...]

    def of(self, kind: str) -> list[GifticonImportLine]:
        return [line for line in self.lines if line.kind == kind]


def outlook(*, at: datetime) -> Outlook:
    """
    Read the whole catalogue from its first page and compare it with ours; nothing is written.

    :raises GatewayError: the supplier could not be asked.
    """
    supplier, run = get_supplier(), GifticonImport()
    page, told, seen = 1, 0, 0
    lines: list[GifticonImportLine] = []
    while page == 1 or seen < told:
        goods = supplier.goods(page=page)
        if not goods.goods:
            break
        told, seen, page = goods.told, seen + len(goods.goods), page + 1
        lines += _lines(run, goods.goods, at=at)
    lines += _gone(run, {line.code for line in lines}, is_short=seen < told, at=at)
    return Outlook(told, tuple(lines))


def under_way() -> GifticonImport | None:
    """The reading with which `start` would go on."""
    return GifticonImport.objects.filter(state=State.READING).first()


def to_drop() -> list[GifticonImport]:
    """What was read and waits for somebody, which `start` would drop."""
    return list(GifticonImport.objects.filter(state=State.READY))


def _read_next(run: GifticonImport, *, at: datetime) -> Any:
    return effects.add(READ, key=f"gifticon-import:{run.public_id}:{run.next_page}", at=at, run=run.pk, page=run.next_page)


def take_page(*, run_id: int, page: int, goods: GoodsPage, at: datetime) -> None:
    """Write the lines of one page down, and ask for the next one or finish. Joins; a page that is written already changes nothing."""
    run = GifticonImport.objects.select_for_update().get(pk=run_id)
    if run.state != State.READING or run.next_page != page:
        return
    GifticonImportLine.objects.bulk_create(_lines(run, goods.goods, at=at), ignore_conflicts=True)
    run.next_page, run.told, run.seen = page + 1, goods.told, run.seen + len(goods.goods)
    is_last = not goods.goods or run.seen >= goods.told
    if is_last:
        _finish(run, at=at)
    run.save()
    if not is_last:
        _read_next(run, at=at)


def _lines(run: GifticonImport, goods: Sequence[Good], *, at: datetime) -> list[GifticonImportLine]:
    known = {row.code: row for row in Gifticon.objects.select_related("brand").filter(code__in=[good.code for good in goods])}
    guard = GUARD_PERCENT.at(at)
    return [line for good in goods if (line := _line(run, good, known.get(good.code), guard=guard)) is not None]


def _line(run: GifticonImport, good: Good, known: Gifticon | None, *, guard: int) -> GifticonImportLine | None:
    """What is new about one good; None for one that is not sold and that we never had."""
    found = asdict(good)
    if known is None:
        return GifticonImportLine(run=run, code=good.code, kind=Kind.NEW, name=good.name, found=found) if good.is_sold else None
    ours = facts_of(known)
    if not good.is_sold:
        found |= {name: ours[name] for name in ours if name != "is_sold"}  # what it says of a good that it does not sell counts for nothing
    before = {name: ours[name] for name in ours if ours[name] != found[name]}
    jumped = any(name in before and abs(found[name] - before[name]) * 100 > before[name] * guard for name in PRICES)
    kind = Kind.CHANGED if before else Kind.SAME
    return GifticonImportLine(run=run, code=good.code, kind=kind, name=good.name, found=found, before=before, needs_look=jumped)


def facts_of(row: Gifticon) -> dict[str, Any]:
    """What we know of a good, by the names that the supplier's facts have."""
    brand = {"brand_code": row.brand.code, "brand_name": row.brand.name, "category": row.brand.category, "icon_url": row.brand.icon_url}
    return brand | {name: getattr(row, name) for name in OF_GOOD}


def _finish(run: GifticonImport, *, at: datetime) -> None:
    """Everything is read: what we sell and did not meet is gone. Too many gone at once, or fewer than were told of, need a look."""
    is_short = run.seen < run.told
    met = set(run.lines.values_list("code", flat=True))
    GifticonImportLine.objects.bulk_create(_gone(run, met, is_short=is_short, at=at), ignore_conflicts=True)
    run.trouble = f"공급사가 {run.told:,}개라고 했지만 {run.seen:,}개만 왔어요." if is_short else ""
    run.state, run.read_at = State.READY, at
    if run.by is None and not run.lines.filter(needs_look=True).exists():
        _apply(run, lines=run.lines.exclude(kind=Kind.SAME), by=None, at=at)
    elif run.by is None:
        notifications.alert_operators(
            kind="rewards.gifticon_import", title="기프티콘 목록을 확인해 주세요", body="크게 바뀐 가격이나 많이 사라진 상품이 있어요.",
            url=f"/backoffice/gifticons/imports/{run.public_id}/", key=f"gifticon-import:{run.public_id}", at=at,
        )  # fmt: skip


def _gone(run: GifticonImport, met: set[str], *, is_short: bool, at: datetime) -> list[GifticonImportLine]:
    """What we sell and the supplier did not speak of."""
    sold = list(Gifticon.objects.filter(is_sold=True))
    gone = [row for row in sold if row.code not in met]
    needs_look = is_short or len(gone) * 100 > len(sold) * GUARD_PERCENT.at(at)
    return [GifticonImportLine(run=run, code=row.code, kind=Kind.GONE, name=row.name, needs_look=needs_look) for row in gone]


def apply(*, run: GifticonImport, with_jumps: bool, by: User, at: datetime) -> GifticonImport:
    """
    Make the catalogue what was read. Joins the caller's transaction. Orders that are under way keep their tickets.

    with_jumps: also the lines that need a look; without, they stay as they were.

    :raises ImportMoved: it was applied or dropped before.
    """
    joined("an import")
    row = _ready(run)
    lines = row.lines.exclude(kind=Kind.SAME)
    _apply(row, lines=lines if with_jumps else lines.filter(needs_look=False), by=by, at=at)
    row.save()
    return row


def drop(*, run: GifticonImport, at: datetime) -> GifticonImport:
    """Forget what was read. Joins the caller's transaction. :raises ImportMoved: it was applied or dropped before."""
    joined("an import")
    row = _ready(run)
    row.state, row.finished_at = State.DROPPED, at
    row.save(update_fields=["state", "finished_at"])
    return row


def _ready(run: GifticonImport) -> GifticonImport:
    row = GifticonImport.objects.select_for_update().get(pk=run.pk)
    if row.state != State.READY:
        raise ImportMoved
    return row


def _apply(run: GifticonImport, *, lines: Iterable[GifticonImportLine], by: User | None, at: datetime) -> None:
    taken = list(lines)
    brands = _brands([line.found for line in taken if line.found])
    for line in taken:
        if line.kind == Kind.GONE:
            Gifticon.objects.filter(code=line.code).update(is_sold=False)
            continue
        facts = {name: line.found[name] for name in OF_GOOD} | {"brand": brands[line.found["brand_code"]], "imported_at": at}
        Gifticon.objects.update_or_create(code=line.code, defaults=facts)
    GifticonImportLine.objects.filter(pk__in=[line.pk for line in taken]).update(is_applied=True)
    run.state, run.finished_at, run.applied_by = State.APPLIED, at, by


def _brands(found: Iterable[dict[str, Any]]) -> dict[str, GifticonBrand]:
    told = {facts["brand_code"]: facts for facts in found}
    return {
        code: GifticonBrand.objects.update_or_create(
            code=code, defaults={"name": facts["brand_name"], "category": facts["category"], "icon_url": facts["icon_url"]}
        )[0]
        for code, facts in told.items()
    }
