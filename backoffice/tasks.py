"""Doors that the clock knocks on."""

from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from backoffice import anomalies, demo_accounts
from identity import retention


@shared_task(name="backoffice.anomalies")
def look_for_anomalies() -> int:
    """Judge the last full hour of what is watched; how many episodes began."""
    return len(anomalies.look(at=timezone.now()))


@retention.rule(
    "backoffice.demo_accounts",
    what="끝난 데모 계정의 이름·이메일·캠페인 초안",
    why="써 보려고 연 계정: 끝나고 7일 보관",
    keep_days=demo_accounts.KEPT_DAYS,
)
def purge_demos(until: datetime) -> int:
    """Demos that ended a while ago."""
    return demo_accounts.forget(ended_until=until, at=until + timedelta(days=demo_accounts.KEPT_DAYS))
