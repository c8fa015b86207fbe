"""RAFFLE: the money of the prizes is held with the budget, every completion is an entry, and what nobody wins goes back."""

from datetime import timedelta
from threading import Event

import pytest
import time_machine
from django.db import connection, transaction

from campaigns import locks, services
from campaigns.models import Campaign, Participation, State
from campaigns.schemas import CampaignSpec
from campaigns.services import clock, participation, prizes, versions
from common import handlers
from common.errors import DomainError
from credits import proof
from credits import selectors as balances
from credits.models import Entry, Hold
from rewards import raffles
from rewards.models import GifticonOrder, Raffle, RaffleEntry
from rewards.raffles import clock as raffle_clock
from rewards.raffles import errors
from tests import factories
from tests.app import Phone
from tests.campaigns.racing import tally, together
from tests.campaigns.test_participation import complete, start, token_of
from tests.identity.conftest import identity_sandbox
from tests.rewards.gifticon_world import gifticon
from tests.rewards.raffle_world import drawn
from tests.signing_in import browser

__all__ = ["identity_sandbox"]
COUPONS = [{"name": "커피 쿠폰", "quantity": 2, "value_krw": 200}]
A_CAKE = [{"name": "케이크", "quantity": 1, "value_krw": 300}]
BUDGET, PRIZES = 500, 400


def refused(code):
    return pytest.raises(DomainError, check=lambda raised: raised.code == code)


def money(advertiser):
    found = balances.balance(advertiser)
    return found.available, found.held


def raffle_of(campaign):
    return Raffle.objects.get(pk=Campaign.objects.get(pk=campaign.pk).raffle_id)


@pytest.fixture
def submitted(submit):
    """500 credits and two coupons of 200 won."""
    return submit(type="RAFFLE")


@pytest.fixture
def running(submitted, operator, at):
    return services.approve(campaign=submitted, by=operator, at=at)


def changed(campaign, **reward):
    content = versions.whole(Campaign.objects.get(pk=campaign.pk).spec)
    return CampaignSpec.model_validate(
        versions.merged(content, {"reward": content["reward"] | reward}, [f"reward.{name}" for name in reward])
    )


class TestSubmitting:
    def test_ops_05_holds_budget_and_prizes_at_once(self, submitted, minji):
        raffle = raffle_of(submitted)
        assert money(minji) == (100, BUDGET + PRIZES)
        assert (submitted.hold.open, raffle.hold.open, raffle.state, raffle.funded_krw) == (BUDGET, PRIZES, "FUNDED", PRIZES)
        assert (raffle.prizes, raffle.tickets_per_entry, raffle.reserves, raffle.sponsor) == (COUPONS, 0, 2, minji)
        assert raffle.closes_at == submitted.ends_at + timedelta(minutes=10)

    def test_pressed_twice_it_holds_once(self, submit, minji):
        assert submit(type="RAFFLE").pk == submit(type="RAFFLE").pk
        assert (Raffle.objects.count(), Hold.objects.count(), money(minji)) == (1, 2, (100, 900))

    def test_ops_05_names_the_whole_gap_and_writes_nothing(self, submit, minji):
        with refused("credits.insufficient") as short:
            submit(type="RAFFLE", budget=900)
        assert short.value.context["shortfall"] == 300
        assert (Campaign.objects.count(), Raffle.objects.count(), money(minji)) == (0, 0, (1_000, 0))

    def test_prizes_belong_to_a_raffle_and_to_nothing_else(self, submit):
        with pytest.raises(ValueError, match="경품을 하나 이상"):
            submit(type="RAFFLE", prizes=[])
        with pytest.raises(ValueError, match="경품을 걸 수 없어요"):
            submit(type="VISIT", prizes=COUPONS)

    def test_adv_16_a_member_with_a_limit_commits_the_prizes_too(self, submitted):
        assert submitted.events.get().data["credits"] == BUDGET + PRIZES


