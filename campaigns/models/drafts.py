"""Campaigns that are still being written, and what advertisers bring along for them: pictures and lists of people to leave out."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from advertisers.models import Advertiser
from campaigns.models.campaigns import Campaign

_KEY = "draft:"


class DraftQuerySet(models.QuerySet["Draft"]):
    """Vocabulary of drafts."""

    def owned_by(self, advertiser: Advertiser) -> "DraftQuerySet":
        """The only scope a tenant may read through."""
        return self.filter(advertiser=advertiser)

    def open(self) -> "DraftQuerySet":
        """Those that were not submitted yet, the last one written in first."""
        return self.filter(campaign=None).order_by("-updated_at", "-pk")


class Draft(models.Model):
    """
    What an advertiser has written so far, finished or not.

    answers: part of the campaign → field → value, as `CampaignSpec` is written in JSON; what could not be read is kept as typed.
    aside: answers that the chosen type has no place for, [{"type", "field", "label", "value"}].   left_out: sentences on what a copy
    did not take over.   landing: what was found behind the landing address, {"url", "found", "status", "target"}.
    version: counts every change; step_versions: the version and the tab in which each step was changed last.   schema_version: of the
    answers.
    key, request_hash: of the call that made it, so that a repeat finds it.   corrects: the campaign that is edited.   base: the content of
    that campaign which the answers began with, or followed last; None where nobody wrote it down.
    campaign: what became of it.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="drafts", db_index=False, verbose_name="광고주")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="만든 사람"
    )
    key = models.CharField("요청 키", max_length=80)
    request_hash = models.CharField("요청 내용 해시", max_length=64, blank=True)
    answers: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField("적은 내용", default=dict)
    aside: "models.JSONField[list[dict[str, Any]], list[dict[str, Any]]]" = models.JSONField("따로 둔 내용", default=list)
    left_out: "models.JSONField[list[str], list[str]]" = models.JSONField("옮기지 않은 것", default=list)
    schema_version = models.PositiveSmallIntegerField("형식 번호", default=1)
    landing: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField("연결 주소 확인", default=dict)
    version = models.PositiveIntegerField("바뀐 횟수", default=1)
    step_versions: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField("단계별 바뀐 때", default=dict)
    base: "models.JSONField[dict[str, Any] | None, dict[str, Any] | None]" = models.JSONField("시작한 내용", null=True, blank=True)
    corrects = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="corrections", verbose_name="고치는 캠페인"
    )
    copied_from = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name="복제한 캠페인"
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="drafts", verbose_name="제출한 캠페인"
    )
    created_at = models.DateTimeField("만든 때")
    updated_at = models.DateTimeField("저장한 때")

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "작성 중인 캠페인"
        constraints = [
            models.UniqueConstraint(fields=["advertiser", "key"], name="campaigns_draft_made_once"),
            models.UniqueConstraint(
                fields=["corrects"], condition=Q(campaign=None, corrects__isnull=False), name="campaigns_draft_one_correction"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def submission_key(self) -> str:
        """Names the intent to submit what is written now."""
        return f"{self.submission_keys}{self.version}"

    @property
    def submission_keys(self) -> str:
        """How the submission keys of all its versions begin."""
        return f"{_KEY}{self.public_id}:"

    @staticmethod
    def beginning_of(key: str) -> str:
        """How the keys of the draft begin that a submission key names; empty for a key that names none."""
        return key[: key.rindex(":") + 1] if key.startswith(_KEY) else ""

    @property
    def is_submitted(self) -> bool:
        """True when a campaign was made of it; nothing can be written any more."""
        return self.campaign_id is not None

    @property
    def title(self) -> str:
        """The mission's title, or a word for one without."""
        design = self.answers.get("design")
        title = design.get("title") if isinstance(design, dict) else None
        return title if isinstance(title, str) and title else "제목 없는 캠페인"


class CampaignImageQuerySet(models.QuerySet["CampaignImage"]):
    """Vocabulary of pictures."""

    def owned_by(self, advertiser: Advertiser) -> "CampaignImageQuerySet":
        """The only scope a tenant may read through."""
        return self.filter(advertiser=advertiser)


class CampaignImage(models.Model):
    """
    A picture for missions, drawn anew by us and kept where no address leads.

    file: its name in private storage.   name: as people see it.   digest: SHA-256 of what lies there; the same picture is one row.
    state: what the review found, since decided_at; reason: why it was refused.
    """

    class State(models.TextChoices):
        NEW = "NEW", "심사 전"
        APPROVED = "APPROVED", "승인"
        REFUSED = "REFUSED", "반려"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="images", db_index=False, verbose_name="광고주")
    file = models.CharField("파일", max_length=120)
    name = models.CharField("이름", max_length=100)
    width = models.PositiveIntegerField("너비")
    height = models.PositiveIntegerField("높이")
    size = models.PositiveIntegerField("크기")
    digest = models.CharField("내용 해시", max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="올린 사람"
    )
    uploaded_at = models.DateTimeField("올린 때")
    state = models.CharField("심사", max_length=8, choices=State.choices, default=State.NEW, db_default="NEW")
    reason = models.CharField("반려한 까닭", max_length=1000, blank=True, default="", db_default="")
    decided_at = models.DateTimeField("결정", null=True, blank=True)

    objects = CampaignImageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "캠페인 이미지"
        constraints = [models.UniqueConstraint(fields=["advertiser", "digest"], name="campaigns_image_stored_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_usable(self) -> bool:
        """False for one that a review refused: no campaign may be submitted with it."""
        return self.state != self.State.REFUSED


class ExclusionListQuerySet(models.QuerySet["ExclusionList"]):
    """Vocabulary of exclusion lists."""

    def owned_by(self, advertiser: Advertiser) -> "ExclusionListQuerySet":
        """The only scope a tenant may read through."""
        return self.filter(advertiser=advertiser)


class ExclusionList(models.Model):
    """People whom a campaign leaves out, as an advertiser uploaded them. entries: how many.   expires_at: forgotten then."""

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="exclusion_lists", verbose_name="광고주")
    name = models.CharField("이름", max_length=100)
    entries = models.PositiveIntegerField("사람 수")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="올린 사람"
    )
    uploaded_at = models.DateTimeField("올린 때")
    expires_at = models.DateTimeField("지우는 때")

    objects = ExclusionListQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "제외 목록"

    def __str__(self) -> str:
        return self.name


class ExcludedPerson(models.Model):
    """One person of a list. key: keyed hash of the phone number; the number itself is nowhere."""

    pk = models.CompositePrimaryKey("list_id", "key")
    list = models.ForeignKey(ExclusionList, on_delete=models.CASCADE, related_name="people", db_index=False, verbose_name="목록")
    key = models.CharField("전화번호 해시", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "제외한 사람"

    def __str__(self) -> str:
        return self.key[:8]


class ForecastLog(models.Model):
    """
    What was forecast for a campaign when it was submitted, and whether it came true.

    low, high: completions until its end, the range that should hold four times out of five.   actual: completions in the end;
    is_inside: empty until then, or when the campaign was stopped early and says nothing about the forecast.
    """

    campaign = models.OneToOneField(Campaign, on_delete=models.PROTECT, related_name="forecast", verbose_name="캠페인")
    type = models.CharField("유형", max_length=20)
    low = models.PositiveBigIntegerField("적어도")
    high = models.PositiveBigIntegerField("많아야")
    samples = models.PositiveIntegerField("지난 캠페인")
    limit = models.CharField("막는 것", max_length=20)
    made_at = models.DateTimeField("예상한 때")
    actual = models.PositiveBigIntegerField("실제", null=True, blank=True)
    is_inside = models.BooleanField("맞았는지", null=True, blank=True)
    judged_at = models.DateTimeField("견준 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "예상 기록"
        indexes = [models.Index(fields=["type", "-judged_at"], name="campaigns_forecast_by_type")]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.low}–{self.high}"


class PolicyRule(models.Model):
    """
    One rule by which a text is likely to be rejected: it holds when one of `words` is in it and none of `unless`.

    words, unless: one per line; spaces and capitals do not matter.   field: where it looks.   bad, good: samples that the rule must
    find and must not find, one per line; both are tried before it is saved.
    """

    class Field(models.TextChoices):
        ANY = "ANY", "모든 글"
        TITLE = "TITLE", "제목"
        BODY = "BODY", "안내"
        CALL_TO_ACTION = "CALL_TO_ACTION", "버튼 글"

    name = models.CharField("이름", max_length=60, unique=True)
    field = models.CharField("살펴볼 곳", max_length=14, choices=Field.choices, default=Field.ANY)
    words = models.TextField("찾을 말", max_length=2_000)
    unless = models.TextField("함께 있으면 괜찮은 말", max_length=2_000, blank=True)
    message = models.CharField("광고주에게 할 말", max_length=200)
    bad = models.TextField("걸려야 하는 예", max_length=2_000)
    good = models.TextField("걸리지 않아야 하는 예", max_length=2_000)
    is_active = models.BooleanField("사용", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "심사 기준 문구"

    def __str__(self) -> str:
        return self.name
