"""Telling people that a bonus for topping up has begun: advertising, so only those who agreed to it hear of it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from advertisers.models import Membership
from identity import notifications, preferences
from identity.events import Fact
from identity.models import Consent, User
from payments import events
from payments.models import Offer

FRESH = timedelta(days=1)  # a bonus that began before that is no news any more
AT_ONCE = 200


def announce(*, at: datetime) -> int:
    """
    Tell everybody who may pay and agreed to news, once, of each bonus for everybody that began within a day and has something left;
    how many. Owns its transactions; a repeat tells nobody twice.
    """
    fresh = Offer.objects.running(at).for_everybody().filter(starts_at__gt=at - FRESH)
    left = fresh.filter(budget_credits__gt=F("reserved_credits") + F("granted_credits"))
    return sum(_announce(offer, at=at) for offer in left.order_by("pk"))


def _announce(offer: Offer, *, at: datetime) -> int:
    key = f"offer:{offer.pk}:began"
    payers = Membership.objects.acting().filter(role__in=sorted(events.OFFER_BEGAN.roles)).values("user")
    waiting = User.objects.filter(pk__in=payers, is_active=True).exclude(notifications__key=key)
    agreed = sorted(preferences.having_agreed(Consent.Kind.MARKETING, list(waiting.values_list("pk", flat=True))))
    told = 0
    for start in range(0, len(agreed), AT_ONCE):
        with transaction.atomic(durable=True):
            people = list(User.objects.filter(pk__in=agreed[start : start + AT_ONCE]).order_by("pk"))
            facts: dict[str, Fact] = {"offer": offer.name, "until": offer.ends_at, "from_credits": offer.from_credits}
            told += len(notifications.tell_all(events.OFFER_BEGAN, users=people, facts=facts, url="/payments/top-up/", key=key, at=at))
    return told
