"""Our services doing postings in the processes of a crew: each worker on a wallet of its own, or all of them on one."""

from __future__ import annotations

from datetime import UTC, datetime

from bench import crew, town

CAPTURE_UNITS = 32  # participations that one capture charges together
TICKET_KIND = "RAFFLE"


def main() -> None:
    """Facts: database_url, price, holds and members by worker."""
    told = crew.facts()
    town.connect(database_url=told["database_url"], environment={})
    # Models exist only from here on.
    from django.db import transaction

    from credits import services as credits
    from credits.models import Hold

    holds = [Hold.objects.select_related("advertiser").get(pk=number) for number in told["holds"]]
    price = told["price"]

    def capture(hold: Hold, key: str, units: int) -> None:
        with transaction.atomic(durable=True):
            credits.capture(hold=hold, credits=units * price, reward_cost=units * price // 2, key=key, at=datetime.now(UTC))

    def spend(worker: int, key: str) -> None:
        with transaction.atomic(durable=True):
            credits.spend(member_id=told["members"][worker], amount=1, kind=TICKET_KIND, key=key, at=datetime.now(UTC))

    crew.serve(
        {
            "capture": lambda worker, key: capture(holds[worker], key, 1),
            "capture-hot": lambda _, key: capture(holds[0], key, 1),
            "capture-32-hot": lambda _, key: capture(holds[0], key, CAPTURE_UNITS),
            "tickets": spend,
        },
        first=told["first"],
    )


if __name__ == "__main__":
    main()