class TestBeforeItRuns:
    def test_ops_05_is_not_approved_when_the_prizes_are_not_paid_for(self, submitted, operator, at):
        raffles.void(raffle=raffle_of(submitted), reason="경품을 구할 수 없어요.", at=at, by=operator)
        before = Entry.objects.count()
        with refused("campaign.prizes_not_held"):
            services.approve(campaign=submitted, by=operator, at=at)
        assert (Campaign.objects.get().state, Entry.objects.count()) == ("SUBMITTED", before)

    @pytest.mark.parametrize("way", ["reject", "withdraw"])
    def test_ops_05_gives_both_back_when_it_does_not_run(self, submitted, operator, minji_user, minji, at, way):
        if way == "reject":
            services.reject(campaign=submitted, by=operator, at=at, reason="안 돼요")
        else:
            services.withdraw(campaign=submitted, by=minji_user, at=at)
        assert (money(minji), raffle_of(submitted).state) == ((1_000, 0), "VOID")

    def test_an_appeal_puts_the_prizes_up_anew(self, submitted, operator, minji_user, minji, at):
        services.reject(campaign=submitted, by=operator, at=at, reason="안 돼요")
        services.appeal(campaign=submitted, text="다시 봐 주세요", by=minji_user, at=at)
        assert (money(minji), raffle_of(submitted).state, Raffle.objects.count()) == ((100, 900), "FUNDED", 2)

    def test_other_prizes_are_another_raffle_and_the_same_ones_stay(self, submitted, minji_user, minji, at):
        first = raffle_of(submitted)
        services.resubmit(campaign=submitted, spec=changed(submitted, tickets=2), by=minji_user, at=at, key="again")
        assert raffle_of(submitted).pk == first.pk
        services.resubmit(campaign=submitted, spec=changed(submitted, prizes=A_CAKE), by=minji_user, at=at, key="other")
        first.refresh_from_db()
        assert (first.state, first.hold.open, raffle_of(submitted).prizes, money(minji)) == ("VOID", 0, A_CAKE, (200, 800))

    def test_after_a_void_the_advertiser_puts_them_up_again(self, submitted, operator, minji_user, minji, at):
        raffles.void(raffle=raffle_of(submitted), reason="경품을 구할 수 없어요.", at=at, by=operator)
        services.resubmit(campaign=submitted, spec=changed(submitted, prizes=A_CAKE), by=minji_user, at=at, key="again")
        assert services.approve(campaign=submitted, by=operator, at=at).state == State.RUNNING
        assert money(minji) == (200, 800)

    def test_more_expensive_prizes_than_there_are_credits_leave_everything_as_it_was(self, submitted, minji_user, minji, at):
        dear = [{"name": "자전거", "quantity": 1, "value_krw": 501}]
        with refused("credits.insufficient") as short:
            services.resubmit(campaign=submitted, spec=changed(submitted, prizes=dear), by=minji_user, at=at, key="dear")
        assert short.value.context["shortfall"] == 1
        assert (raffle_of(submitted).prizes, money(minji)) == (COUPONS, (100, 900))

    def test_the_raffle_does_not_open_while_it_is_reviewed(self, submitted, at):
        raffle_clock.tick(at=at + timedelta(days=1))
        assert raffle_of(submitted).state == "FUNDED"

    @pytest.mark.parametrize("path", ["reward.prizes", "setting.starts_at", "setting.ends_at"])
    def test_adv_23_what_the_raffle_promises_is_locked_once_approved(self, path):
        open_in = {state for state in State if locks.is_open(path, state, "RAFFLE")}
        assert open_in == {State.SUBMITTED, State.CHANGES_ASKED, State.REJECTED}

    def test_adv_23_the_end_of_a_raffle_is_not_put_off(self, running, minji_user, at):
        with pytest.raises(locks.FieldLocked, match="래플의 경품과 기간"):
            services.extend(campaign=running, ends_at=running.ends_at + timedelta(days=1), by=minji_user, at=at)
        assert Campaign.objects.get().ends_at == running.ends_at


