"""Becoming a member."""

from django.db import transaction

from credits.models import Account
from identity.models import User
from rewards import services
from rewards.models import Member
from tests import factories


def user():
    return factories.UserFactory(kind=User.Kind.MEMBER, email="", phone="+821099990001", username="joins")


class TestJoin:
    def test_makes_a_member_with_an_empty_ticket_wallet(self, db, at):
        with transaction.atomic():
            member = services.join(user=user(), nickname="새로온", at=at)
        assert (member.nickname, member.tokens_valid_from, member.created_at, member.is_active) == ("새로온", at, at, True)
        wallets = Account.objects.filter(member_id=member.pk).order_by("kind").values_list("kind", "unit", "balance")
        assert list(wallets) == [("IN_EXCHANGE", "TICKET", 0), ("WALLET", "TICKET", 0)]

    def test_twice_is_the_same_member(self, db, at):
        person = user()
        with transaction.atomic():
            first = services.join(user=person, nickname="새로온", at=at)
            again = services.join(user=person, nickname="다른", at=at)
        assert (again.pk, again.nickname, Member.objects.count(), Account.objects.filter(member_id=first.pk).count()) == (
            first.pk,
            "새로온",
            1,
            2,
        )
