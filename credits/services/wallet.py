"""The locked accounts of one advertiser and its lots."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from django.db import OperationalError
from psycopg import errors

from advertisers.models import Advertiser
from common.errors import Busy, DomainError
from common.transactions import joined
from credits.models import ADVERTISER_KINDS, MEMBER_KINDS, Account, Kind, Lot, Unit

_BUCKET = {Kind.AVAILABLE: "available", Kind.HELD: "held", Kind.FROZEN: "frozen"}

# What became of a lot's credits, by the house account that took them.
_FATE = {
    Kind.REVENUE: "used",
    Kind.REWARD_COST: "used",
    Kind.BREAKAGE: "expired",
    Kind.FUNDING: "returned",
    Kind.PROMOTION: "returned",
    Kind.DEMO: "returned",
    Kind.GOODWILL: "returned",
    Kind.ADJUSTMENT: "returned",
    Kind.RECEIVABLE: "returned",
}

# Written out, as in holds: building such a query costs the ORM more than running it costs the database.
_LOTS = 'SELECT * FROM "credits_lot" WHERE advertiser_id = %s AND ("available" > 0 OR "held" > 0 OR "frozen" > 0)'


class InsufficientCredits(DomainError):
    """There is less to move than asked for. unit: CREDIT or TICKET; shortfall: how much is missing."""

    code = "credits.insufficient"
    message = "{missing} 부족해요."
    http_status = 409

    def __init__(self, *, unit: str, shortfall: int) -> None:
        super().__init__(missing=f"크레딧이 {shortfall:,}만큼" if unit == Unit.CREDIT else f"티켓이 {shortfall:,}장")
        self.context = {"unit": str(unit), "shortfall": shortfall}


class Move(NamedTuple):
    """
    `amount` credits from one account kind to another, as part of a lot (None only between the house's own accounts).

    Kinds are the advertiser's (AVAILABLE, HELD, FROZEN) or the house's, with the gateway where there is one: "FUNDING:portone".
    """

    lot: Lot | None
    amount: int
    source: str
    target: str


class Wallet:
    """
    The accounts of one advertiser, locked until the transaction ends, and the lots that still hold something.

    Amounts change in memory first and are refused there. What is written are differences, not values: even if the lock were
    lost, the database would refuse to go below zero.
    """

    def __init__(self, advertiser: Advertiser, accounts: Iterable[Account]) -> None:
        self.advertiser = advertiser
        self.accounts = {account.kind: account for account in accounts}
        self._lots: list[Lot] | None = None
        self._arriving: set[Lot] = set()

    @property
    def lots(self) -> list[Lot]:
        """Lots with something left, in the order of use: earliest expiry, then free before paid, then oldest."""
        if self._lots is None:
            self._lots = sorted(Lot.objects.raw(_LOTS, [self.advertiser.pk]), key=order_of_use)
        return self._lots

    def balance(self, kind: str) -> int:
        """The balance of one of the three accounts, changes in memory included."""
        return self.accounts[kind].balance or 0

    def usable_lots(self, *, at: datetime) -> list[Lot]:
        """Lots that may be spent at this moment; what has expired may not, even before it is swept."""
        return [lot for lot in self.lots if lot.expires_at > at]

    def add_lot(
        self, kind: str, credits: int, *, order_id: str, granted_at: datetime, expires_at: datetime, campaign_types: Iterable[str] = ()
    ) -> Lot:
        """Insert a lot whose credits are about to arrive by one Move of the same amount."""
        lot = Lot.objects.create(
            advertiser=self.advertiser,
            kind=kind,
            order_id=order_id,
            granted=credits,
            available=credits,
            granted_at=granted_at,
            expires_at=expires_at,
            campaign_types=sorted(campaign_types),
        )
        self._arriving.add(lot)
        return lot

    def apply(self, move: Move) -> None:
        """
        Change balances and lots in memory.

        :raises InsufficientCredits: one of them would go below zero.
        """
        for kind, amount in ((move.source, -move.amount), (move.target, move.amount)):
            if kind in self.accounts:
                _add(self.accounts[kind], "balance", amount)
            if move.lot is not None and (column := self.column(kind, move.lot)):
                _add(move.lot, column, amount)

    def column(self, kind: str, lot: Lot) -> str | None:
        """The column of the lot that counts what is moved to or from an account of this kind; none for a lot that arrives whole."""
        if lot in self._arriving:
            return None
        return _BUCKET[Kind(kind)] if kind in self.accounts else fate(kind, lot)


def _add(row: Account | Lot, column: str, amount: int) -> None:
    value = getattr(row, column) + amount
    if value < 0:
        raise InsufficientCredits(unit=Unit.CREDIT, shortfall=-value)
    setattr(row, column, value)


def order_of_use(lot: Lot) -> tuple[datetime, bool, int]:
    """Sort key: earliest expiry, then free before paid, then oldest."""
    return lot.expires_at, not lot.is_free, lot.pk


def fate(house_kind: str, lot: Lot) -> str:
    """The column of the lot that counts what this house account took. Paid credits in PROMOTION stand in for bonus that was used."""
    kind = Kind(house_kind.partition(":")[0])
    return "used" if kind == Kind.PROMOTION and not lot.is_free else _FATE[kind]


def take(amount: int, supply: Iterable[tuple[Lot, int]]) -> tuple[list[tuple[Lot, int]], int]:
    """Take `amount` from the supplies in their order; returns the parts (all > 0) and what is missing."""
    parts, missing = [], amount
    for lot, has in supply:
        if part := min(has, missing):
            parts.append((lot, part))
            missing -= part
    return parts, missing


def take_all(amount: int, supply: Iterable[tuple[Lot, int]]) -> list[tuple[Lot, int]]:
    """
    Like `take`, for all or nothing.

    :raises InsufficientCredits: the supplies together are smaller.
    """
    parts, missing = take(amount, supply)
    if missing:
        raise InsufficientCredits(unit=Unit.CREDIT, shortfall=missing)
    return parts


@contextmanager
def busy_if_locked() -> Iterator[None]:
    """:raises Busy: a lock was not free within lock_timeout, or the database ended this transaction to break a deadlock."""
    try:
        yield
    except OperationalError as exc:
        if isinstance(exc.__cause__, (errors.LockNotAvailable, errors.DeadlockDetected)):
            raise Busy from exc
        raise


def open_wallet(*, advertiser: Advertiser | None = None, member_id: int | None = None) -> None:
    """Create the accounts of one advertiser or one member; harmless when they exist. Joins the caller's transaction."""
    if (advertiser is None) == (member_id is None):
        raise ValueError("a wallet has exactly one owner")
    kinds, unit = (ADVERTISER_KINDS, Unit.CREDIT) if advertiser is not None else (MEMBER_KINDS, Unit.TICKET)
    accounts = [Account(advertiser=advertiser, member_id=member_id, kind=kind, unit=unit, balance=0) for kind in kinds]
    Account.objects.bulk_create(accounts, ignore_conflicts=True)


def lock_wallet(advertiser: Advertiser) -> Wallet:
    """
    Lock all accounts of an advertiser until the transaction ends. Always the first lock of a transaction; may be repeated.

    :raises Busy: somebody else held them for longer than lock_timeout.
    :raises RuntimeError: outside a transaction.
    """
    joined("a movement of the ledger")
    with busy_if_locked():
        accounts = _locked(advertiser)
        if len(accounts) < len(ADVERTISER_KINDS):
            open_wallet(advertiser=advertiser)
            accounts = _locked(advertiser)
    return Wallet(advertiser, accounts)


def _locked(advertiser: Advertiser) -> list[Account]:
    return list(Account.objects.select_for_update().filter(advertiser=advertiser).order_by("pk"))