class TestRunning:
    def test_opens_the_raffle_when_it_begins(self, running):
        raffle = raffle_of(running)
        assert (raffle.state, raffle.commitment.seed_hash != "") == ("OPEN", True)

    def test_a_completion_is_one_entry_however_often_it_is_confirmed(self, running, suji, at):
        token = token_of(start(suji, running, at), at)
        services.open_landing(member=suji.pk, token=token, at=at)
        assert RaffleEntry.objects.count() == 0
        for _ in range(2):
            services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(seconds=10))
        entry = RaffleEntry.objects.get()
        assert (entry.member_id, entry.chances, entry.tickets, entry.raffle) == (suji.pk, 1, 0, raffle_of(running))

    def test_every_day_is_one_more(self, running, suji, at):
        for day in range(2):
            complete(suji, running, at + timedelta(days=day))
        assert raffle_of(running).entries.count() == 2

    def test_without_an_entry_nothing_is_confirmed(self, running, suji, operator, at):
        token = token_of(start(suji, running, at), at)
        services.open_landing(member=suji.pk, token=token, at=at)
        raffles.void(raffle=raffle_of(running), reason="경품을 구할 수 없어요.", at=at, by=operator)
        with pytest.raises(errors.RaffleNotOpen):
            services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(seconds=10))
        assert (Participation.objects.get().state, balances.member_tickets(suji.pk)) == ("STARTED", 0)

    def test_who_started_in_the_last_second_still_enters(self, running, suji, at):
        last = running.ends_at - timedelta(seconds=1)
        complete(suji, running, last)
        raffle = raffle_of(running)
        raffles.close(raffle=raffle, at=raffle.closes_at)
        assert raffle_of(running).numbers == 1

    @pytest.mark.parametrize("has_begun", [True, False])
    def test_a_void_raffle_ends_its_campaign(self, submit, operator, minji, at, has_begun):
        starts_at = at if has_begun else at + timedelta(days=1)
        campaign = services.approve(campaign=submit(type="RAFFLE", starts_at=starts_at), by=operator, at=at)
        raffles.void(raffle=raffle_of(campaign), reason="경품을 구할 수 없어요.", at=at, by=operator)
        for _ in range(2):
            clock.tick(at=at)
            clock.settle(at=at)
        assert Campaign.objects.get().state == (State.SETTLED if has_begun else State.WITHDRAWN)
        assert money(minji) == (1_000, 0)

    def test_begun_too_late_it_has_no_raffle(self, submit, operator, minji, at):
        campaign = services.approve(campaign=submit(type="RAFFLE", starts_at=at + timedelta(days=1)), by=operator, at=at)
        late = campaign.ends_at + timedelta(hours=1)
        clock.tick(at=late)
        clock.settle(at=late)
        assert (Campaign.objects.get().state, raffle_of(campaign).state, money(minji)) == (State.SETTLED, "VOID", (1_000, 0))


class TestFraud:
    @pytest.fixture
    def completed(self, running, suji, at):
        complete(suji, running, at)
        services.capture_due(campaign=running, at=at)
        return running

    def found_out(self, campaign, operator, at, *, is_fraud=True):
        numbers = [Participation.objects.get().public_id]
        services.invalidate(
            campaign=campaign, participations=numbers, is_fraud=is_fraud, by=operator, at=at, reason="자동화 도구를 썼어요."
        )

    def test_takes_its_entry_out_of_an_open_raffle(self, completed, operator, at):
        self.found_out(completed, operator, at)
        assert (RaffleEntry.objects.count(), proof.run(["I7"]).differences) == (0, [])

    def test_leaves_a_frozen_list_as_it_was_published(self, completed, operator):
        raffle = raffle_of(completed)
        raffles.close(raffle=raffle, at=raffle.closes_at)
        root = raffle_of(completed).root
        self.found_out(completed, operator, raffle.closes_at)
        assert (RaffleEntry.objects.count(), raffle_of(completed).root) == (1, root)

    def test_what_did_not_count_without_fraud_keeps_its_entry_as_it_keeps_its_tickets(self, completed, operator, at):
        self.found_out(completed, operator, at, is_fraud=False)
        assert RaffleEntry.objects.count() == 1


