"""Files of numbers, made away from the request that asked for them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from advertisers.models import Advertiser


class ExportQuerySet(models.QuerySet["Export"]):
    """Vocabulary of files."""

    def owned_by(self, advertiser: Advertiser) -> "ExportQuerySet":
        """What this advertiser asked for."""
        return self.filter(advertiser=advertiser)


class Export(models.Model):
    """
    One file that somebody asked for. asked: the question, as `AnalyticsIn` is written in JSON; first and last are always in it.
    what: its rows.   done, total: parts of the work, for the bar.   file: its name in the private storage, empty until it is there.
    key: one per opened page.
    """

    class What(models.TextChoices):
        DAYS = "DAYS", "날짜별"
        HOURS = "HOURS", "시간별"
        PEOPLE = "PEOPLE", "나이대·성별·지역·기기별"

    class Form(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "엑셀(XLSX)"

    class State(models.TextChoices):
        WAITING = "WAITING", "만드는 중"
        DONE = "DONE", "완료"
        FAILED = "FAILED", "실패"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="광고주")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="만든 사람"
    )
    asked = models.JSONField("물은 것")
    what = models.CharField("내용", max_length=6, choices=What.choices)
    form = models.CharField("형식", max_length=4, choices=Form.choices)
    state = models.CharField("상태", max_length=7, choices=State.choices, default=State.WAITING)
    done = models.PositiveIntegerField("한 만큼", default=0)
    total = models.PositiveIntegerField("모두", default=0)
    file = models.CharField("파일", max_length=200, blank=True)
    rows = models.PositiveIntegerField("줄", default=0)
    key = models.CharField("키", max_length=36)
    created_at = models.DateTimeField("만든 때")
    finished_at = models.DateTimeField("끝난 때", null=True, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "내려받을 파일"
        constraints = [
            models.UniqueConstraint(fields=["advertiser", "key"], name="campaigns_export_once_per_page"),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="campaigns_export_done_within_total"),
            models.CheckConstraint(condition=~Q(state="DONE") | Q(finished_at__isnull=False), name="campaigns_export_done_has_time"),
        ]
        indexes = [models.Index(fields=["advertiser", "-created_at"], name="campaigns_export_newest")]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def is_there(self) -> bool:
        """True while the file can be had."""
        return self.state == self.State.DONE and bool(self.file)

    @property
    def name(self) -> str:
        """What the file is called when it arrives."""
        return f"boost-{self.what.lower()}-{self.asked['first']}-{self.asked['last']}.{self.form}"
