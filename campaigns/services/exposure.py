"""Whether, when and how high members see campaigns: the operators' side."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from campaigns.models import BEFORE_THE_START, LIVE, Campaign
from campaigns.services import moves
from common.errors import DomainError
from credits import services as credits
from identity.models import User


class OrderChanged(DomainError):
    code = "exposure.order_changed"
    message = "다른 사람이 먼저 순서를 바꿨어요. 새 순서를 확인하고 다시 정해 주세요."


class OrderIncomplete(DomainError):
    code = "exposure.order_incomplete"
    message = "순서에 빠졌거나 두 번 들어간 캠페인이 있어요. 화면을 새로 고친 뒤 다시 정해 주세요."
    http_status = 422


def set_exposure(
    *,
    campaign: Campaign,
    is_exposed: bool,
    order: int,
    exposed_from: datetime | None,
    exposed_until: datetime | None,
    by: User,
    at: datetime,
    reason: str = "",
) -> Campaign:
    """
    Decide whether, when and how high members see a campaign. order: the smaller, the earlier.   exposed_*: half-open, or empty.

    :raises MoveRefused: it is over, or the schedule ends before it begins.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        if row.is_over or (exposed_from and exposed_until and exposed_until <= exposed_from):
            raise moves.MoveRefused(state=row.state, to="exposed")
        row.is_exposed, row.exposure_order, row.exposed_from, row.exposed_until = is_exposed, order, exposed_from, exposed_until
        row.save(update_fields=["is_exposed", "exposure_order", "exposed_from", "exposed_until"])
        moves.record(row, moves.Kind.EXPOSED, by=by, at=at, reason=reason, data={"is_exposed": is_exposed, "order": order})
        return row


def in_order() -> list[Campaign]:
    """Campaigns that have a place in the list, in the order members see them. One query."""
    rows = Campaign.objects.filter(state__in=(*BEFORE_THE_START, *LIVE)).select_related("advertiser")
    return list(rows.order_by("exposure_order", "-starts_at", "-pk"))


def seal(campaigns: Sequence[Campaign]) -> str:
    """A fingerprint of an order, for the page to send back: whoever saves must have seen the newest."""
    return hashlib.sha256(",".join(str(row.public_id) for row in campaigns).encode()).hexdigest()


def reorder(*, order: Sequence[UUID], seen: str, by: User, at: datetime) -> int:
    """
    Give the campaigns these places; how many moved. order: every campaign that has a place, once.   seen: `seal` of the order that
    was shown.

    :raises OrderChanged: somebody else reordered meanwhile, or one came or went.   :raises OrderIncomplete: not the same campaigns.
    """
    with transaction.atomic(durable=True):
        with credits.busy_if_locked():
            held = Campaign.objects.select_for_update(of=("self",)).filter(state__in=(*BEFORE_THE_START, *LIVE)).order_by("pk")
            locked = {row.public_id for row in held}
        now = [row for row in in_order() if row.public_id in locked]
        if seal(now) != seen:
            raise OrderChanged
        places = {public_id: place for place, public_id in enumerate(order, 1)}
        if len(places) != len(order) or set(places) != locked:
            raise OrderIncomplete
        moved = [row for row in now if row.exposure_order != places[row.public_id]]
        for row in moved:
            row.exposure_order = places[row.public_id]
            row.save(update_fields=["exposure_order"])
            moves.record(row, moves.Kind.EXPOSED, by=by, at=at, data={"is_exposed": row.is_exposed, "order": row.exposure_order})
        return len(moved)
