"""Counts of campaigns by hour, so that no page ever scans participations."""

from django.db import models
from django.db.models import F, Q

from campaigns.models.campaigns import Campaign


class ToldConversions(models.Model):
    """Up to which confirmed participation the advertiser's own servers were told (campaigns.services.outgoing)."""

    campaign = models.OneToOneField(Campaign, on_delete=models.PROTECT, primary_key=True, related_name="+", verbose_name="캠페인")
    confirmed_at = models.DateTimeField("확정된 때")
    public_id = models.UUIDField("참여 번호")

    class Meta:
        verbose_name = verbose_name_plural = "웹훅으로 알린 참여"

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.confirmed_at}"


class HourlyStat(models.Model):
    """
    What became of the participations that started in one hour of a campaign.

    hour_at: the hour's first moment.   listed, read: times its card was on a list, and times its page was read, in that hour.
    started: everybody who started then, whatever came of it.   went: those who opened the advertiser's page.   sent: those who finished
    their part.   running: not ended yet.   credits, tickets: of the confirmed ones.   refused_by: how many of the refused ones by reason.
    counted_at: when it was counted. Counted again as often as wanted (campaigns.services.counting); nobody else writes it.
    """

    pk = models.CompositePrimaryKey("campaign_id", "hour_at")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="hours", db_index=False, verbose_name="캠페인")
    hour_at = models.DateTimeField("시간")
    listed = models.BigIntegerField("목록에 보임", default=0)
    read = models.BigIntegerField("상세를 엶", default=0)
    started = models.BigIntegerField("시작", default=0)
    went = models.BigIntegerField("광고 페이지를 엶", default=0)
    sent = models.BigIntegerField("제출", default=0)
    confirmed = models.BigIntegerField("완료", default=0)
    refused = models.BigIntegerField("거절", default=0)
    expired = models.BigIntegerField("시간 지남", default=0)
    reversed = models.BigIntegerField("나중에 취소", default=0)
    running = models.BigIntegerField("참여 중", default=0)
    credits = models.BigIntegerField("집행", default=0)
    tickets = models.BigIntegerField("티켓", default=0)
    refused_by = models.JSONField("거절한 까닭", default=dict)
    counted_at = models.DateTimeField("센 때")

    class Meta:
        verbose_name = verbose_name_plural = "시간별 집계"
        constraints = [
            models.CheckConstraint(
                condition=Q(started=F("confirmed") + F("refused") + F("expired") + F("reversed") + F("running")),
                name="campaigns_hourlystat_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.hour_at}"


class Showing(models.Model):
    """
    How often members saw a campaign in one hour. part: of sixteen, so that they do not queue for one row.

    listed: its card was on a list.   read: its page was opened.
    """

    PARTS = 16

    pk = models.CompositePrimaryKey("campaign_id", "hour_at", "part")
    campaign = models.ForeignKey(
        Campaign, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+", verbose_name="캠페인"
    )
    hour_at = models.DateTimeField("시간")
    part = models.PositiveSmallIntegerField("칸")
    listed = models.BigIntegerField("목록에 보임", default=0)
    read = models.BigIntegerField("상세를 엶", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "노출"

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.hour_at} {self.part}"


class StaleHour(models.Model):
    """An hour of a campaign that has to be counted again, because something changed long after it. Written by a trigger."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+", verbose_name="캠페인"
    )
    hour_at = models.DateTimeField("시간")

    class Meta:
        verbose_name = verbose_name_plural = "다시 셀 시간"

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.hour_at}"


class PeopleStat(models.Model):
    """
    Who started on one KST day of a campaign, that was over when it was counted, by one trait at a time, so that two traits never meet.

    value: of the trait, e.g. "20" or "FEMALE"; empty for who never proved or said it.   started: people, since everybody takes part once
    a day at most.   is_shown: at least `FLOOR` people, and what is not shown beside it comes to as many, so that nobody is found by taking
    the shown ones off the whole. Every figure that leaves the house is a sum of shown rows: none of them can be taken apart further.
    """

    FLOOR = 10

    class Trait(models.TextChoices):
        AGE = "AGE", "나이대"
        SEX = "SEX", "성별"
        REGION = "REGION", "사는 지역"
        SYSTEM = "SYSTEM", "기기"

    pk = models.CompositePrimaryKey("campaign_id", "day_on", "trait", "value")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="캠페인")
    day_on = models.DateField("날짜")
    trait = models.CharField("특성", max_length=6, choices=Trait.choices)
    value = models.CharField("값", max_length=9)
    started = models.BigIntegerField("시작")
    confirmed = models.BigIntegerField("완료")
    is_shown = models.BooleanField("보임")
    counted_at = models.DateTimeField("센 때")

    class Meta:
        verbose_name = verbose_name_plural = "사람 집계"
        constraints = [
            models.CheckConstraint(condition=Q(confirmed__gte=0, started__gte=F("confirmed")), name="campaigns_peoplestat_adds_up"),
            models.CheckConstraint(condition=Q(is_shown=False) | Q(started__gte=10), name="campaigns_peoplestat_never_shows_few"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.day_on} {self.trait} {self.value}"
