"""Whose books there are: those of the payment companies, and that of the house's own bank account."""

from django.conf import settings

HOUSE_BANK = "bank"


def every_book() -> list[str]:
    """The names of all whose books are compared with ours: the companies, and our bank account."""
    return [*settings.PAYMENT_GATEWAYS, HOUSE_BANK]
