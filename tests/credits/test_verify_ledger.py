"""What `verify_ledger` does with what it finds. That it finds every broken sentence: tests/journeys/test_broken_books.py."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from bench import breakages
from credits import proof
from credits import services as credits
from credits.models import DayDigest, Lot, ProofRun
from identity.models import Notification
from tests.credits.book import nothing_written


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


def verify(*arguments):
    """(exit code, what it printed)."""
    said = StringIO()
    try:
        call_command("verify_ledger", *arguments, stdout=said)
    except CommandError as stopped:
        return stopped.returncode, said.getvalue()
    return 0, said.getvalue()


def a_closed_day_rewritten(owner):
    owner.change("UPDATE credits_entry SET reason = 'x' WHERE idempotency_key = 'eve:old' RETURNING id")
    return "day=2026-11-24 no longer has the hash it was closed with"


def an_entry_slipped_in_front_of_the_chain(owner):
    moment = "'2026-11-01 03:00Z'"
    (entry,) = owner.change(
        f"INSERT INTO {breakages.ENTRY} VALUES ('ADJUST', 'early', '', '', '', {moment}, {moment}, '2026-11-01', '', '') RETURNING id"
    )
    return f"entry={entry} is booked on 2026-11-01, before the first closed day"


def a_closed_day_that_counts_wrong(owner):
    owner.change("UPDATE credits_daydigest SET entries = 2 RETURNING id")
    return "day=2026-11-24 says 2 entries, 2 postings; the book has 1, 2"


def a_red_run_painted_green(owner):
    assert verify()[0] == 0
    (run,) = owner.change("UPDATE credits_proofrun SET counts = '{\"I1\": 1}' RETURNING id")
    return f"proof_run={run} does not follow the run before it"


@pytest.mark.tampers
@pytest.mark.usefixtures("book")
class TestClosedDays:
    @pytest.mark.parametrize(
        "tamper",
        [a_closed_day_rewritten, an_entry_slipped_in_front_of_the_chain, a_closed_day_that_counts_wrong, a_red_run_painted_green],
        ids=lambda tamper: tamper.__name__,
    )
    def test_show_what_was_done_to_them(self, tamper):
        row = tamper(breakages.Owner(connection))
        exit_code, said = verify("--dry-run")
        assert exit_code == 1
        assert f"          {row}\n" in said.split("FAIL I15 ", 1)[1]


@pytest.mark.usefixtures("book")
class TestVerifyLedger:
    @pytest.mark.tampers
    def test_looks_at_one_invariant_alone_too(self):
        breakages.a_balance_raised(breakages.Owner(connection))
        assert verify("--only", "I3")[0] == 1
        assert verify("--only", "I1")[0] == 0
        assert verify("--only", "I999")[0] == 2

    def test_prints_every_invariant_and_keeps_the_run(self):
        exit_code, said = verify()
        run = ProofRun.objects.get()
        assert exit_code == 0
        assert [text.split()[1] for text in said.splitlines() if text.startswith("ok")] == [
            found.code for found in proof.invariants() if not found.when_settled
        ]
        assert f"Kept as proof run {run.pk}, hash {run.hash}" in said
        assert (run.is_green, run.differences, set(run.counts.values())) == (True, [], {0})

    def test_looks_for_work_left_undone_once_all_is_settled(self):
        breakages.work_that_nobody_took_up(breakages.Owner(connection))
        assert verify("--dry-run")[0] == 0
        exit_code, said = verify("--dry-run", "--settled")
        assert exit_code == 1
        assert "kind=payments.receipt state=NEW" in said.split("FAIL I13 ", 1)[1]

    def test_only_looks_when_told_so(self):
        with nothing_written():
            assert verify("--dry-run")[0] == 0
            assert verify("--only", "I3")[0] == 0

    @pytest.mark.tampers
    def test_tells_the_operators_and_stops_money_when_asked_to(self, minji, at, time_machine_at):
        time_machine_at(at)
        breakages.a_balance_raised(breakages.Owner(connection))
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
        breakages.a_balance_raised(breakages.Owner(connection))
        assert verify()[0] == 1
        with transaction.atomic():
            credits.top_up(advertiser=minji, credits=1, order_id="o", gateway="portone", key="k", at=at)
        assert Lot.objects.get(order_id="o").available == 1
        assert not ProofRun.objects.get().is_green
        assert DayDigest.objects.count() == 1
