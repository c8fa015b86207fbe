"""Payment companies, chosen by settings: PAYMENT_GATEWAYS maps a name to a class, PAYMENT_GATEWAY names the one for new orders."""

from django.conf import settings
from django.utils.module_loading import import_string

from payments.gateways.base import Gateway


def get_gateway(name: str) -> Gateway:
    """
    Make the gateway called `name` from the settings of this moment.

    :raises KeyError: no such gateway is configured.
    """
    gateway: Gateway = import_string(settings.PAYMENT_GATEWAYS[name])()
    return gateway
