"""How well our books meet those of a payment company. Read only; every figure is a share of rows that can be opened."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from payments.models import ReconciliationItem, ReconciliationRun

CLEARED_WITHIN = timedelta(hours=24)
CREDITED_WITHIN_SECONDS = 10
LOOKS_BACK = timedelta(days=30)
RUN_IS_OLD_AFTER = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Scores:
    """
    Of one payment company; shares in hundredths of a percent, None without anything to count.

    complete: movements of the last comparison that agree.   timely: payments of 30 days credited within ten seconds; p99_seconds.
    cleared: open differences not older than a day; waiting, too_old: how many there are, and how many are older.
    """

    gateway: str
    run: ReconciliationRun | None
    complete: int | None
    timely: int | None
    p99_seconds: int | None
    cleared: int | None
    waiting: int
    too_old: int

    def is_old(self, at: datetime) -> bool:
        """True when nobody has compared for more than a day."""
        return self.run is None or at - self.run.ran_at > RUN_IS_OLD_AFTER


def scores_of(gateway: str, *, at: datetime) -> Scores:
    """The three scores of a gateway. Three queries."""
    run = ReconciliationRun.objects.filter(gateway=gateway).order_by("-ran_at", "-pk").first()
    opened = list(
        ReconciliationItem.objects.filter(gateway=gateway, state=ReconciliationItem.State.OPEN).values_list("opened_at", flat=True)
    )
    too_old = sum(at - moment > CLEARED_WITHIN for moment in opened)
    timely, p99 = _timeliness(gateway, since=at - LOOKS_BACK)
    return Scores(
        gateway=gateway,
        run=run,
        complete=_share(run.explained, run.seen) if run else None,
        timely=timely,
        p99_seconds=p99,
        cleared=_share(len(opened) - too_old, len(opened)) if opened else 10_000,
        waiting=len(opened),
        too_old=too_old,
    )


def _share(part: int, whole: int) -> int | None:
    """In hundredths of a percent, rounded down: 100 % means all of them."""
    return part * 10_000 // whole if whole else None


def _timeliness(gateway: str, *, since: datetime) -> tuple[int | None, int | None]:
    """(share credited in time, 99th percentile in seconds) of payments that came on time to be told; late ones count as they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT COUNT(*), COUNT(*) FILTER (WHERE credited_at - paid_at <= make_interval(secs => %s)),
                   CEIL(EXTRACT(EPOCH FROM percentile_disc(0.99) WITHIN GROUP (ORDER BY credited_at - paid_at)))::int
              FROM payments_paymentorder WHERE gateway = %s AND paid_at >= %s AND credited_at IS NOT NULL
            """,
            [CREDITED_WITHIN_SECONDS, gateway, since],
        )
        found, in_time, p99 = cursor.fetchone()
    return _share(in_time, found), p99
