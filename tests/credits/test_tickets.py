"""Members' tickets: through the SQL functions, from Python and from SQL."""

import pytest
from django.db import DatabaseError, connection, transaction

from credits import selectors
from credits import services as credits
from credits.models import Account, Entry
from tests.credits.book import house, lines, nothing_written

pytestmark = pytest.mark.usefixtures("ledger")


def grant(member, amount, at, key="gift:1:grant", kind="ISSUED"):
    return credits.grant(member_id=member.pk, amount=amount, kind=kind, key=key, at=at, reason="미션")


def spend(member, amount, at, key="raffle:1:entry:1", kind="RAFFLE"):
    return credits.spend(member_id=member.pk, amount=amount, kind=kind, key=key, at=at)


class TestGrant:
    def test_moves_tickets_from_issued_to_the_wallet(self, suji, at):
        entry = grant(suji, 5, at)
        assert lines(entry) == [("WALLET", None, 5, 5), ("ISSUED", None, -5, None)]
        assert (entry.kind, entry.reason, entry.advertiser, entry.hold) == ("TICKET_GRANT", "미션", None, None)
        assert (entry.occurred_at, entry.booked_at, str(entry.booked_on)) == (at, at, "2026-11-25")
        assert selectors.member_tickets(suji.pk) == 5

    def test_opens_the_wallet_when_nobody_did(self, suji, at):
        grant(suji, 5, at)
        found = Account.objects.filter(member_id=suji.pk).order_by("kind").values_list("kind", "unit", "balance")
        assert list(found) == [("IN_EXCHANGE", "TICKET", 0), ("WALLET", "TICKET", 5)]

    def test_uses_the_wallet_that_was_opened_at_sign_up(self, suji, at):
        credits.open_wallet(member_id=suji.pk)
        credits.open_wallet(member_id=suji.pk)
        assert selectors.member_tickets(suji.pk) == 0
        grant(suji, 5, at)
        assert Account.objects.filter(member_id=suji.pk).count() == 2

    def test_returns_the_first_entry_for_a_repeat_and_refuses_another_movement(self, suji, at):
        first = grant(suji, 5, at)
        with nothing_written():
            assert grant(suji, 5, at) == first
            with pytest.raises(credits.IdempotencyConflict), transaction.atomic():
                grant(suji, 6, at)
            with pytest.raises(credits.IdempotencyConflict), transaction.atomic():
                grant(suji, 5, at, kind="RAFFLE")

    def test_moves_whole_tickets_only(self, suji, at):
        with nothing_written():
            for amount in (0, -1, True, 1.5):
                with pytest.raises(ValueError):
                    grant(suji, amount, at)
            with pytest.raises(ValueError):
                credits.grant(unit="CREDIT", member_id=suji.pk, amount=1, kind="ISSUED", key="k", at=at)


class TestSpend:
    def test_moves_tickets_to_the_house(self, suji, at):
        grant(suji, 5, at)
        entry = spend(suji, 3, at)
        assert lines(entry) == [("WALLET", None, -3, 2), ("RAFFLE", None, 3, None)]
        assert (entry.kind, selectors.member_tickets(suji.pk)) == ("TICKET_SPEND", 2)

    def test_refuses_more_than_there_is_with_the_gap_and_leaves_no_row(self, suji, at):
        grant(suji, 5, at)
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal, transaction.atomic():
            spend(suji, 7, at)
        assert (refusal.value.code, refusal.value.http_status) == ("credits.insufficient", 409)
        assert refusal.value.context == {"unit": "TICKET", "shortfall": 2}
        assert str(refusal.value) == "티켓이 2장 부족해요."
        spend(suji, 5, at)
        assert selectors.member_tickets(suji.pk) == 0

    def test_takes_the_last_ticket_but_not_one_more(self, suji, at):
        grant(suji, 5, at)
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal, transaction.atomic():
            spend(suji, 6, at)
        assert refusal.value.context == {"unit": "TICKET", "shortfall": 1}
        spend(suji, 5, at, key="all")
        assert selectors.member_tickets(suji.pk) == 0

    def test_gives_entries_back_from_the_raffle(self, suji, at):
        grant(suji, 5, at)
        spend(suji, 5, at)
        grant(suji, 5, at, key="raffle:1:void:1", kind="RAFFLE")
        assert (selectors.member_tickets(suji.pk), house("RAFFLE", "TICKET"), house("ISSUED", "TICKET")) == (5, 0, -5)

    def test_refuses_the_key_of_a_grant(self, suji, at):
        grant(suji, 5, at)
        with nothing_written(), pytest.raises(credits.IdempotencyConflict), transaction.atomic():
            spend(suji, 5, at, key="gift:1:grant", kind="ISSUED")

    def test_refuses_the_key_that_another_member_used(self, suji, at):
        grant(suji, 5, at)
        credits.open_wallet(member_id=suji.pk + 1)
        with nothing_written(), pytest.raises(credits.IdempotencyConflict), transaction.atomic():
            credits.grant(member_id=suji.pk + 1, amount=5, kind="ISSUED", key="gift:1:grant", at=at)


