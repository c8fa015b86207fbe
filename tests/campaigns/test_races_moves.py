"""Decisions, money and participations of one campaign at the same moment. Each race has its negative control."""

from datetime import timedelta
from itertools import count
from threading import Barrier, Event

import pytest
from django.db import connection, transaction

from campaigns import services, tokens
from campaigns.models import BudgetSlot, Campaign, CampaignEvent, Participation, State
from campaigns.services import budget, moves
from common.errors import Busy
from common.kst import day_of
from credits import proof
from credits import selectors as credits
from credits.models import Entry
from tests import factories
from tests.campaigns.conftest import DEVICE
from tests.campaigns.racing import CLIENTS, deadlocks, function_changed, tally, together, without_the_check
from tests.credits.racing import without_the_lock

pytestmark = pytest.mark.django_db(transaction=True)


def start(member, campaign, at):
    return services.start(member=member.pk, campaign=campaign.public_id, device=DEVICE, at=at)


@pytest.fixture
def stayed(at):
    """Members who started, opened and stayed: what is left is to confirm."""

    def stayed(campaign, number):
        ready = []
        for _ in range(number):
            member = factories.MemberFactory()
            token = tokens.read(start(member, campaign, at).token(at=at), device=DEVICE)
            services.open_landing(member=member.pk, token=token, at=at)
            ready.append((member.pk, token))
        return ready

    return stayed


@pytest.fixture
def unlocked(monkeypatch):
    """The negative control: `moves.lock` only looks."""
    monkeypatch.setattr(moves, "lock", lambda row: Campaign.objects.select_related("hold", "advertiser").get(pk=row.pk))


def confirm(ready, at):
    member, token = ready
    return services.confirm(member=member, token=token, beats=0, at=at + timedelta(seconds=12))


class TestConfirm:
    def test_of_one_participation_by_32_clients_pays_once_and_tells_everybody_the_same(self, running, stayed, at):
        (ready,) = stayed(running, 1)
        outcomes = together([lambda: confirm(ready, at)] * CLIENTS)
        assert tally(outcomes) == {"won": CLIENTS}
        assert sum(outcome.is_new for outcome in outcomes) == 1
        assert len({(outcome.public_id, outcome.confirmed_at, outcome.state) for outcome in outcomes}) == 1
        assert (credits.member_tickets(ready[0]), Entry.objects.filter(kind="TICKET_GRANT").count()) == (1, 1)
        slot = BudgetSlot.objects.get()
        assert (slot.confirmed, slot.confirmed_credits) == (1, 10)

    @pytest.mark.tampers
    def test_without_the_lock_on_the_participation_it_is_counted_more_than_once(self, running, stayed, at):
        (ready,) = stayed(running, 1)
        unlocked = function_changed("campaigns_lock_started", (" FOR UPDATE OF p;", "; PERFORM pg_sleep(1);"))
        with unlocked, without_the_check("campaigns_budgetslot", "campaigns_budgetslot_confirmed_were_taken"):
            together([lambda: confirm(ready, at)] * 8)
            # The key of the grant still pays the member once; the advertiser would pay for one visit again and again.
            assert credits.member_tickets(ready[0]) == 1
            assert BudgetSlot.objects.get().confirmed > 1
            assert any(line.startswith("I7") for line in proof.run(["I7"]).differences)
            BudgetSlot.objects.all().delete()

    @pytest.mark.parametrize("stop", ["pause", "end", "lock"])
    def test_while_somebody_stops_the_campaign_everybody_who_stayed_is_paid(self, running, stayed, stop, minji_user, operator, at):
        ready = stayed(running, 15)
        halt = {
            "pause": lambda: services.pause(campaign=running, by=minji_user, at=at),
            "end": lambda: services.end(campaign=running, by=minji_user, at=at),
            "lock": lambda: services.lock(campaign=running, by=operator, at=at, reason="확인"),
        }[stop]
        before = deadlocks()
        outcomes = together([halt, *(lambda r=r: confirm(r, at) for r in ready)])
        assert (tally(outcomes), deadlocks()) == ({"won": 16}, before)
        assert [credits.member_tickets(member) for member, _ in ready] == [1] * 15
        slot = BudgetSlot.objects.get()
        assert (slot.taken, slot.confirmed, slot.confirmed_credits) == (15, 15, 150)

    @pytest.mark.tampers
    def test_a_confirm_that_asked_whether_the_campaign_still_runs_would_leave_somebody_unpaid(self, running, stayed, minji_user, at):
        ready = stayed(running, 15)
        asks = "IF (SELECT k.state FROM campaigns_campaign k WHERE k.id = answer.campaign_id) <> 'RUNNING' THEN RETURN; END IF;"
        with function_changed(
            "campaigns_confirm",
            ("  IF answer.dwell_seconds > 0 AND", f"  PERFORM pg_sleep(2);\n  {asks}\n  IF answer.dwell_seconds > 0 AND"),
        ):
            together([lambda: services.pause(campaign=running, by=minji_user, at=at), *(lambda r=r: confirm(r, at) for r in ready)])
        assert sum(credits.member_tickets(member) for member, _ in ready) < 15


