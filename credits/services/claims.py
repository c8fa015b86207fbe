"""What an advertiser owes the house (RECEIVABLE): how much, and how it is settled."""

from datetime import datetime

from django.db import models

from advertisers.models import Advertiser
from common.errors import DomainError
from credits import selectors
from credits.models import Entry, Kind, Lot
from credits.services.posting import movement, post, whole, written
from credits.services.wallet import Move, lock_wallet, take_all


class ClaimTooSmall(DomainError):
    """More would be settled than is owed."""

    code = "credits.claim_too_small"
    message = "받을 금액은 {owed:,}크레딧이에요. 그보다 많이 처리할 수 없어요."
    http_status = 409


class Way(models.TextChoices):
    """By what a claim is settled: credits of the debtor, money that came to the bank, or nothing because the house gives it up."""

    CREDITS = "CREDITS", "남은 크레딧에서"
    TRANSFER = "TRANSFER", "계좌로 받음"
    WRITE_OFF = "WRITE_OFF", "받지 않기로 함"


_SOURCE = {Way.TRANSFER: f"{Kind.FUNDING}:bank", Way.WRITE_OFF: Kind.GOODWILL}


def settle_claim(
    *, advertiser: Advertiser, credits: int, way: str, key: str, at: datetime, actor: str, reason: str, now: datetime | None = None
) -> Entry:
    """
    Settle part of what an advertiser owes: AVAILABLE, FUNDING:bank or GOODWILL → RECEIVABLE. Joins the caller's transaction.

    way: see `Way`. From credits only paid ones are taken, in the order of use.   That two people agreed is the caller's business.

    :raises ClaimTooSmall: less is owed.   :raises InsufficientCredits: the debtor has fewer paid credits.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    if not reason:
        raise ValueError("a settlement says why")
    wallet = lock_wallet(advertiser)
    facts = movement(advertiser=advertiser.pk, claim=whole(credits), way=way)
    if entry := written(key, Entry.Kind.ADJUST, facts):
        return entry
    owed = selectors.claim_of(advertiser)
    if credits > owed:
        raise ClaimTooSmall(owed=owed)
    if way == Way.CREDITS:
        paid = ((lot, lot.available) for lot in wallet.usable_lots(at=at) if lot.kind == Lot.Kind.PAID)
        moves = [Move(lot, part, Kind.AVAILABLE, Kind.RECEIVABLE) for lot, part in take_all(credits, paid)]
    else:
        moves = [Move(None, credits, _SOURCE[Way(way)], Kind.RECEIVABLE)]
    return post(Entry.Kind.ADJUST, moves, wallet=wallet, key=key, facts=facts, at=at, now=now, subject="claim", actor=actor, reason=reason)
