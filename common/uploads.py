"""
Files that people upload. A file is judged by its content, never by its name or what the browser says of it, and drawn anew: what lies in
the private storage is made by us, and carries nothing that was hidden in the original.
"""

import hashlib
import io
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any, Protocol

import pypdfium2
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from PIL import Image, ImageOps, UnidentifiedImageError

from common.errors import DomainError

LARGEST = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 3_000
MOST_PAGES = 5
ACCEPTED = "image/jpeg,image/png,image/webp,application/pdf"
_FORMATS = ("JPEG", "PNG", "WEBP")
_PDF = "application/pdf"
_PDF_SCALE = 2.0  # 144 dots per inch
_PDFIUM = threading.Lock()


class FileRefused(DomainError):
    """The file is no picture or PDF that we can read."""

    code = "uploads.refused"
    message = "파일을 받지 않았어요. {why}"
    http_status = 422


class Stored(Protocol):
    """A row that names a stored file."""

    public_id: uuid.UUID
    file: str
    content_type: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in private storage. file: its name there.   name: as people see it.   digest: SHA-256 of what lies there."""

    file: str
    name: str
    content_type: str
    size: int
    digest: str

    def as_json(self) -> dict[str, str | int]:
        """For a draft, or the columns of a row."""
        return asdict(self)


def store(upload: "UploadedFile[Any]", *, folder: str, name: str) -> StoredFile:
    """
    Read an upload and store it drawn anew.

    name: what it is called when its own name has no letter left.

    :raises FileRefused: too large, unreadable, or neither a picture nor a PDF.
    """
    if not upload.size or upload.size > LARGEST:
        raise FileRefused(why=f"파일은 {LARGEST // 1024 // 1024}MB까지 올릴 수 있어요.")
    raw = upload.read()
    is_pdf = raw[:1024].lstrip().startswith(b"%PDF-")
    drawn, content_type, ending = (*_pdf(raw), "pdf") if is_pdf else (*_picture(raw), "jpg")
    file = f"{folder}/{uuid.uuid4()}.{ending}"
    storages["private"].save(file, ContentFile(drawn))
    shown = _shown_name(upload.name, ending, fallback=name)
    return StoredFile(file, shown, content_type, len(drawn), hashlib.sha256(drawn).hexdigest())


def answer(stored: Stored) -> HttpResponse:
    """The file, to be kept rather than opened: nothing in it may run."""
    with storages["private"].open(stored.file) as file:
        response = HttpResponse(file.read(), content_type=stored.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{stored.public_id}{PurePath(stored.file).suffix}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def remove(files: Iterable[str]) -> None:
    """Take files out of the storage; those that are gone are gone."""
    for name in files:
        storages["private"].delete(name)


def size_of(file: str) -> tuple[int, int]:
    """Width and height of a stored picture."""
    with storages["private"].open(file) as opened, Image.open(opened) as picture:
        return picture.size


def page_count(stored: Stored) -> int:
    """How many pictures the file has."""
    if stored.content_type != _PDF:
        return 1
    with storages["private"].open(stored.file) as file:
        raw = file.read()
    with _opened(raw) as document:
        return len(document)


def picture_of(stored: Stored, *, number: int) -> bytes:
    """
    One page as a JPEG, so that nobody's browser ever opens the file itself. number: from 1.

    :raises IndexError: there is no such page.
    """
    with storages["private"].open(stored.file) as file:
        raw = file.read()
    if stored.content_type != _PDF:
        if number != 1:
            raise IndexError(number)
        return bytes(raw)
    with _opened(raw) as document:
        if not 1 <= number <= len(document):
            raise IndexError(number)
        page = _page(document[number - 1])
    return _jpeg(page)


@contextmanager
def _opened(raw: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """A document that is read by one thread at a time, to its closing: PDFium may not be called by several."""
    with _PDFIUM:
        document = pypdfium2.PdfDocument(raw)
        try:
            yield document
        finally:
            document.close()


def _picture(raw: bytes) -> tuple[bytes, str]:
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise FileRefused(why="사진이 너무 커요. 크기를 줄여서 올려 주세요.")
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise FileRefused(why="JPG, PNG, WEBP 사진이나 PDF 파일을 올려 주세요.") from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise FileRefused(why="파일을 읽을 수 없어요. 다시 찍거나 저장해서 올려 주세요.") from None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return _jpeg(picture), "image/jpeg"


def _pdf(raw: bytes) -> tuple[bytes, str]:
    """Every page as a picture, in a PDF of our own: scripts, forms, links and attachments stay behind."""
    try:
        with _opened(raw) as document:
            if not 1 <= len(document) <= MOST_PAGES:
                raise FileRefused(why=f"PDF는 {MOST_PAGES}쪽까지 올릴 수 있어요.")
            pages = [_page(document[number]) for number in range(len(document))]
    except pypdfium2.PdfiumError:
        raise FileRefused(why="PDF를 읽을 수 없어요. 암호를 풀고 다시 저장해서 올려 주세요.") from None
    drawn = io.BytesIO()
    pages[0].save(drawn, format="PDF", save_all=True, append_images=pages[1:])
    return drawn.getvalue(), _PDF


def _page(page: pypdfium2.PdfPage) -> Image.Image:
    width, height = page.get_size()
    longest = max(width, height)
    if longest <= 0:
        raise FileRefused(why="PDF를 읽을 수 없어요. 다시 저장해서 올려 주세요.")
    drawn: Image.Image = page.render(scale=min(_PDF_SCALE, LONGEST_SIDE / longest)).to_pil().convert("RGB")
    return drawn


def _jpeg(picture: Image.Image) -> bytes:
    drawn = io.BytesIO()
    picture.save(drawn, format="JPEG", quality=88)
    return drawn.getvalue()


def _shown_name(name: str | None, ending: str, *, fallback: str) -> str:
    """What people see of the file's name: letters, digits and a few signs, never a path."""
    stem = PurePath((name or "").replace("\\", "/")).stem
    kept = "".join(letter for letter in stem if letter.isalnum() or letter in " _-().").strip()[:80]
    return f"{kept or fallback}.{ending}"
