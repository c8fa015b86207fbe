"""What credits offers to pages of other apps."""

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from advertisers.models import Advertiser
from credits import pace, selectors
from credits.selectors import Balance

register = template.Library()
_KEY = "credits.balance"


@register.inclusion_tag("components/balance.html", takes_context=True)
def balance_tile(context: Context, advertiser: Advertiser | None) -> dict[str, Any]:
    """What the advertiser can spend, beside the way to top up; without an advertiser only the way. One query for a whole page."""
    return {"credits": _balance(context, advertiser).available if advertiser else None}


@register.simple_tag(takes_context=True)
def credits_balance(context: Context, advertiser: Advertiser) -> Balance:
    """What the advertiser has, for a page that shows it more than once. One query for a whole page."""
    return _balance(context, advertiser)


def _balance(context: Context, advertiser: Advertiser) -> Balance:
    """What the page's view read, or what was read before while this page is drawn."""
    told, drawn = context.get("balance"), context.render_context
    if isinstance(told, Balance):
        return told
    if _KEY not in drawn:
        drawn[_KEY] = selectors.balance(advertiser)
    found: Balance = drawn[_KEY]
    return found


@register.inclusion_tag("credits/tiles/credits.html")
def credits_tile(advertiser: Advertiser, balance: Balance | None = None) -> dict[str, Any]:
    """
    What the advertiser has: to spend, bonus, held, waiting for a refund, and for how many days it lasts. Two queries, one where the
    balance was read already.
    """
    balance = balance or selectors.balance(advertiser)
    whole = balance.available + balance.held
    paid, bonus = (part * 100 // whole if whole else 0 for part in (balance.paid, balance.bonus))
    parts = ((str(paid), "0", 1), (str(bonus), str(paid), 4))  # the rest of the bar is what campaigns hold
    return {"balance": balance, "parts": parts, "days_left": pace.days_left(advertiser, at=timezone.now(), balance=balance)}


@register.inclusion_tag("credits/tiles/member_tickets.html")
def member_tickets_tile(member: Any) -> dict[str, Any]:
    """The tickets a member can spend, linked to the wallet where that page exists. member: anything with the member's `pk`. One query."""
    return {"tickets": selectors.member_tickets(member.pk)}
