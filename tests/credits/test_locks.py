"""What the database is really asked: the lock on the accounts comes before the balance is looked at, in every movement."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credits import services as credits

ACCOUNTS = '"credits_account"'
# Where a balance, a lot or a share of a hold is read: the figures that a refusal is decided on.
FIGURES = re.compile(r'SELECT (?!1 ).*FROM "(credits_lot|credits_hold|credits_holdpart)"', re.DOTALL)
WRITES = re.compile(r"^(INSERT|UPDATE|DELETE|SELECT .* FROM credits_post\()")


@pytest.fixture
def asked(minji, at):
    """Credits of Minji's order on their way back."""
    return credits.freeze_for_refund(
        advertiser=minji, order_id="minji-order", credits=200, bonus=0, promotion=0, subject="refund:1", key="asked", at=at
    )


def top_up(minji, hold, at):
    credits.top_up(advertiser=minji, credits=500, order_id="new", gateway="portone", key="k", at=at)


def place_hold(minji, hold, at):
    credits.place_hold(advertiser=minji, credits=100, subject="campaign:2", subject_label="여름", key="k", at=at)


def raise_hold(minji, hold, at):
    credits.raise_hold(hold=hold, credits=100, key="k", at=at)


def capture(minji, hold, at):
    credits.capture(hold=hold, credits=100, reward_cost=10, key="k", at=at)


def release(minji, hold, at):
    credits.release(hold=hold, credits=100, key="k", at=at)


def freeze(minji, hold, at):
    credits.freeze_for_refund(
        advertiser=minji, order_id="minji-order", credits=100, bonus=0, promotion=0, subject="refund:2", key="k", at=at
    )


def reclaim(minji, hold, at):
    credits.reclaim(advertiser=minji, order_id="minji-order", credits=100, bonus=0, promotion=0, gateway="portone", key="k", at=at)


def unfreeze(minji, hold, at):
    credits.unfreeze(advertiser=minji, order_id="minji-order", credits=100, bonus=0, promotion=0, key="k", at=at)


def reclaim_unrequested(minji, hold, at):
    credits.reclaim_unrequested(
        advertiser=minji,
        order_id="minji-order",
        credits=100,
        bonus=0,
        promotion=0,
        gateway="portone",
        key="k",
        at=at,
        actor="sweep",
        reason="취소",
    )


def adjust(minji, hold, at):
    credits.adjust(advertiser=minji, credits=-100, key="k", at=at, actor="finance", reason="정정")


MOVEMENTS = [top_up, place_hold, raise_hold, capture, release, freeze, reclaim, unfreeze, reclaim_unrequested, adjust]


def executed(movement, *arguments):
    """The statements that a movement ran, in order."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        movement(*arguments)
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.usefixtures("ledger")
class TestEveryMovementOfCredits:
    @pytest.mark.parametrize("movement", MOVEMENTS, ids=lambda movement: movement.__name__)
    def test_locks_the_accounts_before_it_looks_or_writes(self, minji, hold, asked, at, movement):
        statements = executed(movement, minji, hold, at)
        locked = next(number for number, sql in enumerate(statements) if ACCOUNTS in sql and sql.endswith("FOR UPDATE"))
        assert 'ORDER BY "credits_account"."id" ASC FOR UPDATE' in statements[locked]
        assert f'"credits_account"."advertiser_id" = {minji.pk}' in statements[locked]
        figures = [number for number, sql in enumerate(statements) if FIGURES.search(sql)]
        keys = [number for number, sql in enumerate(statements) if "idempotency_key = " in sql and sql.startswith("SELECT")]
        writes = [number for number, sql in enumerate(statements) if WRITES.match(sql)]
        assert min(keys) > locked  # the key is looked up under the lock
        assert min(writes) > locked
        assert movement is top_up or figures  # a top-up needs no balance; everything else read one
        assert all(number > locked for number in figures)
        assert "credits_post(" in statements[writes[-1]]
        assert not [sql for sql in statements[:locked] if ACCOUNTS in sql]  # nobody has looked at a balance before

    @pytest.mark.parametrize("movement", MOVEMENTS, ids=lambda movement: movement.__name__)
    def test_reads_the_balance_from_the_locked_row_and_nowhere_else(self, minji, hold, asked, at, movement):
        statements = executed(movement, minji, hold, at)
        owned = [sql for sql in statements if sql.startswith("SELECT") and ACCOUNTS in sql and f'"advertiser_id" = {minji.pk}' in sql]
        assert owned
        assert all(sql.endswith("FOR UPDATE") for sql in owned)

    def test_the_sweep_of_expired_lots_does_the_same(self, minji, at):
        credits.grant_bonus(advertiser=minji, credits=10, key="b", at=at, expires_at=at)
        statements = executed(lambda: credits.expire_lots(advertiser=minji, at=at))
        locked = next(number for number, sql in enumerate(statements) if sql.endswith("FOR UPDATE"))
        assert min(number for number, sql in enumerate(statements) if FIGURES.search(sql)) > locked
        assert min(number for number, sql in enumerate(statements) if WRITES.match(sql)) > locked

    @pytest.mark.parametrize("movement", MOVEMENTS, ids=lambda movement: movement.__name__)
    def test_needs_a_bounded_number_of_statements(self, minji, hold, asked, at, movement):
        most = {place_hold: 4, capture: 4, release: 4, raise_hold: 5, top_up: 7}
        assert len(executed(movement, minji, hold, at)) <= most.get(movement, 8)


class TestTickets:
    @pytest.fixture
    def source(self, db):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_get_functiondef('credits_move_tickets'::regproc), pg_get_functiondef('credits_reverse_tickets'::regproc)"
            )
            return cursor.fetchone()

    def test_spend_is_one_call_of_the_function(self, ledger, suji, at):
        credits.grant(member_id=suji.pk, amount=5, kind="ISSUED", key="g", at=at)
        statements = executed(lambda: credits.spend(member_id=suji.pk, amount=1, kind="RAFFLE", key="s", at=at))
        (only,) = statements
        assert only.startswith(f"SELECT credits_move_tickets({suji.pk},  -1, 'RAFFLE', 'TICKET_SPEND', 's'")

    def test_the_function_locks_before_it_looks_up_the_key_checks_the_balance_or_writes(self, source):
        move = source[0]
        locked = move.index("FOR UPDATE")
        assert "SELECT id, balance INTO v_wallet, v_balance FROM credits_account" in move[:locked]
        for later in ("idempotency_key = p_key", "v_balance + p_amount < 0", "INSERT INTO credits_entry", "UPDATE credits_account"):
            assert move.index(later) > locked
        assert move.count("v_balance FROM") == 1  # the balance is read once, by the locking statement

    def test_so_does_the_reversal(self, source):
        reverse = source[1]
        locked = reverse.index("FOR UPDATE")
        assert "SELECT balance INTO v_balance FROM credits_account WHERE id = v_wallet" in reverse[:locked]
        for later in ("idempotency_key = p_key", "LEAST(v_amount, v_balance)", "INSERT INTO credits_entry", "UPDATE credits_account"):
            assert reverse.index(later) > locked
