"""Legal texts in the wordings that followed the first ones."""

from django.conf import settings
from django.db import models

from common.guards import append_only


class LegalText(models.Model):
    """
    One wording of one legal text, from a KST day on. Never changed: people agreed to it by its day (`Consent.version`).

    text: Markdown without HTML.   change: Korean, what is different from the wording before.   is_adverse: to people's disadvantage, so
    it was announced 30 days ahead instead of 7.
    """

    class Slug(models.TextChoices):
        TERMS = "terms", "이용약관"
        PRIVACY = "privacy", "개인정보처리방침"
        REFUND = "refund", "환불 정책"

    slug = models.CharField("문서", max_length=10, choices=Slug.choices)
    effective_on = models.DateField("시행일")
    text = models.TextField("내용", max_length=60_000)
    change = models.CharField("바뀐 점", max_length=300)
    is_adverse = models.BooleanField("불리한 변경", default=False)
    published_at = models.DateTimeField("공고한 때")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="공고한 사람")

    class Meta:
        verbose_name = verbose_name_plural = "약관과 정책"
        triggers = append_only()
        constraints = [models.UniqueConstraint(fields=["slug", "effective_on"], name="identity_legaltext_one_a_day")]

    def __str__(self) -> str:
        return f"{self.get_slug_display()} {self.effective_on:%Y-%m-%d}"
