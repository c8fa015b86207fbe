"""The advertisers' doors to their credits: what is there, and every line that changed it. Nothing here writes."""

from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from ninja import Query, Router

from campaigns.api.advertiser import PageQuery
from campaigns.api.team_auth import READS_CREDITS, TeamRequest
from campaigns.schemas import Moment
from common import cursors
from common.schemas import Output
from credits import selectors
from credits.models import CreditTransaction

router = Router(tags=["크레딧"])
_LINES = "credit-lines"


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
