"""Clusters and hurry: what several starts together show, what it weighs, whom it must leave alone, and what operators do about it."""

from datetime import timedelta

import pytest

from campaigns import services
from campaigns.fraud import lists, origins, rules, suspicions
from campaigns.models import Block, FraudSignal, Participation
from campaigns.services import blocking
from common.models import DatedSetting
from credits import selectors as credits
from identity.models import Notification
from rewards.models import Member
from tests import factories
from tests.app import ANDROID, IPHONE
from tests.campaigns.conftest import DEVICE
from tests.campaigns.test_origins import start, token_of

SOON = timedelta(seconds=30)
FARM, HOME, CARRIER = "121.134.10.20", "118.32.7.7", "223.38.9.9"


def visit(campaign, at, address, agent=ANDROID, member=None):
    """Start somewhere, stay, be paid."""
    member = member or factories.MemberFactory()
    token = token_of(start(campaign, member, at, address, agent), at)
    services.open_landing(member=member.pk, token=token, at=at)
    services.confirm(member=member.pk, token=token, beats=2, at=at + SOON)
    return member


def signals():
    return dict(FraudSignal.objects.values_list("code", "penalty"))


@pytest.fixture
def carriers(db, at):
    lists.take_over(name="carriers", content=lists.read(f"{lists.FIRST_LINE}\nCARRIER 223.32.0.0/11\n".encode()), by=None, at=at)


class TestRules:
    def test_three_members_on_one_device_are_a_cluster(self, running, at):
        for _ in range(3):
            visit(running, at, FARM)
        assert rules.run(at=at + SOON) == {"cluster.device": 3, "cluster.address": 0, "cluster.network": 0, "velocity.member": 0}
        assert signals() == {"cluster.device": 60}
        assert sum(rules.run(at=at + SOON).values()) == 0, "each doubt is written once"

    def test_six_members_behind_one_address_weigh_less(self, running, at):
        for number in range(6):
            visit(running, at, FARM, agent=f"{ANDROID} device-{number}")
        rules.run(at=at + SOON)
        assert (signals(), FraudSignal.objects.count()) == ({"cluster.address": 40}, 6)

    def test_a_hurry_through_many_missions_is_one_members_doubt(self, submit, operator, suji, at):
        DatedSetting.objects.create(
            name="campaigns.fraud_velocity_member_least", value=3, effective_from=at - timedelta(days=1), reason="test"
        )
        for number in range(3):
            campaign = services.approve(campaign=submit(key=str(number), title=f"미션 {number}", budget=100), by=operator, at=at)
            visit(campaign, at, HOME, member=suji)
        rules.run(at=at + SOON)
        assert (signals(), set(FraudSignal.objects.values_list("member_id", flat=True))) == ({"velocity.member": 40}, {suji.pk})

    def test_weights_are_dated(self, running, at):
        DatedSetting.objects.create(
            name="campaigns.fraud_cluster_device_penalty", value=15, effective_from=at - timedelta(days=1), reason="test"
        )
        for _ in range(3):
            visit(running, at, FARM)
        rules.run(at=at + SOON)
        assert signals() == {"cluster.device": 15}

    def test_leave_a_family_and_a_carriers_district_alone(self, running, carriers, at):
        for agent in (ANDROID, IPHONE, f"{ANDROID} tablet"):
            visit(running, at, HOME, agent=agent)
        for _ in range(20):
            visit(running, at, CARRIER)
        assert sum(rules.run(at=at + SOON).values()) == 0

    def test_of_yesterday_are_no_cluster_with_today(self, running, at):
        for days in range(3):
            visit(running, at + timedelta(days=days), FARM)
        assert sum(rules.run(at=at + timedelta(days=2) + SOON).values()) == 0

    def test_a_golden_set_is_sorted_as_people_would(self, launch, carriers, at):
        """Sixty honest visits of every kind, and a farm of thirty: thirty found, nobody else."""
        campaign = launch(budget=1_000)
        honest = [visit(campaign, at, f"118.32.{number}.7") for number in range(20)]
        honest += [visit(campaign, at, f"118.33.{number // 2}.7", agent=f"{ANDROID} {number}") for number in range(20)]
        honest += [visit(campaign, at, CARRIER, agent=f"{ANDROID} {number % 3}") for number in range(20)]
        farm = [visit(campaign, at, FARM, agent=f"{ANDROID} emulated-{number % 10}") for number in range(30)]
        rules.run(at=at + SOON)
        (group,) = suspicions.suspected(at=at + SOON)
        assert {suspect.member.pk for suspect in group.suspects} == {member.pk for member in farm}
        assert not FraudSignal.objects.filter(member_id__in=[member.pk for member in honest]).exists()


