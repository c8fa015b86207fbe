"""
What belongs to no domain: an operator's look at an advertiser's pages through the advertiser's eyes, answers that are ready, the chain
over everything that says who did what, and what card companies are shown.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from advertisers.models import Advertiser
from common.guards import append_only
from common.kst import SEOUL
from inquiries.models import Inquiry


class ActAsSession(models.Model):
    """
    One look of one operator at one advertiser's pages: nothing can be changed, and the advertiser sees that it happened.

    token_hash: of the link that opens it, once.   entered_at: when the link was used.   ends_at: when it is over at the latest.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="운영자")
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="+", verbose_name="광고주")
    reason = models.CharField("이유", max_length=200)
    token_hash = models.CharField("링크 해시", max_length=64, unique=True)
    started_at = models.DateTimeField("시작")
    ends_at = models.DateTimeField("끝나는 때")
    entered_at = models.DateTimeField("들어간 때", null=True, blank=True)
    ended_at = models.DateTimeField("끝낸 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "광고주 화면 보기"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("started_at")), name="backoffice_actas_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(reason=""), name="backoffice_actas_has_a_reason"),
        ]
        indexes = [models.Index(fields=["advertiser", "-started_at"], name="backoffice_actas_of_a_team")]

    def __str__(self) -> str:
        return str(self.public_id)

    def is_open(self, at: datetime) -> bool:
        """True while the operator may look."""
        return self.entered_at is not None and self.ended_at is None and at < self.ends_at


class CannedReply(models.Model):
    """
    An answer that operators give often; it is put into the field and changed before it goes out.

    kind, topic: of the inquiries it fits; empty for all.   place: where it stands in the list.
    """

    kind = models.CharField("문의 종류", max_length=10, choices=Inquiry.Kind.choices, blank=True)
    topic = models.CharField("주제", max_length=10, choices=Inquiry.Topic.choices, blank=True)
    title = models.CharField("이름", max_length=40)
    text = models.TextField("답변", max_length=1500)
    place = models.PositiveSmallIntegerField("자리", default=1)
    is_active = models.BooleanField("사용", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "자주 쓰는 답변"
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="backoffice_cannedreply_says_something")]

    def __str__(self) -> str:
        return self.title


class OperatorNote(LogEntry):
    """Django's own record of what operators did, under the guards of history: nobody changes or deletes a line."""

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = "운영 기록"
        triggers = append_only()


class AuditLink(models.Model):
    """
    One night's new rows of one audit table, hashed, on top of the link before it (backoffice/audit_chain.py).

    table, key, columns: of the database.   after_id, until_id: numbers of the rows, the first not included.   content: hash of the rows.
    """

    table = models.CharField("표", max_length=63)
    key = models.CharField("번호 칸", max_length=63)
    columns = ArrayField(models.CharField(max_length=63), verbose_name="칸")
    day_on = models.DateField("이은 날")
    after_id = models.BigIntegerField("이 번호 다음부터")
    until_id = models.BigIntegerField("이 번호까지")
    rows = models.PositiveIntegerField("줄 수")
    content = models.CharField("내용 해시", max_length=64)
    previous_hash = models.CharField("앞 고리 해시", max_length=64, blank=True)
    hash = models.CharField("해시", max_length=64)
    linked_at = models.DateTimeField("이은 때")

    class Meta:
        verbose_name = verbose_name_plural = "감사 기록 고리"
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["previous_hash"], name="backoffice_auditlink_one_after_another"),
            models.UniqueConstraint(fields=["table", "after_id"], name="backoffice_auditlink_no_row_twice"),
            models.CheckConstraint(condition=Q(until_id__gt=F("after_id")), name="backoffice_auditlink_goes_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.day_on}"


class Anomaly(models.Model):
    """
    One episode of something that is not like other days: operators are told when it begins, and not again until it is over.

    hour_at: first moment of the first odd hour.   number: of that hour.   usual: the median it was compared with.
    """

    class Kind(models.TextChoices):
        SPEND = "SPEND", "크레딧 집행"
        REFUNDS = "REFUNDS", "환불 요청"
        SMS = "SMS", "문자 발송"
        CONVERSIONS = "CONVERSIONS", "완료한 참여"
        WEBHOOKS = "WEBHOOKS", "웹훅 실패"

    class Turn(models.TextChoices):
        MORE = "MORE", "많음"
        LESS = "LESS", "적음"

    kind = models.CharField("종류", max_length=12, choices=Kind.choices)
    turn = models.CharField("방향", max_length=4, choices=Turn.choices)
    hour_at = models.DateTimeField("시간")
    number = models.BigIntegerField("그 시간의 수")
    usual = models.BigIntegerField("평소")
    began_at = models.DateTimeField("알린 때")
    ended_at = models.DateTimeField("끝난 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "이상 징후"
        constraints = [
            models.UniqueConstraint(fields=["kind", "hour_at"], name="backoffice_anomaly_once_an_hour"),
            models.UniqueConstraint(fields=["kind"], condition=Q(ended_at=None), name="backoffice_anomaly_one_episode_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.hour_at.astimezone(SEOUL):%Y-%m-%d %H:%M}"


class CardReviewMode(models.Model):
    """
    A stretch of time in which reviewers of card companies may look at the shop with an account of their own.

    password: sealed, for the cover of the pack.   ends_at: of the account.   draft_path: where the account sees credits being spent.
    """

    advertiser = models.OneToOneField(Advertiser, on_delete=models.PROTECT, related_name="+", verbose_name="심사용 광고주")
    login = models.CharField("심사 계정", max_length=40)
    password = models.TextField("비밀번호")
    draft_path = models.CharField("크레딧 사용 화면", max_length=200)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="켠 사람")
    opened_at = models.DateTimeField("켠 때")
    ends_at = models.DateTimeField("끝나는 때")
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="끈 사람"
    )
    closed_at = models.DateTimeField("끈 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "카드 심사 모드"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("opened_at")), name="backoffice_cardreviewmode_ends_after_it_opens")
        ]

    def __str__(self) -> str:
        return self.login

    def is_open(self, at: datetime) -> bool:
        """True while reviewers may sign in."""
        return self.closed_at is None and at < self.ends_at


class CardReviewPack(models.Model):
    """
    One pack of pictures for card companies, made outside of requests.

    done, total: pictures, for the bar.   findings: what has to be put right first, with check, field and why.   trouble: why it stopped.
    manifest: pictures with address, moment and hashes, and the hash of every file.   difference: to the pack before it, by page.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "기다림"
        RUNNING = "RUNNING", "만드는 중"
        READY = "READY", "완성"
        FAILED = "FAILED", "만들지 못함"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="요청한 사람")
    asked_at = models.DateTimeField("요청한 때")
    started_at = models.DateTimeField("시작", null=True, blank=True)
    finished_at = models.DateTimeField("끝", null=True, blank=True)
    done = models.PositiveSmallIntegerField("찍은 화면", default=0)
    total = models.PositiveSmallIntegerField("전체 화면", default=0)
    revision = models.CharField("빌드", max_length=40, blank=True)
    findings = models.JSONField("고칠 것", default=list, blank=True)
    trouble = models.CharField("멈춘 이유", max_length=300, blank=True)
    manifest = models.JSONField("목록", default=dict, blank=True)
    difference = models.JSONField("지난번과 다른 점", default=dict, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "카드 심사 자료"

    def __str__(self) -> str:
        return f"카드 심사 자료 {self.asked_at.astimezone(SEOUL):%Y-%m-%d}"
