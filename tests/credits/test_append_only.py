"""History stays as it was written, even for the owner of the tables, until the owner switches a guard off."""

import pgtrigger
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from common import guards
from credits import services as credits
from credits.models import Account, Entry, Posting
from tests.credits.book import nothing_written

TABLES = ("credits_entry", "credits_posting", "credits_daydigest", "credits_proofrun")


@pytest.fixture
def book(minji, at):
    """One entry in a closed day, and a kept proof."""
    with transaction.atomic():
        credits.close_day(on=at.date(), at=at.replace(day=27))
    credits.nightly_proof(at=at.replace(day=27))


def refused(statement, *, state):
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert refusal.value.__cause__.sqlstate == state
    return True


@pytest.mark.usefixtures("book")
class TestHistory:
    @pytest.mark.parametrize("table", TABLES)
    def test_refuses_update_delete_and_truncate(self, table):
        with nothing_written():
            assert refused(f"UPDATE {table} SET id = id", state="BS009")
            assert refused(f"DELETE FROM {table}", state="BS009")
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            assert refused(f"TRUNCATE {table} CASCADE", state="BS009")

    def test_refuses_an_upsert_that_changes_a_row(self):
        row = "INSERT INTO credits_daydigest SELECT * FROM credits_daydigest LIMIT 1 ON CONFLICT (id) DO UPDATE SET entries = 9"
        with nothing_written():
            assert refused(row, state="BS009")

    def test_cannot_be_ignored_from_inside_a_session(self):
        """The library's own way around its triggers does not work on guards."""
        with nothing_written(), pgtrigger.ignore():
            assert refused("DELETE FROM credits_posting", state="BS009")

    def test_refuses_to_empty_the_accounts_because_history_hangs_on_them(self):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with nothing_written():
            assert refused("TRUNCATE credits_account CASCADE", state="BS009")

    def test_takes_nothing_into_a_closed_day(self, at):
        with nothing_written(), pytest.raises(DatabaseError) as refusal, transaction.atomic():
            Entry.objects.create(kind="ADJUST", idempotency_key="late", movement="", occurred_at=at, booked_at=at, booked_on=at.date())
        assert refusal.value.__cause__.sqlstate == "BS007"


@pytest.mark.usefixtures("minji")
class TestKeys:
    """The services look before they write; behind them the database counts."""

    def write(self, at, **facts):
        with nothing_written(), pytest.raises(IntegrityError) as refusal, transaction.atomic():
            Entry.objects.create(movement="", occurred_at=at, booked_at=at, booked_on=at.date(), **facts)
        return refusal.value.__cause__.diag.constraint_name

    def test_refuse_a_second_top_up_of_an_order(self, at):
        assert self.write(at, kind="TOP_UP", idempotency_key="another", order_id="minji-order") == "credits_entry_one_top_up_per_order"

    def test_refuse_another_entry_of_the_same_key(self, at):
        assert self.write(at, kind="ADJUST", idempotency_key="minji:top_up") == "credits_entry_once_per_key"


@pytest.mark.usefixtures("minji")
class TestBalancedEntries:
    """What somebody could try in a shell, with the services out of the way."""

    @pytest.fixture
    def entry(self, db, at):
        return Entry.objects.create(kind="ADJUST", idempotency_key="shell", movement="", occurred_at=at, booked_at=at, booked_on=at.date())

    def lines(self, entry, *amounts, balance_after=None):
        house = [Account.objects.create(kind=f"FUNDING:test{number}", unit="CREDIT") for number in range(len(amounts))]
        return [
            Posting(entry=entry, account=a, amount=amount, balance_after=balance_after) for a, amount in zip(house, amounts, strict=True)
        ]

    def refused(self, rows, state):
        with pytest.raises(DatabaseError) as refusal, transaction.atomic():
            Posting.objects.bulk_create(rows)
        assert refusal.value.__cause__.sqlstate == state
        return True

    @pytest.mark.tampers
    def test_refuse_lines_that_do_not_sum_to_zero(self, entry):
        assert self.refused(self.lines(entry, 5, -4), "BS004")
        assert not entry.postings.exists()

    @pytest.mark.tampers
    def test_refuse_a_second_posting_of_the_same_entry(self, entry):
        Posting.objects.bulk_create(self.lines(entry, 5, -5))
        more = [Posting(entry=entry, account=row.account, amount=-row.amount) for row in entry.postings.all()]
        assert self.refused(more, "BS005")
        assert entry.postings.count() == 2

    @pytest.mark.tampers
    def test_refuse_credits_of_one_unit_against_tickets(self, entry):
        tickets = Account.objects.create(kind="ISSUED", unit="TICKET")
        (line,) = self.lines(entry, 5)
        assert self.refused([line, Posting(entry=entry, account=tickets, amount=-5)], "BS004")

    @pytest.mark.tampers
    def test_refuse_an_owned_line_without_balance_or_lot(self, minji, entry):
        owned = Account.objects.get(advertiser=minji, kind="AVAILABLE")
        (line,) = self.lines(entry, -5)
        assert self.refused([line, Posting(entry=entry, account=owned, amount=5)], "BS006")

    @pytest.mark.tampers
    def test_refuse_a_balance_below_zero(self, minji):
        with pytest.raises(DatabaseError) as refusal, transaction.atomic():
            Account.objects.filter(advertiser=minji, kind="AVAILABLE").update(balance=-1)
        assert "credits_account_never_below_zero" in str(refusal.value)


def test_every_guard_is_on_between_tests(transactional_db):
    """The test set-up switches the guards against TRUNCATE off only while it empties the tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A') AND NOT tgisinternal")
        enabled = {name for (name,) in cursor.fetchall()}
    expected = {trigger.get_pgid(model) for model, trigger in guards.guards()}
    assert len(expected) >= 14
    assert expected <= enabled
