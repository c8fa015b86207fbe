"""What this app offers to pages of other apps."""

from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser

from identity import notifications
from identity.models import User

register = template.Library()


@register.inclusion_tag("advertisers/tiles/bell.html")
def bell_tile(user: User | AnonymousUser) -> dict[str, Any]:
    """The bell of the top bar with the number of unread notices. One query; none for somebody who is not signed in."""
    return {"unread": notifications.unread_count(user) if isinstance(user, User) else 0}
