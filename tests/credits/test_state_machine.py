"""Any order of any movements, with refusals, repeats, expiry and closed days in between: the proof is green after every step."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule, run_state_machine_as_test

from common.kst import day_of, day_until
from credits import digests, proof, selectors
from credits import services as credits
from credits.models import Entry, Lot
from credits.services import holds as reserving
from tests import factories
from tests.campaigns.racing import function_changed
from tests.credits.book import accounts, nothing_written

AMOUNTS = st.integers(min_value=1, max_value=400)
START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


class Ledger(RuleBasedStateMachine):
    """
    Two advertisers and a member, and what we believe they have.

    have: [available, held, frozen] by advertiser, kept by simple addition. Every movement is remembered, to be said again.
    """

    orders = Bundle("orders")
    holds = Bundle("holds")
    frozen = Bundle("frozen")
    said = Bundle("said")

    @initialize()
    def two_advertisers_and_a_member(self):
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.at = START
        self.count = 0
        self.people = [factories.AdvertiserFactory(), factories.AdvertiserFactory()]
        self.have = {person: [0, 0, 0] for person in self.people}
        self.member = factories.MemberFactory().pk
        self.tickets = 0

    def teardown(self):
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    # ---- saying it

    def key(self):
        self.count += 1
        return f"key-{self.count}"

    def attempt(self, call, *, fits):
        """Do it; it must succeed exactly when it fits, and a refusal leaves every row as it was. The result, or None."""
        if fits:
            with transaction.atomic():
                return call()
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal, transaction.atomic():
            call()
        assert refusal.value.context["shortfall"] > 0
        return None

    def usable(self, person):
        return sum(lot.available for lot in Lot.objects.filter(advertiser=person, expires_at__gt=self.at))

    def moved(self, person, available=0, held=0, frozen=0):
        for place, amount in enumerate((available, held, frozen)):
            self.have[person][place] += amount

    def back(self, person, entry):
        """Credits that come back are available, unless their lot has expired meanwhile."""
        return sum(line.amount for line in entry.postings.filter(account__kind="AVAILABLE", account__advertiser=person))

    # ---- credits arrive

    @rule(target=orders, who=st.integers(0, 1), amount=AMOUNTS)
    def top_up(self, who, amount):
        person, key = self.people[who], self.key()
        with transaction.atomic():
            credits.top_up(advertiser=person, credits=amount, order_id=f"order-{key}", gateway="portone", key=key, at=self.at)
        self.moved(person, amount)
        return person, f"order-{key}"

    @rule(order=orders, amount=AMOUNTS, days=st.sampled_from([1, 3, 400]))
    def bonus(self, order, amount, days):
        person, order_id = order
        expires_at = self.at + timedelta(days=days)
        with transaction.atomic():
            credits.grant_bonus(advertiser=person, credits=amount, order_id=order_id, key=self.key(), at=self.at, expires_at=expires_at)
        self.moved(person, amount)

    # ---- campaigns

    @rule(target=holds, who=st.integers(0, 1), amount=AMOUNTS)
    def place_hold(self, who, amount):
        person, key = self.people[who], self.key()

        def call():
            return credits.place_hold(advertiser=person, credits=amount, subject=key, subject_label="이벤트", key=key, at=self.at)

        hold = self.attempt(call, fits=amount <= self.usable(person))
        if hold is None:
            return multiple()
        self.moved(person, -amount, amount)
        return hold

    @rule(hold=holds, amount=AMOUNTS)
    def raise_hold(self, hold, amount):
        key = self.key()
        fits = amount <= self.usable(hold.advertiser)
        if self.attempt(lambda: credits.raise_hold(hold=hold, credits=amount, key=key, at=self.at), fits=fits):
            self.moved(hold.advertiser, -amount, amount)

    @rule(target=said, hold=holds, amount=AMOUNTS, percent=st.integers(0, 100))
    def capture(self, hold, amount, percent):
        hold.refresh_from_db()
        key, cost, at = self.key(), amount * percent // 100, self.at

        def call():
            return credits.capture(hold=hold, credits=amount, reward_cost=cost, key=key, at=at)

        entry = self.attempt(call, fits=amount <= hold.open)
        if entry is None:
            return multiple()
        self.moved(hold.advertiser, 0, -amount)
        return call, entry

    @rule(target=said, hold=holds, amount=AMOUNTS)
    def release(self, hold, amount):
        hold.refresh_from_db()
        key, at = self.key(), self.at

        def call():
            return credits.release(hold=hold, credits=amount, key=key, at=at)

        entry = self.attempt(call, fits=amount <= hold.open)
        if entry is None:
            return multiple()
        self.moved(hold.advertiser, self.back(hold.advertiser, entry), -amount)
        return call, entry

    # ---- refunds

    @rule(target=frozen, order=orders, amount=AMOUNTS, bonus=st.integers(0, 100), promotion=st.integers(0, 20))
    def freeze(self, order, amount, bonus, promotion):
        person, order_id = order
        key = self.key()
        lots = Lot.objects.filter(order_id=order_id, expires_at__gt=self.at)
        paid = sum(lot.available for lot in lots if lot.kind == "PAID")
        free = sum(lot.available for lot in lots if lot.kind == "BONUS")
        parts = {"advertiser": person, "order_id": order_id, "credits": amount, "bonus": bonus, "promotion": promotion}
        entry = self.attempt(
            lambda: credits.freeze_for_refund(**parts, subject=key, key=key, at=self.at), fits=amount + promotion <= paid and bonus <= free
        )
        if entry is None:
            return multiple()
        total = amount + bonus + promotion
        self.moved(person, -total, 0, total)
        return parts

    @rule(target=said, parts=consumes(frozen))
    def reclaim(self, parts):
        key, at = self.key(), self.at

        def call():
            return credits.reclaim(**parts, gateway="portone", key=key, at=at)

        entry = self.attempt(call, fits=True)
        self.moved(parts["advertiser"], 0, 0, -parts["credits"] - parts["bonus"] - parts["promotion"])
        return call, entry

    @rule(target=said, parts=consumes(frozen))
    def unfreeze(self, parts):
        key, at = self.key(), self.at

        def call():
            return credits.unfreeze(**parts, key=key, at=at)

        entry = self.attempt(call, fits=True)
        total = parts["credits"] + parts["bonus"] + parts["promotion"]
        self.moved(parts["advertiser"], self.back(parts["advertiser"], entry), 0, -total)
        return call, entry

    @rule(order=orders, amount=AMOUNTS)
    def cancel_behind_our_back(self, order, amount):
        person, order_id = order
        usable = sum(lot.available for lot in Lot.objects.filter(advertiser=person, kind="PAID", expires_at__gt=self.at))
        with transaction.atomic():
            _, receivable = credits.reclaim_unrequested(
                advertiser=person,
                order_id=order_id,
                credits=amount,
                bonus=0,
                promotion=0,
                gateway="portone",
                key=self.key(),
                at=self.at,
                actor="sweep",
                reason="취소",
            )
        assert receivable == max(0, amount - usable)
        self.moved(person, receivable - amount)

    # ---- corrections

    @rule(who=st.integers(0, 1), amount=st.integers(-200, 200).filter(bool))
    def adjust(self, who, amount):
        person, key = self.people[who], self.key()
        fits = amount > 0 or -amount <= self.usable(person)
        call = {"advertiser": person, "credits": amount, "key": key, "at": self.at, "actor": "finance", "reason": "정정"}
        if self.attempt(lambda: credits.adjust(**call), fits=fits):
            self.moved(person, amount)

    @rule(who=st.integers(0, 1))
    def reverse_the_newest_capture(self, who):
        person = self.people[who]
        captures = Entry.objects.filter(advertiser=person, kind="CAPTURE", reversals=None)
        if entry := captures.order_by("-pk").first():
            amount = -sum(line.amount for line in entry.postings.filter(account__kind="HELD"))
            with transaction.atomic():
                credits.reverse(entry=entry, key=self.key(), at=self.at, actor="finance", reason="무효")
            self.moved(person, 0, amount)

    # ---- tickets

    @rule(amount=st.integers(1, 5))
    def grant_tickets(self, amount):
        with transaction.atomic():
            credits.grant(member_id=self.member, amount=amount, kind="ISSUED", key=self.key(), at=self.at)
        self.tickets += amount

    @rule(amount=st.integers(1, 8))
    def spend_tickets(self, amount):
        key = self.key()

        def call():
            return credits.spend(member_id=self.member, amount=amount, kind="RAFFLE", key=key, at=self.at)

        if self.attempt(call, fits=amount <= self.tickets):
            self.tickets -= amount

    # ---- time, and saying it again

    @rule(hours=st.sampled_from([1, 14, 30, 80]))
    def time_passes(self, hours):
        self.at += timedelta(hours=hours)

    @rule()
    def sweep(self):
        with transaction.atomic():
            for entry in credits.expire_lots(at=self.at):
                self.moved(entry.advertiser, self.back(entry.advertiser, entry))
        assert not credits.owners_of_expired_lots(at=self.at).exists()

    @rule()
    def close_the_days_that_are_over(self):
        while (on := digests.next_day_to_close()) is not None and day_until(on) <= self.at and on < day_of(self.at):
            with transaction.atomic():
                credits.close_day(on=on, at=self.at)

    @rule(again=said)
    def say_it_again(self, again):
        call, entry = again
        with nothing_written(), transaction.atomic():
            assert call() == entry

    # ---- and after every step

    @invariant()
    def everybody_has_what_we_believe(self):
        for person, expected in getattr(self, "have", {}).items():
            assert list(accounts(person)) == expected
            balance = selectors.balance(person)
            assert [balance.available, balance.held, balance.frozen] == expected
        if hasattr(self, "member"):
            assert selectors.member_tickets(self.member) == self.tickets

    @invariant()
    def the_proof_is_green(self):
        assert proof.run(OWN).differences == []


# What the orders of payments and the campaigns say of the ledger is not part of this story: nobody ordered or ran anything.
OWN = sorted({found.code for found in proof.invariants() if found.check.__module__ == "credits.invariants"})


def play(**more):
    """Eight stories of 30 steps; a failing one is printed as a program."""
    chosen = {"max_examples": 8, "stateful_step_count": 30, "deadline": None, "database": None, "print_blob": True, **more}
    run_state_machine_as_test(Ledger, settings=settings(suppress_health_check=list(HealthCheck), **chosen))


@pytest.mark.django_db
def test_any_order_of_movements_keeps_the_books_whole():
    play()


@pytest.mark.django_db
class TestOneStepOfAStory:
    """The negative controls: what is checked after a step sees a ledger with a bug, and one that nobody predicted."""

    @pytest.fixture
    def story(self):
        story = Ledger()
        story.two_advertisers_and_a_member()
        story.top_up(0, 100)
        yield story
        story.teardown()

    def check(self, story):
        story.everybody_has_what_we_believe()
        story.the_proof_is_green()

    def test_is_fine_when_nothing_is_wrong(self, story):
        story.release(story.place_hold(0, 60), 20)
        self.check(story)

    def test_shows_a_release_that_forgets_to_count(self, story):
        with function_changed("credits_post", ("SET released = released - v_held", "SET released = released")):
            story.release(story.place_hold(0, 60), 20)
        with pytest.raises(AssertionError, match="I8: hold="):
            self.check(story)

    def test_shows_a_charge_that_leaves_too_much(self, story, monkeypatch):
        take_all = reserving.take_all
        monkeypatch.setattr(reserving, "take_all", lambda amount, supply: take_all(max(1, amount - 1), supply))
        story.place_hold(0, 60)
        with pytest.raises(AssertionError):
            self.check(story)

    def test_shows_a_refusal_that_should_not_have_been(self, story, monkeypatch):
        monkeypatch.setattr(reserving, "_choose", lambda wallet, credits, *_, **__: reserving.take_all(credits, []))
        with pytest.raises(credits.InsufficientCredits):
            story.place_hold(0, 60)
