"""The same coupon once more, by message."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from common import effects
from rewards.gifticons import outcomes
from rewards.gifticons.errors import NotUsable, OrderNotFound, TooManyResends
from rewards.gifticons.rules import MOST_RESENDS
from rewards.models import GifticonOrder, Member


def resend(*, member: Member, order: UUID, resends: int, at: datetime) -> GifticonOrder:
    """
    Send the coupon again to the member's own number. Owns the transaction.

    resends: how many times it was sent again when the person pressed, so that pressing twice sends once.

    :raises OrderNotFound: this member has no such coupon.   :raises NotUsable: it is used, over, or not there yet.
    :raises TooManyResends: it was sent as often as we do.
    """
    with transaction.atomic(durable=True):
        row = (
            GifticonOrder.objects.of(member.pk)
            .select_for_update(of=("self",))
            .select_related("gifticon__brand")
            .filter(public_id=order)
            .first()
        )
        if row is None:
            raise OrderNotFound
        if not row.is_usable:
            raise NotUsable
        if row.resends != resends:
            return row
        most = MOST_RESENDS.at(at)
        if row.resends >= most:
            raise TooManyResends(most=most)
        row.resends += 1
        row.save(update_fields=["resends"])
        effects.add(outcomes.MESSAGE, key=f"gifticon:{row.public_id}:message:{row.resends}", at=at, order=row.pk)
        return row
