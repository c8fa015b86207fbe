"""What stands above every page while the last proof is red."""

from dataclasses import dataclass
from datetime import datetime

from credits import services as ledger
from credits.models import ProofRun


@dataclass(frozen=True, slots=True)
class RedProof:
    """The last run, when it found something. is_stopped: top-ups and refunds are switched off."""

    run: ProofRun
    is_stopped: bool

    @property
    def found(self) -> int:
        """How many differences it found."""
        return sum(self.run.counts.values())


def red_proof(*, at: datetime) -> RedProof | None:
    """The last run of the proof if it is red. One query; two when it is."""
    run = ProofRun.objects.order_by("-pk").first()
    return None if run is None or run.is_green else RedProof(run, bool(ledger.MONEY_STOPPED.at(at)))
