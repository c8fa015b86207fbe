"""Inviting friends: nothing for joining, both once after the first confirmed mission, and nothing for who was here before."""

from datetime import timedelta

import pytest
from django.db import transaction

from campaigns import services
from campaigns.models import Participation
from campaigns.services import inviting
from common.models import DatedSetting
from credits import proof
from credits import selectors as balances
from credits import services as credits
from credits.models import Entry, Kind
from rewards import referrals
from rewards.models import Member, Referral
from rewards.services import leave
from tests import factories
from tests.app import Phone
from tests.campaigns.racing import tally, together
from tests.campaigns.test_participation import complete, start
from tests.payments.test_races_payments import meet
from tests.signing_in import browser


def invited(by, at, **facts):
    """A friend who joined by the invitation of somebody."""
    friend = factories.MemberFactory(**facts)
    with transaction.atomic():
        referrals.note(friend=friend, code=referrals.code_of(by), at=at)
    return friend


def tickets(*members):
    return [balances.member_tickets(member.pk) for member in members]


class TestPaying:
    def test_usr_21_joining_brings_nothing_and_the_first_confirmed_mission_pays_both_once(self, running, suji, at):
        friend = invited(suji, at)
        assert (inviting.pay_due(at=at), tickets(suji, friend)) == (0, [0, 0])
        start(friend, running, at)
        assert (inviting.pay_due(at=at), tickets(suji, friend)) == (0, [0, 0])
        complete(friend, running, at)
        assert (inviting.pay_due(at=at), tickets(suji, friend)) == (1, [30, 21])
        assert (inviting.pay_due(at=at), tickets(suji, friend)) == (0, [30, 21])
        assert (Referral.objects.get().state, proof.run().differences) == ("PAID", [])

    def test_usr_21_pays_what_was_promised_when_the_friend_joined(self, running, suji, at):
        friend = invited(suji, at)
        DatedSetting.objects.create(
            name="rewards.referral_friend_tickets", value=1, effective_from=at + timedelta(seconds=1), reason="test"
        )
        complete(friend, running, at + timedelta(minutes=1))
        inviting.pay_due(at=at + timedelta(minutes=2))
        assert tickets(friend) == [21]

    def test_after_its_days_it_waits_for_nothing_any_more(self, running, suji, at):
        friend = invited(suji, at - timedelta(days=30))
        complete(friend, running, at)
        assert (inviting.pay_due(at=at), tickets(suji)) == (0, [0])

    def test_above_the_limit_of_friends_only_the_friend_is_paid(self, running, suji, at):
        DatedSetting.objects.create(name="rewards.referral_most_friends", value=1, effective_from=at - timedelta(days=9), reason="test")
        friends = [invited(suji, at) for _ in range(2)]
        for friend in friends:
            complete(friend, running, at)
        assert (inviting.pay_due(at=at), tickets(suji, *friends)) == (2, [30, 21, 21])


class TestWhoGetsNothing:
    def test_usr_26_somebody_who_was_here_before(self, running, suji, at):
        gone = factories.MemberFactory()
        phone = gone.user.phone
        leave(member=gone, at=at)
        friend = invited(suji, at + timedelta(days=7), user__phone=phone)
        assert Referral.objects.get().state == "REFUSED"
        complete(friend, running, at + timedelta(days=7))
        assert (inviting.pay_due(at=at + timedelta(days=7)), tickets(suji, friend)) == (0, [0, 1])

    def test_usr_26_somebody_whose_identity_was_here_before(self, running, suji, at):
        leave(member=factories.MemberFactory(person_hash="5a" * 32), at=at)
        friend = invited(suji, at)
        Member.objects.filter(pk=friend.pk).update(person_hash="5a" * 32)
        friend.refresh_from_db()
        complete(friend, running, at)
        inviting.pay_due(at=at)
        assert (Referral.objects.get().state, tickets(suji, friend)) == ("REFUSED", [0, 1])

    def test_an_inviter_who_left(self, running, suji, at):
        friend = invited(suji, at)
        complete(friend, running, at)
        leave(member=suji, at=at)
        inviting.pay_due(at=at)
        assert (Referral.objects.get().state, tickets(friend)) == ("REFUSED", [1])

    @pytest.mark.parametrize("code", ["000000000000", "XYZ", "'; DROP", "０００００００００００００"])
    def test_an_unknown_code_is_refused(self, suji, at, code):
        with pytest.raises(referrals.InvitationUnknown), transaction.atomic():
            referrals.note(friend=suji, code=code, at=at)
        assert not Referral.objects.exists()

    def test_nobody_invites_themselves(self, suji, at):
        with pytest.raises(referrals.InvitationUnknown), transaction.atomic():
            referrals.note(friend=suji, code=referrals.code_of(suji), at=at)