class TestTheWholeWay:
    @pytest.fixture
    def drand(self, identity_sandbox, settings):
        handlers.load()
        identity_sandbox.reset()
        settings.DRAND_URL = f"{identity_sandbox.base_url}/drand"

    def test_ops_05_from_the_hold_to_the_last_credit_back(self, submit, operator, suji, minji, drand, at):
        running = services.approve(campaign=submit(type="RAFFLE", ends_at=at + timedelta(hours=1)), by=operator, at=at)
        complete(suji, running, at)
        end = at + timedelta(hours=2)
        clock.tick(at=end)
        clock.capture(at=end)
        clock.settle(at=end)
        raffle_clock.tick(at=end)
        raffle = drawn(raffle_of(running), at=end)
        price = running.unit_price
        assert (raffle.state, money(minji)) == ("DRAWN", (1_000 - price - 200, 200))
        raffles.claim(member=suji, raffle=raffle.public_id, at=end)
        with transaction.atomic():
            raffles.deliver(raffle=raffle, place=1, at=end)
        raffle_clock.tick(at=end)
        assert (raffle_of(running).state, money(minji)) == ("FINISHED", (1_000 - price - 200, 0))
        assert proof.run().differences == []

    def test_ops_25_a_prize_from_the_catalogue_goes_out_as_one_coupon(self, submit, operator, suji, minji, drand, at):
        coffee = gifticon(at, face_krw=200, cost_krw=180)
        prize = {"gift": str(coffee.public_id), "name": "브루데이 따뜻한 아메리카노", "quantity": 1, "value_krw": 200}
        running = services.approve(campaign=submit(type="RAFFLE", ends_at=at + timedelta(hours=1), prizes=[prize]), by=operator, at=at)
        complete(suji, running, at)
        end = at + timedelta(hours=2)
        raffle_clock.tick(at=end)
        raffle = drawn(raffle_of(running), at=end)
        raffles.claim(member=suji, raffle=raffle.public_id, at=end)
        for _ in range(2):
            with transaction.atomic():
                raffles.deliver(raffle=raffle, place=1, at=end)
        order = GifticonOrder.objects.get()
        assert (order.member_id, order.gifticon, order.tickets) == (suji.pk, coffee, 0)

    @pytest.mark.tampers
    @pytest.mark.parametrize("statement", ["DELETE FROM rewards_raffleentry", "UPDATE rewards_raffleentry SET chances = 2"])
    def test_the_proof_misses_an_entry(self, running, suji, at, statement):
        complete(suji, running, at)
        with connection.cursor() as cursor:
            cursor.execute(statement)
        (found,) = proof.run(["I7"]).differences
        assert str(Participation.objects.get().public_id) in found


