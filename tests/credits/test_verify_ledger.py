"""The proof says no: each invariant is broken once, by the owner of the tables, behind the back of every guard."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from credits import proof
from credits import services as credits
from credits.models import Account, DayDigest, Entry, Hold, Lot, Posting, ProofRun
from identity.models import Notification
from tests.credits.book import nothing_written

TABLES = ("credits_entry", "credits_posting", "credits_daydigest", "credits_proofrun")


@pytest.fixture
def book(minji, eve, bonus, hold, suji, at):
    """A little of everything; the day before `at`'s is closed and has an entry."""
    with transaction.atomic():
        yesterday = at.replace(day=24)
        credits.grant_bonus(advertiser=eve, credits=7, key="eve:old", at=yesterday)
        credits.capture(hold=hold, credits=50, reward_cost=5, key="c", at=at)
        credits.release(hold=hold, credits=20, key="r", at=at)
        credits.freeze_for_refund(
            advertiser=minji, order_id="minji-order", credits=100, bonus=0, promotion=0, subject="refund:1", key="f", at=at
        )
        credits.grant(member_id=suji.pk, amount=5, kind="ISSUED", key="g", at=at)
        credits.spend(member_id=suji.pk, amount=2, kind="RAFFLE", key="s", at=at)
        credits.close_day(on=yesterday.date(), at=at)
    assert proof.run().is_green