class TestTakingBack:
    @pytest.fixture
    def paid(self, running, suji, at):
        """suji's friend, who finished one mission; both were paid."""
        friend = invited(suji, at)
        complete(friend, running, at)
        inviting.pay_due(at=at)
        services.capture_due(campaign=running, at=at)
        return friend

    def found_out(self, running, friend, operator, at, *, is_fraud=True):
        number = Participation.objects.filter(member_id=friend.pk).earliest("started_at").public_id
        services.invalidate(
            campaign=running, participations=[number], is_fraud=is_fraud, by=operator, at=at, reason="자동화 도구를 썼어요."
        )

    def test_usr_21_both_lose_it_when_the_first_mission_was_fraud(self, paid, running, suji, operator, at):
        self.found_out(running, paid, operator, at)
        later = at + timedelta(minutes=1)
        assert (inviting.take_back_due(at=later), tickets(suji, paid)) == (1, [0, 0])
        assert (inviting.take_back_due(at=later), Referral.objects.get().state, proof.run().differences) == (0, "REFUSED", [])
        assert inviting.pay_due(at=later) == 0

    def test_what_was_spent_already_is_our_loss(self, paid, running, suji, operator, at):
        with transaction.atomic():
            credits.spend(member_id=suji.pk, amount=30, kind=Kind.RAFFLE, key="spent", at=at)
        self.found_out(running, paid, operator, at)
        inviting.take_back_due(at=at + timedelta(minutes=1))
        assert (tickets(suji, paid), proof.run().differences) == ([0, 0], [])

    def test_stays_for_a_mission_that_did_not_count_without_fraud(self, paid, running, suji, operator, at):
        self.found_out(running, paid, operator, at, is_fraud=False)
        assert (inviting.take_back_due(at=at + timedelta(minutes=1)), tickets(suji)) == (0, [30])

    def test_stays_while_another_mission_was_none(self, paid, running, suji, operator, at):
        complete(paid, running, at + timedelta(days=1))
        self.found_out(running, paid, operator, at)
        assert (inviting.take_back_due(at=at + timedelta(minutes=1)), tickets(suji)) == (0, [30])

    def test_stays_when_it_is_found_out_after_the_hold(self, paid, running, suji, operator, at):
        later = at + timedelta(days=14)
        self.found_out(running, paid, operator, later)
        assert (inviting.take_back_due(at=later + timedelta(minutes=1)), tickets(suji)) == (0, [30])

    def test_eight_workers_take_it_back_once(self, transactional_db, paid, running, suji, operator, at):
        self.found_out(running, paid, operator, at)
        number = Referral.objects.get().pk
        assert tally(together([lambda: referrals.take_back(referral_id=number, at=at)] * 8)) == {"won": 8}
        assert (tickets(suji, paid), Entry.objects.filter(idempotency_key__endswith=":back").count()) == ([0, 0], 2)


class TestAtOnce:
    def test_eight_workers_pay_once(self, transactional_db, running, suji, at):
        friend = invited(suji, at)
        complete(friend, running, at)
        number = Referral.objects.get().pk
        assert tally(together([lambda: referrals.pay(referral_id=number, at=at)] * 8)) == {"won": 8}
        assert tickets(suji, friend) == [30, 21]

    def test_two_friends_at_the_limit_pay_the_inviter_once(self, transactional_db, running, suji, at):
        DatedSetting.objects.create(name="rewards.referral_most_friends", value=1, effective_from=at - timedelta(days=9), reason="test")
        for friend in [invited(suji, at) for _ in range(4)]:
            complete(friend, running, at)
        numbers = list(Referral.objects.values_list("pk", flat=True))
        together([lambda number=number: referrals.pay(referral_id=number, at=at) for number in numbers])
        assert tickets(suji) == [30]

    def test_without_the_lock_the_limit_is_passed(self, transactional_db, running, suji, at, monkeypatch):
        monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda self, *args, **kwargs: self.all())
        DatedSetting.objects.create(name="rewards.referral_most_friends", value=1, effective_from=at - timedelta(days=9), reason="test")
        for friend in [invited(suji, at) for _ in range(8)]:
            complete(friend, running, at)
        numbers = list(Referral.objects.values_list("pk", flat=True))
        meet(monkeypatch, referrals, "paid_lately", 8)
        together([lambda number=number: referrals.pay(referral_id=number, at=at) for number in numbers])
        assert tickets(suji)[0] > 30


@pytest.mark.django_db
class TestDoors:
    def test_the_page_and_the_app_show_the_code(self, suji):
        code = referrals.code_of(suji)
        assert code in browser(suji.user).get("/luckffle/me/invite/").content.decode()
        found = Phone(suji).get("/invitation").json()
        assert (found["code"], found["link"].endswith(f"/luckffle/signup/?invitation={code}")) == (code, True)
