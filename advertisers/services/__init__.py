"""Every change of an advertiser, its team and its limits. Doors call these names; the modules behind them are private."""

from advertisers.services.choosing import choose
from advertisers.services.invitations import (
    AlreadyInTeam,
    InvitationForSomebodyElse,
    InvitationGone,
    TooManyInvitations,
    accept,
    find_invitation,
    invite,
    revoke,
)
from advertisers.services.limits import limit_for, limit_of, set_limit
from advertisers.services.profile import rename
from advertisers.services.recipients import TooManyRecipients, add_recipient, remove_recipient
from advertisers.services.restriction import RestrictionReasonMissing, lift_restriction, restrict
from advertisers.services.team import NotInTeam, OwnerStays, change_role, leave, remove, transfer_ownership

__all__ = [
    "AlreadyInTeam",
    "InvitationForSomebodyElse",
    "InvitationGone",
    "NotInTeam",
    "OwnerStays",
    "RestrictionReasonMissing",
    "TooManyInvitations",
    "TooManyRecipients",
    "accept",
    "add_recipient",
    "change_role",
    "choose",
    "find_invitation",
    "invite",
    "leave",
    "lift_restriction",
    "limit_for",
    "limit_of",
    "remove",
    "remove_recipient",
    "rename",
    "restrict",
    "revoke",
    "set_limit",
    "transfer_ownership",
]
