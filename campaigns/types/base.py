"""What a campaign type declares. The core reads declarations and never asks "is this a VISIT?"."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from pydantic import BaseModel

from common.schemas import Input


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What we know of one participation when it is judged.

    required_seconds: the dwell that was asked for.   dwell_seconds: confirm − open, on our clock; None before it is opened.
    beats: signed heartbeats, each at least `BEAT_SECONDS` after the one before.
    """

    required_seconds: int
    dwell_seconds: int | None
    beats: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """is_enough: the participation counts.   missing_seconds: what a too short stay lacks, rounded up."""

    is_enough: bool
    missing_seconds: int = 0


class Verifier(Protocol):
    """Decides whether a participation counts, from what our server stamped and never from what a client claims."""

    def required_seconds(self, details: Any) -> int:
        """The shortest stay, fixed on the participation when it starts."""

    def judge(self, evidence: Evidence) -> Verdict:
        """The verdict; `campaigns_confirm` says the same inside its transaction."""


@dataclass(frozen=True, slots=True)
class FraudRule:
    """
    One reason for doubt.

    code: stable, stored nowhere but in reports.   penalty: points off the trust score of 100.
    """

    code: str
    label: str
    penalty: int
    applies: Callable[[Evidence], bool]


@dataclass(frozen=True, slots=True)
class PriceRule:
    """Credits per confirmed participation, whole won; both ends included."""

    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """One figure of the type's report. field: a counter of the day's budget slots."""

    field: str
    label: str


@dataclass(frozen=True, slots=True)
class CampaignType:
    """
    One kind of campaign.

    key: stored, upper case.   fields: what the advertiser fills in beyond the common steps.   evidence: names of what is kept
    of each participation.   slot_life: how long a started participation keeps its unit of the budget.   is_daily: a person may
    take part once per KST day, otherwise once per campaign.   charged_when: one Korean sentence.
    """

    key: str
    name: str
    summary: str
    fields: type[Input]
    evidence: tuple[str, ...]
    verifier: Verifier
    price: PriceRule
    slot_life: timedelta
    is_daily: bool
    fraud_rules: tuple[FraudRule, ...]
    report_columns: tuple[ReportColumn, ...]
    charged_when: str
    steps: Callable[[Any], tuple[str, ...]]  # details → what the member does, in order, Korean

    def read(self, details: dict[str, Any]) -> BaseModel:
        """
        The type's own fields from stored or posted JSON.

        :raises pydantic.ValidationError: they are not as declared.
        """
        return self.fields.model_validate(details)

    def score(self, evidence: Evidence) -> int:
        """Trust from 0 to 100: full marks less the penalty of every rule that applies."""
        return max(0, 100 - sum(rule.penalty for rule in self.fraud_rules if rule.applies(evidence)))
