"""factory-boy factories, valid by default; a test names only what it is about."""

from datetime import UTC, datetime

import factory
from django.contrib.auth.hashers import make_password
from django.db import transaction

from advertisers.models import Advertiser, BusinessUser, Membership, PersonalUser
from identity.models import User
from rewards.models import Member

PASSWORD = "test-passw0rd-시험"
_HASH = make_password(PASSWORD)


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    kind = User.Kind.ADVERTISER
    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.Sequence(lambda n: f"user{n}@example.com")
    name = "김민지"
    password = _HASH


class AdvertiserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Advertiser

    kind = Advertiser.Kind.BUSINESS
    name = factory.Sequence(lambda n: f"광고주 {n}")

    profile = factory.Dict({})  # `profile__…` sets fields of the one profile of its kind

    @classmethod
    def _create(cls, model_class, *args, profile, **fields):
        """Both in one transaction: at its end the database looks for the profile."""
        with transaction.atomic():
            advertiser = super()._create(model_class, *args, **fields)
            if advertiser.kind == Advertiser.Kind.PERSONAL:
                PersonalUser.objects.create(**{"advertiser": advertiser, "name": advertiser.name, **profile})
            else:
                business = {"registration_number": "9990100013", "company_name": advertiser.name}
                BusinessUser.objects.create(**{"advertiser": advertiser, **business, **profile})
        return advertiser


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    advertiser = factory.SubFactory(AdvertiserFactory)
    role = Membership.Role.OWNER


class MemberFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Member

    user = factory.SubFactory(
        UserFactory,
        kind=User.Kind.MEMBER,
        email="",
        phone=factory.Sequence(lambda n: f"+8210{n + 20_000_000:08d}"),  # above the numbers that tests name
        username=factory.Sequence(lambda n: f"member{n}"),
    )
    nickname = factory.Sequence(lambda n: f"럭플러{n}")
    tokens_valid_from = datetime(2026, 1, 1, tzinfo=UTC)
    created_at = datetime(2026, 1, 1, tzinfo=UTC)
