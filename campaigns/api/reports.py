"""The advertisers' doors to reports by mail: what goes out when to whom, as on their page."""

from datetime import UTC, datetime
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Status

from campaigns import access
from campaigns.api.advertiser import PageQuery
from campaigns.api.team_auth import READS, WRITES, TeamRequest
from campaigns.models import ReportSchedule
from campaigns.questions import CalendarIn, ReportIn
from campaigns.services import reporting
from common import cursors
from common.schemas import Output
from identity.contacts import masked_email

router = Router(tags=["성과 보고"])
_LIST = "report-schedules"


class ScheduleOut(Output):
    """
    One calendar. every: DAY, WEEK or MONTH.   weekday: 0 for Monday, counts for weekly ones.   day: of the month, counts for monthly ones.
    hour: of the day in Seoul.   words: the same in Korean.   to: the reader's address, masked, empty when nobody reads it any more.
    recipient: number of an address that gets reports only, null for a member of the team.
    """

    id: UUID
    every: str
    weekday: int
    day: int
    hour: int
    words: str
    to: str
    recipient: UUID | None
    next_at: datetime
    created_at: datetime


class SchedulePage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[ScheduleOut]
    next: str


@router.get("/report-schedules", auth=READS, response=SchedulePage, summary="성과 보고 목록")
def schedule_list(request: TeamRequest, page: Query[PageQuery]) -> SchedulePage:
    """The caller's own, the newest first; an owner sees all of the team."""
    rows = access.report_schedules(request).order_by("-pk")
    if page.cursor:
        [last] = cursors.after(page.cursor, of=_LIST)
        rows = rows.filter(pk__lt=last)
    found = list(rows[: page.limit + 1])
    following = cursors.place([found[page.limit - 1].pk], of=_LIST) if len(found) > page.limit else ""
    return SchedulePage(items=[_shown(row) for row in found[: page.limit]], next=following)


@router.post("/report-schedules", auth=WRITES, response={201: ScheduleOut}, summary="성과 보고 정하기")
def schedule(request: TeamRequest, wish: ReportIn) -> Status[ScheduleOut]:
    """Send a report on this calendar. One of the same rhythm to the same reader takes its place, so a repeat changes nothing."""
    row = reporting.schedule(advertiser=request.auth.advertiser, member=request.auth, wish=wish, at=timezone.now())
    return Status(201, _shown(row))


@router.patch("/report-schedules/{schedule_id}", auth=WRITES, response=ScheduleOut, summary="성과 보고 시각 바꾸기")
def reschedule(request: TeamRequest, schedule_id: UUID, change: CalendarIn) -> ScheduleOut:
    """Change its weekday, its day or its hour; what is not sent stays. Another rhythm or reader is another calendar."""
    return _shown(reporting.reschedule(schedule=access.get_report_schedule(request, schedule_id), change=change, at=timezone.now()))


@router.delete("/report-schedules/{schedule_id}", auth=WRITES, response={204: None}, summary="성과 보고 그만 보내기")
def cancel(request: TeamRequest, schedule_id: UUID) -> Status[None]:
    """Send it no more."""
    reporting.cancel(schedule=access.get_report_schedule(request, schedule_id))
    return Status(204, None)


def _shown(row: ReportSchedule) -> ScheduleOut:
    return ScheduleOut(
        id=row.public_id,
        every=row.every,
        weekday=row.weekday,
        day=row.day,
        hour=row.hour,
        words=row.words,
        to=masked_email(row.email) if row.email else "",
        recipient=row.recipient.public_id if row.recipient is not None else None,
        next_at=row.next_at.astimezone(UTC),
        created_at=row.created_at,
    )
