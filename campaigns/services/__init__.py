"""Every change of a campaign's or a participation's state. Doors call these names; the modules behind them are private."""

from campaigns.services.applying import AllChosen, AlreadyChosen, ApplicationEmpty, NothingToApplyFor, apply, choose
from campaigns.services.blocking import AlreadyBlocked, NotBlocked, block_member
from campaigns.services.blocking import lift as lift_block
from campaigns.services.blocking import members_of as members_of_blocks
from campaigns.services.budget import capture_due, pour, raise_budget, settle
from campaigns.services.bulk import BulkRefused, NothingChosen, do_to_all
from campaigns.services.checking import EvidenceDecided
from campaigns.services.checking import decide as decide_evidence
from campaigns.services.claims import claim_reward
from campaigns.services.content import AlreadyOver, PriceBelowReward, StepBelowReward, StepsDoNotAddUp
from campaigns.services.desk import BeingReviewed, claim, go_on, hold
from campaigns.services.edits import EndTooEarly, extend
from campaigns.services.exposure import OrderChanged, free_place, held_places, hold_place, in_order, reorder, seal, set_exposure
from campaigns.services.invalidating import NotAllFinished, NothingToInvalidate, clear, invalidate
from campaigns.services.moves import CampaignLocked, MoveRefused, ReasonMissing
from campaigns.services.participation import (
    Blocked,
    DoubtedOrigin,
    MissionClosed,
    MissionClosedForNow,
    MissionClosedToday,
    MissionSoldOut,
    ParticipationNotFound,
    Taking,
    TooManyHere,
    confirm,
    expire,
    open_landing,
    overdue_campaigns,
    start,
)
from campaigns.services.plans import PlanRefused, PlanUnknown, plan
from campaigns.services.plans import cancel as cancel_plan
from campaigns.services.review import NewerVersion, approve, ask_changes, flag, found_fine, lock, reject, unlock
from campaigns.services.running import begin, end, pause, resume
from campaigns.services.seconding import (
    AskerIsGone,
    ChangedSinceAsked,
    DraftSubmittedSince,
    NothingToDecide,
    raise_or_ask,
    resubmit_or_ask,
    submit_or_ask,
)
from campaigns.services.seconding import approve as approve_as_second
from campaigns.services.seconding import refuse as refuse_as_second
from campaigns.services.sending import AnswerIncomplete, PictureUsed, TriesUsedUp, WrongAnswer, answer, picture
from campaigns.services.showing import show
from campaigns.services.spending import OverLimit
from campaigns.services.steps import StepClosed, StepEarly, StepUnknown, send_step
from campaigns.services.submission import (
    AppealedBefore,
    NothingChanged,
    appeal,
    resubmit,
    submit_campaign,
    submit_locked,
    withdraw,
    withdraw_locked,
)
from campaigns.services.versions import latest_content
from campaigns.services.versions import newest as newest_version

__all__ = [
    "AllChosen",
    "AlreadyBlocked",
    "AlreadyChosen",
    "AlreadyOver",
    "AnswerIncomplete",
    "AppealedBefore",
    "ApplicationEmpty",
    "AskerIsGone",
    "BeingReviewed",
    "Blocked",
    "BulkRefused",
    "CampaignLocked",
    "ChangedSinceAsked",
    "DoubtedOrigin",
    "DraftSubmittedSince",
    "EndTooEarly",
    "EvidenceDecided",
    "MissionClosed",
    "MissionClosedForNow",
    "MissionClosedToday",
    "MissionSoldOut",
    "MoveRefused",
    "NewerVersion",
    "NotAllFinished",
    "NotBlocked",
    "NothingChanged",
    "NothingChosen",
    "NothingToApplyFor",
    "NothingToDecide",
    "NothingToInvalidate",
    "OrderChanged",
    "OverLimit",
    "ParticipationNotFound",
    "PictureUsed",
    "PlanRefused",
    "PlanUnknown",
    "PriceBelowReward",
    "ReasonMissing",
    "StepBelowReward",
    "StepClosed",
    "StepEarly",
    "StepUnknown",
    "StepsDoNotAddUp",
    "Taking",
    "TooManyHere",
    "TriesUsedUp",
    "WrongAnswer",
    "answer",
    "appeal",
    "apply",
    "approve",
    "approve_as_second",
    "ask_changes",
    "begin",
    "block_member",
    "cancel_plan",
    "capture_due",
    "choose",
    "claim",
    "claim_reward",
    "clear",
    "confirm",
    "decide_evidence",
    "do_to_all",
    "end",
    "expire",
    "extend",
    "flag",
    "found_fine",
    "free_place",
    "go_on",
    "held_places",
    "hold",
    "hold_place",
    "in_order",
    "invalidate",
    "latest_content",
    "lift_block",
    "lock",
    "members_of_blocks",
    "newest_version",
    "open_landing",
    "overdue_campaigns",
    "pause",
    "picture",
    "plan",
    "pour",
    "raise_budget",
    "raise_or_ask",
    "refuse_as_second",
    "reject",
    "reorder",
    "resubmit",
    "resubmit_or_ask",
    "resume",
    "seal",
    "send_step",
    "set_exposure",
    "settle",
    "show",
    "start",
    "submit_campaign",
    "submit_locked",
    "submit_or_ask",
    "unlock",
    "withdraw",
    "withdraw_locked",
]