class TestReverse:
    def test_takes_a_grant_back(self, suji, at):
        reversal = credits.reverse(entry=grant(suji, 5, at), key="r", at=at, actor="op", reason="부정 참여")
        assert lines(reversal) == [("WALLET", None, -5, 0), ("ISSUED", None, 5, None)]
        assert (reversal.kind, reversal.reason, reversal.actor) == ("TICKET_REVERSAL", "부정 참여", "op")

    def test_takes_what_is_there_and_the_rest_goes_to_loss(self, suji, at):
        granted = grant(suji, 5, at)
        spend(suji, 3, at)
        reversal = credits.reverse(entry=granted, key="r", at=at, actor="op", reason="부정 참여")
        assert lines(reversal) == [("WALLET", None, -2, 0), ("ISSUED", None, 5, None), ("LOSS", None, -3, None)]

    def test_owes_all_to_loss_when_all_is_spent(self, suji, at):
        granted = grant(suji, 5, at)
        spend(suji, 5, at)
        reversal = credits.reverse(entry=granted, key="r", at=at, actor="op", reason="부정 참여")
        assert lines(reversal) == [("ISSUED", None, 5, None), ("LOSS", None, -5, None)]

    def test_gives_a_spend_back_whole(self, suji, at):
        grant(suji, 5, at)
        reversal = credits.reverse(entry=spend(suji, 3, at), key="r", at=at, actor="op", reason="래플 무효")
        assert lines(reversal) == [("WALLET", None, 3, 5), ("RAFFLE", None, -3, None)]

    def test_happens_once(self, suji, at):
        granted = grant(suji, 5, at)
        other = grant(suji, 1, at, key="other")
        values = {"at": at, "actor": "op", "reason": "부정 참여"}
        first = credits.reverse(entry=granted, key="r", **values)
        with nothing_written():
            assert credits.reverse(entry=granted, key="r", **values) == first
            with pytest.raises(credits.IdempotencyConflict), transaction.atomic():
                credits.reverse(entry=granted, key="r2", **values)
            with pytest.raises(credits.IdempotencyConflict), transaction.atomic():
                credits.reverse(entry=other, key="r", **values)


class TestTheFunction:
    CALL = "SELECT credits_move_tickets(%s, %s, %s, %s, %s, %s, 'minji', '')"

    def call(self, *arguments):
        with connection.cursor() as cursor:
            cursor.execute(self.CALL, arguments)
            return cursor.fetchone()[0]

    def test_answers_other_functions_with_the_entry(self, suji, at):
        entry_id = self.call(suji.pk, 4, "ISSUED", "TICKET_GRANT", "k", at)
        assert Entry.objects.get(pk=entry_id).movement == f"member={suji.pk} amount=4 house=ISSUED"
        assert self.call(suji.pk, 4, "ISSUED", "TICKET_GRANT", "k", at) == entry_id

    @pytest.mark.parametrize(
        ("arguments", "state", "detail"),
        [
            ((-1, "RAFFLE", "TICKET_SPEND", "new"), "BS001", "1"),
            ((3, "ISSUED", "TICKET_GRANT", "k"), "BS002", None),
            ((0, "ISSUED", "TICKET_GRANT", "new"), "BS008", None),
            ((None, "ISSUED", "TICKET_GRANT", "new"), "BS008", None),
            ((1, "REVENUE", "TICKET_GRANT", "new"), "BS008", None),
            ((1, "ISSUED", "TOP_UP", "new"), "BS008", None),
        ],
    )
    def test_refuses_with_its_own_states(self, suji, at, arguments, state, detail):
        self.call(suji.pk, 4, "ISSUED", "TICKET_GRANT", "k", at)
        self.call(suji.pk, -4, "RAFFLE", "TICKET_SPEND", "k2", at)
        with nothing_written(), pytest.raises(DatabaseError) as refusal, transaction.atomic():
            self.call(suji.pk, *arguments, at)
        assert (refusal.value.__cause__.sqlstate, refusal.value.__cause__.diag.message_detail) == (state, detail)

    def test_passes_other_errors_through(self, suji, at):
        with pytest.raises(DatabaseError) as error, transaction.atomic():
            credits.grant(member_id=suji.pk, amount=1, kind="REVENUE", key="k", at=at)
        assert error.value.__cause__.sqlstate == "BS008"
