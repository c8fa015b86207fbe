"""
Payment companies, chosen by settings: PAYMENT_GATEWAYS maps a name to a class, PAYMENT_GATEWAY names the one for new orders.

Beside them stands the house's own bank account, about which no company speaks: `payments.house_bank`.
"""

from django.conf import settings
from django.utils.module_loading import import_string

from payments.gateways.base import Gateway
from payments.gateways.cards import CardKeeper
from payments.gateways.names import HOUSE_BANK


def get_gateway(name: str) -> Gateway:
    """
    Make the gateway called `name` from the settings of this moment.

    :raises KeyError: no such gateway is configured.
    """
    path = "payments.house_bank.HouseBank" if name == HOUSE_BANK else settings.PAYMENT_GATEWAYS[name]
    gateway: Gateway = import_string(path)()
    return gateway


def gateway_of(method: str) -> str:
    """The gateway of new orders that are paid by this means."""
    return HOUSE_BANK if method in get_gateway(HOUSE_BANK).methods else settings.PAYMENT_GATEWAY


def cards_of(name: str) -> CardKeeper | None:
    """What keeps cards at the gateway called `name`; None where nothing is agreed."""
    cards: CardKeeper | None = getattr(get_gateway(name), "cards", None)
    return cards
