"""A member's tickets line by line, as the ledger has them: when, why, how many, and what was there afterwards. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime

from common import cursors
from credits import selectors as balances
from credits.models import EntryKind, Posting

LIST = "rewards.statement"
# The first match names what a movement was, by the key of its intent.
_WHAT = (
    ("participation:", "미션"),
    ("late:", "늦은 확인 보상"),
    ("goodwill:", "보상"),
    ("raffle-entry:", "래플 응모"),
    ("raffle-return:", "래플 무효로 돌려받음"),
    ("gifticon-order:", "기프티콘 교환"),
    ("gifticon-return:", "교환이 안 돼 돌려받음"),
    ("attendance:", "출석"),
    ("referral:", "친구 초대"),
)
OTHER = "티켓"
TAKEN_BACK = "되돌림"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. what: what kind of movement.   words: of what, e.g. the mission's title.   amount: tickets, below zero when they went."""

    id: int
    at: datetime
    what: str
    words: str
    amount: int
    balance: int
    is_reversal: bool


@dataclass(frozen=True, slots=True)
class Page:
    """following: cursor of the next page; empty at the end."""

    lines: tuple[Line, ...]
    following: str


def page_of(member_id: int, *, cursor: str, limit: int) -> Page:
    """
    One page of a member's statement, newest first. One query.

    :raises CursorRefused: the cursor is not ours.
    """
    before = cursors.after(cursor, of=LIST)[0] if cursor else None
    found = balances.ticket_lines(member_id, before=before, limit=limit + 1)
    shown = found[:limit]
    following = cursors.place([shown[-1].pk], of=LIST) if len(found) > limit else ""
    return Page(tuple(_line(row) for row in shown), following)


def _line(row: Posting) -> Line:
    entry = row.entry
    is_reversal = entry.kind == EntryKind.TICKET_REVERSAL
    key = entry.idempotency_key
    what = TAKEN_BACK if is_reversal else next((word for start, word in _WHAT if key.startswith(start)), OTHER)
    return Line(
        id=row.pk, at=entry.occurred_at, what=what, words=entry.reason, amount=row.amount, balance=row.balance_after or 0,
        is_reversal=is_reversal,
    )  # fmt: skip
