"""Where starts came from, which networks and devices are doubted, who may not take part, and what people found to be fine."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign


class Doubt(models.TextChoices):
    """What a network or a device is known for. CARRIER is no doubt: many honest people share its addresses."""

    VPN = "VPN", "VPN"
    PROXY = "PROXY", "프록시"
    HOSTING = "HOSTING", "서버 네트워크"
    CARRIER = "CARRIER", "통신사 공용 주소"
    EMULATOR = "EMULATOR", "에뮬레이터"
    ROOTED = "ROOTED", "루팅·탈옥한 기기"
    BOT = "BOT", "자동 프로그램"


OF_NETWORKS = (Doubt.VPN, Doubt.PROXY, Doubt.HOSTING, Doubt.CARRIER)
OF_DEVICES = (Doubt.EMULATOR, Doubt.ROOTED, Doubt.BOT)


def _operator(verbose_name: str, **more: Any) -> "models.ForeignKey[Any, Any]":
    """Who did it; empty for the clock and for commands."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=verbose_name, **more
    )


class CidrField(models.Field):  # type: ignore[type-arg]  # Django has no type arguments at run time
    """A network of IPv4 or IPv6, as PostgreSQL keeps it."""

    def db_type(self, connection: Any) -> str:
        return "cidr"


class TrafficList(models.Model):
    """One imported list of networks and marks. The newest of a name holds; older ones stay as a record without lines."""

    name = models.CharField("이름", max_length=60)
    digest = models.CharField("파일 해시", max_length=64)
    lines = models.PositiveIntegerField("줄")
    imported_at = models.DateTimeField("들여온 때")
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name="들여온 사람",
    )

    class Meta:
        verbose_name = verbose_name_plural = "주소·기기 목록"

    def __str__(self) -> str:
        return self.name


class NetworkRange(models.Model):
    """A network and what it is known for. Of several that hold an address the narrowest counts."""

    list = models.ForeignKey(TrafficList, on_delete=models.CASCADE, related_name="networks", verbose_name="목록")
    network = CidrField("대역")
    kind = models.CharField("종류", max_length=8, choices=[(kind.value, kind.label) for kind in OF_NETWORKS])

    class Meta:
        verbose_name = verbose_name_plural = "주소 대역"
        indexes = [GistIndex(fields=["network"], opclasses=["inet_ops"], name="campaigns_network_holds")]

    def __str__(self) -> str:
        return f"{self.network} {self.kind}"


class AgentMark(models.Model):
    """A piece of text that only such devices say of themselves, compared without case."""

    list = models.ForeignKey(TrafficList, on_delete=models.CASCADE, related_name="marks", verbose_name="목록")
    mark = models.CharField("글자", max_length=80)
    kind = models.CharField("종류", max_length=8, choices=[(kind.value, kind.label) for kind in OF_DEVICES])

    class Meta:
        verbose_name = verbose_name_plural = "기기 표시"

    def __str__(self) -> str:
        return f"{self.mark} {self.kind}"


class Origin(models.Model):
    """
    Where one start came from. address, network, agent: keyed hashes of the address, of its neighbourhood (/24, /48), and of address and
    browser together.   found: what the lists say.   Written by `campaigns_start_from`, forgotten after 90 days.
    """

    pk = models.CompositePrimaryKey("participation", "attempt")
    participation = models.UUIDField("참여")
    attempt = models.PositiveSmallIntegerField("시도")
    campaign = models.ForeignKey(
        Campaign, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+", verbose_name="캠페인"
    )
    member_id = models.BigIntegerField("회원")
    address = models.CharField("주소 해시", max_length=32)
    network = models.CharField("대역 해시", max_length=32)
    agent = models.CharField("기기 해시", max_length=32)
    found = models.CharField("알려진 것", max_length=8, blank=True, choices=Doubt.choices)
    at = models.DateTimeField("때")

    class Meta:
        verbose_name = verbose_name_plural = "참여한 곳"
        indexes = [
            models.Index(fields=["address", "at"], name="campaigns_origin_address"),
            models.Index(fields=["network", "at"], name="campaigns_origin_network"),
        ]

    def __str__(self) -> str:
        return str(self.participation)


class Finish(models.Model):
    """
    Where members finish: a confirmation, an answer, a picture or a step. address, network: hashes as in `Origin`. Written by
    `campaigns_pass_finish`, forgotten after a day.
    """

    address = models.CharField("주소 해시", max_length=32)
    network = models.CharField("대역 해시", max_length=32)
    at = models.DateTimeField("때")

    class Meta:
        verbose_name = verbose_name_plural = "참여를 마친 곳"
        indexes = [
            models.Index(fields=["address", "at"], name="campaigns_finish_address"),
            models.Index(fields=["network", "at"], name="campaigns_finish_network"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Block(models.Model):
    """
    Somebody or some place that may not start. key: "member:<id>", a person's hash, or the hash of an address or network.

    until: when it ends by itself; empty: when it is lifted.
    """

    class Kind(models.TextChoices):
        MEMBER = "MEMBER", "회원"
        PERSON = "PERSON", "본인 확인한 사람"
        ADDRESS = "ADDRESS", "주소"
        NETWORK = "NETWORK", "주소 대역"

    kind = models.CharField("종류", max_length=8, choices=Kind.choices)
    key = models.CharField("대상", max_length=64)
    reason = models.CharField("이유", max_length=300)
    made_at = models.DateTimeField("막은 때")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name="막은 사람",
    )
    until = models.DateTimeField("끝나는 때", null=True, blank=True)
    lifted_at = models.DateTimeField("푼 때", null=True, blank=True)
    lifted_by = _operator("푼 사람", null=True, blank=True)
    lifted_reason = models.CharField("푼 이유", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "참여 차단"
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(lifted_at__isnull=True), name="campaigns_block_one_of_each"),
            models.CheckConstraint(condition=~Q(reason=""), name="campaigns_block_has_a_reason"),
            models.CheckConstraint(condition=Q(lifted_at__isnull=True) | ~Q(lifted_reason=""), name="campaigns_block_lifted_with_a_reason"),
        ]

    def __str__(self) -> str:
        return self.key


class Clearance(models.Model):
    """A doubted participation that a person looked at and found to be fine: its signals are not shown again."""

    participation = models.UUIDField("참여", unique=True)
    reason = models.CharField("이유", max_length=300)
    by = _operator("본 사람")
    at = models.DateTimeField("때")

    class Meta:
        verbose_name = verbose_name_plural = "의심을 푼 참여"
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="campaigns_clearance_has_a_reason")]

    def __str__(self) -> str:
        return str(self.participation)
