"""What people decide about offerwalls: rewards that wait, networks that are closed."""

from datetime import datetime

from credits import services as credits
from identity.models import User
from rewards.models import Member, OfferwallReward, OfferwallSwitch
from rewards.models.offerwalls import RewardState
from rewards.offerwalls import receiving
from rewards.offerwalls.errors import MemberGone, NetworkUnknown, RewardDecided
from rewards.offerwalls.networks import NETWORKS


def decide(*, reward: OfferwallReward, is_paid: bool, reason: str, by: User, at: datetime) -> OfferwallReward:
    """
    Pay a reward that waits, or do not. Joins the caller's transaction.

    :raises RewardDecided: it does not wait.   :raises MemberGone: it cannot be paid, because its member left.
    """
    with credits.busy_if_locked():
        member = Member.objects.select_for_update(no_key=True).get(pk=reward.member_id)
        row = OfferwallReward.objects.select_for_update(no_key=True).get(pk=reward.pk)
        if row.state != RewardState.HELD:
            raise RewardDecided
        if is_paid and not member.is_active:
            raise MemberGone
        row.entry = receiving.pay(row, at=at, actor=f"operator:{by.public_id}") if is_paid else None
    row.state = RewardState.PAID if is_paid else RewardState.REFUSED
    row.decided_at, row.decided_by, row.reason = at, by, reason
    row.save(update_fields=["state", "entry", "decided_at", "decided_by", "reason"])
    return row


def switch(*, network: str, is_open: bool, reason: str, by: User, at: datetime) -> OfferwallSwitch:
    """
    Open or close a network for members and for its calls. Joins the caller's transaction.

    :raises NetworkUnknown: there is none of this name.
    """
    if network not in NETWORKS:
        raise NetworkUnknown
    return OfferwallSwitch.objects.create(network=network, is_open=is_open, reason=reason, by=by, at=at)
