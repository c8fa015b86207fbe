"""What payments offers to pages of other apps."""

from typing import Any

from django import template

from advertisers.models import Advertiser
from payments import selectors
from payments.models import Package

register = template.Library()

RECENT = 5


@register.inclusion_tag("payments/tiles/package_prices.html")
def package_prices() -> dict[str, Any]:
    """The price list, for /pricing/. One query."""
    rows = [
        {"credits": package.credits, "supply_krw": package.credits, "vat_krw": package.vat_krw, "amount_krw": package.amount_krw}
        for package in Package.objects.offered()
    ]
    return {"packages": rows}


@register.inclusion_tag("payments/tiles/recent_payments.html")
def recent_payments_tile(advertiser: Advertiser) -> dict[str, Any]:
    """The newest orders of an advertiser, for the dashboard. One query."""
    return {"orders": list(selectors.orders_of(advertiser)[:RECENT])}
