"""Each test of the ledger brings its own transaction, as every caller of the services must."""

from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction

from credits import services as credits


@pytest.fixture
def ledger(db: None) -> Iterator[None]:
    """A transaction for the test to move credits in; a refusal must not leave anything behind in it."""
    with transaction.atomic():
        yield


@pytest.fixture
def bonus(minji, at):
    """100 bonus credits that came with Minji's order."""
    with transaction.atomic():
        credits.grant_bonus(advertiser=minji, credits=100, order_id="minji-order", key="minji:bonus", at=at)


@pytest.fixture
def hold(minji, at):
    """300 of Minji's 1,000 credits, held for a campaign."""
    with transaction.atomic():
        return credits.place_hold(
            advertiser=minji, credits=300, subject="campaign:1", subject_label="봄 이벤트", key="campaign:1:hold", at=at
        )


@pytest.fixture
def time_machine_at():
    """Set the clock that doors read: `time_machine_at(moment)`."""
    travellers = []

    def travel(moment):
        traveller = time_machine.travel(moment, tick=False)
        traveller.start()
        travellers.append(traveller)

    yield travel
    for traveller in reversed(travellers):
        traveller.stop()
