"""The same reward told sixteen times at once, and a day that is nearly full. With controls."""

import threading
from uuid import uuid4

import pytest
from django.db import transaction

from common import dated
from rewards import offerwalls
from rewards.models import Member, OfferwallCall, OfferwallReward
from rewards.offerwalls import receiving
from tests import factories
from tests.rewards.offerwall_world import GRANTED, adpopcorn, partner, tapjoy
from tests.rewards.raffle_world import give, tickets_of
from tests.rewards.test_races_raffles import together

pytestmark = pytest.mark.django_db(transaction=True)
SEEN = '{"Result":false,"ResultCode":3100,"ResultMsg":"duplicate transaction"}'


@pytest.fixture
def member(transactional_db, at):
    """With a ticket, so that the accounts are there and nobody waits for their making."""
    made = factories.MemberFactory()
    give(made, 1, at)
    return made


def limited(tickets, at, operator):
    with transaction.atomic():
        dated.change(name="rewards.offerwall_daily_tickets", value=tickets, effective_from=at, reason="시험", by_id=operator.pk, at=at)


class TestTheSameReward:
    def test_s_94_told_sixteen_times_at_once_is_paid_once_and_fifteen_hear_of_a_duplicate(self, member):
        answers = together(lambda _: adpopcorn(member).content.decode())
        assert (answers.count(GRANTED), answers.count(SEEN), tickets_of(member)) == (1, 15, 151)
        assert OfferwallCall.objects.filter(outcome="REPEATED").count() == 15

    def test_told_for_eight_members_at_once_is_paid_to_one(self, transactional_db, at):
        members = [factories.MemberFactory() for _ in range(8)]
        for one in members:
            give(one, 1, at)
        statuses = together(lambda number: tapjoy(members[number]).status_code, clients=8)
        assert (statuses.count(200), statuses.count(403), sorted(map(tickets_of, members))) == (1, 7, [1] * 7 + [151])

    def test_without_lock_and_unique_keys_it_would_be_paid_twice(self, member, monkeypatch):
        """The control: looked for first, written afterwards, under a key of its own, as one would write it without thinking."""
        looked = threading.Barrier(2)

        def careless(network, told, *, at):
            known = OfferwallReward.objects.filter(network=network.code, transaction__startswith=told.transaction).exists()
            looked.wait(timeout=20)
            assert not known
            row = OfferwallReward(
                network=network.code, transaction=f"{told.transaction}-{uuid4()}", member_id=member.pk, tickets=150, is_signed=True,
                state="PAID", received_at=at,
            )  # fmt: skip
            row.entry = receiving.pay(row, at=at)
            row.save()
            return receiving.Outcome.PAID, row

        monkeypatch.setattr(receiving, "_moved", careless)
        answers = together(lambda _: adpopcorn(member).content.decode(), clients=2)
        assert (answers, tickets_of(member)) == ([GRANTED] * 2, 301)


class TestANearlyFullDay:
    def test_lets_two_of_eight_in_and_keeps_six(self, member, at, operator):
        limited(300, at, operator)
        together(lambda number: adpopcorn(member, transaction=f"rk-{number}").content.decode(), clients=8)
        states = list(OfferwallReward.objects.values_list("state", flat=True))
        assert (states.count("PAID"), states.count("HELD"), tickets_of(member)) == (2, 6, 301)

    def test_without_the_members_lock_more_would_get_in(self, member, at, operator, monkeypatch):
        """The control: the same look, without the lock in front of it."""
        limited(150, at, operator)
        looked = threading.Barrier(2)
        sum_of = receiving._paid_today

        def slow(one, *, at):
            found = sum_of(one, at=at)
            looked.wait(timeout=20)
            return found

        monkeypatch.setattr(receiving, "_locked_member", lambda number: Member.objects.get(public_id=number))
        monkeypatch.setattr(receiving, "_paid_today", slow)
        together(lambda number: adpopcorn(member, transaction=f"rk-{number}").content.decode(), clients=2)
        assert tickets_of(member) == 301


class TestADecision:
    def test_of_eight_operators_pays_once(self, member, operator, at):
        adpopcorn(member, tickets=20_000)
        reward = OfferwallReward.objects.get()

        def press(_):
            with transaction.atomic():
                return offerwalls.decide(reward=reward, is_paid=True, reason="확인함", by=operator, at=at).state

        outcomes = together(press, clients=8)
        assert (outcomes.count("PAID"), outcomes.count("offerwall.decided"), tickets_of(member)) == (1, 7, 20_001)

    def test_and_a_reversal_at_once_end_in_one_of_two_ways(self, member, operator, at):
        partner(member, tickets=20_000)
        reward = OfferwallReward.objects.get()

        def act(number):
            if number:
                return partner(member, transaction="r-1", reverses="p-1").content.decode()
            with transaction.atomic():
                return offerwalls.decide(reward=reward, is_paid=True, reason="확인함", by=operator, at=at).state

        outcomes = together(act, clients=2)
        state = OfferwallReward.objects.get().state
        assert (state, tickets_of(member)) in [("REVERSED", 1), ("REFUSED", 1)]
        assert outcomes[0] == ("PAID" if state == "REVERSED" else "offerwall.decided")
