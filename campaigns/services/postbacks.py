"""What a campaign's developer sets up: further names of events, and a new generation of secrets. Each owns its transaction."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from campaigns.models import Campaign, PostbackEvent, PostbackSecret
from campaigns.postbacks import events, generations
from campaigns.postbacks.keys import FIRST
from campaigns.services import moves
from common.errors import DomainError
from identity.models import User

LONGEST_OVERLAP = timedelta(days=7)
MOST_EVENTS = 20


class EventTaken(DomainError):
    code = "postback.event_taken"
    message = "이미 뜻을 정한 이벤트 이름이에요. 다른 이름을 적거나 먼저 지워 주세요."


class TooManyEvents(DomainError):
    code = "postback.too_many_events"
    message = f"이벤트는 캠페인마다 {MOST_EVENTS}개까지 정할 수 있어요."


class SecretsOverlap(DomainError):
    code = "postback.secrets_overlap"
    message = "이전 비밀값을 아직 받고 있어요. 이전 비밀값을 끝낸 뒤 다시 바꿔 주세요."


def add_event(*, campaign: Campaign, name: str, meaning: str, by: User, at: datetime) -> PostbackEvent:
    """
    Give another name of an event its meaning. The event that pays stands in the campaign and was reviewed with it.

    :raises EventTaken: the name means something already.   :raises TooManyEvents: the campaign has as many as it may.
    """
    if events.is_goal(campaign, name):
        raise EventTaken
    try:
        with transaction.atomic(durable=True):
            moves.lock(campaign)
            if PostbackEvent.objects.filter(campaign=campaign).count() >= MOST_EVENTS:
                raise TooManyEvents
            return PostbackEvent.objects.create(campaign=campaign, name=name, meaning=meaning, made_at=at, made_by=by)
    except IntegrityError:
        raise EventTaken from None


def drop_event(*, campaign: Campaign, name: str) -> bool:
    """Forget what a name means; what was told by it stays in the log. False when it meant nothing."""
    with transaction.atomic(durable=True):
        return PostbackEvent.objects.filter(campaign=campaign, name__iexact=name).delete()[0] > 0


def rotate(*, campaign: Campaign, overlap: timedelta, by: User, at: datetime) -> PostbackSecret:
    """
    Make new secrets and addresses, at once; those before are taken until `overlap` is over. Two at a time, never three.

    :raises SecretsOverlap: the ones before the present are still taken.
    """
    until = at + min(max(overlap, timedelta()), LONGEST_OVERLAP)
    with transaction.atomic(durable=True):
        moves.lock(campaign)
        row = generations.newest(campaign)
        if row is not None and at < row.earlier_until:
            raise SecretsOverlap
        generation = (row.generation if row else FIRST) + 1
        return PostbackSecret.objects.create(campaign=campaign, generation=generation, made_at=at, made_by=by, earlier_until=until)


def end_earlier(*, campaign: Campaign, at: datetime) -> bool:
    """Take the secrets before the present ones no longer, from now on. False when their time is over already."""
    with transaction.atomic(durable=True):
        moves.lock(campaign)
        row = generations.newest(campaign)
        if row is None or row.earlier_until <= at:
            return False
        row.earlier_until = at
        row.save(update_fields=["earlier_until"])
        return True
