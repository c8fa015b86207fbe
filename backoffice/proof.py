"""What must be true of the audit. See credits/proof.py for how sentences are registered and run."""

from collections.abc import Iterable
from datetime import datetime

from backoffice import audit_chain
from credits import proof


@proof.before_each_night
def link_the_audit(at: datetime) -> None:
    """What was written since the last night goes into the chain before it is proved."""
    audit_chain.link(at=at)


@proof.invariant("I21", "감사 기록은 이어 둔 그대로예요: 바뀌거나 사라지거나 나중에 끼운 줄이 없어요.")
def the_audit_is_what_it_was() -> Iterable[object]:
    return audit_chain.broken()
