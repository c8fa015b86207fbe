"""Reports by mail, on a calendar: everybody decides for themselves, the owner also for the addresses that get reports only."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from advertisers.models import Advertiser, Membership, ReportRecipient
from advertisers.services.locking import lock_team
from advertisers.services.recipients import token_of
from campaigns import analytics, events
from campaigns.comparing import change, tenths
from campaigns.models import ReportSchedule
from campaigns.questions import CalendarIn, Period, Question, ReportIn
from campaigns.stats import Counts
from common import effects, messaging, portals
from common.errors import DomainError
from common.kst import day_from, day_of
from identity import notifications
from identity.contacts import masked_email
from identity.events import Event, Fact

KIND = "campaigns.report"
LAST_TRY = 4  # below the failures that park an effect: whoever made the calendar hears of it
SHOWN = 10
Every = ReportSchedule.Every


class ReportReaderUnknown(DomainError):
    """The address is none of the team's, or nobody said yes there, or the person may not decide for it."""

    code = "campaign.report_reader_unknown"
    message = "보고서를 받겠다고 답한 주소만 고를 수 있어요. 팀 화면에서 주소를 먼저 확인해 주세요."
    http_status = 422


def schedule(*, advertiser: Advertiser, member: Membership, wish: ReportIn, at: datetime) -> ReportSchedule:
    """
    Send a report on this calendar from now on; one of the same rhythm to the same reader takes its place.

    :raises ReportReaderUnknown: it would go to an address that this person may not choose.
    """
    with transaction.atomic(durable=True):
        lock_team(advertiser)
        recipient = _recipient(advertiser, member, wish)
        reader: dict[str, Any] = {"recipient": recipient} if recipient is not None else {"member": member}
        when = {"weekday": wish.weekday, "day": wish.day, "hour": wish.hour, "next_at": next_after(wish, at=at)}
        row, _ = ReportSchedule.objects.update_or_create(
            advertiser=advertiser, every=wish.every, **reader, defaults={**when, "made_by": member.user, "created_at": at}
        )
        return row


def reschedule(*, schedule: ReportSchedule, change: CalendarIn, at: datetime) -> ReportSchedule:
    """Change when it goes out; the next time follows from now on."""
    for name, value in change.model_dump(exclude_none=True).items():
        setattr(schedule, name, value)
    schedule.next_at = next_after(schedule, at=at)
    schedule.save(update_fields=["weekday", "day", "hour", "next_at"])
    return schedule


def cancel(*, schedule: ReportSchedule) -> None:
    """Send it no more."""
    ReportSchedule.objects.filter(pk=schedule.pk).delete()


def send_due(*, at: datetime) -> int:
    """Let every report go out whose time has come, once, however long nobody looked; how many."""
    with transaction.atomic(durable=True):
        due = list(ReportSchedule.objects.select_for_update(skip_locked=True).filter(next_at__lte=at).order_by("next_at", "pk"))
        for row in due:
            period = period_of(row.every, on=day_of(newest(row, at=at)))  # of its day, however late the clock comes
            key = f"report:{row.public_id}:{period.last}"
            effects.add(KIND, key=key, at=at, schedule=row.pk, first=period.first.isoformat(), last=period.last.isoformat())
            row.next_at = next_after(row, at=at)
            row.save(update_fields=["next_at"])
        return len(due)


def next_after(calendar: ReportSchedule | ReportIn, *, at: datetime) -> datetime:
    """The next moment of a calendar after another moment."""
    return next(moment for moment in _moments(calendar, day_of(at), step=1) if moment > at)


def newest(calendar: ReportSchedule, *, at: datetime) -> datetime:
    """The newest moment of a calendar that has come."""
    return next(moment for moment in _moments(calendar, day_of(at), step=-1) if moment <= at)


def _moments(calendar: ReportSchedule | ReportIn, on: date, *, step: int) -> Iterator[datetime]:
    """The moments of a calendar from a day on, forwards or backwards: two months have every day of one."""
    for number in range(63):
        day = on + timedelta(days=step * number)
        fits = {Every.DAY: True, Every.WEEK: day.weekday() == calendar.weekday, Every.MONTH: day.day == calendar.day}
        if fits[Every(calendar.every)]:
            yield day_from(day) + timedelta(hours=calendar.hour)


