"""The advertisers' doors to files of numbers: asked for, watched while a worker makes them, fetched for a week."""

from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router, Status

from campaigns import access
from campaigns.api.advertiser import IntentKey, PageQuery
from campaigns.api.team_auth import READS, TeamRequest
from campaigns.models import Export
from campaigns.questions import FileIn
from campaigns.services import exporting
from common import cursors
from common.schemas import Output

router = Router(tags=["성과"])
_LIST = "exports"


class ExportOut(Output):
    """
    One file. first, last: KST days.   campaign, type: of which campaigns, null and empty for all.   state: WAITING, DONE or FAILED.
    done, total: parts of the work.   rows: lines below the head.   download: where to fetch it, empty until it is there.
    """

    id: UUID
    what: str
    form: str
    first: date
    last: date
    campaign: UUID | None
    type: str
    state: str
    done: int
    total: int
    rows: int
    download: str
    created_at: datetime
    finished_at: datetime | None


class ExportPage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[ExportOut]
    next: str


@router.get("/exports", auth=READS, response=ExportPage, summary="파일 목록")
def export_list(request: TeamRequest, page: Query[PageQuery]) -> ExportPage:
    """What the team asked for in the last week, newest first."""
    rows = Export.objects.owned_by(request.auth.advertiser).order_by("-pk")
    if page.cursor:
        [last] = cursors.after(page.cursor, of=_LIST)
        rows = rows.filter(pk__lt=last)
    found = list(rows[: page.limit + 1])
    following = cursors.place([found[page.limit - 1].pk], of=_LIST) if len(found) > page.limit else ""
    return ExportPage(items=[_shown(row) for row in found[: page.limit]], next=following)


@router.post("/exports", auth=READS, response={201: ExportOut}, summary="파일 만들기")
def ask_for_export(request: TeamRequest, file: FileIn, key: IntentKey) -> Status[ExportOut]:
    """Let a file of the numbers of `/analytics` be made. The same key again finds it; with another body it is a conflict."""
    row = exporting.ask_for_export(
        advertiser=request.auth.advertiser,
        asked=file.question,
        what=file.what,
        form=file.form,
        by=request.user,
        at=timezone.now(),
        key=str(uuid5(NAMESPACE_URL, f"api:{key}")),
    )
    return Status(201, _shown(row))


@router.get("/exports/{export_id}", auth=READS, response=ExportOut, summary="파일 하나의 상태")
def export_state(request: TeamRequest, export_id: UUID) -> ExportOut:
    """How far it is, and where to fetch it."""
    return _shown(access.get_export(request, export_id))


@router.get("/exports/{export_id}/file", auth=READS, url_name="export-file", summary="파일 내려받기")
def export_file(request: TeamRequest, export_id: UUID) -> HttpResponse:
    """The file itself."""
    return exporting.answer_with(access.get_export(request, export_id))


def _shown(row: Export) -> ExportOut:
    return ExportOut(
        id=row.public_id,
        what=row.what,
        form=row.form,
        first=row.asked["first"],
        last=row.asked["last"],
        campaign=row.asked["campaign"],
        type=row.asked["type"],
        state=row.state,
        done=row.done,
        total=row.total,
        rows=row.rows,
        download=reverse("advertiser-api:export-file", args=[row.public_id]) if row.is_there else "",
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
