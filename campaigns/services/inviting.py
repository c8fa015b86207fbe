"""Who invited whom, `rewards` knows; that a first mission was confirmed, or was fraud, is known here."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from campaigns.models import Invalidation, Participation
from common.errors import DomainError
from rewards import referrals
from rewards.models import Referral

logger = logging.getLogger(__name__)


def pay_due(*, at: datetime) -> int:
    """Pay every referral whose friend finished a mission; how many. Each in a transaction of its own; two queries to find them."""
    waiting = referrals.waiting(at=at)
    due = [waiting[friend] for friend in sorted(_rewarded(waiting))]
    return _each(due, referrals.pay, ends=referrals.State.PAID, at=at)


def take_back_due(*, at: datetime) -> int:
    """
    Take back what referrals brought whose friend has no mission left that was no fraud; how many. Later than the hold it stays. Each in a
    transaction of its own; three queries to find them.
    """
    since = at - timedelta(days=referrals.HOLD_DAYS.at(at))
    frauds = set(Invalidation.objects.filter(is_fraud=True, at__gt=since).values_list("member_id", flat=True))
    due = referrals.paid_for(friends=frauds - _rewarded(frauds), since=since) if frauds else []
    return _each(due, referrals.take_back, ends=referrals.State.REFUSED, at=at)


def _rewarded(members: "set[int] | dict[int, int]") -> set[int]:
    """Those of these members who were rewarded for a mission and still are."""
    found = Participation.objects.filter(member_id__in=list(members), state=Participation.State.REWARDED)
    return set(found.values_list("member_id", flat=True))


def _each(due: list[int], act: Callable[..., Referral], *, ends: Referral.State, at: datetime) -> int:
    done = 0
    for number in due:
        try:
            done += act(referral_id=number, at=at).state == ends
        except DomainError as refusal:  # a wallet was busy: the next run comes soon
            logger.warning("Referral %s waits: %s", number, refusal.code)
    return done
