"""What the back office shows on pages of other apps."""

from typing import Any

from django import template

from advertisers.models import Advertiser
from backoffice import visits

register = template.Library()


@register.inclusion_tag("backoffice/tiles/visits.html")
def visits_tile(advertiser: Advertiser) -> dict[str, Any]:
    """When operators looked at this advertiser's pages, and why. One query."""
    return {"visits": visits.of(advertiser)}
