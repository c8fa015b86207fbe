"""Whom a composed message is meant for. Who may really get it is looked at again before every single call (rules.py)."""

from datetime import datetime
from typing import Annotated

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from pydantic import Field

from common.schemas import Input
from identity import consents
from identity.models import Consent
from rewards.models import Device, Member
from rewards.regions import Region

Year = Annotated[int, Field(strict=True, ge=1900, le=2100)]


class Segment(Input):
    """Empty parts leave nobody out. born_from, born_until: years, both included."""

    regions: tuple[Region, ...] = ()
    sexes: tuple[Member.Sex, ...] = ()
    platforms: tuple[Device.Platform, ...] = ()
    born_from: Year | None = None
    born_until: Year | None = None


def devices_of(segment: Segment, *, at: datetime) -> QuerySet[Device]:
    """Phones of active members of the segment who want ads at this moment, in the order in which they are handed out."""
    newest = _newest("user", Consent.Kind.MARKETING, at=at)
    wants = ExpressionWrapper(Q(given=True, version__gte=consents.NAMES_PUSH_FROM), output_field=BooleanField())
    says = Subquery(newest.annotate(wants=wants).values("wants")[:1])
    members = Member.objects.filter(is_active=True, user__is_active=True).annotate(wants=says).filter(wants=True)
    if segment.regions:
        members = members.filter(region__in=segment.regions)
    if segment.sexes:
        members = members.filter(sex__in=segment.sexes)
    if segment.born_from is not None:
        members = members.filter(birth_year__gte=segment.born_from)
    if segment.born_until is not None:
        members = members.filter(birth_year__lte=segment.born_until)
    devices = Device.objects.filter(Exists(members.filter(pk=OuterRef("member"))), may_show=True)
    return (devices.filter(platform__in=segment.platforms) if segment.platforms else devices).order_by("pk")


def hears_by_night(*, at: datetime) -> Subquery:
    """Of devices: True where the member agreed to ads between 21:00 and 08:00 too; None where nobody asked."""
    return Subquery(_newest("member__user", Consent.Kind.NIGHT, at=at).values("given")[:1])


def _newest(whose: str, kind: str, *, at: datetime) -> QuerySet[Consent]:
    """What somebody said last about one thing, first."""
    return Consent.objects.filter(user=OuterRef(whose), kind=kind, at__lte=at).order_by("-at", "-pk")
