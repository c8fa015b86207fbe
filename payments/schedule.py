"""When the gateway is asked about an order again. Pure: moments in, a moment out; the answer is stored on the order."""

from datetime import datetime, timedelta

AFTER_A_HINT = tuple(timedelta(seconds=s) for s in (10, 30, 60, 120, 300, 600))
AFTER_OPENING = (timedelta(minutes=10), *(timedelta(hours=h) for h in range(1, 25)), *(timedelta(days=d) for d in range(2, 9)))
AFTER_CREDITING = tuple(timedelta(days=d) for d in range(1, 9))
AFTER_SILENCE = timedelta(minutes=5)
AFTER_SILENCE_OF_OLD_ORDERS = timedelta(hours=1)
NEW_HINT_AFTER = timedelta(hours=1)

ABANDONED_AFTER = timedelta(hours=24)
ALARM_AFTER = timedelta(minutes=15)


def next_check(*, opened_at: datetime, hinted_at: datetime | None, at: datetime) -> datetime | None:
    """
    The next question about an order that is not credited: soon after a return or webhook; at 10 minutes, hourly to a day, then daily
    for a week after the pay window opened. None when the schedule is over.
    """
    moments = [opened_at + wait for wait in AFTER_OPENING]
    if hinted_at is not None:
        moments += [hinted_at + wait for wait in AFTER_A_HINT]
    return min((moment for moment in moments if moment > at), default=None)


def next_look(*, credited_at: datetime, at: datetime) -> datetime | None:
    """The next look at a credited order for cancels that we did not make: daily for a little longer than the refund window."""
    return min((moment for wait in AFTER_CREDITING if (moment := credited_at + wait) > at), default=None)