class TestSuspicions:
    @pytest.fixture
    def farm(self, running, at):
        found = [visit(running, at, FARM) for _ in range(3)]
        rules.run(at=at + SOON)
        return found

    def test_are_put_before_people_with_their_words(self, farm, running, at):
        (group,) = suspicions.suspected(at=at + SOON)
        assert (group.campaign, len(group.suspects), group.price) == (running, 3, 30)
        assert group.suspects[0].doubts == ("한 기기에서 여러 회원이 참여했어요",)
        assert suspicions.waiting(at=at + SOON) == 3

    def test_that_are_cleared_are_not_shown_again(self, farm, operator, at):
        (group,) = suspicions.suspected(at=at + SOON)
        numbers = [suspect.participation for suspect in group.suspects]
        assert services.clear(participations=numbers, by=operator, at=at + SOON, reason="가족이에요") == 3
        assert (suspicions.waiting(at=at + SOON), set(Participation.objects.values_list("state", flat=True))) == (0, {"REWARDED"})
        with pytest.raises(services.ReasonMissing):
            services.clear(participations=numbers, by=operator, at=at + SOON, reason="")

    def test_ops_23_that_are_invalidated_are_gone_and_paid_back(self, farm, running, minji, operator, at):
        (group,) = suspicions.suspected(at=at + SOON)
        numbers = [suspect.participation for suspect in group.suspects]
        services.invalidate(
            campaign=running, participations=numbers, is_fraud=True, by=operator, at=at + SOON, reason="한 사람이 여러 계정을 썼어요."
        )
        assert suspicions.waiting(at=at + SOON) == 0
        assert sum(credits.member_tickets(member.pk) for member in farm) == 0


class TestSanctions:
    def test_ops_23_the_third_fraud_in_a_month_keeps_a_member_out_by_rule(self, submit, operator, suji, at):
        for number in range(3):
            campaign = services.approve(campaign=submit(key=str(number), title=f"미션 {number}", budget=100), by=operator, at=at)
            visit(campaign, at, HOME, member=suji)
            one = Participation.objects.get(campaign=campaign)
            services.invalidate(
                campaign=campaign, participations=[one.public_id], is_fraud=True, by=operator, at=at + SOON, reason="부정 참여예요."
            )
            assert Block.objects.exists() == (number == 2)
        block = Block.objects.get()
        assert (block.kind, block.made_by, block.until) == ("MEMBER", None, at + SOON + timedelta(days=90))
        assert "2027-02-23까지 미션에 참여할 수 없어요" in Notification.objects.get(kind="campaigns.blocked").body
        fresh = services.approve(campaign=submit(key="more", title="다음 미션", budget=100), by=operator, at=at)
        with pytest.raises(services.Blocked):
            services.start(member=suji.pk, campaign=fresh.public_id, device=DEVICE, at=at + timedelta(days=1))

    def test_a_block_is_made_once_and_lifted_with_a_reason(self, running, suji, operator, at):
        Member.objects.filter(pk=suji.pk).update(person_hash="p" * 64)
        suji.refresh_from_db()
        block = services.block_member(member=suji, days=0, by=operator, at=at, reason="여러 계정을 썼어요.")
        assert set(Block.objects.values_list("kind", flat=True)) == {"MEMBER", "PERSON"}
        with pytest.raises(services.AlreadyBlocked):
            services.block_member(member=suji, days=5, by=operator, at=at, reason="또")
        services.lift_block(number=block.pk, by=operator, at=at, reason="오해였어요")
        with pytest.raises(services.NotBlocked):
            services.lift_block(number=block.pk, by=operator, at=at, reason="오해였어요")
        assert not blocking.is_blocked(suji, at=at)
        assert set(Block.objects.values_list("lifted_at", "lifted_reason")) == {(at, "오해였어요")}

    @pytest.mark.parametrize("kind", ["MEMBER", "PERSON"])
    def test_either_line_of_a_block_lifts_it_and_leaves_other_blocks_alone(self, running, suji, operator, at, kind):
        """A block by rule knows no operator, and two of them may be of the same moment."""
        other = factories.MemberFactory(person_hash="q" * 64)
        Member.objects.filter(pk=suji.pk).update(person_hash="p" * 64)
        for member in (Member.objects.get(pk=suji.pk), other):
            services.block_member(member=member, days=0, by=operator, at=at, reason="여러 계정을 썼어요.")
        Block.objects.update(made_by=None)
        mine = Block.objects.filter(key__in=[f"member:{suji.pk}", "p" * 64])
        services.lift_block(number=mine.get(kind=kind).pk, by=operator, at=at, reason="오해였어요")
        assert not mine.filter(lifted_at=None).exists()
        assert blocking.is_blocked(other, at=at)
        assert Block.objects.filter(lifted_at=None).count() == 2

    def test_who_is_new_under_the_same_identity_is_kept_out_too(self, running, suji, operator, at):
        Member.objects.filter(pk=suji.pk).update(person_hash="p" * 64)
        suji.refresh_from_db()
        services.block_member(member=suji, days=0, by=operator, at=at, reason="여러 계정을 썼어요.")
        again = factories.MemberFactory(person_hash="p" * 64)
        with pytest.raises(services.Blocked):
            services.start(member=again.pk, campaign=running.public_id, device=DEVICE, at=at, place=origins.place(HOME, IPHONE))
