"""
How many calls a minute a postback door takes, from one sender and for one campaign. One statement counts a call, so that callers over
several connections cannot slip past together.
"""

from datetime import datetime, timedelta

from django.db import connection

from campaigns.models import Campaign, PostbackMinute
from common import dated
from identity import browsers

# Above what one address may send: a member with a click of their own, as a tag takes it, does not close the door for the others.
OF_A_CAMPAIGN = dated.define("campaigns.postbacks_per_minute", default=2_400, label="캠페인 하나가 1분에 받는 포스트백", least=1, unit="건")
OF_A_SENDER = dated.define(
    "campaigns.postbacks_per_minute_of_a_sender", default=1_200, label="한 주소에서 1분에 받는 포스트백", least=1, unit="건"
)
KEPT = timedelta(hours=1)


def calls_of_sender(address: str, *, at: datetime) -> int:
    """Count one call of a network address, which is kept as a keyed hash; the how many-th of its minute it is."""
    return _count(f"sender:{browsers.keyed('postback', address or 'unknown')}", at=at)


def calls_for_campaign(campaign: Campaign, *, is_test: bool, at: datetime) -> int:
    """Count one call for a campaign, tries apart from real ones; the how many-th of its minute it is."""
    return _count(f"campaign:{campaign.pk}:{'test' if is_test else 'live'}", at=at)


def seconds_to_wait(at: datetime) -> int:
    """Until the next minute begins."""
    return 60 - at.second


def forget(*, at: datetime) -> int:
    """Drop the counts of minutes that are over; how many."""
    return PostbackMinute.objects.filter(minute__lt=at - KEPT).delete()[0]


def _count(subject: str, *, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_postbackminute AS m (subject, minute, calls) VALUES (%s, date_trunc('minute', %s::timestamptz), 1) "
            "ON CONFLICT (subject, minute) DO UPDATE SET calls = m.calls + 1 RETURNING m.calls",
            [subject[:80], at],
        )
        return int(cursor.fetchone()[0])