class TestEnd:
    def test_against_starts_leaves_no_place_and_no_started_one_without_its_money(self, running, minji, minji_user, at):
        members = [factories.MemberFactory() for _ in range(31)]
        outcomes = together(
            [lambda: services.end(campaign=running, by=minji_user, at=at), *(lambda m=m: start(m, running, at) for m in members)]
        )
        words = tally(outcomes)
        assert set(words) <= {"won", "mission.closed", "mission.sold_out", "mission.closed_today"}
        began = words["won"] - 1
        slot = BudgetSlot.objects.get()
        assert (slot.taken, slot.room, Participation.objects.count()) == (began, 0, began)
        services.settle(campaign=running, at=at)
        assert credits.balance(minji).held == began * 10
        late = at + timedelta(minutes=10)
        services.expire(campaign=running, at=late)
        assert services.settle(campaign=running, at=late).state == State.SETTLED
        assert (credits.balance(minji).held, credits.balance(minji).available) == (0, 1_000)

    @pytest.mark.tampers
    def test_without_the_slots_lock_an_end_that_looks_and_then_writes_is_stopped_by_the_database(
        self, running, minji_user, at, monkeypatch
    ):
        """A start between look and write has no room left behind it: the check on the slot refuses the end as a whole."""
        looked, started = Event(), Event()

        def careless(campaign):
            (slot,) = BudgetSlot.objects.filter(campaign=campaign)
            looked.set()
            started.wait(timeout=20)
            BudgetSlot.objects.filter(pk=slot.pk).update(allowance=slot.taken - slot.returned)

        def between():
            looked.wait(timeout=20)
            try:
                return start(factories.MemberFactory(), running, at)
            finally:
                started.set()

        monkeypatch.setattr(budget, "close_slots", careless)
        outcomes = together([lambda: services.end(campaign=running, by=minji_user, at=at), between])
        assert tally(outcomes) == {"IntegrityError": 1, "won": 1}
        running.refresh_from_db()
        assert running.state == State.RUNNING

    def test_settling_from_many_workers_captures_and_releases_once(self, running, stayed, minji, minji_user, at):
        for ready in stayed(running, 3):
            confirm(ready, at)
        services.end(campaign=running, by=minji_user, at=at)
        assert tally(together([lambda: services.settle(campaign=running, at=at)] * 16)) == {"won": 16}
        assert (credits.balance(minji).available, credits.balance(minji).held) == (970, 0)
        assert [Entry.objects.filter(kind=kind).count() for kind in ("CAPTURE", "RELEASE")] == [1, 1]

    def test_who_confirms_while_it_is_settled_is_charged(self, running, stayed, minji, minji_user, at, monkeypatch):
        """Found by the storm with seed 20261128: the last one confirmed between two looks at the slots, and was given away."""
        first, last = stayed(running, 2)
        confirm(first, at)
        services.end(campaign=running, by=minji_user, at=at)
        capture, outcomes = budget._capture, []

        def interrupted(campaign, **facts):
            due = capture(campaign, **facts)
            monkeypatch.setattr(budget, "_capture", capture)
            outcomes.extend(together([lambda: confirm(last, at)]))
            return due

        monkeypatch.setattr(budget, "_capture", interrupted)
        assert services.settle(campaign=running, at=at).state == State.ENDED
        assert tally(outcomes) == {"won": 1}
        assert credits.balance(minji).held == 10
        assert services.settle(campaign=running, at=at).state == State.SETTLED
        assert (credits.balance(minji).available, credits.balance(minji).held) == (980, 0)

    def test_settling_without_the_locks_leaves_most_workers_without_an_answer(
        self, running, stayed, minji, minji_user, at, monkeypatch, unlocked
    ):
        """The second guards hold the money: the key of the movement and the conditional write of the state."""
        for ready in stayed(running, 3):
            confirm(ready, at)
        services.end(campaign=running, by=minji_user, at=at)
        capture, everybody = budget._capture, Barrier(16)
        monkeypatch.setattr(budget.ledger, "lock_wallet", lambda advertiser: None)
        monkeypatch.setattr(budget, "_capture", lambda row, **facts: [everybody.wait(timeout=20), capture(row, **facts)])
        assert tally(together([lambda: services.settle(campaign=running, at=at)] * 16)) != {"won": 16}
        assert (credits.balance(minji).available, credits.balance(minji).held) == (970, 0)


