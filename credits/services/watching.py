"""Warning before credits run out: once per episode, in days left at the present pace."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from advertisers import webhooks
from advertisers.models import Advertiser
from advertisers.notifications import tell_team
from common import dated
from common.transactions import joined
from credits import events, pace
from credits.models import BalanceWatch, Entry

WARN_BELOW_DAYS = dated.define("credits.warn_below_days", default=3, label="크레딧 부족을 알리는 남은 날", most=90, unit="일")
RECOVERED_PERCENT = dated.define(
    "credits.recovered_percent", default=150, label="부족이 끝났다고 보는 기준(알리는 날의 %)", least=100, most=1000, unit="%"
)


def line_of(watch: BalanceWatch | None, *, at: datetime) -> int:
    """The number of days below which an advertiser is warned; 0: never."""
    return WARN_BELOW_DAYS.at(at) if watch is None or watch.warn_below_days is None else watch.warn_below_days


def set_warning(*, advertiser: Advertiser, days: int | None) -> BalanceWatch:
    """Choose below how many days left the team is warned. days: 0 to 90; None: as the house does, 0: never."""
    with transaction.atomic(durable=True):
        watch, _ = BalanceWatch.objects.select_for_update().get_or_create(advertiser=advertiser)
        watch.warn_below_days = days
        watch.save(update_fields=["warn_below_days"])
        return watch


def watched(*, at: datetime) -> QuerySet[Advertiser]:
    """Advertisers who spent something lately, or whose episode is open."""
    spenders = Entry.objects.filter(kind=Entry.Kind.CAPTURE, booked_at__gt=at - pace.WINDOW).values("advertiser")
    return Advertiser.objects.filter(Q(pk__in=spenders) | Q(balance_watch__is_low=True), is_active=True).order_by("pk")


def watch(*, advertiser: Advertiser, at: datetime) -> bool:
    """
    Look at one advertiser's credits: warn when an episode begins, end it when they last clearly longer again. Joins the caller's
    transaction. True when a warning was sent.
    """
    joined("a look at the balance")
    row, _ = BalanceWatch.objects.select_for_update().get_or_create(advertiser=advertiser)  # two workers: one turn
    line, left = line_of(row, at=at), pace.days_left(advertiser, at=at)
    if row.is_low and (left is None or not line or left * 100 >= line * RECOVERED_PERCENT.at(at)):
        row.is_low, row.changed_at = False, at
        row.save(update_fields=["is_low", "changed_at"])
    elif not row.is_low and line and left is not None and left < line:
        row.is_low, row.changed_at, row.episode = True, at, row.episode + 1
        row.save(update_fields=["is_low", "changed_at", "episode"])
        _warn(row, left, at=at)
        return True
    return False


def _warn(watch: BalanceWatch, left: int, *, at: datetime) -> None:
    tell_team(
        events.LOW,
        advertiser=watch.advertiser,
        facts={"when": f"약 {left}일 뒤에" if left else "오늘 안에"},
        url="/payments/top-up/",
        key=f"credits:low:{watch.advertiser_id}:{watch.episode}",
        at=at,
    )
    key, data = f"credits:low:{watch.episode}", {"days_left": left}
    webhooks.emit(advertiser=watch.advertiser, type=webhooks.events.CREDITS_LOW, key=key, data=data, at=at)
