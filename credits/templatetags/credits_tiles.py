"""What credits offers to pages of other apps."""

from typing import Any

from django import template

from advertisers.models import Advertiser
from credits import selectors

register = template.Library()


@register.inclusion_tag("components/balance.html")
def balance_tile(advertiser: Advertiser | None) -> dict[str, Any]:
    """What the advertiser can spend, beside the way to top up. One query; without an advertiser only the way."""
    return {"credits": selectors.balance(advertiser).available if advertiser else None}


@register.inclusion_tag("credits/tiles/credits.html")
def credits_tile(advertiser: Advertiser) -> dict[str, Any]:
    """What the advertiser has, for the dashboard: to spend, bonus, held, waiting for a refund. One query."""
    return {"balance": selectors.balance(advertiser)}


@register.inclusion_tag("credits/tiles/member_tickets.html")
def member_tickets_tile(member: Any) -> dict[str, Any]:
    """The tickets a member can spend, linked to the wallet where that page exists. member: anything with the member's `pk`. One query."""
    return {"tickets": selectors.member_tickets(member.pk)}