class TestCapture:
    def confirmed(self, campaign, stayed, at, number=4):
        for ready in stayed(campaign, number):
            confirm(ready, at)

    def test_by_many_workers_at_once_is_one(self, running, stayed, minji, at):
        self.confirmed(running, stayed, at)
        outcomes = together([lambda: services.capture_due(campaign=running, at=at)] * 16)
        assert sorted(outcomes) == [0] * 15 + [40]
        running.refresh_from_db()
        assert (running.captured_credits, credits.balance(minji).held, Entry.objects.filter(kind="CAPTURE").count()) == (40, 960, 1)

    @pytest.mark.tampers
    def test_without_lock_and_key_it_would_be_taken_again_and_again(self, running, stayed, minji, at, monkeypatch, unlocked):
        self.confirmed(running, stayed, at)
        real, number = budget.ledger.capture, count()
        monkeypatch.setattr(budget.ledger, "lock_wallet", lambda advertiser: None)
        monkeypatch.setattr(budget.ledger, "capture", lambda **facts: real(**{**facts, "key": f"{facts['key']}:{next(number)}"}))
        with function_changed("credits_booking_moment", ("BEGIN\n", "BEGIN\n    PERFORM pg_sleep(0.3);\n")):
            together([lambda: services.capture_due(campaign=running, at=at)] * 16)
        assert Entry.objects.filter(kind="CAPTURE").count() > 1
        assert credits.balance(minji).held < 960


class TestTheLock:
    def test_is_waited_for_whatever_somebody_came_for(self, running, minji_user, operator, at):
        attempts = {
            "pour": lambda: services.pour(campaign=running, on=day_of(at) + timedelta(days=1), at=at + timedelta(days=1)),
            "capture": lambda: services.capture_due(campaign=running, at=at),
            "settle": lambda: services.settle(campaign=running, at=at),
            "raise": lambda: services.raise_budget(campaign=running, credits=0, by=minji_user, at=at, key="more"),
            "pause": lambda: services.pause(campaign=running, by=minji_user, at=at),
            "end": lambda: services.end(campaign=running, by=minji_user, at=at),
            "approve": lambda: services.approve(campaign=running, by=operator, at=at),
        }

        def impatient(attempt):
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '100ms'")
            return attempt()

        with transaction.atomic():
            Campaign.objects.select_for_update().get(pk=running.pk)
            outcomes = [together([lambda attempt=attempt: impatient(attempt)])[0] for attempt in attempts.values()]
        assert {name: type(outcome) for name, outcome in zip(attempts, outcomes, strict=True)} == dict.fromkeys(attempts, Busy)


