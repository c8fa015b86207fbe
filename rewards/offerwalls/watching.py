"""Operators hear when a network's signatures go wrong, and the log forgets what is old."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q

from common.kst import SEOUL
from identity import notifications
from rewards.models import OfferwallCall
from rewards.offerwalls.networks import NETWORKS
from rewards.offerwalls.policies import BAD_SIGNATURE_PERCENT

LOOKS_BACK = timedelta(minutes=10)
KEPT = timedelta(days=183)
FEWEST = 5  # calls, below which a share says nothing


def watch(*, at: datetime) -> list[str]:
    """Tell operators of networks with too many wrong signatures, once an hour; which ones. Owns the transaction."""
    recent = OfferwallCall.objects.filter(at__gt=at - LOOKS_BACK, at__lte=at).values("network")
    counted = recent.annotate(calls=Count("pk"), bad=Count("pk", filter=Q(outcome=OfferwallCall.Outcome.BAD_SIGNATURE)))
    most = BAD_SIGNATURE_PERCENT.at(at)
    found = [row for row in counted.order_by("network") if row["calls"] >= FEWEST and row["bad"] * 100 > row["calls"] * most]
    with transaction.atomic(durable=True):
        for row in found:
            notifications.alert_operators(
                kind="rewards.offerwall_signatures",
                title=f"{NETWORKS[row['network']].label}의 서명이 자주 틀려요",
                body=f"10분 동안 온 신호 {row['calls']:,}건 가운데 {row['bad']:,}건이에요. 키가 바뀌었거나 누가 흉내 내고 있을 수 있어요.",
                url="/backoffice/offerwalls/",
                key=f"offerwall:{row['network']}:signatures:{at.astimezone(SEOUL):%Y-%m-%dT%H}",
                at=at,
            )
    return [row["network"] for row in found]


def forget(*, at: datetime) -> int:
    """Drop calls that are older than the log keeps; how many. Rewards stay."""
    return OfferwallCall.objects.filter(at__lt=at - KEPT).delete()[0]
