"""factory-boy factories, valid by default; a test names only what it is about."""

from datetime import UTC, datetime

import factory
from django.contrib.auth.hashers import make_password

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

    @factory.post_generation
    def profile(self, create, extracted, **fields):
        """The one profile of its kind; `profile__…` sets its fields."""
        if self.kind == Advertiser.Kind.PERSONAL:
            PersonalUser.objects.create(**{"advertiser": self, "name": self.name, **fields})
        else:
            BusinessUser.objects.create(**{"advertiser": self, "registration_number": "9990100013", "company_name": self.name, **fields})


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
        phone=factory.Sequence(lambda n: f"+8210{n:08d}"),
        username=factory.Sequence(lambda n: f"member{n}"),
    )
    nickname = factory.Sequence(lambda n: f"럭플러{n}")
    tokens_valid_from = datetime(2026, 1, 1, tzinfo=UTC)
    created_at = datetime(2026, 1, 1, tzinfo=UTC)
