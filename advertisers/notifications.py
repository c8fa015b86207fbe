"""Telling the people who act for an advertiser."""

from collections.abc import Mapping
from datetime import datetime

from advertisers.models import Advertiser, Membership
from identity import notifications
from identity.events import Event, Fact
from identity.models import Notification


def tell_team(
    event: Event, *, advertiser: Advertiser, facts: Mapping[str, Fact] | None = None, url: str = "", key: str, at: datetime
) -> list[Notification]:
    """
    Tell every active member of the team whose role the event names, each as they chose. Joins the caller's transaction; a key is one
    notice per person. One query more than `notifications.tell_all`.

    :raises RuntimeError: outside a transaction.
    """
    members = Membership.objects.select_related("user").filter(
        advertiser=advertiser, role__in=sorted(event.roles), is_active=True, user__is_active=True
    )
    users = [member.user for member in members.order_by("user_id")]
    return notifications.tell_all(event, users=users, facts=facts, url=url, key=key, at=at)
