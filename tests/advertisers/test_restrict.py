"""An advertiser is kept from new spending, told why, and let go again."""

from datetime import timedelta

import pytest
from django.db import transaction

from advertisers import services
from advertisers.models import Advertiser, Membership
from identity.models import Notification
from tests.factories import MembershipFactory


@pytest.fixture
def restrict(minji, at):
    def run(reason="결제 확인이 필요해요.", at=at):
        with transaction.atomic():
            return services.restrict(advertiser=minji, reason=reason, at=at)

    return run


@pytest.fixture
def lift(minji, at):
    def run(at=at + timedelta(hours=1)):
        with transaction.atomic():
            return services.lift_restriction(advertiser=minji, at=at)

    return run


def told(kind):
    return list(Notification.objects.filter(kind=kind).order_by("user_id").values_list("user__username", "body"))


class TestRestrict:
    def test_writes_reason_and_moment(self, restrict, minji, at):
        assert not minji.is_restricted
        found = restrict("  결제 확인이 필요해요.  ")
        minji.refresh_from_db()
        assert (found.restricted_reason, minji.restricted_reason, minji.restricted_at) == (*["결제 확인이 필요해요."] * 2, at)
        assert minji.is_restricted

    def test_tells_those_who_deal_with_money_and_nobody_else(self, restrict, minji, jisoo, eve):
        MembershipFactory(advertiser=minji, user__username="sora", role=Membership.Role.FINANCE)
        MembershipFactory(advertiser=minji, user__username="boram", role=Membership.Role.MANAGER)
        restrict()
        body = "결제 확인이 필요해요. 제한이 풀릴 때까지 새 충전과 캠페인 집행을 할 수 없어요."
        assert told("advertisers.restricted") == [("minji", body), ("sora", body)]

    def test_keeps_the_first_reason_and_tells_once(self, restrict, minji, at):
        restrict()
        again = restrict("다른 이유예요.", at + timedelta(hours=1))
        assert (again.restricted_reason, again.restricted_at) == ("결제 확인이 필요해요.", at)
        assert len(told("advertisers.restricted")) == 1

    @pytest.mark.parametrize("reason", ["", "   ", "\n"])
    def test_refuses_without_a_reason_and_writes_nothing(self, restrict, minji, reason):
        with pytest.raises(services.RestrictionReasonMissing, match="제한하는 이유를 적어 주세요"):
            restrict(reason)
        minji.refresh_from_db()
        assert (minji.is_restricted, told("advertisers.restricted")) == (False, [])

    def test_leaves_other_advertisers_alone(self, restrict, eve):
        restrict()
        eve.refresh_from_db()
        assert not eve.is_restricted

    @pytest.mark.django_db(transaction=True)
    def test_belongs_into_a_transaction(self, at):
        with pytest.raises(RuntimeError):
            services.restrict(advertiser=Advertiser(), reason="확인 중이에요.", at=at)


class TestLiftRestriction:
    def test_takes_reason_and_moment_away_and_tells(self, restrict, lift, minji):
        restrict()
        lift()
        minji.refresh_from_db()
        assert (minji.restricted_reason, minji.restricted_at) == ("", None)
        assert told("advertisers.restriction_lifted") == [("minji", "다시 충전하고 캠페인을 집행할 수 있어요.")]

    def test_does_nothing_when_there_is_none(self, lift):
        lift()
        assert told("advertisers.restriction_lifted") == []

    def test_a_second_restriction_is_told_again(self, restrict, lift, at):
        restrict()
        lift()
        found = restrict("다시 확인이 필요해요.", at + timedelta(hours=2))
        assert found.restricted_reason == "다시 확인이 필요해요."
        assert len(told("advertisers.restricted")) == 2
