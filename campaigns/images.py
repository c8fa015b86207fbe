"""
Pictures of missions. A file is judged by its content, never by its name or what the browser says of it, and drawn anew: what lies in
the storage is made by us, carries nothing that was hidden in the original, and no address leads there.
"""

import hashlib
import io
import uuid
from datetime import datetime
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from PIL import Image, ImageOps, UnidentifiedImageError

from advertisers.models import Advertiser
from campaigns.models import CampaignImage
from common.errors import DomainError
from identity.models import User

LARGEST = 5 * 1024 * 1024
SHORTEST_SIDE = 600
MOST_PIXELS = 40_000_000
DRAWN_SIDE = 1_080
MOST_OFF_SQUARE = 0.02  # of the longer side
RECENT = 12
_FORMATS = ("JPEG", "PNG", "WEBP")


class ImageRefused(DomainError):
    """The file will not do as the picture of a mission."""

    code = "campaign.image_refused"
    message = "이미지를 쓸 수 없어요. {why}"
    http_status = 422


class NotYourImage(DomainError):
    """The picture belongs to nobody or to somebody else."""

    code = "campaign.image_unknown"
    message = "이미지를 찾을 수 없어요. 다시 올려 주세요."
    http_status = 422


class ImageTurnedDown(DomainError):
    """A review refused the picture before."""

    code = "campaign.image_turned_down"
    message = "심사에서 반려된 이미지예요. 다른 이미지를 골라 주세요. 이유: {why}"
    http_status = 422


def store(*, advertiser: Advertiser, upload: "UploadedFile[Any]", by: User, at: datetime) -> CampaignImage:
    """
    Read an upload and keep it drawn anew; the same picture again is the row that is there.

    :raises ImageRefused: too large or too small a file or picture, not square, moving, or no picture that we can read.
    """
    if not upload.size or upload.size > LARGEST:
        raise ImageRefused(why=f"파일은 {LARGEST // 1024 // 1024}MB까지 올릴 수 있어요. 지금은 {_megabytes(upload.size or 0)}MB예요.")
    picture = _square(upload.read())
    drawn = io.BytesIO()
    picture.save(drawn, format="WEBP", quality=86, method=4)
    content = drawn.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    mine = CampaignImage.objects.owned_by(advertiser)
    if known := mine.filter(digest=digest).first():
        return known
    file = storages["private"].save(f"images/{uuid.uuid4()}.webp", ContentFile(content))
    with transaction.atomic(durable=True):
        row, is_new = mine.get_or_create(
            advertiser=advertiser,
            digest=digest,
            defaults={
                "file": file, "name": _shown_name(upload.name), "width": picture.width, "height": picture.height, "size": len(content),
                "uploaded_by": by, "uploaded_at": at,
            },
        )  # fmt: skip
    if not is_new:
        storages["private"].delete(file)
    return row


def recent(advertiser: Advertiser) -> list[CampaignImage]:
    """The last pictures of the advertiser that a campaign may show, newest first."""
    return list(library(advertiser).exclude(state=CampaignImage.State.REFUSED)[:RECENT])


def library(advertiser: Advertiser) -> QuerySet[CampaignImage]:
    """Every picture of the advertiser, newest first."""
    return CampaignImage.objects.owned_by(advertiser).order_by("-uploaded_at", "-pk")


def find(advertiser: Advertiser, public_id: Any) -> CampaignImage | None:
    """The advertiser's picture of this number, whatever was given for one."""
    try:
        number = UUID(str(public_id))
    except ValueError:
        return None
    return CampaignImage.objects.owned_by(advertiser).filter(public_id=number).first()


def refuse_unusable(advertiser: Advertiser, public_id: UUID | None) -> None:
    """
    :raises NotYourImage: the advertiser has no such picture.   :raises ImageTurnedDown: a review refused it.
    """
    if public_id is None:
        return
    found = find(advertiser, public_id)
    if found is None:
        raise NotYourImage
    if not found.is_usable:
        raise ImageTurnedDown(why=found.reason)


def is_approved(advertiser: Advertiser, public_id: UUID | None) -> bool:
    """True for a picture that a review let pass: it needs no other look."""
    found = find(advertiser, public_id)
    return found is not None and found.state == CampaignImage.State.APPROVED


def approve(advertiser: Advertiser, public_id: Any, *, at: datetime) -> None:
    """A review let the picture pass, once for every campaign. Joins the caller's transaction."""
    mine = CampaignImage.objects.owned_by(advertiser).filter(public_id=public_id)
    mine.exclude(state=CampaignImage.State.APPROVED).update(state=CampaignImage.State.APPROVED, reason="", decided_at=at)


def refuse(advertiser: Advertiser, public_id: Any, *, reason: str, at: datetime) -> None:
    """
    A review found the picture itself wanting. One that passed before stays what it is: then it only did not fit. Joins the caller's
    transaction.
    """
    mine = CampaignImage.objects.owned_by(advertiser).filter(public_id=public_id, state=CampaignImage.State.NEW)
    mine.update(state=CampaignImage.State.REFUSED, reason=reason[:1000], decided_at=at)


def answer(image: CampaignImage) -> HttpResponse:
    """The picture, and nothing that a browser could run."""
    return answer_file(image.file)


def answer_file(file: str) -> HttpResponse:
    """The same of a picture by its name in private storage."""
    with storages["private"].open(file) as stored:
        response = HttpResponse(stored.read(), content_type="image/webp")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


def opened(raw: bytes) -> Image.Image:
    """
    A still picture, upright, as its content says.

    :raises ImageRefused: it is none that we read, it moves, or it is too large.
    """
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as found:
            if found.width * found.height > MOST_PIXELS:
                raise ImageRefused(why="이미지가 너무 커요. 가로와 세로를 6,000픽셀 아래로 줄여 주세요.")
            if getattr(found, "is_animated", False):
                raise ImageRefused(why="움직이는 이미지는 쓸 수 없어요. 한 장면을 골라 올려 주세요.")
            return ImageOps.exif_transpose(found).convert("RGBA" if found.has_transparency_data else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise ImageRefused(why="JPG, PNG, WEBP 이미지를 올려 주세요. 파일 이름이 아니라 내용을 보고 판단해요.") from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise ImageRefused(why="파일을 읽을 수 없어요. 다시 저장해서 올려 주세요.") from None


def _square(raw: bytes) -> Image.Image:
    picture = opened(raw)
    longer, shorter = max(picture.size), min(picture.size)
    if shorter < SHORTEST_SIDE:
        raise ImageRefused(why=f"가로와 세로가 {SHORTEST_SIDE}픽셀 이상이어야 해요. 지금은 {picture.width:,}×{picture.height:,}이에요.")
    if longer - shorter > longer * MOST_OFF_SQUARE:
        raise ImageRefused(
            why=f"정사각형이어야 해요. 지금은 {picture.width:,}×{picture.height:,}이에요. {shorter:,}×{shorter:,}으로 잘라 주세요."
        )
    side = min(shorter, DRAWN_SIDE)
    return ImageOps.fit(picture, (side, side))


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f}"


def _shown_name(name: str | None) -> str:
    """What people see of the file's name: letters, digits and a few signs, never a path."""
    stem = PurePath((name or "").replace("\\", "/")).stem
    kept = "".join(letter for letter in stem if letter.isalnum() or letter in " _-().").strip()[:80]
    return kept or "이미지"
