"""
Hours that are not like the same hours before them: of spending, refunds, SMS, conversions and failing webhooks.

The last full hour is compared with the median of the same hour of the day over the two weeks before it: one odd day moves a median
little. What is too small to matter is left out. Operators are told once for each episode, by mail and Slack
(`notifications.alert_operators`); an episode is over with the first usual hour.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db import transaction
from django.db.models import Count, Sum
from django.db.models.functions import Trunc

from advertisers.models import WebhookAttempt
from advertisers.webhooks.calling import Word
from backoffice.models import Anomaly
from campaigns.models import HourlyStat
from common import dated
from common.kst import SEOUL
from common.models import RefusedCall
from identity import notifications
from identity.models import SmsMessage
from payments.models import Refund

HOUR, DAYS_BEFORE = timedelta(hours=1), 14
FEWEST_DAYS = 3  # of two weeks on which anything at all must be known before an hour can be called odd

TIMES = dated.define("backoffice.anomaly_times", default=4, label="이상 징후로 알릴 배수(평소의 몇 배)", least=2, most=100, unit="배")


Turn = Anomaly.Turn


@dataclass(frozen=True, slots=True)
class Watched:
    """
    One kind of thing that is counted by the hour.

    count: by the first moments of hours, from one moment until another.   least: what the larger of the two numbers must be at least.
    both_ways: too little is odd too.   room: path in the back office where the rows stand.
    """

    kind: Anomaly.Kind
    unit: str
    room: str
    count: Callable[[datetime, datetime], dict[datetime, int]]
    least: dated.Dated[int]
    both_ways: bool = False


def _least(kind: Anomaly.Kind, default: int, unit: str) -> dated.Dated[int]:
    label = f"이상 징후로 알릴 한 시간 최소량 · {kind.label}"
    return dated.define(f"backoffice.anomaly_least.{kind.value.lower()}", default=default, label=label, least=1, unit=unit)


def _spent(since: datetime, until: datetime) -> dict[datetime, int]:
    hours = HourlyStat.objects.filter(hour_at__gte=since, hour_at__lt=until, campaign__advertiser__is_demo=False).values("hour_at")
    return {row["hour_at"]: int(row["n"]) for row in hours.annotate(n=Sum("credits")).order_by("hour_at")}


def _converted(since: datetime, until: datetime) -> dict[datetime, int]:
    hours = HourlyStat.objects.filter(hour_at__gte=since, hour_at__lt=until, campaign__advertiser__is_demo=False).values("hour_at")
    return {row["hour_at"]: int(row["n"]) for row in hours.annotate(n=Sum("confirmed")).order_by("hour_at")}


def _refunded(since: datetime, until: datetime) -> dict[datetime, int]:
    rows = Refund.objects.filter(requested_at__gte=since, requested_at__lt=until)
    hours = rows.values(hour=Trunc("requested_at", "hour", tzinfo=SEOUL)).annotate(n=Sum("amount_krw")).order_by("hour")
    return {row["hour"]: int(row["n"]) for row in hours}


def _texted(since: datetime, until: datetime) -> dict[datetime, int]:
    rows = SmsMessage.objects.filter(sent_at__gte=since, sent_at__lt=until)
    hours = rows.values(hour=Trunc("sent_at", "hour", tzinfo=SEOUL)).annotate(n=Count("pk")).order_by("hour")
    return {row["hour"]: int(row["n"]) for row in hours}


def _not_delivered(since: datetime, until: datetime) -> dict[datetime, int]:
    """Calls of ours that advertisers' servers did not take, and calls of suppliers that we did not."""
    rows = WebhookAttempt.objects.filter(at__gte=since, at__lt=until).exclude(word=Word.OK)
    hours = rows.values(hour=Trunc("at", "hour", tzinfo=SEOUL)).annotate(n=Count("pk")).order_by("hour")
    failed = Counter({row["hour"]: int(row["n"]) for row in hours})
    turned_away = RefusedCall.objects.filter(hour_at__gte=since, hour_at__lt=until).values("hour_at").annotate(n=Sum("calls"))
    failed.update({row["hour_at"]: int(row["n"]) for row in turned_away.order_by("hour_at")})
    return dict(failed)


