"""Files of numbers: asked for by a page, made by a worker, part by part, fetched for a week."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse

from advertisers.models import Advertiser
from advertisers.services.locking import lock_team
from campaigns import analytics, events, stats, types
from campaigns.analytics import words_of
from campaigns.models import Campaign, Export
from campaigns.questions import AnalyticsIn, Question, question_of
from campaigns.stats import Counts
from common import effects, exports
from common.errors import DomainError
from common.exports import Cell
from common.kst import SEOUL, day_of
from identity import notifications
from identity.events import Event, Fact
from identity.models import User

KIND = "campaigns.export"
MOST_WAITING = 5
MOST_DAYS_BY_HOUR = 31
KEPT_DAYS = 7
LAST_TRY = 4  # below the failures that park an effect: whoever asked hears of it
_CONTENT = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_COUNTS = {
    "listed": "노출", "read": "상세 열기", "started": "참여 시작", "went": "광고 페이지 열기", "sent": "증거 제출",
    "confirmed": "참여 완료", "refused": "인정 안 함", "expired": "시간 지남", "reversed": "나중에 취소", "running": "참여 중",
    "credits": "집행 크레딧", "tickets": "티켓",
}  # fmt: skip
_HEADS: dict[str, list[Cell]] = {
    Export.What.DAYS: ["날짜", "캠페인", "유형", "상태", *_COUNTS.values()],
    Export.What.HOURS: ["시간", "캠페인", "유형", *_COUNTS.values()],
    Export.What.PEOPLE: ["캠페인", "유형", "구분", "값", "참여 시작", "참여 완료"],
}


class TooManyExports(DomainError):
    """Enough files are being made."""

    code = "campaign.too_many_exports"
    message = "만들고 있는 파일이 많아요. 먼저 요청한 파일이 끝난 뒤 다시 요청해 주세요."


class ExportTooLong(DomainError):
    """Hours of so many days are no file that anybody reads."""

    code = "campaign.export_too_long"
    message = "시간별 파일은 한 번에 31일까지 만들 수 있어요. 기간을 줄여 주세요."
    http_status = 422


class ExportConflict(DomainError):
    """The key was used for another file."""

    code = "campaign.export_conflict"
    message = "같은 요청 번호로 다른 파일을 이미 요청했어요. 새 번호로 다시 요청해 주세요."


def ask_for_export(*, advertiser: Advertiser, asked: AnalyticsIn, what: str, form: str, by: User, at: datetime, key: str) -> Export:
    """
    Let a file be made. The same key again is the same file.

    :raises CampaignUnknown: it is about somebody else's campaign.
    :raises ExportTooLong, TooManyExports: nothing was asked for.
    :raises ExportConflict: the key belongs to another file.
    """
    question = question_of(asked, advertiser=advertiser, today=day_of(at))
    if what == Export.What.HOURS and question.period.days > MOST_DAYS_BY_HOUR:
        raise ExportTooLong
    dated = asked.model_copy(update={"first": question.period.first, "last": question.period.last})
    with transaction.atomic(durable=True):
        lock_team(advertiser)
        mine = Export.objects.owned_by(advertiser)
        if known := mine.filter(key=key).first():
            if (known.what, known.form) != (what, form) or _differs(asked, known.asked):
                raise ExportConflict
            return known
        if mine.filter(state=Export.State.WAITING).count() >= MOST_WAITING:
            raise TooManyExports
        row = Export.objects.create(
            advertiser=advertiser, asked=dated.model_dump(mode="json"), what=what, form=form, made_by=by, key=key, created_at=at
        )
        effects.add(KIND, key=f"export:{row.public_id}", at=at, export=row.pk)
        return row


def _differs(asked: AnalyticsIn, known: dict[str, Any]) -> bool:
    """Days that were not named may have become others since."""
    named = asked.model_dump(mode="json")
    return any(known[name] != value for name, value in named.items() if value is not None or name == "campaign")


def make(row: Export) -> tuple[str, int]:
    """Write the file, telling how far it is; its name in the storage and how many rows it has. Making it again makes the same."""
    question = question_of(AnalyticsIn.model_validate(row.asked), advertiser=row.advertiser, today=day_of(row.created_at))
    campaigns = _campaigns(question)
    Export.objects.filter(pk=row.pk).update(done=0, total=len(campaigns))
    written = 0

    def table() -> Iterator[list[Cell]]:
        """One row after the other, so that a long file needs no more memory than a short one."""
        nonlocal written
        yield _HEADS[row.what]
        for number, campaign in enumerate(campaigns, start=1):
            for line in lines(campaign, question, what=row.what):
                written += 1
                yield line
            Export.objects.filter(pk=row.pk).update(done=number)

    is_csv = row.form == Export.Form.CSV
    content = exports.csv_file(table()) if is_csv else exports.xlsx_file(table(), title="성과", widths=(20, 30), is_long=True)
    name = f"exports/{row.public_id}.{row.form}"
    storages["private"].delete(name)
    return storages["private"].save(name, ContentFile(content)), written


def finish(*, export: int, file: str, rows: int, at: datetime) -> None:
    """The file is there; whoever asked is told. Joins the caller's transaction."""
    waits = Export.objects.filter(pk=export, state=Export.State.WAITING)
    if waits.update(state=Export.State.DONE, file=file, rows=rows, finished_at=at):
        row = Export.objects.select_related("made_by").get(pk=export)
        _tell(row, events.EXPORT_READY, {"until": day_of(row.created_at + timedelta(days=KEPT_DAYS))}, at=at)


