"""S-49: balance and history change together or not at all, wherever inside the database's own function something breaks."""

import pytest
from django.db import DatabaseError, connection, transaction

from credits import services as credits
from credits.models import Entry
from tests.campaigns.racing import function_changed
from tests.credits.book import accounts, nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

FAULT = "RAISE EXCEPTION 'the disk is full';"
LOTS = "UPDATE credits_lot l"
HISTORY = "INSERT INTO credits_posting (entry_id,"
END = "AS line (account, house, lot, amount, balance);"
MOMENTS = {
    "after the balance": (LOTS, f"{FAULT} {LOTS}"),
    "after the lots": (HISTORY, f"{FAULT} {HISTORY}"),
    "after the history": (END, f"{END} {FAULT}"),
}


@pytest.fixture
def movements(minji, hold, at):
    """Every movement of credits that Minji could make with 700 free and 300 held credits, each under a key of its own."""
    with transaction.atomic():
        credits.freeze_for_refund(
            advertiser=minji, order_id="minji-order", credits=200, bonus=0, promotion=0, subject="refund:1", key="frozen", at=at
        )
    refund = {"advertiser": minji, "order_id": "minji-order", "bonus": 0, "promotion": 0, "at": at}
    return {
        "top_up": lambda: credits.top_up(advertiser=minji, credits=500, order_id="second", gateway="portone", key="t", at=at),
        "place_hold": lambda: credits.place_hold(advertiser=minji, credits=100, subject="campaign:2", subject_label="가을", key="p", at=at),
        "raise_hold": lambda: credits.raise_hold(hold=hold, credits=100, key="r", at=at),
        "capture": lambda: credits.capture(hold=hold, credits=100, reward_cost=40, key="c", at=at),
        "release": lambda: credits.release(hold=hold, credits=100, key="l", at=at),
        "freeze": lambda: credits.freeze_for_refund(credits=100, subject="refund:2", key="f", **refund),
        "reclaim": lambda: credits.reclaim(credits=100, gateway="portone", subject="refund:1", key="b", **refund),
    }


class TestAFaultInsideOneMovement:
    @pytest.mark.parametrize("moment", MOMENTS)
    def test_s_49_leaves_balance_lots_holds_and_history_as_they_were(self, moment, minji, movements):
        with nothing_written(), function_changed("credits_post", MOMENTS[moment]):
            for move in movements.values():
                with pytest.raises(DatabaseError, match="the disk is full"), transaction.atomic():
                    move()
        assert accounts(minji) == (500, 300, 200)

    def test_s_49_each_of_them_goes_through_once_nothing_breaks(self, movements):
        """The control: it was the fault that stopped them, and no key was used up."""
        before = Entry.objects.count()
        for move in movements.values():
            with transaction.atomic():
                move()
        assert Entry.objects.count() == before + len(movements)

    def test_s_49_a_balance_written_without_its_history_would_be_seen(self, minji):
        """The other control: the comparison looks at balances, not only at new rows."""
        with pytest.raises(AssertionError), transaction.atomic(), nothing_written(), connection.cursor() as cursor:
            cursor.execute("UPDATE credits_account SET balance = balance + 1 WHERE advertiser_id = %s", [minji.pk])
        assert accounts(minji) == (1_000, 0, 0)