def period_of(every: str, *, on: date) -> Period:
    """What a report that goes out on a day is about: whole days that are over."""
    yesterday = on - timedelta(days=1)
    if every == Every.DAY:
        return Period(yesterday, yesterday)
    if every == Every.WEEK:
        return Period.ending(yesterday, days=7)
    last = on.replace(day=1) - timedelta(days=1)
    return Period(last.replace(day=1), last)


def mail(*, schedule: int, first: date, last: date) -> bool:
    """Send one report; False when nobody reads it any more. The numbers are those of the analytics page at this moment."""
    row = _read(schedule)
    if row is None or not row.is_read:
        return False
    context = _context(row, Period(first, last))
    messaging.send_mail(
        to=row.email,
        subject=" ".join(render_to_string("campaigns/mail/report_subject.txt", context).split()),
        text=render_to_string("campaigns/mail/report.txt", context),
        html=render_to_string("campaigns/mail/report.html", context),
        ref=f"{row.public_id}.{last.isoformat()}",
    )
    return True


def sent(*, schedule: int, first: date, last: date, at: datetime) -> None:
    """It is on its way; whoever made the calendar is told. Joins the caller's transaction."""
    if (row := _read(schedule)) is not None:
        _tell(row, events.REPORT_SENT, {"to": masked_email(row.email), "first": first, "last": last}, about=last, at=at)


def unsure(*, schedule: int, last: date, at: datetime) -> None:
    """Nobody knows whether it went out. Whoever made the calendar is told. Joins the caller's transaction."""
    if (row := _read(schedule)) is not None and row.is_read:
        _tell(row, events.REPORT_UNSURE, {"to": masked_email(row.email)}, about=last, at=at)


def not_sent(*, schedule: int, last: date, at: datetime) -> None:
    """
    It did not go out. Whoever made the calendar is told; when nobody reads these reports any more, the calendar ends with that. Joins
    the caller's transaction.
    """
    row = _read(schedule)
    if row is not None and row.is_read:
        _tell(row, events.REPORT_FAILED, {"to": masked_email(row.email)}, about=last, at=at)
    elif row is not None:
        _tell(row, events.REPORT_STOPPED, {}, about=last, at=at)
        ReportSchedule.objects.filter(pk=row.pk).delete()


def _read(schedule: int) -> ReportSchedule | None:
    return ReportSchedule.objects.select_related("advertiser", "member__user", "recipient", "made_by").filter(pk=schedule).first()


def _tell(row: ReportSchedule, event: Event, facts: Mapping[str, Fact], *, about: date, at: datetime) -> None:
    """Tell whoever made the calendar, or the owner once they do not act for the advertiser any more."""
    key = f"report:{row.public_id}:{about}:{event.kind}"
    url = "/my-page/analytics/reports/"
    team = Membership.objects.select_related("user").filter(advertiser=row.advertiser, is_active=True, user__is_active=True)
    listeners = team.filter(user=row.made_by) or team.filter(role=Membership.Role.OWNER)
    notifications.tell_all(event, users=[one.user for one in listeners], facts={"every": row.words, **facts}, url=url, key=key, at=at)


def _context(row: ReportSchedule, period: Period) -> dict[str, Any]:
    answer = analytics.answer(Question(advertiser=row.advertiser, period=period, compares=True))
    now, before = answer.total.counts, answer.before or Counts()
    figures = [
        ("노출", f"{now.listed:,}회", change(now.listed, before.listed)),
        ("참여 시작", f"{now.started:,}건", change(now.started, before.started)),
        ("참여 완료", f"{now.confirmed:,}건", change(now.confirmed, before.confirmed)),
        ("완료율", f"{tenths(now.rate)}%", None),
        ("집행 크레딧", f"{now.credits:,}", change(now.credits, before.credits)),
    ]
    stop = portals.absolute(portals.ADVERTISER, "advertisers:recipient", token=token_of(row.recipient)) if row.recipient else ""
    return {
        "row": row,
        "answer": answer,
        "period": period,
        "figures": figures,
        "campaigns": answer.campaigns[:SHOWN],
        "link": portals.absolute(portals.ADVERTISER, "campaigns:analytics"),
        "stop": stop or portals.absolute(portals.ADVERTISER, "campaigns:reports"),
        "company": settings.COMPANY,
    }


def _recipient(advertiser: Advertiser, member: Membership, wish: ReportIn) -> ReportRecipient | None:
    if wish.recipient is None:
        return None
    found = ReportRecipient.objects.filter(advertiser=advertiser, public_id=wish.recipient).first()
    if found is None or not found.is_reading or not member.is_owner:
        raise ReportReaderUnknown
    return found
