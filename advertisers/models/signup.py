"""Signing up, step by step: what somebody answered so far, and how many get how far."""

import json
import uuid
from typing import Any

from django.db import models

from advertisers.models.tenants import Advertiser
from common import sealed


class SignupDraft(models.Model):
    """
    A sign-up on its way, in one browser. What was answered is sealed; a password never stands here. Thrown away after a week.

    browser: keyed hash of the browser's secret.   step: the furthest one that was finished, empty at the start.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("종류", max_length=10, choices=Advertiser.Kind.choices)
    browser = models.CharField("브라우저", max_length=64)
    step = models.CharField("끝낸 단계", max_length=20, blank=True)
    sealed_answers = models.TextField("답", blank=True)
    created_at = models.DateTimeField("시작")
    touched_at = models.DateTimeField("마지막 답")
    finished_at = models.DateTimeField("가입", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "가입 중"
        indexes = [
            models.Index(fields=["browser", "kind"], name="advertisers_draft_browser"),
            models.Index(fields=["touched_at"], name="advertisers_draft_touched"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.public_id}"

    @property
    def answers(self) -> dict[str, Any]:
        """What was answered, by step."""
        found: dict[str, Any] = json.loads(sealed.unseal(self.sealed_answers)) if self.sealed_answers else {}
        return found

    @answers.setter
    def answers(self, value: dict[str, Any]) -> None:
        self.sealed_answers = sealed.seal(json.dumps(value, ensure_ascii=False)) if value else ""


class SignupStepCount(models.Model):
    """How many sign-ups of a kind finished a step on a KST day, each counted once; the difference to the step before is who left."""

    day_on = models.DateField("날짜")
    kind = models.CharField("종류", max_length=10, choices=Advertiser.Kind.choices)
    step = models.CharField("단계", max_length=20)
    finished = models.PositiveIntegerField("끝낸 수", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "가입 단계"
        constraints = [models.UniqueConstraint(fields=["day_on", "kind", "step"], name="advertisers_signupstepcount_once")]

    def __str__(self) -> str:
        return f"{self.day_on} {self.kind} {self.step}"