def as_owner(*statements):
    """Change rows of history: the owner switches our triggers off and on again."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def verify(*arguments):
    """(exit code, what it printed)."""
    said = StringIO()
    try:
        call_command("verify_ledger", *arguments, stdout=said)
    except CommandError as stopped:
        return stopped.returncode, said.getvalue()
    return 0, said.getvalue()


def top_up_entry():
    return Entry.objects.get(kind="TOP_UP")


def line(kind, entry=None):
    return Posting.objects.filter(account__kind=kind, entry=entry or top_up_entry()).get()


def a_line_too_large():
    as_owner(f"UPDATE credits_posting SET amount = amount + 1 WHERE id = {line('AVAILABLE').pk}")
    return f"entry={top_up_entry().pk} unit=CREDIT sum=1"


def an_entry_without_lines():
    as_owner(
        """INSERT INTO credits_entry (kind, idempotency_key, movement, order_id, subject, occurred_at, booked_at, booked_on, actor, reason)
           VALUES ('ADJUST', 'bare', '', '', '', '2026-11-25 03:00Z', '2026-11-25 03:00Z', '2026-11-25', '', '')"""
    )
    return f"entry={Entry.objects.get(idempotency_key='bare').pk} unit=NONE sum=0"


def a_house_line_lost():
    as_owner(f"DELETE FROM credits_posting WHERE id = {line('FUNDING:portone').pk}")
    return "unit=CREDIT sum=1000"


def a_balance_raised(kind="AVAILABLE"):
    account = Account.objects.get(advertiser__name="민지네 커피", kind=kind)
    as_owner(f"UPDATE credits_account SET balance = balance + 1 WHERE id = {account.pk}")
    return f"account={account.pk} kind={kind} balance={account.balance + 1} postings={account.balance}"


def a_running_balance_changed():
    posting = line("AVAILABLE")
    as_owner(f"UPDATE credits_posting SET balance_after = 999 WHERE id = {posting.pk}")
    return f"posting={posting.pk} account={posting.account_id} balance_after=999 running=1000"


def a_second_top_up():
    as_owner(
        "DROP INDEX credits_entry_one_top_up_per_order",
        """INSERT INTO credits_entry (kind, idempotency_key, movement, order_id, subject, occurred_at, booked_at, booked_on, actor, reason)
           VALUES ('TOP_UP', 'twice', '', 'minji-order', '', '2026-11-25 03:00Z', '2026-11-25 03:00Z', '2026-11-25', '', '')""",
    )
    return "order=minji-order top_ups=2"


def a_lot_nobody_paid_for():
    as_owner(f"UPDATE credits_entry SET order_id = 'another-order' WHERE id = {top_up_entry().pk}")
    return "order=minji-order top_ups=0"


def a_hold_captured_too_much():
    hold = Hold.objects.get()
    as_owner(f"UPDATE credits_hold SET captured = captured + 1 WHERE id = {hold.pk}")
    return f"hold={hold.pk} placed=300 captured=51 released=20 parts_placed=300 parts_captured=50"


def a_share_of_a_lot_moved():
    part = Hold.objects.get().parts.get(lot__kind="PAID")
    as_owner(f"UPDATE credits_holdpart SET captured = captured + 1 WHERE id = {part.pk}")
    return f"lot={part.lot_id} held={part.lot.held} open_parts={part.open - 1}"


def used_credits_made_new():
    lot = Lot.objects.get(kind="BONUS", order_id="minji-order")
    as_owner(f"UPDATE credits_lot SET used = used - 1, available = available + 1 WHERE id = {lot.pk}")
    return f"lot={lot.pk} granted=100 available={lot.available + 1}"


def tickets_from_nowhere(suji_account="WALLET"):
    account = Account.objects.get(kind=suji_account, unit="TICKET")
    as_owner(f"UPDATE credits_account SET balance = balance + 1 WHERE id = {account.pk}")
    return "issued=5 held=4 spent=2"


def an_entry_given_to_somebody_else():
    entry = Entry.objects.get(kind="BONUS", order_id="minji-order")
    other = Account.objects.filter(advertiser__name="이브 상사").first().advertiser_id
    as_owner(f"UPDATE credits_entry SET advertiser_id = {other} WHERE id = {entry.pk}")
    return f"posting={entry.postings.get(account__kind='AVAILABLE').pk} entry_owner={other}"


def a_closed_day_rewritten():
    as_owner("UPDATE credits_entry SET reason = 'x' WHERE idempotency_key = 'eve:old'")
    return "day=2026-11-24 no longer has the hash it was closed with"


def an_entry_slipped_in_front_of_the_chain():
    as_owner(
        """INSERT INTO credits_entry (kind, idempotency_key, movement, order_id, subject, occurred_at, booked_at, booked_on, actor, reason)
           VALUES ('ADJUST', 'early', '', '', '', '2026-11-01 03:00Z', '2026-11-01 03:00Z', '2026-11-01', '', '')"""
    )
    return f"entry={Entry.objects.get(idempotency_key='early').pk} is booked on 2026-11-01, before the first closed day"


def a_closed_day_that_counts_wrong():
    as_owner("UPDATE credits_daydigest SET entries = 2")
    return "day=2026-11-24 says 2 entries, 2 postings; the book has 1, 2"


def a_red_run_painted_green():
    assert verify()[0] == 0
    run = ProofRun.objects.get()
    as_owner(f"UPDATE credits_proofrun SET counts = '{{\"I1\": 1}}' WHERE id = {run.pk}")
    return f"proof_run={run.pk} does not follow the run before it"


def a_day_that_is_not_seouls():
    entry = top_up_entry()
    as_owner(
        "ALTER TABLE credits_entry DROP CONSTRAINT credits_entry_booked_on_its_seoul_day",
        f"UPDATE credits_entry SET booked_on = '2026-11-26' WHERE id = {entry.pk}",
    )
    return f"entry={entry.pk} booked_at=2026-11-25 03:00:00+00:00 booked_on=2026-11-26"


def a_guard_switched_off():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_balanced%'")
        (name,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE credits_posting DISABLE TRIGGER {name}")
    return f"trigger={name} of credits_posting is missing, changed or off"


def a_guard_emptied():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_balanced%'")
        (name,) = cursor.fetchone()
        cursor.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    return f"trigger={name} of credits_posting is missing, changed or off"


def a_constraint_dropped():
    as_owner("ALTER TABLE credits_account DROP CONSTRAINT credits_account_never_below_zero")
    return "constraint=credits_account_never_below_zero of credits_account is missing"


SABOTAGES = [
    ("I1", a_line_too_large),
    ("I1", an_entry_without_lines),
    ("I2", a_house_line_lost),
    ("I3", a_balance_raised),
    ("I4", a_running_balance_changed),
    ("I6", a_second_top_up),
    ("I6", a_lot_nobody_paid_for),
    ("I8", a_hold_captured_too_much),
    ("I8", a_share_of_a_lot_moved),
    ("I10", used_credits_made_new),
    ("I11", tickets_from_nowhere),
    ("I12", an_entry_given_to_somebody_else),
    ("I15", a_closed_day_rewritten),
    ("I15", an_entry_slipped_in_front_of_the_chain),
    ("I15", a_closed_day_that_counts_wrong),
    ("I15", a_red_run_painted_green),
    ("I18", a_day_that_is_not_seouls),
    ("I19", a_guard_switched_off),
    ("I19", a_guard_emptied),
    ("I19", a_constraint_dropped),
]


@pytest.mark.tampers
@pytest.mark.usefixtures("book")
class TestSabotage:
    @pytest.mark.parametrize(("code", "sabotage"), SABOTAGES, ids=lambda value: value if isinstance(value, str) else value.__name__)
    def test_is_found_and_the_row_is_named(self, code, sabotage):
        row = sabotage()
        exit_code, said = verify("--dry-run")
        assert exit_code == 1
        failed = said.split(f"FAIL {code:<4} ", 1)
        assert len(failed) == 2, said
        named = failed[1].split("\nok  ")[0].split("\nFAIL")[0]
        assert row in named

    def test_list_breaks_every_invariant_of_the_ledger(self):
        own = {found.code for found in proof.invariants() if found.check.__module__ == "credits.invariants"}
        assert {code for code, _ in SABOTAGES} == own

    def test_is_found_by_one_invariant_alone_too(self):
        a_balance_raised()
        assert verify("--only", "I3")[0] == 1
        assert verify("--only", "I1")[0] == 0
        assert verify("--only", "I999")[0] == 2


@pytest.mark.usefixtures("book")
class TestVerifyLedger:
    def test_prints_every_invariant_and_keeps_the_run(self):
        exit_code, said = verify()
        run = ProofRun.objects.get()
        assert exit_code == 0
        assert [text.split()[1] for text in said.splitlines() if text.startswith("ok")] == [found.code for found in proof.invariants()]
        assert f"Kept as proof run {run.pk}, hash {run.hash}" in said
        assert (run.is_green, run.differences, set(run.counts.values())) == (True, [], {0})

    def test_only_looks_when_told_so(self):
        with nothing_written():
            assert verify("--dry-run")[0] == 0
            assert verify("--only", "I3")[0] == 0

    @pytest.mark.tampers
    def test_tells_the_operators_and_stops_money_when_asked_to(self, minji, at, time_machine_at):
        time_machine_at(at)
        a_balance_raised()
        assert verify("--stop-money")[0] == 1
        notice = Notification.objects.get(kind="credits.proof_red")
        assert notice.user is None  # for every operator
        assert "충전과 환불을 멈췄어요" in notice.body
        with transaction.atomic(), pytest.raises(credits.MoneyStopped):
            credits.top_up(advertiser=minji, credits=1, order_id="o", gateway="portone", key="k", at=at)
        assert not Lot.objects.filter(order_id="o").exists()

    @pytest.mark.tampers
    def test_leaves_money_moving_unless_asked_to_stop_it(self, minji, at, time_machine_at):
        time_machine_at(at)
        a_balance_raised()
        assert verify()[0] == 1
        with transaction.atomic():
            credits.top_up(advertiser=minji, credits=1, order_id="o", gateway="portone", key="k", at=at)
        assert Lot.objects.get(order_id="o").available == 1
        assert not ProofRun.objects.get().is_green
        assert DayDigest.objects.count() == 1