class TestReview:
    def test_two_operators_who_approve_at_once_decide_once(self, submitted, operator, finance, at):
        outcomes = together([lambda by=by: services.approve(campaign=submitted, by=by, at=at) for by in (operator, finance)])
        assert tally(outcomes) == {"won": 1, "campaign.move_refused": 1}
        assert CampaignEvent.objects.filter(to_state="APPROVED").count() == 1
        assert BudgetSlot.objects.get().allowance == 100

    def test_approval_against_rejection_is_one_of_them_with_the_money_to_match(self, submitted, minji, operator, finance, at):
        outcomes = together(
            [
                lambda: services.approve(campaign=submitted, by=operator, at=at),
                lambda: services.reject(campaign=submitted, by=finance, at=at, reason="주소가 열리지 않아요"),
            ]
        )
        assert tally(outcomes) == {"won": 1, "campaign.move_refused": 1}
        submitted.refresh_from_db()
        held = {State.RUNNING: 1_000, State.REJECTED: 0}[submitted.state]
        assert credits.balance(minji).held == held

    def test_without_the_lock_only_the_conditional_write_stands_between_two_decisions(self, submitted, operator, finance, at, unlocked):
        outcomes = together([lambda by=by: services.approve(campaign=submitted, by=by, at=at) for by in (operator, finance)])
        assert tally(outcomes) == {"won": 1, "campaign.move_refused": 1}  # the second guard holds alone

    @pytest.mark.tampers
    def test_without_lock_and_conditional_write_both_believe_to_have_decided(self, submitted, operator, finance, at, unlocked, monkeypatch):
        def careless(campaign, to, *, by, at, reason="", **facts):
            Campaign.objects.filter(pk=campaign.pk).exclude(state=to).update(state=to)
            before, campaign.state = campaign.state, to
            moves.record(campaign, moves.Kind.MOVED, by=by, at=at, from_state=before, to_state=to)

        monkeypatch.setattr(moves, "move", careless)
        monkeypatch.setattr("campaigns.services.running.begin_locked", lambda campaign, at: None)
        together([lambda by=by: services.approve(campaign=submitted, by=by, at=at) for by in (operator, finance)])
        decided = CampaignEvent.objects.filter(to_state="APPROVED").count()
        assert decided == 2 or Campaign.objects.get().state == State.SCHEDULED and decided >= 1


