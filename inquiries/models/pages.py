"""What operators write for everybody: notices, questions that are asked often, guides; and the copies of guides from Notion."""

import uuid
from datetime import datetime

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from common.guards import legal_moves


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Vocabulary of notices."""

    def shown(self, at: datetime) -> "NoticeQuerySet":
        """Those that may be read at a moment, pinned ones first, then newest first."""
        over = Q(shown_until__isnull=False, shown_until__lte=at)
        return self.filter(shown_from__lte=at).exclude(over).order_by("-is_pinned", "-shown_from", "-pk")


class Notice(models.Model):
    """
    One announcement.

    text: Markdown without HTML.   shown_from: empty for a draft.   shown_until: the first moment at which it is gone, or empty.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField("제목", max_length=100)
    text = models.TextField("내용", max_length=10_000)
    is_pinned = models.BooleanField("맨 위에 고정", default=False)
    shown_from = models.DateTimeField("보이기 시작하는 때", null=True, blank=True)
    shown_until = models.DateTimeField("그만 보이는 때", null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "공지사항"
        constraints = [
            models.CheckConstraint(
                condition=Q(shown_until__isnull=True) | Q(shown_from__isnull=False, shown_until__gt=F("shown_from")),
                name="inquiries_notice_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["-is_pinned", "-shown_from"], name="inquiries_notice_newest")]

    def __str__(self) -> str:
        return self.title


class FaqQuerySet(models.QuerySet["Faq"]):
    """Vocabulary of questions that are asked often."""

    def shown(self) -> "FaqQuerySet":
        """Those that may be read, in their order."""
        return self.filter(is_shown=True).order_by("topic", "position", "pk")

    def of_the_landing_page(self) -> "FaqQuerySet":
        """The few that the landing page shows, in their order."""
        return self.filter(is_shown=True, is_on_landing=True).order_by("position", "pk")


class Faq(models.Model):
    """One question with its answer. answer: Markdown without HTML.   position: smaller ones stand higher."""

    class Topic(models.TextChoices):
        START = "1_START", "시작하기"
        CREDIT = "2_CREDIT", "크레딧과 결제"
        CAMPAIGN = "3_CAMPAIGN", "캠페인과 심사"
        REFUND = "4_REFUND", "환불"

    topic = models.CharField("주제", max_length=10, choices=Topic.choices)
    question = models.CharField("질문", max_length=100, unique=True)
    answer = models.TextField("답변", max_length=2_000)
    position = models.PositiveSmallIntegerField("순서", default=100)
    is_shown = models.BooleanField("보이기", default=True)
    is_on_landing = models.BooleanField("첫 화면에도 보이기", default=False)

    objects = FaqQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "자주 묻는 질문"

    def __str__(self) -> str:
        return self.question


class GuideQuerySet(models.QuerySet["Guide"]):
    """Vocabulary of guides."""

    def shown(self) -> "GuideQuerySet":
        """Those that may be read, in their order."""
        return self.filter(is_shown=True).order_by("position", "pk")

    def with_a_copy_that_waits(self) -> "GuideQuerySet":
        """Those of which a copy was fetched that nobody has published or dropped."""
        return self.filter(pk__in=GuideSnapshot.objects.filter(state=SnapshotState.READY).values("guide"))


class Guide(models.Model):
    """
    One page of help.

    slug: its address.   text: Markdown without HTML, for a guide that is written here.   notion_page: the page it is copied from, 32 hex
    digits; then the published snapshot is what people read.   embed_url: a public Notion page shown in a frame below; allow-listed.
    """

    slug = models.SlugField("주소", max_length=60, unique=True)
    title = models.CharField("제목", max_length=100)
    summary = models.CharField("한 줄 소개", max_length=160)
    text = models.TextField("내용", max_length=20_000, blank=True)
    position = models.PositiveSmallIntegerField("순서", default=100)
    is_shown = models.BooleanField("보이기", default=False)
    notion_page = models.CharField(
        "노션 페이지 번호", max_length=32, blank=True, validators=[RegexValidator(r"\A[0-9a-f]{32}\Z", "32자리 페이지 번호를 적어 주세요.")]
    )
    embed_url = models.URLField("노션 임베드 주소", max_length=200, blank=True)
    published = models.ForeignKey(
        "GuideSnapshot", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False, verbose_name="게시한 사본"
    )
    changed_in_notion_at = models.DateTimeField("노션에서 바뀐 때", null=True, blank=True, editable=False)

    objects = GuideQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "가이드"
        constraints = [
            models.CheckConstraint(
                condition=Q(notion_page="") | Q(notion_page__regex=r"^[0-9a-f]{32}$"), name="inquiries_guide_page_is_hex"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SnapshotState(models.TextChoices):
    """What became of a copy."""

    ASKED = "ASKED", "가져오는 중"
    READY = "READY", "확인 전"
    FAILED = "FAILED", "가져오지 못함"
    DROPPED = "DROPPED", "버림"
    PUBLISHED = "PUBLISHED", "게시함"


SNAPSHOT_MOVES = {
    SnapshotState.ASKED: (SnapshotState.READY, SnapshotState.FAILED),
    SnapshotState.READY: (SnapshotState.PUBLISHED, SnapshotState.DROPPED),
}


class GuideSnapshot(models.Model):
    """
    A copy of a Notion page, drawn in our own markup. Nothing but the last step, publishing, lets people see it.

    title, html: as they will be shown; sanitised when made and again when shown.   edited_at: the page's last change there.
    left_out: kinds of blocks and pictures that were not taken over, with how often.   detail: why it failed, the supplier's word.
    """

    State = SnapshotState

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    guide = models.ForeignKey(Guide, on_delete=models.PROTECT, related_name="snapshots", verbose_name="가이드")
    state = models.CharField("상태", max_length=10, choices=SnapshotState.choices, default=SnapshotState.ASKED)
    asked_at = models.DateTimeField("가져온 때")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="가져온 사람")
    title = models.CharField("제목", max_length=200, blank=True)
    html = models.TextField("내용", blank=True)
    left_out = models.JSONField("옮기지 못한 블록", default=dict)
    edited_at = models.DateTimeField("노션에서 고친 때", null=True, blank=True)
    detail = models.CharField("못 가져온 까닭", max_length=60, blank=True)
    published_at = models.DateTimeField("게시한 때", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="게시한 사람"
    )

    class Meta:
        verbose_name = verbose_name_plural = "노션 사본"
        triggers = [legal_moves(SNAPSHOT_MOVES, what="a copy of a guide", code="BI001")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="PUBLISHED", published_at__isnull=False, published_by__isnull=False)
                | ~Q(state="PUBLISHED") & Q(published_at__isnull=True, published_by__isnull=True),
                name="inquiries_snapshot_published_by_somebody",
            ),
            models.UniqueConstraint(fields=["guide"], condition=Q(state="ASKED"), name="inquiries_snapshot_one_at_a_time"),
        ]
        indexes = [models.Index(fields=["guide", "-asked_at"], name="inquiries_snapshot_newest")]

    def __str__(self) -> str:
        return str(self.public_id)


class SnapshotPicture(models.Model):
    """A picture of a copied page: fetched while its signed address lived, drawn anew, kept here. file: its name in the private storage."""

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    snapshot = models.ForeignKey(GuideSnapshot, on_delete=models.CASCADE, related_name="pictures", verbose_name="사본")
    file = models.CharField("파일", max_length=200, unique=True)
    content_type = models.CharField("형식", max_length=40)
    width = models.PositiveIntegerField("너비")
    height = models.PositiveIntegerField("높이")

    class Meta:
        verbose_name = verbose_name_plural = "노션 그림"

    def __str__(self) -> str:
        return str(self.public_id)
