"""
django-hordak doing one posting at a time, in a process of its own because it needs other settings than the product.

It reads a count per line and answers with the seconds that so many postings took, as JSON. Each posting is as safe as ours: the
account is locked, its funds are looked at, a key that was used before is refused by a unique index.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings

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
    """Migrate, open the accounts, then work until the input ends."""
    _configure(sys.argv[1])
    # Models exist only from here on.
    from django.core.management import call_command
    from django.db import connection, transaction
    from hordak.models import Account, Leg, Transaction
    from moneyed import Money

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX IF NOT EXISTS bench_once_per_key ON hordak_transaction (uuid)")
    kinds = Account.TYPES
    bank = Account.objects.create(name="funding", code="1", type=kinds.asset, currencies=["KRW"])
    wallet = Account.objects.create(name="wallet", code="2", type=kinds.liability, currencies=["KRW"])
    revenue = Account.objects.create(name="revenue", code="3", type=kinds.income, currencies=["KRW"])
    with transaction.atomic():  # the database checks the sum when it commits
        opening = Transaction.objects.create(description="top-up")
        Leg.objects.create(transaction=opening, account=bank, debit=Money(OPENING, "KRW"))
        Leg.objects.create(transaction=opening, account=wallet, credit=Money(OPENING, "KRW"))
    amount = Money(AMOUNT, "KRW")
    done = 0

    def post() -> None:
        with transaction.atomic():
            locked = Account.objects.select_for_update().get(pk=wallet.pk)
            if locked.get_balance()["KRW"] < amount:
                raise RuntimeError("the wallet is empty")
            entry = Transaction.objects.create(uuid=uuid.uuid4(), description="capture")
            Leg.objects.create(transaction=entry, account=locked, debit=amount)
            Leg.objects.create(transaction=entry, account=revenue, credit=amount)

    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        count = int(line)
        started = time.perf_counter()
        for _ in range(count):
            post()
        seconds = time.perf_counter() - started
        done += count
        left = Account.objects.get(pk=wallet.pk).get_balance()["KRW"]
        right = left == Money(OPENING - AMOUNT * done, "KRW") and Transaction.objects.count() == done + 1
        print(json.dumps({"seconds": seconds, "is_right": right}), flush=True)


if __name__ == "__main__":
    main()
