"""
Two thousand members at the opening of one raffle, on a PostgreSQL of its own with fsync on:

    .venv/bin/python -m bench.raffle_rush [--members 2000] [--clients 32]

It prints what came of every press and how long they took, and ends with 1 when an answer, an entry or a ticket is not as it must be.
"""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.yard import Yard, settle

VAR = Path(__file__).resolve().parent.parent / "var"


def main(*, members: int, clients: int) -> int:
    """Prepare, rush, count; 0 when all is exact."""
    with Yard(folder=VAR / "rush", with_web=False):
        from bench import rush
        from identity.models import User
        from rewards.models import Member
        from tests import factories

        settle(members)
        people, at = list(Member.objects.order_by("pk")), datetime.now(UTC)
        maker, funder = (factories.UserFactory(kind=User.Kind.OPERATOR) for _ in range(2))
        raffle = rush.prepared(people, maker=maker, funder=funder, at=at)
        began = time.monotonic()
        found = rush.rush(people, raffle, at=at, clients=clients)
        took = time.monotonic() - began
        wrong = rush.wrong(people, raffle, found)
    times = sorted(found.seconds)
    say(f"{members:,} members over {clients} connections, {len(times):,} presses in {took:.1f} s")
    say(f"half of them within {times[len(times) // 2] * 1000:.0f} ms, 99 of 100 within {times[len(times) * 99 // 100] * 1000:.0f} ms")
    say(f"too early {sum(found.early.values()):,}; first {dict(found.first)}; again {dict(found.again)}; once more {dict(found.more)}")
    say(f"WRONG: {wrong}" if wrong else "every answer, entry and ticket as it must be; the proof has no difference")
    return 1 if wrong else 0


def say(text: str) -> None:
    """One line, at once."""
    print(text, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=32)
    given = parser.parse_args()
    sys.exit(main(members=given.members, clients=given.clients))
