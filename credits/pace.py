"""How fast an advertiser spends, and how long the credits last at that pace. Reads only."""

from datetime import datetime, timedelta

from django.db.models import BigIntegerField, Q, Sum
from django.db.models.functions import Coalesce

from advertisers.models import Advertiser
from credits import selectors
from credits.models import Entry, Kind, Posting

WINDOW = timedelta(days=7)


def spent_lately(advertiser: Advertiser, *, at: datetime) -> int:
    """Credits charged within the last seven days, corrections taken off. One query."""
    taken = Posting.objects.filter(
        Q(entry__kind=Entry.Kind.CAPTURE) | Q(entry__kind=Entry.Kind.REVERSAL, entry__hold__isnull=False),
        entry__advertiser=advertiser,
        entry__booked_at__gt=at - WINDOW,
        entry__booked_at__lte=at,
        account__kind=Kind.HELD,
    )
    return -int(taken.aggregate(n=Coalesce(Sum("amount"), 0, output_field=BigIntegerField()))["n"])


def days_left(advertiser: Advertiser, *, at: datetime, balance: selectors.Balance | None = None) -> int | None:
    """
    Whole days for which the credits last at the pace of the last seven: what is free and what campaigns hold. None: nothing was spent.

    balance: where it was read already.   Two queries, or one.
    """
    spent = spent_lately(advertiser, at=at)
    if spent <= 0:
        return None
    balance = balance or selectors.balance(advertiser)
    return (balance.available + balance.held) * WINDOW.days // spent
