"""Every change of a campaign's or a participation's state. Doors call these names; the modules behind them are private."""

from campaigns.services.budget import capture_due, pour, raise_budget, settle
from campaigns.services.moves import CampaignLocked, MoveRefused, ReasonMissing
from campaigns.services.participation import (
    MissionSoldOut,
    ParticipationNotFound,
    Taking,
    confirm,
    expire,
    open_landing,
    overdue_campaigns,
    start,
)
from campaigns.services.review import approve, ask_changes, lock, reject, set_exposure, unlock
from campaigns.services.running import begin, end, pause, resume
from campaigns.services.submission import AlreadyOver, PriceBelowReward, resubmit, submit_campaign, withdraw

__all__ = [
    "AlreadyOver",
    "CampaignLocked",
    "MissionSoldOut",
    "MoveRefused",
    "ParticipationNotFound",
    "PriceBelowReward",
    "ReasonMissing",
    "Taking",
    "approve",
    "ask_changes",
    "begin",
    "capture_due",
    "confirm",
    "end",
    "expire",
    "lock",
    "open_landing",
    "overdue_campaigns",
    "pause",
    "pour",
    "raise_budget",
    "reject",
    "resubmit",
    "resume",
    "set_exposure",
    "settle",
    "start",
    "submit_campaign",
    "unlock",
    "withdraw",
]