class TestWhatPeopleSee:
    def test_the_mission_shows_the_prizes_and_leads_to_the_raffle(self, running, suji, at):
        with time_machine.travel(at, tick=False):
            page = browser(suji.user).get(f"/luckffle/missions/{running.public_id}/").content.decode()
            shown = browser(suji.user).get(f"/luckffle/raffles/{raffle_of(running).public_id}/").content.decode()
            told = Phone(suji).get(f"/missions/{running.public_id}").json()
        raffle = raffle_of(running).public_id
        assert "미션을 마칠 때마다 한 번 응모돼요" in shown
        assert "커피 쿠폰" in page
        assert f"/luckffle/raffles/{raffle}/" in page
        assert (told["prizes"], told["raffle"]) == (COUPONS, str(raffle))

    def test_the_campaign_shows_the_money_of_the_prizes(self, running, minji_user):
        page = browser(minji_user).get(f"/campaigns/{running.public_id}/").content.decode()
        assert "경품으로 묶인 크레딧" in page
        assert "종료 늦추기" not in page
        told = browser(minji_user).get(f"/api/v1/campaigns/{running.public_id}").json()
        assert (told["prizes"], told["raffle"]) == (PRIZES, str(raffle_of(running).public_id))


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_ops_05_of_eight_submissions_one_gets_the_credits(self, submit, minji):
        outcomes = together([lambda number=number: submit(key=str(number), type="RAFFLE") for number in range(8)])
        assert tally(outcomes) == {"won": 1, "credits.insufficient": 7}
        assert (Campaign.objects.count(), Raffle.objects.count(), money(minji)) == (1, 1, (100, 900))

    def approve_while_it_is_voided(self, campaign, operator, at, monkeypatch, *, patience):
        """An operator voids the raffle and commits once the other one, who approves the campaign, has looked at it, or after so long."""
        voided, looked, look = Event(), Event(), prizes.refuse_unpaid
        monkeypatch.setattr(prizes, "refuse_unpaid", lambda campaign: (look(campaign), looked.set()))

        def void():
            with transaction.atomic():
                raffles.void(raffle=raffle_of(campaign), reason="경품을 구할 수 없어요.", at=at, by=operator)
                voided.set()
                looked.wait(timeout=patience)

        def approve():
            voided.wait(timeout=20)
            return services.approve(campaign=campaign, by=operator, at=at)

        return tally(together([void, approve])[1:])

    def test_ops_05_is_never_approved_on_a_raffle_that_is_being_voided(self, submit, operator, at, monkeypatch):
        campaign = submit(type="RAFFLE", starts_at=at + timedelta(days=1))
        outcome = self.approve_while_it_is_voided(campaign, operator, at, monkeypatch, patience=1)  # nobody looks before the commit
        assert outcome == {"campaign.prizes_not_held": 1}
        assert (Campaign.objects.get().state, raffle_of(campaign).state) == ("SUBMITTED", "VOID")

    def test_without_the_wallets_lock_it_would_be(self, submit, operator, at, monkeypatch):
        """The control: who does not wait for the wallet approves prizes whose money is on its way back."""
        monkeypatch.setattr(prizes, "lock_wallet_for", lambda campaign: None)
        campaign = submit(type="RAFFLE", starts_at=at + timedelta(days=1))
        assert self.approve_while_it_is_voided(campaign, operator, at, monkeypatch, patience=20) == {"won": 1}
        assert (Campaign.objects.get().state, raffle_of(campaign).state) == ("SCHEDULED", "VOID")

    def confirm_while_it_is_voided(self, campaign, operator, at):
        ready = []
        for _ in range(6):
            member = factories.MemberFactory()
            token = token_of(start(member, campaign, at), at)
            services.open_landing(member=member.pk, token=token, at=at)
            ready.append(
                lambda member=member, token=token: services.confirm(member=member.pk, token=token, beats=0, at=at + timedelta(minutes=1))
            )
        void = lambda: raffles.void(raffle=raffle_of(campaign), reason="경품을 구할 수 없어요.", at=at, by=operator)  # noqa: E731
        together([*ready, void])
        return Participation.objects.filter(state="REWARDED").count(), RaffleEntry.objects.count()

    def test_ops_05_who_was_rewarded_has_an_entry_whenever_the_raffle_ends(self, running, operator, at):
        rewarded, entered = self.confirm_while_it_is_voided(running, operator, at)
        assert rewarded == entered

    @pytest.mark.tampers
    def test_outside_the_transaction_somebody_would_be_rewarded_without_one(self, running, operator, suji, at, monkeypatch):
        """The control: an entry made after the commit meets a raffle that is void by then."""
        later = []
        monkeypatch.setattr(participation.prizes, "enter", lambda **entry: later.append(entry))
        complete(suji, running, at)
        raffles.void(raffle=raffle_of(running), reason="경품을 구할 수 없어요.", at=at, by=operator)
        monkeypatch.undo()
        with pytest.raises(errors.RaffleNotOpen), transaction.atomic():
            prizes.enter(**later[0])
        assert (Participation.objects.get().state, RaffleEntry.objects.count()) == ("REWARDED", 0)
        assert "I7" in {line.split(":")[0] for line in proof.run().differences}
