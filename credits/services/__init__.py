"""
Every movement of the ledger. Nothing else writes its tables.

Each service joins the caller's transaction, locks the owner's accounts first, looks its key up under that lock (the same
movement again returns the first result, another one is a conflict) and takes `at`, the moment it happened.
"""

from credits.services.claims import ClaimTooSmall, Way, settle_claim
from credits.services.closing import (
    close_day,
    close_finished_days,
    keep_proof,
    nightly_proof,
    record_proof,
    resume_money,
    stop_money,
    take_proof,
)
from credits.services.corrections import NotReversible, adjust, credit_note, reverse
from credits.services.disputes import clear_dispute, mark_disputed
from credits.services.expiry import Expiring, expiring_soon, tell_of_expiry
from credits.services.grants import (
    LIFE_DAYS,
    MONEY_STOPPED,
    DemoHasNoMoney,
    MoneyStopped,
    expire_lots,
    grant_bonus,
    owners_of_expired_lots,
    refuse_demo,
    top_up,
)
from credits.services.holds import capture, disputed_part, place_hold, raise_hold, release, swap_disputed
from credits.services.parking import park, unpark
from credits.services.posting import IdempotencyConflict
from credits.services.refunds import freeze_for_refund, reclaim, reclaim_unrequested, unfreeze
from credits.services.restating import restate, stale_projections
from credits.services.tickets import forfeit, grant, refusals, spend
from credits.services.wallet import InsufficientCredits, Wallet, busy_if_locked, lock_wallet, open_wallet
from credits.services.watching import WARN_BELOW_DAYS, line_of, set_warning, watch, watched

__all__ = [
    "LIFE_DAYS",
    "MONEY_STOPPED",
    "WARN_BELOW_DAYS",
    "ClaimTooSmall",
    "DemoHasNoMoney",
    "Expiring",
    "IdempotencyConflict",
    "InsufficientCredits",
    "MoneyStopped",
    "NotReversible",
    "Wallet",
    "Way",
    "adjust",
    "busy_if_locked",
    "capture",
    "clear_dispute",
    "close_day",
    "close_finished_days",
    "credit_note",
    "disputed_part",
    "expire_lots",
    "expiring_soon",
    "forfeit",
    "freeze_for_refund",
    "grant",
    "grant_bonus",
    "keep_proof",
    "line_of",
    "lock_wallet",
    "mark_disputed",
    "nightly_proof",
    "open_wallet",
    "owners_of_expired_lots",
    "park",
    "place_hold",
    "raise_hold",
    "reclaim",
    "reclaim_unrequested",
    "record_proof",
    "refusals",
    "refuse_demo",
    "release",
    "restate",
    "resume_money",
    "reverse",
    "set_warning",
    "settle_claim",
    "spend",
    "stale_projections",
    "stop_money",
    "swap_disputed",
    "take_proof",
    "tell_of_expiry",
    "top_up",
    "unfreeze",
    "unpark",
    "watch",
    "watched",
]
