"""What a raffle promises, as bytes that anybody can hash again, and the policies behind it."""

from datetime import UTC, datetime
from typing import Any

from common import dated
from rewards.models import Raffle
from rewards.raffles import drand, fairness

DRAW_AFTER_MINUTES = dated.define("rewards.raffle.draw_after_minutes", default=10, label="응모 마감 뒤 추첨까지(분)")
ANSWER_WITHIN_DAYS = dated.define("rewards.raffle.answer_within_days", default=7, label="당첨자가 답할 수 있는 기간(일)")
VOID_AFTER_HOURS = dated.define("rewards.raffle.void_after_hours", default=24, label="공개 난수를 기다리는 시간(시간)")


def rules_of(raffle: Raffle) -> str:
    """Everything that decides a draw beside the entries, as canonical JSON. The round must be fixed."""
    facts: dict[str, Any] = {
        "algorithm": fairness.ALGORITHM,
        "raffle": str(raffle.public_id),
        "title": raffle.title,
        "body": raffle.body,
        "prizes": raffle.prizes,
        "tickets_per_entry": raffle.tickets_per_entry,
        "entries_per_member": raffle.entries_per_member,
        "reserves": raffle.reserves,
        "opens_at": moment(raffle.opens_at),
        "closes_at": moment(raffle.closes_at),
        "draws_at": moment(raffle.draws_at),
        "public_value": {"source": "drand", **drand.chain(), "round": raffle.public_round},
    }
    return fairness.canonical(facts).decode()


def moment(at: datetime) -> str:
    """A moment as it is published: RFC 3339, UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
