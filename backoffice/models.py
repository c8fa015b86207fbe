"""What belongs to no domain: an operator's look at an advertiser's pages through the advertiser's eyes, and answers that are ready."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from advertisers.models import Advertiser
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
