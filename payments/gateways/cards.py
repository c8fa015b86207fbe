"""
Cards that a payment company keeps, so that they can be charged while their owner is away: automatic top-up.

A gateway that can has an attribute `cards` that fulfils `CardKeeper`, or None while there is no contract for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from payments.gateways.base import Checkout


@dataclass(frozen=True, slots=True)
class RemoteCard:
    """
    A card that is kept. key: charges it, a secret; sealed wherever it is stored.   name: for people, the number masked by the company.
    """

    key: str
    name: str


class CardKeeper(Protocol):
    """What a gateway that keeps cards can do. Every method but `checkout` may raise GatewayError."""

    def checkout(self, *, wish: Checkout) -> dict[str, Any]:
        """Give the parameters with which the browser opens the window. wish.order_id: names this one attempt; wish.amount_krw is 0."""
        ...

    def issue(self, *, wish: Checkout, said: Mapping[str, str]) -> RemoteCard:
        """
        Read what the browser brought back and make sure that it is a card of this buyer, asked for by this attempt. Again does no harm.

        :raises ConfirmRefused: it is not, or the buyer left.
        """
        ...

    def charge(self, *, key: str, order: Checkout, attempt: str) -> None:
        """
        Take the money of an order. attempt: the same one again does nothing new. No word on success: `Gateway.fetch` says what is true.

        :raises ConfirmRefused: nothing was and will be taken from this card.
        """
        ...

    def delete(self, *, key: str) -> None:
        """Keep the card no longer; one that is gone already is no refusal."""
        ...
