"""The advertisers' doors to their pictures: the same rows as on the page and in the wizard's design step."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from advertisers.access import SPENDERS, require_role
from campaigns import images
from campaigns.api.advertiser import PageQuery
from campaigns.api.team_auth import READS, WRITES, TeamRequest
from campaigns.models import CampaignImage
from common import cursors, rehearsal
from common.schemas import Output

router = Router(tags=["이미지"])
_LIST = "images"


class ImageOut(Output):
    """
    id: what `design.image` names.   state: NEW, APPROVED (needs no other look) or REFUSED (may not be submitted).   reason: why it
    was refused, else empty.
    """

    id: UUID
    name: str
    width: int
    height: int
    state: str
    reason: str
    uploaded_at: datetime


class ImagePage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[ImageOut]
    next: str


@router.get("/images", auth=READS, response=ImagePage, summary="이미지 목록")
def image_list(request: TeamRequest, page: Query[PageQuery]) -> ImagePage:
    """The team's pictures, newest first."""
    rows = images.library(request.auth.advertiser).order_by("-pk")
    if page.cursor:
        [last] = cursors.after(page.cursor, of=_LIST)
        rows = rows.filter(pk__lt=last)
    found = list(rows[: page.limit + 1])
    following = cursors.place([found[page.limit - 1].pk], of=_LIST) if len(found) > page.limit else ""
    return ImagePage(items=[_shown(row) for row in found[: page.limit]], next=following)


@router.post("/images", auth=WRITES, response={201: ImageOut}, summary="이미지 올리기")
def add_image(request: TeamRequest, picture: File[UploadedFile]) -> Status[ImageOut]:
    """Send a square picture in, as multipart/form-data. The same picture again is the row that is there."""
    require_role(request.auth, SPENDERS)
    rehearsal.refuse(request)  # a file is not undone
    return Status(201, _shown(images.store(advertiser=request.auth.advertiser, upload=picture, by=request.user, at=timezone.now())))


def _shown(row: CampaignImage) -> ImageOut:
    return ImageOut(
        id=row.public_id,
        name=row.name,
        width=row.width,
        height=row.height,
        state=row.state,
        reason=row.reason,
        uploaded_at=row.uploaded_at,
    )