class TestRaiseBudget:
    def test_many_raises_at_once_take_what_is_there_and_no_more(self, launch, minji, minji_user, at):
        campaign = launch(budget=300, daily_cap=300)
        outcomes = together(
            [
                lambda n=n: services.raise_budget(campaign=campaign, credits=100, by=minji_user, at=at, key=f"raise:{n}")
                for n in range(CLIENTS)
            ]
        )
        assert tally(outcomes) == {"won": 7, "credits.insufficient": CLIENTS - 7}
        campaign.refresh_from_db()
        assert (campaign.budget_credits, campaign.hold.placed, credits.balance(minji).available) == (1_000, 1_000, 0)

    def test_one_raise_pressed_32_times_is_one(self, launch, minji, minji_user, at):
        campaign = launch(budget=300, daily_cap=300)
        outcomes = together([lambda: services.raise_budget(campaign=campaign, credits=100, by=minji_user, at=at, key="raise")] * CLIENTS)
        assert tally(outcomes) == {"won": CLIENTS}
        campaign.refresh_from_db()
        assert (campaign.budget_credits, credits.balance(minji).held) == (400, 400)
        assert CampaignEvent.objects.filter(kind="RAISED").count() == 1

    @pytest.mark.tampers
    def test_without_the_locks_the_balance_does_not_decide_who_may(self, launch, minji_user, at, unlocked, monkeypatch):
        campaign = launch(budget=300, daily_cap=300)
        with without_the_lock(monkeypatch):
            outcomes = together(
                [
                    lambda n=n: services.raise_budget(campaign=campaign, credits=100, by=minji_user, at=at, key=f"raise:{n}")
                    for n in range(CLIENTS)
                ]
            )
        assert tally(outcomes) != {"won": 7, "credits.insufficient": CLIENTS - 7}

    def test_against_starts_of_a_sold_out_day_opens_exactly_the_new_places(self, launch, large_days, minji_user, at):
        campaign = launch(budget=160, daily_cap=160)
        campaign.daily_cap_credits = 1_000
        campaign.save()
        members = [factories.MemberFactory() for _ in range(31)]
        raising = lambda: services.raise_budget(campaign=campaign, credits=80, by=minji_user, at=at, key="more")  # noqa: E731
        before = deadlocks()
        words = tally(together([raising, *(lambda m=m: start(m, campaign, at) for m in members)]))
        assert set(words) <= {"won", "mission.sold_out", "mission.closed_today"}
        assert deadlocks() == before
        for member in members:  # who came too early may try again: in the end exactly 24 are in
            try:
                start(member, campaign, at)
            except services.MissionSoldOut:
                continue
        slots = list(BudgetSlot.objects.all())
        assert (sum(slot.taken for slot in slots), Participation.objects.count(), {slot.room for slot in slots}) == (24, 24, {0})


class TestReturns:
    def test_swept_by_many_at_once_come_back_once(self, launch, at):
        campaign = launch(budget=100)
        for _ in range(5):
            start(factories.MemberFactory(), campaign, at)
        late = at + timedelta(minutes=10)
        outcomes = together([lambda: services.expire(campaign=campaign, at=late)] * 16)
        assert sum(outcomes) == 5
        slot = BudgetSlot.objects.get()
        assert (slot.taken, slot.returned, slot.room) == (5, 5, 10)

    @pytest.mark.tampers
    def test_without_the_locks_every_sweeper_brings_the_same_place_back(self, launch, at):
        campaign = launch(budget=100)
        for _ in range(5):
            start(factories.MemberFactory(), campaign, at)
        late = at + timedelta(minutes=10)
        changes = (
            (" FOR UPDATE;", ";"),
            (" FOR UPDATE SKIP LOCKED\n  ), gone", "\n  ), gone"),
            ("RETURN v_total;", "PERFORM pg_sleep(1); RETURN v_total;"),
        )
        with (
            function_changed("campaigns_expire", *changes),
            without_the_check("campaigns_budgetslot", "campaigns_budgetslot_confirmed_were_taken"),
        ):
            outcomes = together([lambda: services.expire(campaign=campaign, at=late)] * 8)
            assert sum(outcomes) > 5
            assert BudgetSlot.objects.get().returned > 5
            BudgetSlot.objects.all().delete()

    def test_against_confirms_a_place_is_either_paid_or_returned(self, running, stayed, at):
        ready = stayed(running, 15)
        late = at + timedelta(minutes=10) - timedelta(seconds=12)  # confirmed 12 seconds later: at the very end of the slot's life
        outcomes = together(
            [
                lambda: services.expire(campaign=running, at=at + timedelta(minutes=10)),
                *(lambda r=r: confirm(r, late - timedelta(microseconds=1)) for r in ready),
            ]
        )
        paid = sum(credits.member_tickets(member) for member, _ in ready)
        slot = BudgetSlot.objects.get()
        assert set(tally(outcomes)) <= {"won", "participation.expired"}
        assert (slot.taken, slot.confirmed, slot.returned) == (15, paid, 15 - paid)
