"""Each test of the ledger brings its own transaction, as every caller of the services must."""

from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction

from credits import services as credits
from payments.models import Package, PaymentOrder
from payments.policy import policy_at


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
def paid_order(db):
    """Write the order of a top-up that is in the ledger already: `paid_order(advertiser, by, order_id, credits, paid_at)`."""

    def write(advertiser, by, order_id, amount, paid_at):
        package, _ = Package.objects.get_or_create(credits=amount)
        return PaymentOrder.objects.create(
            order_id=order_id, key=order_id, advertiser=advertiser, created_by=by, package=package, credits=amount, vat_krw=amount // 10,
            amount_krw=amount + amount // 10, gateway="portone", state=PaymentOrder.State.PAID, policy=policy_at(paid_at),
            captured_krw=amount + amount // 10, created_at=paid_at, paid_at=paid_at, credited_at=paid_at,
        )  # fmt: skip

    return write


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
