"""What our requests carry beside Django's, for the type checker."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class PortalRequest(HttpRequest):
    """A request after the first middleware (common.portals) and htmx's."""

    portal: str
    htmx: HtmxDetails
