"""What this app offers to pages of other apps."""

from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser
from django.template import Context

from advertisers import selectors
from advertisers.access import others_of
from advertisers.models import Advertiser
from advertisers.todo import Todo
from identity import notifications
from identity.models import User

register = template.Library()


@register.inclusion_tag("advertisers/tiles/bell.html")
def bell_tile(user: User | AnonymousUser) -> dict[str, Any]:
    """The bell of the top bar with the number of unread notices. One query; none for somebody who is not signed in."""
    return {"unread": notifications.unread_count(user) if isinstance(user, User) else 0}


@register.inclusion_tag("advertisers/tiles/switcher.html", takes_context=True)
def switcher_tile(context: Context) -> dict[str, Any]:
    """The other advertisers the person may act for, each with its button. No query."""
    request = context["request"]
    return {"others": others_of(request), "csrf_token": context.get("csrf_token"), "request": request}


@register.simple_tag
def paper_todos(advertiser: Advertiser) -> tuple[Todo, ...]:
    """The papers of a business that are missing, were sent back or wait. No query on a page of the team."""
    return selectors.paper_todos(advertiser)


@register.inclusion_tag("advertisers/_todo_rows.html")
def todo_rows(todos: tuple[Todo, ...]) -> dict[str, Any]:
    """What one app asks, as lines of a list. No query."""
    return {"todos": todos}
