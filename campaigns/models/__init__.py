"""What advertisers run and members take part in."""

from campaigns.models.banners import SYSTEMS, VIEWERS, Banner, ExposureSlot, System, Viewers
from campaigns.models.campaigns import (
    BEFORE_THE_START,
    LIVE,
    MOVES,
    OVER,
    Audience,
    BudgetSlot,
    Campaign,
    CampaignEvent,
    CampaignQuerySet,
    Constraint,
    Participation,
    State,
)
from campaigns.models.claims import RewardClaim
from campaigns.models.drafts import (
    CampaignImage,
    Draft,
    ExcludedPerson,
    ExclusionList,
    ForecastLog,
    PolicyRule,
)
from campaigns.models.evidence import Evidence, FraudSignal, Invalidation
from campaigns.models.exports import Export
from campaigns.models.fraud import AgentMark, Block, Clearance, Doubt, Finish, NetworkRange, Origin, TrafficList
from campaigns.models.plans import PlannedChange, ReviewReason
from campaigns.models.postbacks import PostbackEvent, PostbackLog, PostbackMinute, PostbackSecret
from campaigns.models.schedules import ReportSchedule
from campaigns.models.stats import HourlyStat, PeopleStat, Showing, StaleHour, ToldConversions
from campaigns.models.steps import Application, EarnedStep
from campaigns.models.versions import CampaignVersion

__all__ = [
    "BEFORE_THE_START",
    "LIVE",
    "MOVES",
    "OVER",
    "SYSTEMS",
    "VIEWERS",
    "AgentMark",
    "Application",
    "Audience",
    "Banner",
    "Block",
    "BudgetSlot",
    "Campaign",
    "CampaignEvent",
    "CampaignImage",
    "CampaignQuerySet",
    "CampaignVersion",
    "Clearance",
    "Constraint",
    "Doubt",
    "Draft",
    "EarnedStep",
    "Evidence",
    "ExcludedPerson",
    "ExclusionList",
    "Export",
    "ExposureSlot",
    "Finish",
    "ForecastLog",
    "FraudSignal",
    "HourlyStat",
    "Invalidation",
    "NetworkRange",
    "Origin",
    "Participation",
    "PeopleStat",
    "PlannedChange",
    "PolicyRule",
    "PostbackEvent",
    "PostbackLog",
    "PostbackMinute",
    "PostbackSecret",
    "ReportSchedule",
    "ReviewReason",
    "RewardClaim",
    "Showing",
    "StaleHour",
    "State",
    "System",
    "ToldConversions",
    "TrafficList",
    "Viewers",
]
