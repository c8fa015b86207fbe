"""Fraud found after the reward: the advertiser's credits come back by themselves, the member is told."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from campaigns import services
from campaigns.models import BudgetSlot, Invalidation, Participation
from campaigns.services import clock
from campaigns.services.invalidating import MOST_AT_ONCE
from credits import proof
from credits import selectors as credits
from credits import services as ledger
from credits.models import Entry, Lot
from identity.models import Notification
from tests import factories
from tests.campaigns.racing import tally, together
from tests.campaigns.test_answers import begin

SOON = timedelta(seconds=30)


def finish(campaign, at, member=None):
    """One visit from start to reward."""
    member = member or factories.MemberFactory()
    token = begin(member, campaign, at)
    services.open_landing(member=member.pk, token=token, at=at)
    services.confirm(member=member.pk, token=token, beats=2, at=at + SOON)
    return member, token.participation


def invalidate(campaign, numbers, by, at, **changes):
    facts = {"is_fraud": True, "reason": "같은 사람이 여러 계정으로 참여했어요.", **changes}
    return services.invalidate(campaign=campaign, participations=numbers, by=by, at=at, **facts)


class TestInvalidation:
    def test_ops_23_twelve_completions_come_back_as_one_credit_note_into_a_living_budget(self, running, minji, operator, at):
        done = [finish(running, at) for _ in range(12)]
        assert services.capture_due(campaign=running, at=at + SOON) == 120
        rows = invalidate(running, [number for _, number in done], operator, at + SOON)
        note = Entry.objects.get(kind="REVERSAL")
        running.refresh_from_db()
        assert (len(rows), {row.entry_id for row in rows}) == (12, {note.pk})
        assert (note.actor, note.reason) == (f"user:{operator.pk}", "같은 사람이 여러 계정으로 참여했어요.")
        assert (running.budget_credits, running.captured_credits) == (1_120, 120), "what was counted stays; the price can be earned again"
        assert (credits.balance(minji).available, credits.balance(minji).held) == (0, 1_000)
        slot = BudgetSlot.objects.get()
        assert (slot.confirmed, slot.allowance) == (12, 100), "today's cap is what it was; the days to come have the twelve"
        assert {member.pk: credits.member_tickets(member.pk) for member, _ in done} == {member.pk: 0 for member, _ in done}
        assert set(Participation.objects.values_list("state", flat=True)) == {"REVERSED"}
        notices = Notification.objects.filter(kind="campaigns.mission_taken_back")
        assert notices.count() == 12
        assert "받은 티켓 1장을 되돌렸어요" in notices.first().body
        team = Notification.objects.get(kind="campaigns.invalidated")
        assert "참여 12건을 무효로 하고 120크레딧을 캠페인 예산에 다시 넣었어요" in team.body
        assert proof.run().differences == []

    def test_ops_23_after_the_settlement_the_credits_may_be_spent_and_refunded_again(self, running, minji, minji_user, operator, at):
        _, number = finish(running, at)
        services.end(campaign=running, by=minji_user, at=at + SOON)
        clock.settle(at=at + SOON)
        assert credits.balance(minji).available == 990
        (row,) = invalidate(running, [number], operator, at + SOON)
        assert (row.is_restored, credits.balance(minji).available, Lot.objects.get().used) == (False, 1_000, 0)
        assert "쓸 수 있는 크레딧으로 돌려드렸어요" in Notification.objects.get(kind="campaigns.invalidated").body

    def test_ops_23_without_fraud_the_member_keeps_the_tickets_and_we_bear_their_cost(self, running, operator, at):
        member, number = finish(running, at)
        services.capture_due(campaign=running, at=at + SOON)
        invalidate(running, [number], operator, at + SOON, is_fraud=False, reason="광고 페이지가 잘못 열렸어요.")
        assert credits.member_tickets(member.pk) == 1
        assert "받은 티켓은 그대로예요" in Notification.objects.get(kind="campaigns.mission_taken_back").body
        note = Entry.objects.get(kind="REVERSAL")
        assert dict(note.postings.values_list("account__kind", "amount")) == {"REVENUE": -10, "AVAILABLE": 10}

    def test_takes_what_is_there_of_tickets_that_were_spent(self, running, operator, at):
        member, number = finish(running, at)
        with transaction.atomic():
            ledger.spend(member_id=member.pk, amount=1, kind="RAFFLE", key="spent", at=at + SOON, reason="래플")
        invalidate(running, [number], operator, at + SOON)
        assert credits.member_tickets(member.pk) == 0
        assert proof.run().differences == []

    def test_is_all_or_nothing(self, running, operator, at):
        _, number = finish(running, at)
        before = (Entry.objects.count(), list(Participation.objects.values()))
        for numbers in ([number, uuid4()], [uuid4()]):
            with pytest.raises(services.NotAllFinished):
                invalidate(running, numbers, operator, at)
        for numbers in ([], [uuid4() for _ in range(MOST_AT_ONCE + 1)]):
            with pytest.raises(services.NothingToInvalidate):
                invalidate(running, numbers, operator, at)
        with pytest.raises(services.ReasonMissing):
            invalidate(running, [number], operator, at, reason=" ")
        assert Invalidation.objects.count() == 0
        assert Participation.objects.get().state == "REWARDED"
        assert before[0] == Entry.objects.count()

    def test_happens_once(self, running, operator, at):
        _, number = finish(running, at)
        invalidate(running, [number], operator, at + SOON)
        with pytest.raises(services.NotAllFinished):
            invalidate(running, [number], operator, at + SOON)
        assert Entry.objects.filter(kind="REVERSAL").count() == 1

    def test_of_several_in_turn_never_gives_back_more_than_was_charged(self, running, minji, operator, at):
        done = [finish(running, at)[1] for _ in range(3)]
        for number in done:
            invalidate(running, [number], operator, at + SOON)
        assert Lot.objects.get().used == 0
        assert credits.balance(minji).held == 1_000


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_operators_take_one_completion_back_once(self, running, operator, at):
        _, number = finish(running, at)
        outcomes = tally(together([lambda: invalidate(running, [number], operator, at + SOON)] * 6))
        assert outcomes == {"won": 1, "invalidation.not_finished": 5}
        assert Entry.objects.filter(kind="REVERSAL").count() == 1
        assert proof.run().differences == []
