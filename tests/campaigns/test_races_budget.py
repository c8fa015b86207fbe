"""
A budget of n units in 16 slots, 5n members, 32 clients, two processes: exactly n, no deadlock, ten rounds; and across midnight.

Each has its negative control: the same with the guard taken out is not exact.
"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import psutil
import pytest
from django.db import connection, transaction
from django.utils import timezone

from campaigns import services, tokens
from campaigns.models import BudgetSlot, Participation
from common.errors import Busy
from common.kst import day_from, day_of
from common.models import DatedSetting
from credits import proof
from credits import services as credits
from rewards.models import Member
from tests import factories
from tests.app import ANDROID, BASE, token_of
from tests.campaigns.conftest import spec_of
from tests.campaigns.racing import CLIENTS, OtherProcesses, deadlocks, function_changed, without_the_check
from tests.connecting import connect_patiently

UNITS, MEMBERS, ROUNDS = 16, 80, 10
UNEVEN = 37  # two or three units in a slot
TAKE = "AND campaigns_opened(s.allowance, s.slot, v_hours, v_opened) > s.taken - s.returned;\n  IF NOT FOUND THEN RAISE EXCEPTION"
UNGUARDED = ";\n  IF NOT FOUND THEN RAISE EXCEPTION"
UPDATE = "  UPDATE campaigns_budgetslot s SET taken = s.taken + 1"
SLOW = (UPDATE, f"  PERFORM pg_sleep(0.2);\n{UPDATE}")  # a window wide enough for a busy machine
NEVER_OVERSOLD = ("campaigns_budgetslot", "campaigns_budgetslot_never_oversold")


@pytest.fixture
def large_days_always(transactional_db):
    """Every day counts as large: 16 slots, however few units."""
    past = datetime(2020, 1, 1, tzinfo=UTC)
    DatedSetting.objects.create(name="campaigns.large_day_units", value=1, effective_from=past, reason="test")


@pytest.fixture
def crowd(transactional_db):
    return [factories.MemberFactory() for _ in range(MEMBERS)]


@pytest.fixture
def fresh(minji, minji_user, operator, large_days_always):
    """A running campaign of `units` participations at `at`; the credits come with it."""

    def fresh(*, at, units=UNITS):
        key = uuid4().hex
        with transaction.atomic():
            credits.grant_bonus(advertiser=minji, credits=units * 10, lot_kind="GOODWILL", key=key, at=at, actor="test", reason="race")
        spec = spec_of(at, budget=units * 10)
        campaign = services.submit_campaign(advertiser=minji, spec=spec, by=minji_user, at=at, key=key)
        return services.approve(campaign=campaign, by=operator, at=at)

    return fresh


def figures(campaign):
    slots = list(BudgetSlot.objects.filter(campaign=campaign))
    rows = Participation.objects.filter(campaign=campaign)
    return sum(slot.taken for slot in slots), rows.count(), min(slot.room for slot in slots)


class TestOverHttp:
    def start_all(self, origin, campaign, tokens):
        """Everybody presses start: 32 clients with a connection each, shared out round by round; statuses and codes."""
        barrier, path = threading.Barrier(CLIENTS), f"{origin}{BASE}/missions/{campaign.public_id}/start"

        def client(number):
            counts = Counter()
            with httpx.Client(trust_env=False, timeout=120, headers={"User-Agent": ANDROID}) as http:
                barrier.wait(timeout=60)
                for token in tokens[number::CLIENTS]:
                    answer = self.press_start(http, path, token)
                    counts[answer.status_code if answer.status_code == 201 else answer.json()["code"]] += 1
            return counts

        with ThreadPoolExecutor(CLIENTS) as pool:
            return sum(pool.map(client, range(CLIENTS)), Counter())

    def press_start(self, http, path, token):
        """Who is told that a lock was not free in time presses again, as the app does."""
        for _ in range(20):
            answer = http.post(path, headers={"Authorization": f"Bearer {token}"})
            if answer.status_code != Busy.http_status:
                break
        return answer

    def test_five_times_too_many_members_take_exactly_the_budget_in_ten_rounds(self, live_product, fresh, crowd):
        web = psutil.Process(live_product.processes["web"].pid)
        assert len(web.children()) >= 2  # two processes answer on the port
        before = deadlocks()
        for number in range(ROUNDS):
            units = (UNITS, UNEVEN)[number % 2]
            campaign, tokens = fresh(at=timezone.now() - timedelta(seconds=1), units=units), [token_of(member) for member in crowd]
            counts = self.start_all(live_product.origin, campaign, tokens)
            assert counts == {201: units, "mission.sold_out": MEMBERS - units} or day_of(timezone.now()) != campaign.poured_on
            assert figures(campaign) == (units, units, 0)
            assert BudgetSlot.objects.filter(campaign=campaign).count() == 16
        assert deadlocks() == before
        assert proof.run().differences == []

    @pytest.mark.tampers
    def test_without_the_guard_in_the_function_the_budget_is_oversold(self, live_product, fresh, crowd):
        campaign, tokens = fresh(at=timezone.now() - timedelta(seconds=1)), [token_of(member) for member in crowd]
        with function_changed("campaigns_start", (TAKE, UNGUARDED), SLOW), without_the_check(*NEVER_OVERSOLD):
            counts = self.start_all(live_product.origin, campaign, tokens)
        assert counts[201] > UNITS
        assert figures(campaign)[0] > UNITS
        assert any(line.startswith("I9") for line in proof.run(["I9"]).differences)
        BudgetSlot.objects.all().delete()

    @pytest.mark.tampers
    def test_with_the_window_as_wide_but_the_guard_in_place_it_is_exact(self, live_product, fresh, crowd):
        campaign, tokens = fresh(at=timezone.now() - timedelta(seconds=1)), [token_of(member) for member in crowd]
        with function_changed("campaigns_start", SLOW):
            counts = self.start_all(live_product.origin, campaign, tokens)
        assert counts == {201: UNITS, "mission.sold_out": MEMBERS - UNITS}
        assert figures(campaign) == (UNITS, UNITS, 0)

    def test_adv_25_of_200_members_who_start_together_exactly_10_get_the_last_slots(self, live_product, fresh, crowd, minji):
        crowd += [factories.MemberFactory() for _ in range(200 - MEMBERS)]
        campaign = fresh(at=timezone.now() - timedelta(seconds=1), units=10)
        counts = self.start_all(live_product.origin, campaign, [token_of(member) for member in crowd])
        assert counts == {201: 10, "mission.sold_out": 190}
        assert figures(campaign) == (10, 10, 0)
        campaign.refresh_from_db()
        assert campaign.hold.open == 100


@pytest.fixture
def two_processes(live_product):
    processes = OtherProcesses(2, live_product.environment)
    yield processes
    processes.close()


class TestAcrossMidnight:
    MIDNIGHT = day_from(day_of(datetime(2026, 12, 2, tzinfo=UTC)))  # 2026-12-02 00:00:00 in Seoul

    def jobs(self):
        """Everybody once, in the order of the clock, from half a second before midnight to half a second after."""
        step = timedelta(seconds=1) / MEMBERS
        members = list(Member.objects.values_list("pk", flat=True))
        return [(member, self.MIDNIGHT - timedelta(seconds=0.5) + number * step) for number, member in enumerate(members)]

    def start_all_with_the_clock(self, processes, campaign, jobs):
        """The members, while the clock pours the new day again and again in between."""
        over = threading.Event()

        def beat():
            try:
                connect_patiently()
                while not over.is_set():
                    services.pour(campaign=campaign, on=day_of(self.MIDNIGHT), at=self.MIDNIGHT)
            finally:
                connection.close()

        thread = threading.Timer(0.05, beat)
        thread.start()
        try:
            return processes.start_all(campaign, jobs)
        finally:
            over.set()
            thread.join(60)

    def test_exactly_the_budget_is_taken_over_both_days_in_ten_rounds(self, two_processes, fresh, crowd):
        before = deadlocks()
        for _ in range(ROUNDS):
            campaign, jobs = fresh(at=self.MIDNIGHT - timedelta(hours=5), units=MEMBERS // 5), self.jobs()
            # Four of five are turned away whatever the day: the first members of the new day find what the old one left.
            counts = self.start_all_with_the_clock(two_processes, campaign, jobs)
            assert set(counts) <= {"won", "mission.closed_today", "mission.sold_out"}
            assert (counts["won"], sum(counts.values())) == (UNITS, MEMBERS)
            assert figures(campaign) == (UNITS, UNITS, 0)
            days = Counter(Participation.objects.filter(campaign=campaign).values_list("charged_on", flat=True))
            moments = Counter(day_of(at) for at in Participation.objects.filter(campaign=campaign).values_list("started_at", flat=True))
            assert days == moments
        assert deadlocks() == before
        assert proof.run().differences == []

    def test_adv_26_the_new_day_has_its_own_cap_from_its_first_moment_and_yesterdays_are_charged_to_yesterday(
        self, two_processes, minji, minji_user, operator, large_days_always, crowd
    ):
        at = self.MIDNIGHT - timedelta(hours=5)
        spec = spec_of(at, budget=1_000, daily_cap=160)
        campaign = services.submit_campaign(advertiser=minji, spec=spec, by=minji_user, at=at, key="adv-26")
        campaign = services.approve(campaign=campaign, by=operator, at=at)
        jobs = self.jobs()
        evening, morning = [job for job in jobs if job[1] < self.MIDNIGHT], [job for job in jobs if job[1] >= self.MIDNIGHT]
        assert (len(evening), len(morning), morning[0][1]) == (40, 40, self.MIDNIGHT)
        for wave in (evening, morning):
            assert two_processes.start_all(campaign, wave) == {"won": 16, "mission.closed_today": 24}
        charged = Counter(str(on) for on in Participation.objects.filter(campaign=campaign).values_list("charged_on", flat=True))
        assert charged == {"2026-12-01": 16, "2026-12-02": 16}
        assert figures(campaign) == (32, 32, 0)
        token_at = self.MIDNIGHT - timedelta(seconds=1)
        yesterday = Participation.objects.filter(campaign=campaign, started_at__lt=self.MIDNIGHT).first()
        taking = services.start(member=yesterday.member_id, campaign=campaign.public_id, device="android/chrome", at=token_at)
        token = tokens.read(taking.token(at=token_at), device="android/chrome")
        services.open_landing(member=yesterday.member_id, token=token, at=token_at)
        services.confirm(member=yesterday.member_id, token=token, beats=0, at=self.MIDNIGHT + timedelta(seconds=9))
        days = BudgetSlot.objects.filter(campaign=campaign, confirmed=1).values_list("day_on", "confirmed_credits")
        assert [(str(on), paid) for on, paid in days] == [("2026-12-01", 10)]

    @pytest.mark.tampers
    def test_without_the_campaigns_lock_two_pours_put_the_money_into_two_days(self, fresh, crowd, monkeypatch):
        from campaigns.models import Campaign
        from campaigns.services import moves
        from tests.campaigns.racing import together

        campaign = fresh(at=self.MIDNIGHT - timedelta(hours=5))
        later = self.MIDNIGHT + timedelta(days=1)
        looked = threading.Barrier(2)

        def unlocked(row):
            seen = Campaign.objects.select_related("hold", "advertiser").get(pk=row.pk)
            looked.wait(timeout=20)
            return seen

        monkeypatch.setattr(moves, "lock", unlocked)
        together([lambda at=at: services.pour(campaign=campaign, on=day_of(at), at=at) for at in (self.MIDNIGHT, later)])
        assert sum(slot.room for slot in BudgetSlot.objects.filter(campaign=campaign)) > UNITS
