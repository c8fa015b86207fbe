"""
Pictures that members send in as evidence. A file is judged by its content, drawn anew without what was hidden in the original, and
kept where no address leads. Its fingerprint stays the same when the picture is saved again or made smaller.
"""

import hashlib
import io
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpResponse
from PIL import Image, ImageOps, UnidentifiedImageError

from campaigns.models import Evidence
from common.errors import DomainError

LARGEST = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
SHORTEST_SIDE = 200
LONGEST_SIDE = 1_600
_FORMATS = ("JPEG", "PNG", "WEBP")
_LOOK = 8  # rows and columns of the fingerprint


class PictureRefused(DomainError):
    """The file is no picture that a person could look at."""

    code = "participation.picture_refused"
    message = "사진을 받지 않았어요. {why}"
    http_status = 422


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """file: its name in private storage.   digest: SHA-256 of what lies there.   look: 16 hex digits, alike for similar pictures."""

    file: str
    digest: str
    look: str


def store(upload: "UploadedFile[Any]") -> StoredPicture:
    """
    Read an upload and keep it drawn anew.

    :raises PictureRefused: too large or too small, moving, or no picture that we can read.
    """
    if not upload.size or upload.size > LARGEST:
        raise PictureRefused(why=f"파일은 {LARGEST // 1024 // 1024}MB까지 올릴 수 있어요.")
    picture = _drawn(upload.read())
    content = io.BytesIO()
    picture.save(content, format="JPEG", quality=85)
    name = storages["private"].save(f"evidence/{uuid.uuid4()}.jpg", ContentFile(content.getvalue()))
    return StoredPicture(name, hashlib.sha256(content.getvalue()).hexdigest(), look_of(picture))


def look_of(picture: Image.Image) -> str:
    """One bit per place of a small gray copy: whether it is brighter than its right neighbour (difference hash)."""
    small = picture.convert("L").resize((_LOOK + 1, _LOOK), Image.Resampling.LANCZOS)
    gray = small.tobytes()
    bits = 0
    for row in range(_LOOK):
        for column in range(_LOOK):
            place = row * (_LOOK + 1) + column
            bits = bits << 1 | (gray[place] > gray[place + 1])
    return f"{bits:016x}"


def answer(file: str) -> HttpResponse:
    """The picture, and nothing that a browser could run."""
    with storages["private"].open(file) as opened:
        response = HttpResponse(opened.read(), content_type="image/jpeg")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def due(*, until: datetime) -> QuerySet[Evidence]:
    """What was decided before a moment and still has its picture."""
    return Evidence.objects.filter(decided_at__lt=until).exclude(file="")


def forget(*, until: datetime) -> int:
    """Destroy the pictures of everything decided before a moment; how many. What was decided about them stays."""
    rows = list(due(until=until).values_list("pk", "file"))
    for _pk, file in rows:
        remove(file)  # before the rows: what is done again finds it gone
    return Evidence.objects.filter(pk__in=[pk for pk, _file in rows]).update(file="")


def remove(file: str) -> None:
    """Take a file out of the storage; one that is gone is gone."""
    storages["private"].delete(file)


def _drawn(raw: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise PictureRefused(why="사진이 너무 커요. 크기를 줄여서 올려 주세요.")
            if min(opened.size) < SHORTEST_SIDE:
                raise PictureRefused(why=f"짧은 쪽이 {SHORTEST_SIDE}픽셀은 되어야 해요.")
            if getattr(opened, "is_animated", False):
                raise PictureRefused(why="움직이는 이미지는 올릴 수 없어요.")
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise PictureRefused(why="JPG, PNG, WEBP 사진을 올려 주세요.") from None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return picture
