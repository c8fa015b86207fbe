"""
Papers that businesses upload. A file is judged by its content, never by its name or what the browser says of it, and drawn anew: what
lies in the storage is made by us, and carries nothing that was hidden in the original.
"""

import hashlib
import io
import uuid
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Any

import pypdfium2
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from PIL import Image, ImageOps, UnidentifiedImageError

from advertisers.models import BusinessPaper, BusinessUser, Membership
from advertisers.notifications import notify_team
from common.errors import DomainError
from common.transactions import joined
from identity.models import User

LARGEST = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 3_000
MOST_PAGES = 5
_FORMATS = ("JPEG", "PNG", "WEBP")
_PDF = "application/pdf"
_PDF_SCALE = 2.0  # 144 dots per inch
State = BusinessPaper.State


class PaperRefused(DomainError):
    """The file is no picture or PDF that we can read."""

    code = "papers.refused"
    message = "서류를 받지 않았어요. {why}"
    http_status = 422


@dataclass(frozen=True, slots=True)
class StoredPaper:
    """A paper in private storage. file: its name there.   digest: SHA-256 of what lies there."""

    file: str
    name: str
    content_type: str
    size: int
    digest: str

    def as_json(self) -> dict[str, str | int]:
        """For a draft."""
        return asdict(self)


def store(upload: "UploadedFile[Any]") -> StoredPaper:
    """
    Read an upload and store it drawn anew.

    :raises PaperRefused: too large, unreadable, or neither a picture nor a PDF.
    """
    if not upload.size or upload.size > LARGEST:
        raise PaperRefused(why=f"파일은 {LARGEST // 1024 // 1024}MB까지 올릴 수 있어요.")
    raw = upload.read()
    is_pdf = raw[:1024].lstrip().startswith(b"%PDF-")
    drawn, content_type, ending = (*_pdf(raw), "pdf") if is_pdf else (*_picture(raw), "jpg")
    name = f"papers/{uuid.uuid4()}.{ending}"
    storages["private"].save(name, ContentFile(drawn))
    return StoredPaper(name, _shown_name(upload.name, ending), content_type, len(drawn), hashlib.sha256(drawn).hexdigest())


def attach(*, business: BusinessUser, stored: StoredPaper, by: User, at: datetime) -> BusinessPaper:
    """Put a stored paper before the operators; an earlier one of its kind that waits is replaced. Joins the caller's transaction."""
    joined("a paper")
    business.papers.filter(kind=BusinessPaper.Kind.CERTIFICATE, state=State.WAITING).update(state=State.REPLACED)
    paper = BusinessPaper.objects.create(business=business, uploaded_by=by, uploaded_at=at, **asdict(stored))
    BusinessUser.objects.filter(pk=business.pk).update(papers_state=BusinessUser.PapersState.WAITING)
    return paper


class PaperDecided(DomainError):
    """Somebody decided first, or a newer paper took its place."""

    code = "papers.decided"
    message = "이미 확인이 끝났거나 새 서류로 바뀐 파일이에요. 새로 고쳐서 확인해 주세요."


class PaperReasonMissing(DomainError):
    """A refusal without a reason helps nobody."""

    code = "papers.reason_missing"
    message = "돌려보내는 이유를 적어 주세요."
    http_status = 422


class Decision(StrEnum):
    """What an operator may say of a paper. ASK: another, better one is needed.   REFUSE: what it says cannot be accepted."""

    APPROVE = "APPROVE"
    ASK = "ASK"
    REFUSE = "REFUSE"


_OUTCOMES = {
    Decision.APPROVE: (State.APPROVED, BusinessUser.PapersState.APPROVED, "사업자 서류 확인이 끝났어요"),
    Decision.ASK: (State.ASKED, BusinessUser.PapersState.ASKED, "사업자 서류를 다시 올려 주세요"),
    Decision.REFUSE: (State.REFUSED, BusinessUser.PapersState.REFUSED, "사업자 서류를 받지 않았어요"),
}


def decide(
    *, paper: BusinessPaper, decision: Decision, by: User, at: datetime, reason: str = "", expires_on: date | None = None
) -> BusinessPaper:
    """
    An operator accepts a paper, asks for another one, or refuses it, and the team is told. Joins the caller's transaction.

    reason: of all but a yes; the advertiser reads it.   expires_on: the first day on which an accepted paper no longer counts.

    :raises PaperReasonMissing: a no without a reason.   :raises PaperDecided: it does not wait any more.
    """
    joined("a decision on a paper")
    if decision is not Decision.APPROVE and not reason.strip():
        raise PaperReasonMissing
    state, overall, title = _OUTCOMES[decision]
    changed = BusinessPaper.objects.filter(pk=paper.pk, state=State.WAITING).update(
        state=state, decided_by=by, decided_at=at, reason=reason.strip()[:300], expires_on=expires_on
    )
    if not changed:
        raise PaperDecided
    BusinessUser.objects.filter(pk=paper.business_id).update(papers_state=overall)
    paper.refresh_from_db()
    notify_team(
        advertiser=paper.business.advertiser,
        roles=(Membership.Role.OWNER, Membership.Role.MANAGER, Membership.Role.FINANCE),
        kind="advertisers.paper_decided",
        title=title,
        body=paper.reason or f"{paper.get_kind_display()} 확인을 마쳤어요.",
        url="/my-page/papers/",
        key=f"paper:{paper.public_id}:decided",
        at=at,
    )
    return paper


