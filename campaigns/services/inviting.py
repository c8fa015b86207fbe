"""Who invited whom, `rewards` knows; that a first mission was confirmed is known here."""

import logging
from datetime import datetime

from campaigns.models import Participation
from common.errors import DomainError
from rewards import referrals

logger = logging.getLogger(__name__)


def pay_due(*, at: datetime) -> int:
    """Pay every referral whose friend finished a mission; how many. Each in a transaction of its own; two queries to find them."""
    waiting = referrals.waiting(at=at)
    finished = Participation.objects.filter(member_id__in=list(waiting), state=Participation.State.REWARDED)
    paid = 0
    for friend in sorted(set(finished.values_list("member_id", flat=True))):
        try:
            paid += referrals.pay(referral_id=waiting[friend], at=at).state == referrals.State.PAID
        except DomainError as refusal:  # a wallet was busy: the next run comes soon
            logger.warning("Referral %s waits: %s", waiting[friend], refusal.code)
    return paid
