"""
The monthly look through the access log that the law wants: who looked at whose personal data, how much, when, and what is odd about it.
Source: 개인정보의 안전성 확보조치 기준, article 8: look at the log at least once a month, and find out why personal data was downloaded.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import cast

from django.db import transaction

from backoffice import services
from common import business_hours, kst
from common.errors import DomainError
from identity.models import AccessLog, AccessReview, User

EARLY, LATE = 8, 20  # hours in Seoul between which a look is nothing odd
MANY_A_DAY = 30
LOOKS, TAKES = (".viewed", ".visited"), ".exported"


class MonthNotOver(DomainError):
    """A month is reviewed when it is over."""

    code = "access_review.month_not_over"
    message = "아직 끝나지 않은 달이에요. 달이 바뀐 뒤에 점검해 주세요."


class ReviewerIsOwner(DomainError):
    """Whoever owns the system does not review its log."""

    code = "access_review.reviewer_is_owner"
    message = "시스템 소유자는 접속 기록을 점검할 수 없어요. 다른 관리자에게 부탁해 주세요."
    http_status = 403


class AlreadyReviewed(DomainError):
    """Somebody was first."""

    code = "access_review.already_reviewed"
    message = "이미 점검한 달이에요. 새로 고쳐서 결과를 확인해 주세요."


class NoteMissing(DomainError):
    """A review without a word."""

    code = "access_review.note_missing"
    message = "점검 의견을 두 글자 넘게 적어 주세요."
    http_status = 422


@dataclass(slots=True)
class Line:
    """One operator's month. same_family: looks at people with the operator's own family name.   days: looks by day."""

    person: User
    looks: int = 0
    takes: int = 0
    odd_hours: int = 0
    same_family: int = 0
    days: Counter[date] = field(default_factory=Counter)

    @property
    def most_a_day(self) -> int:
        return max(self.days.values(), default=0)

    @property
    def is_odd(self) -> bool:
        """True when somebody should ask why."""
        return bool(self.odd_hours or self.same_family or self.most_a_day > MANY_A_DAY)


def months(*, at: datetime, last: int = 12) -> list[date]:
    """The first days of the last months that are over, newest first."""
    found, first = [], kst.day_of(at).replace(day=1)
    for _ in range(last):
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(first)
    return found


def report(month: date) -> list[Line]:
    """Every operator's looks in a month, the odd ones first. Two queries; a month's log is read once."""
    since, until = kst.day_from(month), kst.day_from(_next(month))
    rows = AccessLog.objects.filter(at__gte=since, at__lt=until, actor__kind=User.Kind.OPERATOR)
    shown = [row for row in rows.select_related("actor").order_by("pk") if row.action.endswith((*LOOKS, TAKES))]
    numbers = {row.subject.removeprefix("user:") for row in shown if row.subject.startswith("user:")}
    families = {f"user:{number}": name[:1] for number, name in User.objects.filter(public_id__in=numbers).values_list("public_id", "name")}
    lines: dict[int, Line] = {}
    for row in shown:
        actor = cast(User, row.actor)  # those with a kind are there
        line = lines.setdefault(actor.pk, Line(actor))
        line.looks += row.action.endswith(LOOKS)
        line.takes += row.action.endswith(TAKES)
        line.odd_hours += _is_odd_hour(row.at)
        line.same_family += bool(families.get(row.subject)) and families[row.subject] == actor.name[:1]
        line.days[kst.day_of(row.at)] += 1
    return sorted(lines.values(), key=lambda line: (not line.is_odd, -line.looks, line.person.pk))


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _is_odd_hour(at: datetime) -> bool:
    return not business_hours.is_workday(kst.day_of(at)) or not EARLY <= at.astimezone(kst.SEOUL).hour < LATE


def review(*, month: date, note: str, by: User, at: datetime) -> AccessReview:
    """
    Keep that somebody looked through a month, and what it said then.

    :raises MonthNotOver, ReviewerIsOwner, NoteMissing, AlreadyReviewed: nothing was written.
    """
    if month.day != 1 or _next(month) > kst.day_of(at):
        raise MonthNotOver
    if by.is_superuser:
        raise ReviewerIsOwner
    note = note.replace("\x00", "").strip()
    if len(note) < 2:
        raise NoteMissing
    lines = report(month)
    found = {
        "looks": sum(line.looks for line in lines),
        "takes": sum(line.takes for line in lines),
        "odd": [str(line.person.public_id) for line in lines if line.is_odd],
    }
    with transaction.atomic(durable=True):
        row, created = AccessReview.objects.get_or_create(
            month=month, defaults={"reviewer": by, "at": at, "found": found, "note": note[:500]}
        )
        if not created:
            raise AlreadyReviewed
        services.note(row=row, by=by, reason=note[:500], at=at)
        return row


def overdue(*, at: datetime) -> date | None:
    """The last month that is over, when nobody has reviewed it yet."""
    last = months(at=at, last=1)[0]
    return None if AccessReview.objects.filter(month=last).exists() else last
