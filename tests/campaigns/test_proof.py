"""Each sentence of the proof is green on true books and names the row that somebody bent."""

import pytest
from django.db import connection

from campaigns import services
from campaigns.models import Campaign
from credits import proof
from tests import factories
from tests.campaigns.racing import without_the_check
from tests.campaigns.test_participation import complete, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.tampers]
ROOM = ("campaigns_budgetslot", "campaigns_budgetslot_never_oversold")


@pytest.fixture
def lived(running, suji, at):
    """One confirmed, captured; one running."""
    complete(suji, running, at)
    services.capture_due(campaign=running, at=at)
    start(factories.MemberFactory(), running, at)
    return running


def bend(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.rowcount >= 1


def found():
    return {line.split(":")[0] for line in proof.run(["I7", "I8", "I9", "I16", "I18"]).differences}


class TestProof:
    def test_is_green_on_true_books_in_every_state(self, lived, minji_user, operator, submit, at):
        assert found() == set()
        services.pause(campaign=lived, by=minji_user, at=at)
        assert found() == set()
        services.end(campaign=lived, by=minji_user, at=at)
        services.settle(campaign=lived, at=at)
        assert found() == set()
        services.reject(campaign=submit(key="two", budget=500), by=operator, at=at, reason="안 돼요")
        services.withdraw(campaign=submit(key="three", budget=400), by=minji_user, at=at)
        assert found() == set()

    @pytest.mark.parametrize(
        "sql,codes",
        [
            ("UPDATE campaigns_participation SET tickets = 2 WHERE state = 'REWARDED'", {"I7"}),
            ("UPDATE campaigns_participation SET state = 'EXPIRED' WHERE state = 'REWARDED'", {"I7"}),
            ("UPDATE campaigns_participation SET state = 'REFUSED' WHERE state = 'STARTED'", {"I7"}),
            ("UPDATE campaigns_participation SET price = 11 WHERE state = 'REWARDED'", {"I7"}),
            ("UPDATE campaigns_participation SET grant_entry_id = grant_entry_id + 1000 WHERE state = 'REWARDED'", {"I7"}),
            ("UPDATE campaigns_participation SET type = 'QUIZ' WHERE state = 'REWARDED'", {"I7"}),
            ("UPDATE campaigns_participation SET state = 'CHECKING' WHERE state = 'STARTED'", {"I7"}),
            ("UPDATE campaigns_participation SET state = 'QUARANTINED' WHERE state = 'STARTED'", {"I7"}),
            ("UPDATE campaigns_participation SET slot = 3 WHERE state = 'STARTED'", {"I7"}),
            ("DELETE FROM campaigns_participation WHERE state = 'REWARDED'", {"I7"}),
            ("UPDATE campaigns_budgetslot SET confirmed_credits = 20", {"I7"}),
            ("UPDATE campaigns_budgetslot SET taken = 3", {"I7"}),
            ("UPDATE campaigns_campaign SET captured_credits = 0", {"I7"}),
            ("UPDATE campaigns_campaign SET captured_units = 2", {"I7"}),
            ("UPDATE campaigns_campaign SET captured_tickets = 2", {"I7"}),
            ("UPDATE campaigns_campaign SET ticket_cost = 9", {"I7"}),
            ("UPDATE campaigns_campaign SET budget_credits = 900", {"I8", "I9"}),
            ("UPDATE campaigns_campaign SET daily_cap_credits = 900", {"I9"}),
            ("UPDATE campaigns_campaign SET unit_price = 1000", {"I8", "I9"}),
            ("UPDATE campaigns_budgetslot SET allowance = 101", {"I9"}),
        ],
    )
    def test_names_what_was_bent(self, lived, sql, codes):
        bend(sql)
        assert found() == codes

    def test_names_a_state_that_no_history_led_to(self, lived):
        bend("UPDATE campaigns_campaign SET state = 'PAUSED'")
        assert found() == {"I16"}

    def test_names_a_campaign_that_ended_with_money_on_hold(self, lived, minji_user, at):
        services.end(campaign=lived, by=minji_user, at=at)
        bend("UPDATE campaigns_campaign SET state = 'SETTLED'")
        assert found() == {"I8", "I16"}

    def test_names_a_slot_that_gave_out_more_than_it_had(self, lived):
        with without_the_check(*ROOM):
            bend("UPDATE campaigns_budgetslot SET allowance = 1")
            assert "I9" in found()
            Campaign.objects.get().slots.all().delete()

    def test_names_a_participation_outside_its_month(self, lived):
        bend("UPDATE campaigns_participation SET period_on = '2040-01-01' WHERE state = 'STARTED'")
        assert found() == {"I18"}
