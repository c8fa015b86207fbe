"""What payments offers to pages of other apps."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import template

from advertisers.models import Advertiser
from payments import labels, policy, selectors
from payments.baskets import baskets
from payments.models import Package, PaymentOrder

register = template.Library()

RECENT = 5


@register.simple_tag
def offered_packages() -> list[Package]:
    """The price list, smallest first: what the pay page offers and charges. One query."""
    return list(Package.objects.offered())


@register.inclusion_tag("payments/tiles/package_prices.html")
def package_prices(packages: list[Package]) -> dict[str, Any]:
    """The price list as a table, for public pages. No query."""
    has_bonus = any(package.bonus_credits for package in packages)
    return {"packages": packages, "has_bonus": has_bonus, "by_name": labels.is_package()}


@register.simple_tag
def refund_hours(at: datetime) -> dict[str, int]:
    """How long after paying credits may be given back, for who pays now: hours, and whole days. One query."""
    hours = policy.REFUND_WINDOW_HOURS.at(at)
    return {"hours": hours, "days": hours // 24}


@register.inclusion_tag("payments/tiles/packages_for_gap.html")
def packages_for_gap(gap: int) -> dict[str, Any]:
    """The ways to fill a gap of so many credits, as buttons of the form around it. One query."""
    return {"baskets": baskets(list(Package.objects.offered()), gap=gap)}


@register.inclusion_tag("payments/tiles/recent_payments.html")
def recent_payments_tile(advertiser: Advertiser) -> dict[str, Any]:
    """The newest orders of an advertiser, for the dashboard. One query."""
    return {"orders": list(selectors.orders_of(advertiser)[:RECENT])}


@register.simple_tag
def refund_windows(advertiser: Advertiser, order_ids: Iterable[str], at: datetime) -> dict[str, selectors.OrderRow]:
    """Whether and until when these orders may be refunded, for a page that lists their credits. One query."""
    orders = list(PaymentOrder.objects.owned_by(advertiser).filter(order_id__in=order_ids))
    return {row.order.order_id: row for row in selectors.history_rows(orders, at=at)}


@register.inclusion_tag("payments/tiles/refund_window.html")
def refund_window(windows: dict[str, selectors.OrderRow], order_id: str, may_refund: bool) -> dict[str, Any]:
    """One of them in words, with the way to ask for it. No query."""
    return {"row": windows.get(order_id), "may_refund": may_refund}
