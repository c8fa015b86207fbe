"""Many at once: the same press, the last second, and two clocks that draw. Each with its control."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from bench import rush
from common import handlers
from common.errors import DomainError
from rewards import raffles
from rewards.models import Member, Raffle, RaffleDraw, RaffleEntry, RaffleWinner
from rewards.raffles import claiming, drand, drawing, entering
from sandbox import drand as chain
from tests import factories
from tests.connecting import connect_patiently
from tests.rewards.raffle_world import give, opened, press, tickets_of

CLIENTS = 16
pytestmark = pytest.mark.django_db(transaction=True)


def together(attempt, clients=CLIENTS):
    """What came of the same moment for every client, each on a connection of its own."""
    start = threading.Barrier(clients)

    def one(number):
        try:
            connect_patiently()
            start.wait(timeout=60)
            return attempt(number)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(one, range(clients)))


@pytest.fixture
def raffle(operator, finance, at):
    return opened(at, by=operator, funder=finance)


@pytest.fixture
def member(transactional_db, at):
    made = factories.MemberFactory()
    give(made, 12, at)
    return made


class TestTheOpening:
    """`python -m bench.raffle_rush` does the same with two thousand members."""

    def test_everybody_is_answered_and_pays_for_exactly_what_they_hold(self, transactional_db, operator, finance, at):
        people = factories.MemberFactory.create_batch(40)
        raffle = rush.prepared(people, maker=operator, funder=finance, at=at)
        found = rush.rush(people, raffle, at=at, clients=8)
        assert (rush.wrong(people, raffle, found), Raffle.objects.get().state) == ({}, "OPEN")
        assert sum(found.early.values()) >= 20

    def test_without_the_wallets_lock_members_would_hold_more_than_they_may(self, transactional_db, operator, finance, at, monkeypatch):
        """The control: two entries of each member count what is held before either is written."""
        member = factories.MemberFactory()
        raffle = opened(at, by=operator, funder=finance, entries_per_member=1)
        counted, count = threading.Barrier(2), entering.chances_of

        def both_have_counted(row, member_id):
            held = count(row, member_id)
            counted.wait(timeout=20)
            return held

        monkeypatch.setattr(entering, "chances_of", both_have_counted)

        def unlocked(number):
            with transaction.atomic():
                return entering.earn(member_id=member.pk, raffle=raffle.public_id, chances=1, key=str(number), at=at)

        together(unlocked, clients=2)
        assert RaffleEntry.objects.count() == 2


class TestEntering:
    def test_usr_06_one_press_from_sixteen_clients_is_one_entry(self, raffle, member, at):
        outcomes = together(lambda _: press(member, raffle, chances=5, at=at).pk)
        assert (len(set(outcomes)), RaffleEntry.objects.count(), tickets_of(member)) == (1, 1, 7)

    def test_twelve_of_sixteen_presses_take_the_last_tickets(self, raffle, member, at):
        outcomes = together(lambda number: press(member, raffle, key=str(number), at=at).tickets)
        assert (outcomes.count(1), outcomes.count("credits.insufficient"), tickets_of(member)) == (12, 4, 0)

    def test_usr_07_nobody_is_in_a_frozen_list_who_was_not_frozen_into_it(self, raffle, member, at):
        """Entries stamped in time race with the closing: each is in the list, or was refused with its tickets kept."""
        outcomes = self.race(raffle, member)
        self.assert_whole(raffle, member, outcomes)

    def test_without_the_lock_somebody_would_pay_for_no_number(self, raffle, member, monkeypatch):
        """The control: an entry that does not wait for the closing pays, and holds no number."""
        looked, closing_done = threading.Event(), threading.Event()

        def unlocked(public_id):
            row = Raffle.objects.get(public_id=public_id)
            looked.set()
            closing_done.wait(timeout=20)
            return row

        monkeypatch.setattr(entering.moves, "share", unlocked)

        def attempt(number):
            if number:
                return press(member, raffle, at=raffle.opens_at).tickets
            looked.wait(timeout=20)
            raffles.close(raffle=raffle, at=raffle.closes_at)
            closing_done.set()
            return "closed"

        assert together(attempt, clients=2) == ["closed", 1]
        assert RaffleEntry.objects.get().first is None

    def race(self, raffle, member):
        def attempt(number):
            if number == 0:
                raffles.close(raffle=raffle, at=raffle.closes_at)
                return "closed"
            return press(member, raffle, key=str(number), at=raffle.opens_at).tickets

        return together(attempt, clients=12)

    def assert_whole(self, raffle, member, outcomes):
        entered = outcomes.count(1)
        assert entered + outcomes.count("raffle.closed") == 11
        assert tickets_of(member) == 12 - entered
        assert Raffle.objects.get(pk=raffle.pk).numbers == entered == RaffleEntry.objects.filter(first__isnull=False).count()


class TestDrawing:
    @pytest.fixture
    def waiting(self, raffle, member, at):
        handlers.load()
        press(member, raffle, at=at)
        return raffles.close(raffle=raffle, at=raffle.closes_at)

    def draw(self, raffle):
        signature = chain.signature_of(raffle.public_round)
        value = drand.PublicValue(raffle.public_round, signature, "ab" * 32)
        with transaction.atomic(durable=True):
            return drawing.record_draw(raffle_id=raffle.pk, value=value, at=raffle.draws_at).state

    def test_ops_24_sixteen_clocks_draw_once(self, waiting):
        assert set(together(lambda _: self.draw(waiting))) == {"DRAWN"}
        assert (RaffleDraw.objects.count(), RaffleWinner.objects.count()) == (1, 1)

    def test_without_the_lock_only_the_database_would_stop_the_second(self, waiting, monkeypatch):
        """The control: every clock believes that it is the first; the unique draw refuses all but one."""
        looked = threading.Barrier(CLIENTS)

        def unlocked(raffle_id):
            row = Raffle.objects.get(pk=raffle_id)
            looked.wait(timeout=20)
            return row

        monkeypatch.setattr(drawing, "locked", unlocked)

        def attempt(_):
            try:
                return self.draw(waiting)
            except Exception as exc:  # which error it is depends on who came first
                return type(exc).__name__

        outcomes = together(attempt)
        assert (outcomes.count("DRAWN"), len(set(outcomes))) == (1, 2)


class TestClaimingAndLapsing:
    def test_ops_25_a_prize_is_claimed_or_passed_on_but_never_both(self, raffle, member, at):
        other = factories.MemberFactory()
        give(other, 1, at)
        press(member, raffle, at=at)
        press(other, raffle, at=at)
        raffles.close(raffle=raffle, at=raffle.closes_at)
        TestDrawing().draw(Raffle.objects.get(pk=raffle.pk))
        winner = RaffleWinner.objects.get(place=1)

        who = Member.objects.get(pk=winner.member_id)

        def attempt(number):
            if number % 2:
                return raffles.claim(member=who, raffle=raffle.public_id, at=winner.answer_by - timedelta(seconds=1)).state
            return claiming.lapse(at=winner.answer_by)

        outcomes = together(attempt, clients=8)
        winner.refresh_from_db()
        assert winner.state in ("CLAIMED", "LAPSED")
        assert (outcomes.count(1) == 1) == (winner.state == "LAPSED")
