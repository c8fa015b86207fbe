"""
django-hordak doing the postings that ours are compared with, in processes of its own because it needs other settings.

Each posting is as safe as ours: the account is locked, a key that was used before is looked up under the lock and kept unique by an
index, the funds are looked at, the legs are written as its documentation says. `capture` writes the lines that ours writes (a held
account, revenue, the reward's cost); `transfer` two. What ours keeps besides (lots, the hold and its parts) it has no word for and
does not do.
"""

from __future__ import annotations

import uuid
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings

from bench import crew

OPENING, AMOUNT = 1_000_000_000, 10


def _configure(database_url: str) -> None:
    parts = urlsplit(database_url)
    settings.configure(
        SECRET_KEY="of no use",  # noqa: S106 (nothing is signed)
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.lstrip("/"),
                "USER": "postgres",
                "HOST": unquote(parts.netloc.split("@")[1]),
                "CONN_MAX_AGE": None,
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
        DEFAULT_CURRENCY="KRW",
        HORDAK_INTERNAL_CURRENCY="KRW",
        HORDAK_DECIMAL_PLACES=0,
        HORDAK_MAX_DIGITS=18,
    )
    django.setup()


def main() -> None:
    """Facts: database_url. The first process migrates and opens the accounts."""
    told = crew.facts()
    _configure(told["database_url"])
    # Models exist only from here on.
    from django.core.management import call_command
    from django.db import connection, transaction
    from hordak.models import Account, Leg, Transaction
    from moneyed import Money

    if told["first"] == 0:
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("CREATE UNIQUE INDEX bench_once_per_key ON hordak_transaction (uuid)")
        kinds = Account.TYPES
        bank = Account.objects.create(name="funding", code="1", type=kinds.asset, currencies=["KRW"])
        for number, name in enumerate(("revenue", "cost")):
            Account.objects.create(name=name, code=str(2 + number), type=kinds.income, currencies=["KRW"])
        for worker in range(crew.WORKERS):
            wallet = Account.objects.create(name=f"wallet {worker}", code=str(10 + worker), type=kinds.liability, currencies=["KRW"])
            with transaction.atomic():  # the database checks the sum when it commits
                opening = Transaction.objects.create(description="top-up")
                Leg.objects.create(transaction=opening, account=bank, debit=Money(OPENING, "KRW"))
                Leg.objects.create(transaction=opening, account=wallet, credit=Money(OPENING, "KRW"))
    wallets = {worker: Account.objects.get(name=f"wallet {worker}").pk for worker in range(crew.WORKERS)}
    revenue, cost = Account.objects.get(name="revenue"), Account.objects.get(name="cost")
    amount, half = Money(AMOUNT, "KRW"), Money(AMOUNT // 2, "KRW")

    def post(worker: int, key: str, credits: list[tuple[Account, Money]]) -> None:
        name = uuid.uuid5(uuid.NAMESPACE_OID, key)
        with transaction.atomic():
            wallet = Account.objects.select_for_update().get(pk=wallets[worker])
            if Transaction.objects.filter(uuid=name).exists():
                return
            if wallet.get_balance()["KRW"] < amount:
                raise RuntimeError("the wallet is empty")
            entry = Transaction.objects.create(uuid=name, description="posting")
            Leg.objects.create(transaction=entry, account=wallet, debit=amount)
            for account, part in credits:
                Leg.objects.create(transaction=entry, account=account, credit=part)

    crew.serve(
        {
            "capture": lambda worker, key: post(worker, key, [(cost, half), (revenue, half)]),
            "transfer": lambda worker, key: post(worker, key, [(revenue, amount)]),
        },
        first=told["first"],
    )


if __name__ == "__main__":
    main()
