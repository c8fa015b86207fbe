"""Contacts that were replaced."""

import uuid

from django.conf import settings
from django.db import models

from common import sealed


class ContactChange(models.Model):
    """
    A phone number or an address of an account that was replaced. The old one is told, so that whoever did not do it hears of it.

    sealed_old: what it was, readable for as long as the row is kept.
    """

    class What(models.TextChoices):
        PHONE = "PHONE", "휴대전화"
        EMAIL = "EMAIL", "이메일"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name="사람")
    what = models.CharField("무엇", max_length=5, choices=What.choices)
    sealed_old = models.TextField("전의 것")
    at = models.DateTimeField("언제")

    class Meta:
        verbose_name = verbose_name_plural = "연락처 변경"
        indexes = [models.Index(fields=["at"], name="identity_contactchange_time")]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.public_id}"

    @property
    def old(self) -> str:
        """What it was."""
        return sealed.unseal(self.sealed_old)
