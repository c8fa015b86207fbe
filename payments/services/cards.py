"""Cards for automatic top-up: registered in the gateway's own window, kept sealed, deleted there when nobody wants them any more."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from advertisers.models import Advertiser
from advertisers.notifications import tell_team
from common import effects, portals, sealed
from credits import services as ledger
from identity.models import User
from payments import events
from payments.gateways import cards_of
from payments.gateways.base import Checkout
from payments.gateways.cards import CardKeeper
from payments.models import AutoTopUp, SavedCard
from payments.services import auto_charges, auto_top_up
from payments.services.refusals import AutoTopUpOff, CardNotOpen

State = SavedCard.State
MOST_CARDS = 5


def begin(*, advertiser: Advertiser, by: User, at: datetime) -> SavedCard:
    """
    Begin to register a card at the first gateway whose contract allows it. Nothing is kept before `register`.

    :raises AutoTopUpOff: the house does not offer it.   :raises CardNotOpen: as many cards as may be are registered.
    :raises credits.DemoHasNoMoney: the account is there to try the product with.
    """
    ledger.refuse_demo(advertiser)
    allowed = [name for name in auto_top_up.gateways(at=at) if cards_of(name) is not None]
    if not allowed:
        raise AutoTopUpOff
    with transaction.atomic(durable=True):
        ledger.lock_wallet(advertiser)
        if SavedCard.objects.owned_by(advertiser).active().count() >= MOST_CARDS:
            raise CardNotOpen
        return SavedCard.objects.create(advertiser=advertiser, gateway=allowed[0], asked_by=by, asked_at=at)


def window_of(card: SavedCard) -> dict[str, Any]:
    """
    The parameters with which the browser opens the window for a card.

    :raises AutoTopUpOff: the contract is gone.
    """
    return _keeper(card).checkout(wish=_wish(card))


def register(*, card: SavedCard, said: Mapping[str, str], at: datetime) -> SavedCard:
    """
    Keep the card that the browser came back with. Again changes nothing.

    :raises CardNotOpen: it was registered or removed.   :raises ConfirmRefused: the buyer left, or it is not the card of this attempt.
    :raises GatewayError: the gateway could not be asked; pressing again asks again.
    """
    if card.state == State.ACTIVE:
        return card
    if card.state != State.ASKED:
        raise CardNotOpen
    kept = _keeper(card).issue(wish=_wish(card), said=said)  # network: no transaction, no lock
    with transaction.atomic(durable=True):
        ledger.lock_wallet(card.advertiser)
        row = SavedCard.objects.select_for_update(of=("self",)).select_related("advertiser").get(pk=card.pk)
        if row.state == State.ASKED:
            row.state, row.sealed_key, row.name, row.registered_at = State.ACTIVE, sealed.seal(kept.key), kept.name[:100], at
            row.save(update_fields=["state", "sealed_key", "name", "registered_at"])
            tell_team(
                events.CARD_REGISTERED,
                advertiser=row.advertiser,
                facts={"card": row.name},
                url=auto_charges.PAGE,
                key=f"card:{row.public_id}:registered",
                at=at,
            )
        return row


def remove(*, card: SavedCard, at: datetime) -> SavedCard:
    """Charge the card no more from this moment on; its key is deleted at the gateway. The last one takes automatic top-up with it."""
    with transaction.atomic(durable=True):
        ledger.lock_wallet(card.advertiser)
        row = SavedCard.objects.select_for_update(of=("self",)).select_related("advertiser").get(pk=card.pk)
        if row.state == State.ASKED:
            row.state, row.removed_at = State.REMOVED, at
            row.save(update_fields=["state", "removed_at"])
        elif row.state == State.ACTIVE:
            row.state = State.REMOVING
            row.save(update_fields=["state"])
            effects.add("payments.delete_card", key=f"card:{row.public_id}:delete", at=at, card=row.pk)
            setting = AutoTopUp.objects.filter(advertiser=row.advertiser).first()
            if setting is not None and not SavedCard.objects.owned_by(row.advertiser).active().exists():
                auto_charges.stop(setting, "마지막 카드를 지웠어요.", at=at)
        return row


def removed(*, card_id: int, at: datetime) -> None:
    """The gateway keeps it no longer: forget the key. Joins the caller's transaction; a repeat changes nothing."""
    row = SavedCard.objects.select_for_update().get(pk=card_id)
    if row.state == State.REMOVING:
        row.state, row.sealed_key, row.removed_at = State.REMOVED, "", at
        row.save(update_fields=["state", "sealed_key", "removed_at"])


def remove_of_closed(*, at: datetime) -> int:
    """Remove the cards of accounts that were closed; how many."""
    left = SavedCard.objects.active().filter(advertiser__is_active=False).select_related("advertiser")
    return sum(remove(card=card, at=at).state == State.REMOVING for card in left[:100])


def key_of(card: SavedCard) -> str:
    """What charges the card. For the call alone: never logged, never shown."""
    return sealed.unseal(card.sealed_key)


def _keeper(card: SavedCard) -> CardKeeper:
    keeper = cards_of(card.gateway)
    if keeper is None:
        raise AutoTopUpOff
    return keeper


def _wish(card: SavedCard) -> Checkout:
    buyer = card.asked_by
    return Checkout(
        order_id=card.public_id.hex,
        amount_krw=0,
        title="부스트 자동 충전 카드",
        buyer_id=str(card.advertiser.public_id),
        buyer_name=buyer.name or card.advertiser.name,
        buyer_phone=buyer.phone,
        buyer_email=buyer.email,
        return_url=portals.absolute(portals.ADVERTISER, "payments:card", public_id=card.public_id),
    )
