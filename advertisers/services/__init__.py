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
from advertisers.services.keys import KeyGone, KeyReplaced, NewKey, TooManyKeys, find_key, make_key, revoke_key, rotate_key
from advertisers.services.leaving import NotPersonal, StillBlocked, StillOwner, become_business, close, leave_house
from advertisers.services.limits import LIMITED, Limits, NothingToLimit, limits_for, limits_of_roles, set_limit, set_member_limit
from advertisers.services.profile import rename
from advertisers.services.recipients import (
    RecipientGone,
    TooManyRecipients,
    add_recipient,
    confirm_recipient,
    find_recipient,
    remove_recipient,
    stop_recipient,
)
from advertisers.services.restriction import RestrictionReasonMissing, lift_restriction, restrict
from advertisers.services.team import NotInTeam, OwnerStays, change_role, leave, remove, transfer_ownership

__all__ = [
    "LIMITED",
    "AlreadyInTeam",
    "InvitationForSomebodyElse",
    "InvitationGone",
    "KeyGone",
    "KeyReplaced",
    "Limits",
    "NewKey",
    "NotInTeam",
    "NotPersonal",
    "NothingToLimit",
    "OwnerStays",
    "RecipientGone",
    "RestrictionReasonMissing",
    "StillBlocked",
    "StillOwner",
    "TooManyInvitations",
    "TooManyKeys",
    "TooManyRecipients",
    "accept",
    "add_recipient",
    "become_business",
    "change_role",
    "choose",
    "close",
    "confirm_recipient",
    "find_invitation",
    "find_key",
    "find_recipient",
    "invite",
    "leave",
    "leave_house",
    "lift_restriction",
    "limits_for",
    "limits_of_roles",
    "make_key",
    "remove",
    "remove_recipient",
    "rename",
    "restrict",
    "revoke",
    "revoke_key",
    "rotate_key",
    "set_limit",
    "set_member_limit",
    "stop_recipient",
    "transfer_ownership",
]
