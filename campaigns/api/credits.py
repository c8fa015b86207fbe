"""The advertisers' doors to their credits: what is there, and every line that changed it. Nothing here writes."""

from datetime import date, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from django.http import Http404
from ninja import Query, Router

from campaigns.api.advertiser import PageQuery
from campaigns.api.team_auth import READS_CREDITS, TeamRequest
from campaigns.schemas import Moment
from common import cursors
from common.schemas import Output
from credits import selectors, statements
from credits.models import CreditTransaction

router = Router(tags=["크레딧"])
_LINES = "credit-lines"
_STATEMENTS = "statements"


class BalanceOut(Output):
    """
    Credits in whole won. available: may be spent, = paid + bonus.   held: reserved for campaigns.   frozen: set aside for refunds.
    total: all three together.
    """

    available: int
    paid: int
    bonus: int
    held: int
    frozen: int
    total: int


class CreditLineOut(Output):
    """
    One line of the ledger. id: its name, always the same.   at: when it was booked.   available, held, frozen: what it changed there,
    in credits.   available_after: what could be spent after it.   order_id: of the payment, else empty.   subject: the campaign by
    name, else empty.
    """

    id: UUID
    kind: str
    label: str
    at: datetime
    available: int
    held: int
    frozen: int
    available_after: int
    order_id: str
    subject: str
    reason: str


class CreditLines(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[CreditLineOut]
    next: str


class StatementOut(Output):
    """
    One statement of closed days. period: its name.   came, went: added and taken, in credits.   closing: what was left, in all three
    accounts together.
    """

    period: str
    first_on: date
    last_on: date
    came: int
    went: int
    closing: int


class StatementPage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[StatementOut]
    next: str


class StatementLineOut(Output):
    """available, held, frozen: what the line changed there.   left: in all three together after it."""

    at: datetime
    kind: str
    label: str
    text: str
    available: int
    held: int
    frozen: int
    left: int


class StatementLines(Output):
    """opening, closing: credits in all three accounts together; opening + every line = closing.   next: empty at the end."""

    period: str
    first_on: date
    last_on: date
    opening: int
    closing: int
    items: list[StatementLineOut]
    next: str


class LinesQuery(PageQuery):
    """since: booked at or after this moment."""

    since: Moment | None = None


@router.get("/balance", auth=READS_CREDITS, response=BalanceOut, summary="크레딧 잔액")
def balance(request: TeamRequest) -> BalanceOut:
    """What the team has now."""
    found = selectors.balance(request.auth.advertiser)
    return BalanceOut(
        available=found.available, paid=found.paid, bonus=found.bonus, held=found.held, frozen=found.frozen, total=found.total
    )


@router.get("/credit-lines", auth=READS_CREDITS, response=CreditLines, summary="크레딧 내역")
def credit_lines(request: TeamRequest, page: Query[LinesQuery]) -> CreditLines:
    """Every line of the team's ledger, newest first."""
    rows = selectors.history(request.auth.advertiser, since=page.since)
    if page.cursor:
        [last] = cursors.after(page.cursor, of=_LINES)
        rows = rows.filter(pk__lt=last)
    found = list(rows[: page.limit + 1])
    following = cursors.place([found[page.limit - 1].pk], of=_LINES) if len(found) > page.limit else ""
    return CreditLines(items=[_line(row) for row in found[: page.limit]], next=following)


def _line(row: CreditTransaction) -> CreditLineOut:
    return CreditLineOut(
        id=uuid5(NAMESPACE_OID, row.idempotency_key),
        kind=row.kind,
        label=row.get_kind_display(),
        at=row.booked_at,
        available=row.available_change,  # type: ignore[attr-defined]
        held=row.held_change,  # type: ignore[attr-defined]
        frozen=row.frozen_change,  # type: ignore[attr-defined]
        available_after=row.available_after,  # type: ignore[attr-defined]
        order_id=row.order_id,
        subject=row.hold.subject_label if row.hold else "",
        reason=row.reason,
    )


@router.get("/statements", auth=READS_CREDITS, response=StatementPage, summary="명세서 목록")
def statement_list(request: TeamRequest, page: Query[PageQuery]) -> StatementPage:
    """Every month with its statement, newest first; the running one up to the last closed day."""
    months = statements.months_of(request.auth.advertiser)
    if page.cursor:
        [last] = cursors.after(page.cursor, of=_STATEMENTS)
        months = [month for month in months if month.period.first_on.isoformat() < last]
    found = months[: page.limit]
    following = cursors.place([found[-1].period.first_on.isoformat()], of=_STATEMENTS) if len(months) > page.limit else ""
    return StatementPage(items=[_statement(month) for month in found], next=following)


@router.get("/statements/{period}", auth=READS_CREDITS, response=StatementLines, summary="명세서 하나")
def statement_detail(request: TeamRequest, period: str, page: Query[PageQuery]) -> StatementLines:
    """The lines of one statement, the oldest first. Its days are closed, so the same page says the same for ever."""
    closed = statements.period_of(period)
    if closed is None:
        raise Http404("no closed period of this name")
    found = statements.statement_of(request.auth.advertiser, closed)
    name = f"{_STATEMENTS}:{closed.name}"
    begin = cursors.after(page.cursor, of=name)[0] if page.cursor else 0
    end = begin + page.limit
    return StatementLines(
        period=closed.name,
        first_on=closed.first_on,
        last_on=closed.last_on,
        opening=found.opening.total,
        closing=found.closing.total,
        items=[_statement_line(line) for line in found.lines[begin:end]],
        next=cursors.place([end], of=name) if len(found.lines) > end else "",
    )


def _statement(month: statements.Month) -> StatementOut:
    return StatementOut(
        period=month.period.name,
        first_on=month.period.first_on,
        last_on=month.period.last_on,
        came=month.came,
        went=month.went,
        closing=month.closing,
    )


def _statement_line(line: statements.Line) -> StatementLineOut:
    return StatementLineOut(
        at=line.booked_at,
        kind=line.kind,
        label=line.label,
        text=line.text,
        available=line.change.available,
        held=line.change.held,
        frozen=line.change.frozen,
        left=line.after.total,
    )
