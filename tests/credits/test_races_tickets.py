"""32 clients spend the tickets of one member at once; the control is the same SQL function without its FOR UPDATE."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, transaction

from credits import proof, selectors
from credits import services as credits
from credits.models import Entry
from tests.credits.book import house
from tests.credits.racing import CLIENTS, fair, race, same_answer, tally

pytestmark = pytest.mark.django_db(transaction=True)

FUNCTION = "SELECT pg_get_functiondef('public.credits_move_tickets'::regproc)"
LOCK = "FOR UPDATE;\n        EXIT WHEN FOUND;"


@pytest.fixture
def ten_tickets(suji, at):
    with transaction.atomic():
        credits.grant(member_id=suji.pk, amount=10, kind="ISSUED", key="gift:1:grant", at=at)


@pytest.fixture
def unlocked(db):
    """A schema in front of ours whose `credits_move_tickets` looks without locking, and pauses before it writes."""
    with connection.cursor() as cursor:
        cursor.execute(FUNCTION)
        source = cursor.fetchone()[0]
        assert source.count(LOCK) == 1
        variant = source.replace(LOCK, ";\n        EXIT WHEN FOUND;").replace("public.", "unlocked.")
        variant = variant.replace("    IF v_balance + p_amount < 0", "    PERFORM pg_sleep(3);\n    IF v_balance + p_amount < 0")
        cursor.execute("CREATE SCHEMA unlocked")
        cursor.execute(variant)
    try:
        yield use_unlocked
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA unlocked CASCADE")


def use_unlocked() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = unlocked, public")


def spend(member, at, number, key="raffle:1:entry:{}"):
    return credits.spend(member_id=member.pk, amount=1, kind="RAFFLE", key=key.format(number), at=at)


def by_one_key(member, at) -> Callable[[int], Entry]:
    return lambda number: spend(member, at, number, key="raffle:1:entry")


class TestSpend:
    def test_lets_ten_of_200_spend_the_last_ten_tickets(self, suji, ten_tickets, at):
        outcomes = race(partial(spend, suji, at), attempts=200)
        assert fair(outcomes, winners=10)
        assert (selectors.member_tickets(suji.pk), house("RAFFLE", "TICKET")) == (0, 10)
        assert Entry.objects.filter(kind="TICKET_SPEND").count() == 10

    @pytest.mark.tampers
    def test_without_for_update_the_same_race_is_not_fair(self, suji, ten_tickets, unlocked, at):
        outcomes = race(partial(spend, suji, at), prepare=unlocked)
        assert not fair(outcomes, winners=10)
        assert tally(outcomes) == {"won": 10, "IntegrityError": CLIENTS - 10}
        assert proof.run(["I4"]).differences

    def test_of_one_key_takes_one_ticket_and_tells_everybody_the_same(self, suji, ten_tickets, at):
        assert same_answer(race(by_one_key(suji, at)))
        assert selectors.member_tickets(suji.pk) == 9

    def test_of_one_key_without_for_update_does_not_answer_everybody(self, suji, ten_tickets, unlocked, at):
        outcomes = race(by_one_key(suji, at), prepare=unlocked)
        assert not same_answer(outcomes)
        assert tally(outcomes) == {"won": 1, "credits.idempotency_conflict": CLIENTS - 1}


class TestGrant:
    def test_of_one_completion_arrives_once(self, suji, at):
        outcomes = race(lambda number: credits.grant(member_id=suji.pk, amount=5, kind="ISSUED", key="gift:1:grant", at=at))
        assert same_answer(outcomes)
        assert selectors.member_tickets(suji.pk) == 5

    def test_opens_one_wallet_for_32_first_grants(self, suji, at):
        outcomes = race(lambda number: credits.grant(member_id=suji.pk, amount=1, kind="ISSUED", key=f"gift:{number}:grant", at=at))
        assert fair(outcomes, winners=CLIENTS)
        assert selectors.member_tickets(suji.pk) == CLIENTS
