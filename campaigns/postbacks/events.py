"""What the name of an event means to a campaign. Airbridge sends a standard event by its key or by the name that people see."""

from enum import StrEnum

from campaigns.models import Campaign, PostbackEvent
from campaigns.types.base import Evidence

# Source: help.airbridge.io, standard events.
_STANDARD = {
    "airbridge.user.signup": "sign-up",
    "airbridge.user.signin": "sign-in",
    "airbridge.ecommerce.product.viewed": "product view",
    "airbridge.ecommerce.product.addedToCart": "add to cart",
    "airbridge.ecommerce.order.completed": "order complete",
    "airbridge.ecommerce.order.canceled": "order cancel",
    "airbridge.initiateCheckout": "initiate checkout",
    "airbridge.completeTutorial": "complete tutorial",
    "airbridge.achieveLevel": "achieve level",
    "airbridge.subscribe": "subscribe",
    "airbridge.startTrial": "start trial",
}
_OTHER_NAME = {name.casefold(): other for pair in _STANDARD.items() for name, other in (pair, pair[::-1])}


class Meaning(StrEnum):
    """GOAL: the event that the campaign pays for."""

    GOAL = "GOAL"
    STAGE = PostbackEvent.Meaning.STAGE.value
    CANCEL = PostbackEvent.Meaning.CANCEL.value


def names_of(event: str) -> tuple[str, ...]:
    """The name itself, and what the same standard event is called otherwise."""
    other = _OTHER_NAME.get(event.casefold())
    return (event, other) if other else (event,)


def is_goal(campaign: Campaign, event: str) -> bool:
    """True for the event that confirms a participation."""
    declared = campaign.declared
    details = declared.read(campaign.details)
    return any(declared.verifier.judge(details, Evidence(event=name)).is_enough for name in names_of(event))


def meaning_of(campaign: Campaign, event: str) -> Meaning | None:
    """None for a name that the campaign does not know. The event that pays asks the database nothing."""
    if is_goal(campaign, event):
        return Meaning.GOAL
    wanted = {name.casefold() for name in names_of(event)}
    rows = PostbackEvent.objects.filter(campaign=campaign).order_by("pk")
    return next((Meaning(row.meaning) for row in rows if row.name.casefold() in wanted), None)
