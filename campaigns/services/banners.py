"""Banners of the reward app's first page: making, changing and stopping them. The picture is judged by its content and drawn anew."""

import hashlib
import io
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from PIL import ImageOps

from campaigns import images
from campaigns.missions import VISIBLE
from campaigns.models import SYSTEMS, VIEWERS, Banner, Campaign, System, Viewers
from campaigns.wishes import BannerWish
from common.errors import DomainError
from common.templatetags.boost import kst_short
from identity.models import User
from inquiries.models import Notice
from rewards.models import Raffle

WIDTH, HEIGHT = 1_080, 540
NARROWEST = 720
MOST_OFF = 0.02  # of the width: what may be cut away so that the picture is twice as wide as high


class BannerConflict(DomainError):
    """Another banner has the place in that time, for some of the same people."""

    code = "banner.conflict"
    message = "{place}번 자리에는 그 기간에 ‘{title}’ 배너가 있어요({when}). 자리나 기간, 보는 사람을 바꿔 주세요."


class BannerStale(DomainError):
    """Somebody else changed it since it was shown."""

    code = "banner.stale"
    message = "다른 사람이 먼저 바꿨어요. 새 내용을 확인하고 다시 저장해 주세요."


class BannerStopped(DomainError):
    """It was stopped; a new one takes its place."""

    code = "banner.stopped"
    message = "멈춘 배너예요. 다시 보이려면 새로 만들어 주세요."


class BannerTargetGone(DomainError):
    """What it leads to is not there for members."""

    code = "banner.target_gone"
    message = "연결할 곳을 찾을 수 없어요. 회원에게 보이는 미션, 래플, 공지사항에서 골라 주세요."
    http_status = 422


class BannerOver(DomainError):
    """Its time would be over before it begins."""

    code = "banner.over"
    message = "그만 보이는 때가 이미 지났어요."
    http_status = 422


@dataclass(frozen=True, slots=True)
class _Picture:
    """file: its name in private storage.   digest: SHA-256 of what lies there."""

    file: str
    digest: str


def make(*, wish: BannerWish, upload: "UploadedFile[Any] | None", by: User, at: datetime) -> Banner:
    """
    Put a banner at a place for a while.

    :raises ImageRefused: no picture, or one that will not do.   :raises BannerTargetGone, BannerOver, BannerConflict: nothing was written.
    """
    if upload is None:
        raise images.ImageRefused(why="배너 이미지를 골라 주세요.")
    picture = _store(upload)
    try:
        with transaction.atomic(durable=True):
            _take_turn()
            facts = _facts(wish, at=at)
            _refuse_conflict(wish)
            return Banner.objects.create(**facts, file=picture.file, digest=picture.digest, made_by=by, made_at=at)
    except DomainError:
        storages["private"].delete(picture.file)
        raise


def change(*, banner: Banner, wish: BannerWish, upload: "UploadedFile[Any] | None", seen: int, at: datetime) -> Banner:
    """
    Say anew what it shows, where, when and to whom; without an upload the picture stays. seen: the version that was shown.

    :raises BannerStopped, BannerStale, BannerTargetGone, BannerOver, BannerConflict, ImageRefused: nothing was written.
    """
    picture = _store(upload) if upload is not None else _Picture(banner.file, banner.digest)
    try:
        with transaction.atomic(durable=True):
            _take_turn()
            row = _current(banner, seen=seen)
            _refuse_conflict(wish, apart=row)
            former = row.file
            for name, value in {**_facts(wish, at=at), "file": picture.file, "digest": picture.digest}.items():
                setattr(row, name, value)
            row.version += 1
            row.save()
            if row.file != former:
                transaction.on_commit(lambda: storages["private"].delete(former))  # nothing shows it any more
    except DomainError:
        if upload is not None:
            storages["private"].delete(picture.file)
        raise
    return row


