"""What operators put on the first page of the reward app: banners, and campaigns at a fixed place of the list."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When

from campaigns.models.campaigns import Campaign
from inquiries.models import Notice
from rewards.models import Raffle


class Viewers(models.TextChoices):
    """Who sees a banner."""

    EVERYBODY = "EVERYBODY", "모두"
    GUESTS = "GUESTS", "로그인하지 않은 사람"
    MEMBERS = "MEMBERS", "회원"
    NEWCOMERS = "NEWCOMERS", "새로 가입한 회원"


class System(models.TextChoices):
    """On which phones a banner is seen."""

    ANY = "ANY", "모든 기기"
    ANDROID = "ANDROID", "안드로이드"
    IOS = "IOS", "아이폰"


# As ranges of numbers, so that one constraint and one comparison say which of them overlap: (first, behind the last).
VIEWERS = {Viewers.EVERYBODY: (0, 3), Viewers.GUESTS: (0, 1), Viewers.MEMBERS: (1, 3), Viewers.NEWCOMERS: (1, 2)}
SYSTEMS = {System.ANY: (0, 3), System.ANDROID: (0, 1), System.IOS: (1, 2)}


def _range(first: object, behind: object) -> Func:
    return Func(first, behind, function="int4range")


def _ranges(field: str, known: Mapping[Any, tuple[int, int]]) -> Case:
    """A choice as its range of numbers."""
    return Case(*(When(**{field: choice}, then=_range(Value(first), Value(behind))) for choice, (first, behind) in known.items()))


class BannerQuerySet(models.QuerySet["Banner"]):
    """Vocabulary of banners."""

    def going(self) -> "BannerQuerySet":
        """Those that nobody stopped."""
        return self.filter(stopped_at=None)

    def shown(self, at: datetime) -> "BannerQuerySet":
        """Those of a moment, by their places."""
        return self.going().filter(shown_from__lte=at, shown_until__gt=at).order_by("place", "pk")


class Banner(models.Model):
    """
    One picture on the first page of the reward app, which leads somewhere.

    file: of the picture in private storage, drawn anew by us.   alt: what the picture says, for who does not see it.
    leads_to: which of campaign, raffle, notice and address says where it leads.   place: the smaller, the earlier.
    shown_*: half-open.   version: grows with every change, so that whoever saves has seen the newest.
    """

    class LeadsTo(models.TextChoices):
        MISSION = "MISSION", "미션"
        RAFFLE = "RAFFLE", "래플"
        NOTICE = "NOTICE", "공지사항"
        ADDRESS = "ADDRESS", "바깥 주소"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField("이름", max_length=60)
    alt = models.CharField("대체 텍스트", max_length=120)
    file = models.CharField("파일", max_length=100)
    digest = models.CharField("파일 해시", max_length=64)
    leads_to = models.CharField("연결", max_length=8, choices=LeadsTo.choices)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="미션")
    raffle = models.ForeignKey(Raffle, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="래플")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="공지사항")
    address = models.CharField("바깥 주소", max_length=500, blank=True)
    viewers = models.CharField("보는 사람", max_length=9, choices=Viewers.choices, default=Viewers.EVERYBODY)
    system = models.CharField("기기", max_length=7, choices=System.choices, default=System.ANY)
    place = models.PositiveSmallIntegerField("자리")
    shown_from = models.DateTimeField("보이기 시작하는 때")
    shown_until = models.DateTimeField("그만 보이는 때")
    version = models.PositiveIntegerField("판", default=1)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="만든 사람"
    )
    made_at = models.DateTimeField("만든 때")
    stopped_at = models.DateTimeField("멈춘 때", null=True, blank=True)
    stopped_reason = models.CharField("멈춘 이유", max_length=200, blank=True)

    objects = BannerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "배너"
        constraints = [
            models.CheckConstraint(condition=Q(shown_until__gt=F("shown_from")), name="campaigns_banner_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(place__gte=1, place__lte=10), name="campaigns_banner_has_a_place"),
            models.CheckConstraint(
                condition=Q(leads_to="MISSION", campaign__isnull=False, raffle=None, notice=None, address="")
                | Q(leads_to="RAFFLE", campaign=None, raffle__isnull=False, notice=None, address="")
                | Q(leads_to="NOTICE", campaign=None, raffle=None, notice__isnull=False, address="")
                | Q(leads_to="ADDRESS", campaign=None, raffle=None, notice=None) & ~Q(address=""),
                name="campaigns_banner_leads_to_one_thing",
            ),
            ExclusionConstraint(
                name="campaigns_banner_one_at_a_place",
                expressions=[
                    (_range(F("place"), F("place") + 1), RangeOperators.OVERLAPS),
                    (Func("shown_from", "shown_until", function="tstzrange"), RangeOperators.OVERLAPS),
                    (_ranges("viewers", VIEWERS), RangeOperators.OVERLAPS),
                    (_ranges("system", SYSTEMS), RangeOperators.OVERLAPS),
                ],
                condition=Q(stopped_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["shown_until"], condition=Q(stopped_at=None), name="campaigns_banner_going")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_ad(self) -> bool:
        """True when it leads to what somebody advertises."""
        return self.leads_to in (self.LeadsTo.MISSION, self.LeadsTo.ADDRESS)

    def standing(self, at: datetime) -> str:
        """A word of `common.statuses.BANNER`."""
        if self.stopped_at is not None:
            return "STOPPED"
        return "AHEAD" if at < self.shown_from else "SHOWN" if at < self.shown_until else "OVER"


class ExposureSlot(models.Model):
    """
    A campaign at a fixed place of the members' list for a while, before those that have none. shown_*: half-open.   ended_at: an operator
    gave the place free.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="exposure_slots", verbose_name="캠페인")
    place = models.PositiveSmallIntegerField("자리")
    shown_from = models.DateTimeField("시작")
    shown_until = models.DateTimeField("끝")
    reason = models.CharField("이유", max_length=200)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="정한 사람"
    )
    made_at = models.DateTimeField("정한 때")
    ended_at = models.DateTimeField("비운 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "고정 자리"
        constraints = [
            models.CheckConstraint(condition=Q(shown_until__gt=F("shown_from")), name="campaigns_exposureslot_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(place__gte=1, place__lte=20), name="campaigns_exposureslot_has_a_place"),
            ExclusionConstraint(
                name="campaigns_exposureslot_one_at_a_place",
                expressions=[
                    (_range(F("place"), F("place") + 1), RangeOperators.OVERLAPS),
                    (Func("shown_from", "shown_until", function="tstzrange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(ended_at__isnull=True),
            ),
            ExclusionConstraint(
                name="campaigns_exposureslot_one_of_a_campaign",
                expressions=[
                    (Func(F("campaign"), F("campaign") + 1, function="int8range"), RangeOperators.OVERLAPS),
                    (Func("shown_from", "shown_until", function="tstzrange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(ended_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["shown_until"], condition=Q(ended_at=None), name="campaigns_exposureslot_held")]

    def __str__(self) -> str:
        return f"{self.place}번 자리"
