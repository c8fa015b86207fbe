"""Reading the book in tests: the lines of an entry, what an advertiser has, and that a refusal wrote nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from credits.models import Account, DayDigest, Entry, Hold, HoldPart, Kind, Lot, Posting, ProofRun

TABLES = (Account, Entry, Posting, Lot, Hold, HoldPart, DayDigest, ProofRun)


def lines(entry):
    """[(account kind, lot kind or None, amount, balance after)] in the order written."""
    rows = Posting.objects.filter(entry=entry).select_related("account", "lot").order_by("pk")
    return [(row.account.kind, row.lot.kind if row.lot else None, row.amount, row.balance_after) for row in rows]


def accounts(advertiser):
    """(available, held, frozen) as the three accounts say."""
    found = dict(Account.objects.filter(advertiser=advertiser).values_list("kind", "balance"))
    return found.get(Kind.AVAILABLE, 0), found.get(Kind.HELD, 0), found.get(Kind.FROZEN, 0)


def lot(order_id, kind="PAID"):
    return Lot.objects.get(order_id=order_id, kind=kind)


def parts(lot):
    """What became of a lot, without the zeros."""
    fields = ("granted", "available", "held", "frozen", "used", "returned", "expired")
    return {name: getattr(lot, name) for name in fields if getattr(lot, name)}


def house(kind, unit="CREDIT"):
    """The sum of a house account's postings."""
    rows = Posting.objects.filter(account__kind=kind, account__unit=unit, account__balance=None).values_list("amount", flat=True)
    return sum(rows)


def everything():
    """Every row of every table of the ledger, as values."""
    return {model.__name__: sorted(map(tuple, model.objects.values_list()), key=repr) for model in TABLES}


@contextmanager
def nothing_written() -> Iterator[None]:
    """What runs inside must leave every table of the ledger as it was."""
    before = everything()
    yield
    assert everything() == before