def stop(*, banner: Banner, reason: str, at: datetime) -> Banner:
    """
    Show it to nobody from now on.

    :raises BannerStopped: somebody was first.
    """
    with transaction.atomic(durable=True):
        _take_turn()
        row = _current(banner, seen=None)
        row.stopped_at, row.stopped_reason, row.version = at, reason[:200], row.version + 1
        row.save(update_fields=["stopped_at", "stopped_reason", "version"])
        return row


def _take_turn() -> None:
    """Operators put up banners one after the other: the look for a conflict and the write belong together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('campaigns.banners'))")


def _current(banner: Banner, *, seen: int | None) -> Banner:
    row = Banner.objects.select_for_update().get(pk=banner.pk)
    if row.stopped_at is not None:
        raise BannerStopped
    if seen is not None and row.version != seen:
        raise BannerStale
    return row


def _facts(wish: BannerWish, *, at: datetime) -> dict[str, Any]:
    if wish.shown_until <= at:
        raise BannerOver
    facts = wish.model_dump(include={"title", "alt", "leads_to", "viewers", "system", "place", "shown_from", "shown_until"})
    return {**facts, **_target(wish)}


def _target(wish: BannerWish) -> dict[str, Any]:
    found: dict[str, Any] = {"campaign": None, "raffle": None, "notice": None, "address": wish.address}
    if wish.leads_to == Banner.LeadsTo.MISSION and wish.mission:
        found["campaign"] = Campaign.objects.unscoped().filter(public_id=wish.mission, state__in=VISIBLE).first()
    elif wish.leads_to == Banner.LeadsTo.RAFFLE and wish.raffle:
        found["raffle"] = Raffle.objects.filter(public_id=wish.raffle, opened_at__isnull=False).first()
    elif wish.leads_to == Banner.LeadsTo.NOTICE and wish.notice:
        found["notice"] = Notice.objects.filter(public_id=wish.notice, shown_from__isnull=False).first()
    if not any(found.values()):
        raise BannerTargetGone
    return found


def _refuse_conflict(wish: BannerWish, *, apart: Banner | None = None) -> None:
    """The constraint of the table says the same without a name."""
    rows = Banner.objects.going().filter(place=wish.place, shown_from__lt=wish.shown_until, shown_until__gt=wish.shown_from)
    for row in rows.exclude(pk=apart.pk) if apart else rows:
        same_people = _overlap(VIEWERS[Viewers(row.viewers)], VIEWERS[wish.viewers])
        if same_people and _overlap(SYSTEMS[System(row.system)], SYSTEMS[wish.system]):
            when = f"{kst_short(row.shown_from)} – {kst_short(row.shown_until)}"
            raise BannerConflict(place=row.place, title=row.title, when=when)


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _store(upload: "UploadedFile[Any]") -> _Picture:
    """
    Read an upload and keep it drawn anew, twice as wide as high.

    :raises ImageRefused: too large or small a file or picture, of another shape, moving, or no picture that we can read.
    """
    if not upload.size or upload.size > images.LARGEST:
        raise images.ImageRefused(why=f"파일은 {images.LARGEST // 1024 // 1024}MB까지 올릴 수 있어요.")
    picture = images.opened(upload.read())
    if picture.width < NARROWEST:
        raise images.ImageRefused(why=f"가로가 {NARROWEST}픽셀 이상이어야 해요. 지금은 {picture.width:,}×{picture.height:,}이에요.")
    if abs(picture.width - 2 * picture.height) > picture.width * MOST_OFF:
        raise images.ImageRefused(why=f"가로가 세로의 두 배여야 해요. 지금은 {picture.width:,}×{picture.height:,}이에요.")
    drawn = io.BytesIO()
    ImageOps.fit(picture, (WIDTH, HEIGHT)).save(drawn, format="WEBP", quality=86, method=4)
    content = drawn.getvalue()
    file = storages["private"].save(f"banners/{uuid.uuid4()}.webp", ContentFile(content))
    return _Picture(file, hashlib.sha256(content).hexdigest())