_KINDS = Anomaly.Kind
WATCHED = (
    Watched(_KINDS.SPEND, "크레딧", "/backoffice/liabilities/", _spent, _least(_KINDS.SPEND, 100_000, "크레딧"), both_ways=True),
    Watched(_KINDS.REFUNDS, "원", "/backoffice/refunds/", _refunded, _least(_KINDS.REFUNDS, 1_000_000, "원")),
    Watched(_KINDS.SMS, "건", "/backoffice/common/effect/?kind__exact=identity.sms", _texted, _least(_KINDS.SMS, 100, "건")),
    Watched(_KINDS.CONVERSIONS, "건", "/backoffice/suspicions/", _converted, _least(_KINDS.CONVERSIONS, 100, "건"), both_ways=True),
    Watched(
        _KINDS.WEBHOOKS,
        "건",
        "/backoffice/common/effect/?kind__exact=advertisers.webhooks",
        _not_delivered,
        _least(_KINDS.WEBHOOKS, 20, "건"),
    ),
)


def look(*, at: datetime) -> list[Anomaly]:
    """
    Judge the last full hour of everything that is watched; the episodes that began. Each kind in a transaction of its own; looking at the
    same hour twice changes nothing.
    """
    hour = at.astimezone(SEOUL).replace(minute=0, second=0, microsecond=0) - HOUR
    limits = dated.values([TIMES, *(watched.least for watched in WATCHED)], at=at)
    began = []
    for watched in WATCHED:
        now, usual, known = _numbers(watched, hour)
        turn = judge(now, usual, known, times=limits[TIMES.name], least=limits[watched.least.name], both_ways=watched.both_ways)
        with transaction.atomic(durable=True):
            if (episode := _episode(watched, turn, hour=hour, now=now, usual=usual, at=at)) is not None:
                began.append(episode)
    return began


def judge(now: int, usual: int, known: int, *, times: int, least: int, both_ways: bool) -> Turn | None:
    """
    Which way an hour is odd; None for a usual one.

    usual: median of the same hours before.   known: how many of those days had anything at all.
    """
    if known < FEWEST_DAYS:
        return None
    if now >= least and now >= times * max(usual, 1):
        return Turn.MORE
    return Turn.LESS if both_ways and usual >= least and now * times <= usual else None


def _numbers(watched: Watched, hour: datetime) -> tuple[int, int, int]:
    """The hour's number, the usual one, and on how many of the days before anything was counted."""
    since = hour - DAYS_BEFORE * timedelta(days=1)
    counted = watched.count(since, hour + HOUR)
    before = [counted.get(hour - timedelta(days=days), 0) for days in range(1, DAYS_BEFORE + 1)]
    known = {moment.astimezone(SEOUL).date() for moment in counted if moment < hour}
    return counted.get(hour, 0), int(median(before)), len(known)


def _episode(watched: Watched, turn: Turn | None, *, hour: datetime, now: int, usual: int, at: datetime) -> Anomaly | None:
    """Begin, go on with or end an episode. Joins the caller's transaction; two at once begin one."""
    running = Anomaly.objects.select_for_update().filter(kind=watched.kind, ended_at=None).first()
    if running is not None:
        if turn != running.turn and hour > running.hour_at:
            running.ended_at = at
            running.save(update_fields=["ended_at"])
        if turn is None or turn == running.turn or hour <= running.hour_at:
            return None
    if turn is None or Anomaly.objects.filter(kind=watched.kind, hour_at=hour).exists():
        return None
    facts = {"turn": turn, "number": now, "usual": usual, "began_at": at}
    episode, is_new = Anomaly.objects.get_or_create(kind=watched.kind, hour_at=hour, defaults=facts)
    if not is_new:
        return None
    _tell(watched, episode, at=at)
    return episode


def _tell(watched: Watched, episode: Anomaly, *, at: datetime) -> None:
    hour = episode.hour_at.astimezone(SEOUL)
    how = "많아요" if episode.turn == Turn.MORE else "적어요"
    notifications.alert_operators(
        kind="backoffice.anomaly",
        title=f"{watched.kind.label}: 평소보다 훨씬 {how}",
        body=(
            f"{hour:%-m월 %-d일 %-H시}부터 한 시간 동안 {episode.number:,}{watched.unit}이에요. 지난 2주 같은 시간의 중앙값은 "
            f"{episode.usual:,}{watched.unit}이에요. 평소로 돌아올 때까지 다시 알리지 않아요."
        ),
        url=watched.room,
        key=f"anomaly:{episode.pk}",
        at=at,
    )
