"""Members' tickets move through SQL functions (credits/migrations), which other SQL functions call too; these are thin wrappers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection

from common.errors import DomainError
from common.transactions import joined
from credits.models import Account, Entry, Kind, Unit
from credits.services.posting import IdempotencyConflict, whole
from credits.services.wallet import InsufficientCredits, busy_if_locked


def grant(
    *, member_id: int, amount: int, kind: str, key: str, at: datetime, unit: str = Unit.TICKET, actor: str = "", reason: str = ""
) -> Entry:
    """
    Give tickets: a house account → the member's wallet. Joins the caller's transaction and locks the wallet.

    kind: the house account, e.g. ISSUED for new ones, RAFFLE when an entry is returned.

    :raises IdempotencyConflict: the key was used for another movement.
    """
    return _move(member_id, whole(amount), kind, Entry.Kind.TICKET_GRANT, unit=unit, key=key, at=at, actor=actor, reason=reason)


def spend(
    *, member_id: int, amount: int, kind: str, key: str, at: datetime, unit: str = Unit.TICKET, actor: str = "", reason: str = ""
) -> Entry:
    """
    Take tickets: the member's wallet → a house account (RAFFLE, EXCHANGED, EXPIRED). Joins the caller's transaction, locks the wallet.

    :raises InsufficientCredits: the member has fewer; unit TICKET.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    return _move(member_id, -whole(amount), kind, Entry.Kind.TICKET_SPEND, unit=unit, key=key, at=at, actor=actor, reason=reason)


def forfeit(*, member_id: int, key: str, at: datetime, reason: str) -> Entry | None:
    """
    Take every ticket that is left: the member's wallet → EXPIRED. Joins the caller's transaction and locks the wallet.

    None when nothing was left.
    """
    joined("a movement of the ledger")
    with refusals():
        wallet = Account.objects.select_for_update().filter(member_id=member_id, kind=Kind.WALLET).first()
    if wallet is None or not wallet.balance:
        return None
    return spend(member_id=member_id, amount=wallet.balance, kind=Kind.EXPIRED, key=key, at=at, reason=reason)


def reverse_tickets(*, entry: Entry, key: str, at: datetime, actor: str, reason: str) -> Entry:
    """The mirror of a ticket entry; of granted tickets it takes what is there, the rest goes to LOSS."""
    return _call("SELECT credits_reverse_tickets(%s, %s, %s, %s, %s)", [entry.pk, key, at, actor, reason])


@contextmanager
def refusals() -> Iterator[None]:
    """
    Turn what the ticket functions raise into refusals; for every caller of a function that calls them.

    :raises InsufficientCredits: SQLSTATE BS001.   :raises IdempotencyConflict: BS002, or the key was taken at this very moment.
    :raises Busy: a lock was not free in time.
    """
    try:
        with busy_if_locked():
            yield
    except DatabaseError as exc:
        if (refusal := _refusal_of(exc)) is not None:
            raise refusal from exc
        raise


def _refusal_of(exc: DatabaseError) -> DomainError | None:
    cause: Any = exc.__cause__
    state = getattr(cause, "sqlstate", None)
    if state == "BS001":
        return InsufficientCredits(unit=Unit.TICKET, shortfall=int(cause.diag.message_detail))
    taken = state == "23505" and cause.diag.constraint_name in ("credits_entry_once_per_key", "credits_entry_reversed_once")
    return IdempotencyConflict() if state == "BS002" or taken else None


def _move(member_id: int, amount: int, house: str, kind: str, *, unit: str, key: str, at: datetime, actor: str, reason: str) -> Entry:
    if unit != Unit.TICKET:
        raise ValueError("credits move through their own services: top_up, place_hold, capture, …")
    sql = "SELECT credits_move_tickets(%s, %s, %s, %s, %s, %s, %s, %s)"
    return _call(sql, [member_id, amount, Kind(house).value, kind, key, at, actor, reason])


def _call(sql: str, parameters: list[Any]) -> Entry:
    """The entry, by its number: its columns are read when somebody asks for one."""
    joined("a movement of the ledger")
    with refusals(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return Entry.from_db(connection.alias, ["id"], cursor.fetchone())
