"""
What operators do to an advertiser's credits by hand: give some, or settle a claim. Always two people: one asks with a reason, another one
agrees, and both see what for.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from advertisers import services as advertisers
from advertisers.models import Advertiser
from advertisers.notifications import tell_team
from credits import selectors as balances
from credits import services as ledger
from credits.models import Lot
from identity import approvals
from identity.models import ApprovalRequest, User
from payments import events, policy
from payments.services.refusals import ClaimOpen, NothingOwed, ReasonMissing

CREDIT, CLAIM = "credits.manual_credit", "credits.settle_claim"
KINDS = (CREDIT, CLAIM)


def ask_manual_credit(
    *, advertiser: Advertiser, credits: int, lot_kind: str, reason: str, by: User, key: str, at: datetime
) -> ApprovalRequest:
    """
    Ask a second operator to agree to credits as a present (BONUS, on PROMOTION) or an apology (GOODWILL). Nothing moves yet.

    credits: whole, > 0.   reason: the advertiser reads it.

    :raises ReasonMissing: no reason was given.
    """
    word = {Lot.Kind.BONUS: "프로모션", Lot.Kind.GOODWILL: "보상"}[Lot.Kind(lot_kind)]
    data = {"credits": credits, "lot_kind": str(lot_kind)}
    return _ask(CREDIT, advertiser, f"{word} {credits:,}크레딧 지급", data, reason=reason, by=by, key=key, at=at)


def ask_claim_settlement(
    *, advertiser: Advertiser, credits: int, way: str, reason: str, by: User, key: str, at: datetime
) -> ApprovalRequest:
    """
    Ask a second operator to agree that a claim is settled. Nothing moves yet. way: credits.services.Way.

    :raises ReasonMissing: no reason was given.   :raises NothingOwed: the advertiser owes nothing, or less.
    """
    if not 0 < credits <= balances.claim_of(advertiser):
        raise NothingOwed
    word = ledger.Way(way).label
    data = {"credits": credits, "way": str(way)}
    return _ask(CLAIM, advertiser, f"받을 금액 {credits:,}크레딧 처리 · {word}", data, reason=reason, by=by, key=key, at=at)


def _ask(
    kind: str, advertiser: Advertiser, what: str, data: dict[str, Any], *, reason: str, by: User, key: str, at: datetime
) -> ApprovalRequest:
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic(durable=True):
        return approvals.ask(
            kind=kind,
            subject=f"advertiser:{advertiser.public_id}",
            summary=f"{advertiser.name} {what}",
            data={**data, "reason": reason.strip()[:200]},
            by=by,
            key=key,
            at=at,
        )


def carry_out(*, request: ApprovalRequest, by: User, at: datetime) -> None:
    """
    Give the second yes and do what waited for it, in one commit.

    :raises approvals.MakerIsChecker, approvals.AlreadyDecided: and nothing was done.
    :raises ledger.ClaimTooSmall, ledger.InsufficientCredits: what was true when it was asked for is not any more.
    """
    advertiser = Advertiser.objects.get(public_id=request.subject.partition(":")[2])
    with transaction.atomic(durable=True):
        ledger.lock_wallet(advertiser)
        approvals.approve(request_id=request.pk, by=by, at=at)
        does = {CREDIT: _give, CLAIM: _settle}[request.kind]
        does(request, advertiser, at=at)


def _give(request: ApprovalRequest, advertiser: Advertiser, *, at: datetime) -> None:
    credits, reason = int(request.data["credits"]), str(request.data["reason"])
    ledger.grant_bonus(
        advertiser=advertiser,
        credits=credits,
        lot_kind=request.data["lot_kind"],
        key=f"manual:{request.public_id}",
        at=at,
        expires_at=at + timedelta(days=policy.BONUS_LIFETIME_DAYS.at(at)),
        actor=request.made_by.get_username(),
        reason=reason,
    )
    tell_team(
        events.CREDITS_GIVEN,
        advertiser=advertiser,
        facts={"credits": credits, "reason": reason},
        url="/my-page/credit/",
        key=f"manual:{request.public_id}",
        at=at,
    )


def _settle(request: ApprovalRequest, advertiser: Advertiser, *, at: datetime) -> None:
    ledger.settle_claim(
        advertiser=advertiser,
        credits=int(request.data["credits"]),
        way=request.data["way"],
        key=f"manual:{request.public_id}",
        at=at,
        actor=request.made_by.get_username(),
        reason=str(request.data["reason"]),
    )


def lift_restriction(*, advertiser: Advertiser, at: datetime) -> bool:
    """
    Open a restricted account again, once nothing is owed any more; False when nothing restricted it.

    :raises ClaimOpen: the house still has a claim.
    """
    with transaction.atomic(durable=True):
        ledger.lock_wallet(advertiser)
        if owed := balances.claim_of(advertiser):
            raise ClaimOpen(owed=owed)
        is_restricted = Advertiser.objects.exclude(restricted_reason="").filter(pk=advertiser.pk).exists()
        advertisers.lift_restriction(advertiser=advertiser, at=at)
        return is_restricted
