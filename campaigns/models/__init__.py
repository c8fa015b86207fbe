"""What advertisers run and members take part in."""

from campaigns.models.campaigns import (
    BEFORE_THE_START,
    LIVE,
    MOVES,
    OVER,
    BudgetSlot,
    Campaign,
    CampaignEvent,
    CampaignQuerySet,
    Constraint,
    Participation,
    State,
)
from campaigns.models.drafts import (
    CampaignImage,
    Draft,
    ExcludedPerson,
    ExclusionList,
    ForecastLog,
    PolicyRule,
)
from campaigns.models.evidence import Evidence, FraudSignal
from campaigns.models.plans import PlannedChange, ReviewReason
from campaigns.models.postbacks import PostbackLog
from campaigns.models.stats import HourlyStat, Showing, StaleHour
from campaigns.models.steps import Application, EarnedStep
from campaigns.models.versions import CampaignVersion

__all__ = [
    "BEFORE_THE_START",
    "LIVE",
    "MOVES",
    "OVER",
    "Application",
    "BudgetSlot",
    "Campaign",
    "CampaignEvent",
    "CampaignImage",
    "CampaignQuerySet",
    "CampaignVersion",
    "Constraint",
    "Draft",
    "EarnedStep",
    "Evidence",
    "ExcludedPerson",
    "ExclusionList",
    "ForecastLog",
    "FraudSignal",
    "HourlyStat",
    "Participation",
    "PlannedChange",
    "PolicyRule",
    "PostbackLog",
    "ReviewReason",
    "Showing",
    "StaleHour",
    "State",
]