def expire(*, on: date) -> int:
    """Let accepted papers whose last day has passed expire; how many. Joins the caller's transaction."""
    joined("expiring papers")
    over = BusinessPaper.objects.filter(state=State.APPROVED, expires_on__lte=on)
    businesses = list(over.values_list("business_id", flat=True))
    expired = over.update(state=State.EXPIRED)
    BusinessUser.objects.filter(pk__in=businesses).update(papers_state=BusinessUser.PapersState.EXPIRED)
    return expired


def answer(paper: BusinessPaper) -> HttpResponse:
    """The file, to be kept rather than opened: nothing in it may run."""
    with storages["private"].open(paper.file) as file:
        response = HttpResponse(file.read(), content_type=paper.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{paper.public_id}{PurePath(paper.file).suffix}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def page_count(paper: BusinessPaper) -> int:
    """How many pictures the paper has."""
    if paper.content_type != _PDF:
        return 1
    with storages["private"].open(paper.file) as file, pypdfium2.PdfDocument(file.read()) as document:
        return len(document)


def picture_of(paper: BusinessPaper, *, number: int) -> bytes:
    """
    One page as a JPEG, so that nobody's browser ever opens the file itself. number: from 1.

    :raises IndexError: there is no such page.
    """
    with storages["private"].open(paper.file) as file:
        raw = file.read()
    if paper.content_type != _PDF:
        if number != 1:
            raise IndexError(number)
        return bytes(raw)
    with pypdfium2.PdfDocument(raw) as document:
        if not 1 <= number <= len(document):
            raise IndexError(number)
        return _jpeg(_page(document[number - 1]))


def remove(files: list[str]) -> None:
    """Take files out of the storage; those that are gone are gone."""
    for name in files:
        storages["private"].delete(name)


def _picture(raw: bytes) -> tuple[bytes, str]:
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise PaperRefused(why="사진이 너무 커요. 크기를 줄여서 올려 주세요.")
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise PaperRefused(why="JPG, PNG, WEBP 사진이나 PDF 파일을 올려 주세요.") from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise PaperRefused(why="파일을 읽을 수 없어요. 다시 찍거나 저장해서 올려 주세요.") from None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return _jpeg(picture), "image/jpeg"


def _pdf(raw: bytes) -> tuple[bytes, str]:
    """Every page as a picture, in a PDF of our own: scripts, forms, links and attachments stay behind."""
    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError:
        raise PaperRefused(why="PDF를 읽을 수 없어요. 암호를 풀고 다시 저장해서 올려 주세요.") from None
    try:
        if not 1 <= len(document) <= MOST_PAGES:
            raise PaperRefused(why=f"PDF는 {MOST_PAGES}쪽까지 올릴 수 있어요.")
        pages = [_page(document[number]) for number in range(len(document))]
    except pypdfium2.PdfiumError:
        raise PaperRefused(why="PDF를 읽을 수 없어요. 암호를 풀고 다시 저장해서 올려 주세요.") from None
    finally:
        document.close()
    drawn = io.BytesIO()
    pages[0].save(drawn, format="PDF", save_all=True, append_images=pages[1:])
    return drawn.getvalue(), _PDF


def _page(page: pypdfium2.PdfPage) -> Image.Image:
    width, height = page.get_size()
    longest = max(width, height)
    if longest <= 0:
        raise PaperRefused(why="PDF를 읽을 수 없어요. 다시 저장해서 올려 주세요.")
    drawn: Image.Image = page.render(scale=min(_PDF_SCALE, LONGEST_SIDE / longest)).to_pil().convert("RGB")
    return drawn


def _jpeg(picture: Image.Image) -> bytes:
    drawn = io.BytesIO()
    picture.save(drawn, format="JPEG", quality=88)
    return drawn.getvalue()


def _shown_name(name: str | None, ending: str) -> str:
    """What people see of the file's name: letters, digits and a few signs, never a path."""
    stem = PurePath((name or "").replace("\\", "/")).stem
    kept = "".join(letter for letter in stem if letter.isalnum() or letter in " _-().").strip()[:80]
    return f"{kept or '사업자등록증'}.{ending}"
