"""Whether, when and how high members see campaigns: the operators' side."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from campaigns.models import BEFORE_THE_START, LIVE, Campaign, ExposureSlot
from campaigns.services import moves
from campaigns.wishes import SlotWish
from common.errors import DomainError
from common.templatetags.boost import kst_short
from credits import services as credits
from identity.models import User


class OrderChanged(DomainError):
    code = "exposure.order_changed"
    message = "다른 사람이 먼저 순서를 바꿨어요. 새 순서를 확인하고 다시 정해 주세요."


class OrderIncomplete(DomainError):
    code = "exposure.order_incomplete"
    message = "순서에 빠졌거나 두 번 들어간 캠페인이 있어요. 화면을 새로 고친 뒤 다시 정해 주세요."
    http_status = 422


class PlaceTaken(DomainError):
    """Two campaigns cannot stand at one place, nor one campaign at two, in the same time."""

    code = "exposure.place_taken"
    message = "{place}번 자리에는 그 기간에 ‘{title}’ 캠페인이 고정되어 있어요({when}). 자리나 기간을 바꿔 주세요."


class PlaceFree(DomainError):
    code = "exposure.place_free"
    message = "이미 비운 자리예요. 다른 사람이 먼저 눌렀을 수 있어요."


class PlaceOver(DomainError):
    code = "exposure.place_over"
    message = "고정할 기간이 이미 지났어요."
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
    Decide whether, when and how high members see a campaign; what is so already leaves no trace. order: the smaller, the earlier.
    exposed_*: half-open, or empty.

    :raises MoveRefused: it is over, or the schedule ends before it begins.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        if row.is_over or (exposed_from and exposed_until and exposed_until <= exposed_from):
            raise moves.MoveRefused(state=row.state, to="exposed")
        wish = (is_exposed, order, exposed_from, exposed_until)
        if (row.is_exposed, row.exposure_order, row.exposed_from, row.exposed_until) == wish:
            return row
        row.is_exposed, row.exposure_order, row.exposed_from, row.exposed_until = wish
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


def held_places(at: datetime) -> QuerySet[ExposureSlot]:
    """Fixed places of now and later, by place and time."""
    rows = ExposureSlot.objects.filter(ended_at=None, shown_until__gt=at).select_related("campaign__advertiser", "made_by")
    return rows.order_by("place", "shown_from", "pk")


def hold_place(*, wish: SlotWish, by: User, at: datetime) -> ExposureSlot:
    """
    Give a campaign a fixed place before all others for a while.

    :raises PlaceTaken: another campaign has the place, or this one has another, in that time.   :raises PlaceOver: the time has passed.
    :raises MoveRefused: the campaign is over. Nothing was written.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('campaigns.places'))")  # the look and the write belong together
        campaign = moves.lock(Campaign.objects.get(public_id=wish.campaign))
        if campaign.state not in (*BEFORE_THE_START, *LIVE):
            raise moves.MoveRefused(state=campaign.state, to="exposed")
        if wish.shown_until <= at:
            raise PlaceOver
        held = ExposureSlot.objects.filter(ended_at=None, shown_from__lt=wish.shown_until, shown_until__gt=wish.shown_from)
        if taken := held.filter(Q(place=wish.place) | Q(campaign=campaign)).select_related("campaign").first():
            when = f"{kst_short(taken.shown_from)} – {kst_short(taken.shown_until)}"
            raise PlaceTaken(place=taken.place, title=taken.campaign.title, when=when)
        facts = wish.model_dump(exclude={"campaign"})
        slot = ExposureSlot.objects.create(campaign=campaign, made_by=by, made_at=at, **facts)
        moves.record(campaign, moves.Kind.EXPOSED, by=by, at=at, reason=wish.reason, data={"place": wish.place})
        return slot


def free_place(*, slot: ExposureSlot, by: User, reason: str, at: datetime) -> ExposureSlot:
    """
    Take the fixed place away from now on.

    :raises PlaceFree: somebody was first.
    """
    with transaction.atomic(durable=True):
        campaign = moves.lock(slot.campaign)
        row = ExposureSlot.objects.select_for_update().get(pk=slot.pk)
        if row.ended_at is not None:
            raise PlaceFree
        row.ended_at = at
        row.save(update_fields=["ended_at"])
        moves.record(campaign, moves.Kind.EXPOSED, by=by, at=at, reason=reason, data={"place": None})
        return row