def fail(*, export: int, at: datetime) -> None:
    """There will be no file; whoever asked is told. Joins the caller's transaction."""
    if Export.objects.filter(pk=export, state=Export.State.WAITING).update(state=Export.State.FAILED, finished_at=at):
        _tell(Export.objects.select_related("made_by").get(pk=export), events.EXPORT_FAILED, {}, at=at)


def _tell(row: Export, event: Event, facts: Mapping[str, Fact], *, at: datetime) -> None:
    period = {name: date.fromisoformat(row.asked[name]) for name in ("first", "last")}
    notifications.tell(
        event,
        user=row.made_by,
        facts={**period, "what": row.get_what_display(), **facts},
        url="/my-page/analytics/exports/",
        key=f"export:{row.public_id}:{event.kind}",
        at=at,
    )


def count_old_exports(until: datetime) -> int:
    """How many files were asked for before."""
    return _old_exports(until).count()


def _old_exports(until: datetime) -> QuerySet[Export]:
    return Export.objects.filter(created_at__lt=until)


def answer_with(row: Export) -> HttpResponse:
    """
    The file as it is fetched.

    :raises Http404: it is not there yet, or not any more.
    """
    if not row.is_there:
        raise Http404("not made yet")
    with storages["private"].open(row.file) as file:
        content = file.read()
    headers = {"Content-Disposition": f'attachment; filename="{row.name}"'}
    return HttpResponse(content, content_type=_CONTENT[row.form], headers=headers)


def forget_exports(*, until: datetime) -> int:
    """Delete files that were asked for before; how many."""
    old = list(_old_exports(until))
    for row in old:
        if row.file:
            storages["private"].delete(row.file)
    return Export.objects.filter(pk__in=[row.pk for row in old]).delete()[0]


def lines(campaign: Campaign, question: Question, *, what: str) -> Iterator[list[Cell]]:
    """The rows of one campaign, from where the page and the API read too. What nothing happened in is left out."""
    asked = Question(advertiser=question.advertiser, period=question.period, campaign=campaign)
    kind = types.get(campaign.type).name if types.is_known(campaign.type) else campaign.type
    if what == Export.What.PEOPLE:
        for one in analytics.people(asked):
            for value, _, started, confirmed in one.rows:
                yield [campaign.title, kind, one.label, words_of(one.trait, value), started, confirmed]
            if one.others[0]:
                yield [campaign.title, kind, one.label, "묶음", *one.others]
    elif what == Export.What.HOURS:
        hours = stats.by_hour(stats.hours_of([campaign], since=question.period.since, until=question.period.until))
        for at, counts in hours.items():
            yield [at.astimezone(SEOUL).strftime("%Y-%m-%d %H시"), campaign.title, kind, *_cells(counts)]
    else:
        for day in analytics.answer(asked).days:
            if day.counts != Counts():
                yield [day.on.isoformat(), campaign.title, kind, "확정" if day.is_final else "잠정", *_cells(day.counts)]


def _campaigns(question: Question) -> list[Campaign]:
    if question.campaign is not None:
        return [question.campaign] if question.type in ("", question.campaign.type) else []
    mine = Campaign.objects.owned_by(question.advertiser).filter(poured_on__gte=question.period.first)
    return list((mine.filter(type=question.type) if question.type else mine).order_by("submitted_at", "pk"))


def _cells(counts: Counts) -> list[Cell]:
    return [getattr(counts, name) for name in _COUNTS]
