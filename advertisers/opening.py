"""Opening an account of an advertiser: the tenant, its one profile, its owner. Every function joins the caller's transaction."""

from datetime import datetime
from typing import Any

from advertisers.models import Advertiser, BusinessUser, Membership, PersonalUser
from common.transactions import joined
from identity.models import User


def open_personal(*, name: str, verified_at: datetime | None = None) -> Advertiser:
    """An advertiser who is a person. name: the person's.   verified_at: when an identity check confirmed it."""
    joined("an advertiser")
    advertiser = Advertiser.objects.create(kind=Advertiser.Kind.PERSONAL, name=name)
    PersonalUser.objects.create(advertiser=advertiser, name=name, verified_at=verified_at)
    return advertiser


def open_business(*, registration_number: str, company_name: str, **known: Any) -> Advertiser:
    """
    An advertiser that is a business.

    registration_number: ten digits whose check digit the caller tested.   known: other fields of BusinessUser.
    """
    joined("an advertiser")
    advertiser = Advertiser.objects.create(kind=Advertiser.Kind.BUSINESS, name=company_name)
    BusinessUser.objects.create(advertiser=advertiser, registration_number=registration_number, company_name=company_name, **known)
    return advertiser


def add_owner(*, advertiser: Advertiser, user: User) -> Membership:
    """The first member of a new advertiser."""
    joined("an owner")
    return Membership.objects.create(advertiser=advertiser, user=user, role=Membership.Role.OWNER)
