"""Writing one entry: the key is looked at under the lock, the lines go in by one statement."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, connection
from psycopg import errors

from common.errors import DomainError
from common.kst import day_of
from credits.models import Account, Entry, Hold, Lot, Posting, Unit
from credits.services.wallet import Move, Wallet, busy_if_locked

Lines = dict[tuple[str, Lot | None], int]


class IdempotencyConflict(DomainError):
    """The key, or the order of a top-up, was used for another movement."""

    code = "credits.idempotency_conflict"
    message = "같은 번호로 다른 내용을 처리한 적이 있어요. 화면을 새로 열고 다시 시도해 주세요."
    http_status = 409


def whole(credits: int) -> int:
    """:raises ValueError: not a whole number above zero (a bug of the caller)."""
    if type(credits) is not int or credits <= 0:
        raise ValueError(f"a whole amount above zero is expected, not {credits!r}")
    return credits


def movement(**facts: object) -> str:
    """The facts of an intent as one line: what a repeated key is compared with."""
    return " ".join(f"{name}={value}" for name, value in facts.items())


def written(key: str, kind: str, facts: str) -> Entry | None:
    """
    The entry that this key wrote before. Look only while the wallet is locked.

    :raises IdempotencyConflict: it was another movement.
    """
    entry = Entry.objects.select_related("hold").filter(idempotency_key=key).first()
    if entry is not None and (entry.kind != kind or entry.movement != facts):
        raise IdempotencyConflict(key=key)
    return entry


@busy_if_locked()
def post(
    kind: str,
    moves: Iterable[Move],
    *,
    wallet: Wallet,
    key: str,
    facts: str,
    at: datetime,
    now: datetime | None,
    hold: Hold | None = None,
    reverses: Entry | None = None,
    order_id: str = "",
    subject: str = "",
    actor: str = "",
    reason: str = "",
) -> Entry:
    """
    Write one entry with everything it changes. The caller has locked the wallet and looked up the key.

    at: when it happened.   now: our clock, default `at`; books then, or at the first moment after the last closed day.

    :raises InsufficientCredits: a balance would go below zero; nothing was written.
    :raises IdempotencyConflict: another transaction used the key, or topped up the order, at this very moment.
    """
    lines: Lines = defaultdict(int)
    before = {account_kind: wallet.balance(account_kind) for account_kind in wallet.accounts}
    for move in moves:
        wallet.apply(move)
        lines[move.source, move.lot] -= move.amount
        lines[move.target, move.lot] += move.amount
    booked_at = booking_moment(now or at)
    try:
        entry = Entry.objects.create(
            kind=kind,
            idempotency_key=key,
            movement=facts,
            advertiser=wallet.advertiser,
            hold=hold,
            reverses=reverses,
            order_id=order_id,
            subject=subject,
            occurred_at=at,
            booked_at=booked_at,
            booked_on=day_of(booked_at),
            actor=actor,
            reason=reason,
        )
    except IntegrityError as exc:
        if isinstance(exc.__cause__, errors.UniqueViolation):
            raise IdempotencyConflict(key=key) from exc
        raise
    wallet.save()
    Posting.objects.bulk_create(_postings(entry, wallet, lines, before))
    return entry


def _postings(entry: Entry, wallet: Wallet, lines: Lines, running: dict[str, int]) -> list[Posting]:
    """The lines as rows. running: the balances before the entry; an owned line carries the balance after it."""
    house = _house_accounts({kind for kind, _ in lines if kind not in wallet.accounts})
    rows = []
    for (kind, lot), amount in lines.items():
        if amount and kind in wallet.accounts:
            running[kind] += amount
            rows.append(Posting(entry=entry, account=wallet.accounts[kind], lot=lot, amount=amount, balance_after=running[kind]))
        elif amount:
            rows.append(Posting(entry=entry, account=house[kind], lot=lot, amount=amount))
    return rows


def _house_accounts(kinds: set[str]) -> dict[str, Account]:
    """The house's CREDIT accounts of these kinds, made when missing."""
    found = {a.kind: a for a in Account.objects.filter(advertiser=None, member_id=None, unit=Unit.CREDIT, kind__in=kinds)} if kinds else {}
    if missing := sorted(kinds - found.keys()):
        Account.objects.bulk_create([Account(kind=kind, unit=Unit.CREDIT) for kind in missing], ignore_conflicts=True)
        return _house_accounts(kinds)
    return found


def booking_moment(now: datetime) -> datetime:
    """`now`, or the first moment after the last closed day if its day is closed. That day stays open until we commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT credits_booking_moment(%s)", [now])
        moment: datetime = cursor.fetchone()[0]
    return moment
