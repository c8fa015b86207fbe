"""What a campaign type declares. The core reads declarations and never asks "is this a VISIT?"."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel

from campaigns.types.flows import PANELS, STAYS, Flow
from common.schemas import Input

if TYPE_CHECKING:
    from campaigns.types.parts import Part


class Kept(StrEnum):
    """What is kept of a participation beside its own row (`campaigns.Evidence`)."""

    ANSWER = "ANSWER"
    PICTURE = "PICTURE"
    POSTBACK = "POSTBACK"
    LINK = "LINK"


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What we know of one participation when it is judged.

    required_seconds: the stay that was asked for.   dwell_seconds: confirm − open, on our clock; None before it is opened.
    beats: signed heartbeats, each at least `BEAT_SECONDS` after the one before.   person: the person's key, which decides the
    variant.   answer: what the member sent, read through the type's `answer` schema.   pictures: accepted uploads.   event: of a
    postback whose signature was checked.   step, text, is_kept: of a mission of several steps, see `types.parts`.
    """

    required_seconds: int = 0
    dwell_seconds: int | None = None
    beats: int = 0
    person: str = ""
    answer: BaseModel | None = None
    pictures: int = 0
    event: str = ""
    step: int = 0
    text: str = ""
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    is_enough: the participation counts.   needs_a_look: it is complete, and a person decides.   missing_seconds: what a too
    short stay lacks, rounded up.   incomplete: Korean, what has to be filled in first; nothing is written and no try is used up.
    """

    is_enough: bool = False
    needs_a_look: bool = False
    missing_seconds: int = 0
    incomplete: str = ""


class Verifier(Protocol):
    """Decides whether a participation counts, from what our server stamped or checked and never from what a client claims."""

    def required_seconds(self, details: Any) -> int:
        """The shortest stay, fixed on the participation when it starts; 0 for types that ask for none."""

    def judge(self, details: Any, evidence: Evidence) -> Verdict:
        """The verdict. A stay is judged without details, and `campaigns_confirm` says the same inside its transaction."""


@dataclass(frozen=True, slots=True)
class FraudRule:
    """
    One reason for doubt.

    code: stable, kept as a FraudSignal.   penalty: points off the trust score of 100.
    """

    code: str
    label: str
    penalty: int
    applies: Callable[[Evidence], bool]


@dataclass(frozen=True, slots=True)
class PriceOption:
    """A choice that makes a participation dearer. credits: for each.   count: details → how many of it were chosen."""

    code: str
    label: str
    credits: int
    count: Callable[[Any], int]


@dataclass(frozen=True, slots=True)
class PriceRule:
    """
    Credits per confirmed participation, whole won. lowest, highest: both ends included.   suggested: what a new draft starts with.
    included: Korean, what the price pays for.

    `pricing` adds the options and reads dated rows; these are the values until a row says otherwise.
    """

    lowest: int
    highest: int
    suggested: int
    included: tuple[str, ...]
    options: tuple[PriceOption, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """One figure of the type's report. field: a counter of the day's budget slots."""

    field: str
    label: str


@dataclass(frozen=True, slots=True)
class CampaignType:
    """
    One kind of campaign.

    key: stored, upper case.   icon: of static/icons.   takes: Korean, for types without a stay.   fields: what the advertiser fills in
    beyond the common steps; every field has a Korean `title` and `description`, so that a form can be drawn from them.   flow: how a
    member takes part.   evidence: names of what is kept of each participation: columns of its row, or `Kept`.   slot_life: how long a
    started participation keeps its unit of the budget.   is_daily: a person may take part once per KST day, otherwise once per
    campaign.   charged_when: one Korean sentence.   steps: details → what the member does, in order, Korean.   answer: what a member
    sends in, for flows that ask for it.   tries: details → how many wrong answers end it.   task: (details, person) → what a member
    sees while it runs, JSON-ready and without the answer.   compares_looks: details → whether honest pictures of two members never look
    alike, so that similar ones are refused and not only equal ones.   parts: (details, unit price, tickets) → the steps of a mission
    that earns step by step, which add up to both; None for all others.   in_order: details → whether each step waits for the one
    before.   adds_up: details → unit price and tickets where the steps say them, else None.
    chooses: the advertiser chooses who may start.   enters_raffle: the advertiser puts up prizes,
    and every completion is an entry into their raffle.
    """

    key: str
    name: str
    summary: str
    icon: str
    fields: type[Input]
    flow: Flow
    evidence: tuple[str, ...]
    verifier: Verifier
    price: PriceRule
    slot_life: timedelta
    is_daily: bool
    fraud_rules: tuple[FraudRule, ...]
    report_columns: tuple[ReportColumn, ...]
    charged_when: str
    steps: Callable[[Any], tuple[str, ...]]
    takes: str = "약 1분"
    answer: type[Input] | None = None
    tries: Callable[[Any], int] = lambda details: 1
    task: Callable[[Any, str], dict[str, Any]] = lambda details, person: {}
    compares_looks: Callable[[Any], bool] = lambda details: False
    enters_raffle: bool = False
    parts: "Callable[[Any, int, int], tuple[Part, ...]] | None" = None
    in_order: Callable[[Any], bool] = lambda details: True
    adds_up: Callable[[Any], tuple[int, int] | None] = lambda details: None
    chooses: bool = False

    @property
    def is_offered(self) -> bool:
        """True when members can take part in it: the only reason for which the wizard, the API and submission may leave a type out."""
        return self.flow in PANELS

    @property
    def is_checked_by_people(self) -> bool:
        """True when a person looks at what members send in."""
        return self.flow in (Flow.UPLOAD, Flow.STEPS)

    @property
    def is_told_by_postbacks(self) -> bool:
        """True when the advertiser's systems tell us."""
        return self.flow == Flow.POSTBACK

    @property
    def refuses_doubtful_origins(self) -> bool:
        """
        The rule of the mission for VPN, emulator and the like. True: nobody starts from there, because nothing waits between the stay and
        the tickets. False: it may be started, and is looked at before the tickets come.
        """
        return self.flow in STAYS

    def read(self, details: dict[str, Any]) -> BaseModel:
        """
        The type's own fields from stored or posted JSON.

        :raises pydantic.ValidationError: they are not as declared.
        """
        return self.fields.model_validate(details)

    def doubts(self, evidence: Evidence) -> tuple[FraudRule, ...]:
        """The rules that apply."""
        return tuple(rule for rule in self.fraud_rules if rule.applies(evidence))

    def score(self, evidence: Evidence) -> int:
        """Trust from 0 to 100: full marks less the penalty of every rule that applies."""
        return max(0, 100 - sum(rule.penalty for rule in self.doubts(evidence)))


def report(*, started: str = "참여 시작", done: str = "참여 완료") -> tuple[ReportColumn, ...]:
    """The four counters that every day's slots have, in a type's own words."""
    return (
        ReportColumn("taken", started),
        ReportColumn("confirmed", done),
        ReportColumn("returned", "시간 지남·취소"),
        ReportColumn("confirmed_credits", "집행 크레딧"),
    )
