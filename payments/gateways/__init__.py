"""Payment companies, chosen by settings: PAYMENT_GATEWAYS maps a name to a class, PAYMENT_GATEWAY names the one for new orders."""

from django.conf import settings
from django.utils.module_loading import import_string

from payments.gateways.base import Gateway
from payments.gateways.cards import CardKeeper


def get_gateway(name: str) -> Gateway:
    """
    Make the gateway called `name` from the settings of this moment.

    :raises KeyError: no such gateway is configured.
    """
    gateway: Gateway = import_string(settings.PAYMENT_GATEWAYS[name])()
    return gateway


def cards_of(name: str) -> CardKeeper | None:
    """What keeps cards at the gateway called `name`; None where nothing is agreed."""
    cards: CardKeeper | None = getattr(get_gateway(name), "cards", None)
    return cards
