"""What operators do about banners and fixed places: one domain service each, with who did it and why."""

from datetime import datetime
from typing import Any

from django.contrib.admin.models import ADDITION
from django.core.files.uploadedfile import UploadedFile

from backoffice.services import keep
from campaigns import services as campaigns
from campaigns.models import Banner, ExposureSlot
from campaigns.services import banners
from campaigns.wishes import BannerWish, SlotWish
from identity.models import User


def make(*, wish: BannerWish, upload: "UploadedFile[Any] | None", by: User, at: datetime) -> Banner:
    """
    Put a banner up.

    :raises ImageRefused, BannerTargetGone, BannerOver, BannerConflict: see `campaigns.services.banners`; nothing was written.
    """
    row = banners.make(wish=wish, upload=upload, by=by, at=at)
    keep(row=row, by=by, reason=f"배너를 만들었어요 · {_where(row)}", at=at, flag=ADDITION)
    return row


def change(
    *, banner: Banner, wish: BannerWish, upload: "UploadedFile[Any] | None", seen: int, by: User, reason: str, at: datetime
) -> Banner:
    """
    Say anew what a banner shows.

    :raises BannerStopped, BannerStale, and what `make` raises: nothing was written.
    """
    row = banners.change(banner=banner, wish=wish, upload=upload, seen=seen, at=at)
    keep(row=row, by=by, reason=f"배너를 바꿨어요 · {_where(row)} · {reason}", at=at)
    return row


def stop(*, banner: Banner, by: User, reason: str, at: datetime) -> Banner:
    """
    Show a banner to nobody from now on.

    :raises BannerStopped: somebody was first.
    """
    row = banners.stop(banner=banner, reason=reason, at=at)
    keep(row=row, by=by, reason=f"배너를 멈췄어요 · {reason}", at=at)
    return row


def hold_place(*, wish: SlotWish, by: User, at: datetime) -> ExposureSlot:
    """
    Give a campaign a fixed place.

    :raises PlaceTaken, PlaceOver, MoveRefused: nothing was written.
    """
    slot = campaigns.hold_place(wish=wish, by=by, at=at)
    keep(row=slot, by=by, reason=f"{slot.place}번 자리에 고정했어요 · {wish.reason}", at=at, flag=ADDITION)
    return slot


def free_place(*, slot: ExposureSlot, by: User, reason: str, at: datetime) -> ExposureSlot:
    """
    Give a fixed place free.

    :raises PlaceFree: somebody was first.
    """
    row = campaigns.free_place(slot=slot, by=by, reason=reason, at=at)
    keep(row=row, by=by, reason=f"{row.place}번 자리를 비웠어요 · {reason}", at=at)
    return row


def _where(row: Banner) -> str:
    return f"{row.place}번 자리, {row.get_viewers_display()}"
