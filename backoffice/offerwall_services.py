"""What operators do about offerwalls: one domain service each, with who did it and why."""

from datetime import datetime

from django.contrib.admin.models import ADDITION
from django.db import transaction

from backoffice.services import AlreadySwitched, note, take_turn
from identity.models import User
from rewards import offerwalls
from rewards.models import OfferwallReward, OfferwallSwitch


def switch(*, network: str, is_open: bool, reason: str, by: User, at: datetime) -> OfferwallSwitch:
    """
    Open or close a network.

    :raises NetworkUnknown: there is none of this name.   :raises AlreadySwitched: somebody was first.
    """
    with transaction.atomic(durable=True):
        take_turn(f"offerwall.{network}")
        newest = OfferwallSwitch.objects.filter(network=network).order_by("-pk").first()
        if newest is not None and newest.is_open is is_open:
            raise AlreadySwitched
        row = offerwalls.switch(network=network, is_open=is_open, reason=reason, by=by, at=at)
        note(row=row, by=by, reason=reason, at=at, flag=ADDITION)
        return row


def decide(*, reward: OfferwallReward, is_paid: bool, reason: str, by: User, at: datetime) -> OfferwallReward:
    """
    Pay a reward that waits, or do not.

    :raises RewardDecided: it does not wait.   :raises MemberGone: nobody is left to pay.
    """
    with transaction.atomic(durable=True):
        row = offerwalls.decide(reward=reward, is_paid=is_paid, reason=reason, by=by, at=at)
        note(row=row, by=by, reason=reason, at=at)
        return row
