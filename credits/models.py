"""
The ledger: one double-entry book for two units.

An Entry is one event; its Postings sum to zero per unit. An advertiser's or member's account keeps a balance that never goes
below zero; a house account keeps none (every request would queue for that row): its balance is what the last closed day says
plus the postings since. Only `credits.services` and the SQL functions of `credits.migrations` write these tables.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast

from advertisers.models import Advertiser
from common.guards import append_only
from common.kst import SEOUL
from credits.guards import BALANCED, OPEN_DAY


class Unit(models.TextChoices):
    """What an account counts. 1 CREDIT = 1 won of supply value."""

    CREDIT = "CREDIT", "크레딧"
    TICKET = "TICKET", "티켓"


class Kind(models.TextChoices):
    """Account kinds that have an owner, and the house's kinds; FUNDING is followed by the gateway, as in "FUNDING:portone"."""

    AVAILABLE = "AVAILABLE", "쓸 수 있는 크레딧"
    HELD = "HELD", "캠페인에 묶인 크레딧"
    FROZEN = "FROZEN", "환불 대기"
    WALLET = "WALLET", "티켓 지갑"
    IN_EXCHANGE = "IN_EXCHANGE", "교환 중"
    FUNDING = "FUNDING", "결제"
    REVENUE = "REVENUE", "매출"
    REWARD_COST = "REWARD_COST", "리워드 비용"
    PROMOTION = "PROMOTION", "프로모션"
    BREAKAGE = "BREAKAGE", "소멸"
    GOODWILL = "GOODWILL", "보상"
    ADJUSTMENT = "ADJUSTMENT", "수동 조정"
    UNALLOCATED = "UNALLOCATED", "주인 모를 입금"
    RECEIVABLE = "RECEIVABLE", "받을 금액"
    DEMO = "DEMO", "데모 계정"
    ISSUED = "ISSUED", "발행"
    RAFFLE = "RAFFLE", "래플 응모"
    EXCHANGED = "EXCHANGED", "교환"
    EXPIRED = "EXPIRED", "소멸된 티켓"
    LOSS = "LOSS", "회수하지 못한 티켓"


ADVERTISER_KINDS = (Kind.AVAILABLE, Kind.HELD, Kind.FROZEN)
MEMBER_KINDS = (Kind.WALLET, Kind.IN_EXCHANGE)
HOUSE_TICKET_KINDS = (Kind.ISSUED, Kind.RAFFLE, Kind.EXCHANGED, Kind.EXPIRED, Kind.LOSS)
_OWNED = [*ADVERTISER_KINDS, *MEMBER_KINDS]
_SEOUL_DAY = Cast(Func(Value("Asia/Seoul"), F("booked_at"), function="timezone", output_field=models.DateTimeField()), models.DateField())
_NO_OWNER = Q(advertiser=None, member_id=None)


class Account(models.Model):
    """
    One balance of one owner and kind, or a house account (no owner, no balance).

    member_id: a `rewards.Member`; that app is above this one, so there is no foreign key.
    """

    advertiser = models.ForeignKey(
        Advertiser, on_delete=models.PROTECT, null=True, blank=True, related_name="accounts", verbose_name="광고주"
    )
    member_id = models.BigIntegerField("회원", null=True, blank=True)
    kind = models.CharField("종류", max_length=40)
    unit = models.CharField("단위", max_length=6, choices=Unit.choices)
    balance = models.BigIntegerField("잔액", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "계정"
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="credits_account_never_below_zero"),
            models.CheckConstraint(condition=Q(advertiser=None) | Q(member_id=None), name="credits_account_one_owner_at_most"),
            models.CheckConstraint(
                condition=(_NO_OWNER & Q(balance=None) & ~Q(kind__in=_OWNED))
                | (Q(advertiser__isnull=False, balance__isnull=False, unit="CREDIT", kind__in=ADVERTISER_KINDS))
                | (Q(member_id__isnull=False, balance__isnull=False, unit="TICKET", kind__in=MEMBER_KINDS)),
                name="credits_account_kind_fits_owner",
            ),
            models.UniqueConstraint(fields=["advertiser", "kind"], name="credits_account_once_per_advertiser"),
            models.UniqueConstraint(fields=["member_id", "kind"], name="credits_account_once_per_member"),
            models.UniqueConstraint(fields=["kind", "unit"], condition=_NO_OWNER, name="credits_account_once_in_house"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Lot(models.Model):
    """
    Credits of one origin and what became of them: granted = available + held + frozen + used + returned + expired.

    used: campaigns took it, or it paid for bonus that was used before a refund.   returned: went back to where it came from.
    disputed_at: its card holder complained; nothing of it is free until the card company has decided.
    campaign_types: keys of the only types of campaign that may use it; empty: all. Never on credits that somebody paid for.
    """

    class Kind(models.TextChoices):
        PAID = "PAID", "충전 크레딧"
        BONUS = "BONUS", "보너스 크레딧"
        GOODWILL = "GOODWILL", "보상 크레딧"

    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="lots", db_index=False, verbose_name="광고주")
    kind = models.CharField("종류", max_length=8, choices=Kind.choices)
    order_id = models.CharField("주문 번호", max_length=40, blank=True)
    granted = models.BigIntegerField("받음")
    available = models.BigIntegerField("쓸 수 있음", default=0)
    held = models.BigIntegerField("캠페인에 묶임", default=0)
    frozen = models.BigIntegerField("환불 대기", default=0)
    used = models.BigIntegerField("집행", default=0)
    returned = models.BigIntegerField("돌려줌", default=0)
    expired = models.BigIntegerField("소멸", default=0)
    granted_at = models.DateTimeField("받은 때")
    expires_at = models.DateTimeField("만료")
    disputed_at = models.DateTimeField("이의가 들어온 때", null=True, blank=True)
    campaign_types = ArrayField(models.CharField(max_length=20), verbose_name="쓸 수 있는 캠페인", default=list, db_default=[], blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "충전분"
        constraints = [
            models.CheckConstraint(
                condition=Q(granted=F("available") + F("held") + F("frozen") + F("used") + F("returned") + F("expired")),
                name="credits_lot_parts_make_the_whole",
            ),
            models.CheckConstraint(
                condition=Q(granted__gt=0, available__gte=0, held__gte=0, frozen__gte=0, used__gte=0, returned__gte=0, expired__gte=0),
                name="credits_lot_never_below_zero",
            ),
            models.CheckConstraint(condition=~Q(kind="PAID") | ~Q(order_id=""), name="credits_lot_paid_names_its_order"),
            models.CheckConstraint(condition=~Q(kind="PAID") | Q(campaign_types=[]), name="credits_lot_paid_is_for_every_campaign"),
            models.UniqueConstraint(fields=["order_id"], condition=Q(kind="PAID"), name="credits_lot_one_paid_per_order"),
        ]
        indexes = [
            models.Index(fields=["advertiser", "expires_at"], name="credits_lot_by_advertiser"),
            models.Index(fields=["order_id"], condition=~Q(order_id=""), name="credits_lot_by_order"),
            models.Index(fields=["expires_at"], condition=Q(available__gt=0), name="credits_lot_to_expire"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_free(self) -> bool:
        """True for credits nobody paid for."""
        return self.kind != self.Kind.PAID

    @property
    def remaining(self) -> int:
        """Credits still in the advertiser's accounts."""
        return self.available + self.held + self.frozen

    def suits(self, campaign_type: str) -> bool:
        """True when a campaign of this type may use it. An unnamed purpose may use only what everybody may."""
        return not self.campaign_types or campaign_type in self.campaign_types


class Hold(models.Model):
    """
    Credits reserved for one purpose. What is open is in the advertiser's HELD account.

    subject: what they are for, e.g. "campaign:<public_id>".   released: given back, expired parts included.
    """

    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="holds", verbose_name="광고주")
    subject = models.CharField("대상", max_length=100, db_index=True)
    subject_label = models.CharField("대상 이름", max_length=200)
    placed = models.BigIntegerField("예약", default=0)
    captured = models.BigIntegerField("차감", default=0)
    released = models.BigIntegerField("해제", default=0)
    placed_at = models.DateTimeField("예약한 때")

    class Meta:
        verbose_name = verbose_name_plural = "예약"
        constraints = [
            models.CheckConstraint(
                condition=Q(placed__gte=F("captured") + F("released"), captured__gte=0, released__gte=0),
                name="credits_hold_never_over_placed",
            )
        ]

    def __str__(self) -> str:
        return self.subject_label

    @property
    def open(self) -> int:
        """Credits still reserved."""
        return self.placed - self.captured - self.released


class HoldPart(models.Model):
    """The share of one lot in a hold."""

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="parts", db_index=False, verbose_name="예약")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="parts", verbose_name="충전분")
    placed = models.BigIntegerField("예약", default=0)
    captured = models.BigIntegerField("차감", default=0)
    released = models.BigIntegerField("해제", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "예약의 충전분"
        constraints = [
            models.UniqueConstraint(fields=["hold", "lot"], name="credits_holdpart_once_per_lot"),
            models.CheckConstraint(
                condition=Q(placed__gte=F("captured") + F("released"), captured__gte=0, released__gte=0),
                name="credits_holdpart_never_over_placed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hold_id} {self.lot_id}"

    @property
    def open(self) -> int:
        """Credits of this lot still reserved."""
        return self.placed - self.captured - self.released


class EntryKind(models.TextChoices):
    """What an entry records."""

    TOP_UP = "TOP_UP", "충전"
    BONUS = "BONUS", "보너스"
    GOODWILL = "GOODWILL", "보상"
    HOLD = "HOLD", "캠페인 예약"
    RAISE = "RAISE", "예약 늘림"
    CAPTURE = "CAPTURE", "차감"
    RELEASE = "RELEASE", "예약 해제"
    FREEZE = "FREEZE", "환불 대기"
    UNFREEZE = "UNFREEZE", "환불 대기 해제"
    RECLAIM = "RECLAIM", "환불"
    CANCEL = "CANCEL", "결제 취소"
    EXPIRE = "EXPIRE", "소멸"
    ADJUST = "ADJUST", "수동 조정"
    REVERSAL = "REVERSAL", "정정"
    PARK = "PARK", "주인 모를 입금"
    UNPARK = "UNPARK", "주인 모를 입금 처리"
    TICKET_GRANT = "TICKET_GRANT", "티켓 받음"
    TICKET_SPEND = "TICKET_SPEND", "티켓 씀"
    TICKET_REVERSAL = "TICKET_REVERSAL", "티켓 정정"


class Entry(models.Model):
    """
    One balanced, dated event. Never updated, never deleted; a mistake gets a reversal.

    movement: the facts of the intent; the same key with other facts is a conflict.   occurred_at: when it happened in the
    world (refund windows).   booked_at, booked_on: our clock when written, the KST day it counts for; closed days never change.
    advertiser: whose accounts it moves; empty for members' tickets.   hold: the hold it placed, raised, captured or released.
    """

    Kind = EntryKind

    kind = models.CharField("종류", max_length=20, choices=Kind.choices)
    idempotency_key = models.CharField("키", max_length=200)
    movement = models.CharField("내용", max_length=400)
    advertiser = models.ForeignKey(
        Advertiser, on_delete=models.PROTECT, null=True, blank=True, related_name="entries", db_index=False, verbose_name="광고주"
    )
    hold = models.ForeignKey(
        Hold, on_delete=models.PROTECT, null=True, blank=True, related_name="entries", db_index=False, verbose_name="예약"
    )
    reverses = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversals", db_index=False, verbose_name="정정한 전표"
    )
    order_id = models.CharField("주문 번호", max_length=40, blank=True)
    subject = models.CharField("대상", max_length=100, blank=True)
    occurred_at = models.DateTimeField("일어난 때")
    booked_at = models.DateTimeField("적은 때")
    booked_on = models.DateField("적은 날")
    actor = models.CharField("한 사람", max_length=100, blank=True)
    reason = models.CharField("이유", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "전표"
        triggers = [OPEN_DAY, *append_only()]
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="credits_entry_once_per_key"),
            models.UniqueConstraint(fields=["order_id"], condition=Q(kind="TOP_UP"), name="credits_entry_one_top_up_per_order"),
            models.UniqueConstraint(fields=["reverses"], condition=Q(reverses__isnull=False), name="credits_entry_reversed_once"),
            models.CheckConstraint(condition=~Q(kind="TOP_UP") | ~Q(order_id=""), name="credits_entry_top_up_names_its_order"),
            models.CheckConstraint(condition=Q(booked_on=_SEOUL_DAY), name="credits_entry_booked_on_its_seoul_day"),
            models.CheckConstraint(condition=Q(kind__in=EntryKind.values), name="credits_entry_kind_is_known"),
        ]
        indexes = [
            models.Index(fields=["advertiser", "id"], condition=Q(advertiser__isnull=False), name="credits_entry_by_advertiser"),
            models.Index(fields=["hold"], condition=Q(hold__isnull=False), name="credits_entry_by_hold"),
            models.Index(fields=["order_id"], condition=~Q(order_id=""), name="credits_entry_by_order"),
            models.Index(fields=["booked_on"], name="credits_entry_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.idempotency_key}"


class CreditTransaction(Entry):
    """An entry of CREDIT as its advertiser reads it; `selectors.history` adds what it changed and what was left."""

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = "크레딧 내역"


class Posting(models.Model):
    """One signed line of an entry on one account. balance_after: of that account; empty for the house, which keeps no balance."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="postings", verbose_name="전표")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings", db_index=False, verbose_name="계정")
    lot = models.ForeignKey(
        Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="postings", db_index=False, verbose_name="충전분"
    )
    amount = models.BigIntegerField("금액")
    balance_after = models.BigIntegerField("남은 금액", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "기표"
        triggers = [BALANCED, *append_only()]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="credits_posting_moves_something"),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="credits_posting_never_below_zero"),
        ]
        indexes = [
            models.Index(fields=["account", "entry"], name="credits_posting_by_account"),
            models.Index(fields=["lot"], condition=Q(lot__isnull=False), name="credits_posting_by_lot"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.amount:+d}"


class BalanceWatch(models.Model):
    """
    When to warn an advertiser that the credits run out, and whether it was done. One message per episode: from the crossing of the line
    until the credits last clearly longer again.

    warn_below_days: days left at the present pace; empty: the dated setting, 0: never.   is_low: an episode is open.
    """

    advertiser = models.OneToOneField(Advertiser, on_delete=models.PROTECT, related_name="balance_watch", verbose_name="광고주")
    warn_below_days = models.PositiveSmallIntegerField("며칠 남으면 알림", null=True, blank=True)
    is_low = models.BooleanField("부족함", default=False)
    episode = models.PositiveIntegerField("몇 번째", default=0)
    changed_at = models.DateTimeField("바뀐 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "잔액 알림"
        constraints = [models.CheckConstraint(condition=Q(warn_below_days__lte=90), name="credits_balancewatch_days_within_reason")]

    def __str__(self) -> str:
        return f"{self.advertiser_id} {'low' if self.is_low else 'enough'}"


class DayDigest(models.Model):
    """
    One closed KST day: its entries can no longer change unseen, because the next day's hash builds on this one.

    closing: balance of every house account at the end of the day, by "UNIT:KIND".
    """

    day_on = models.DateField("날짜", unique=True)
    entries = models.PositiveIntegerField("전표 수")
    postings = models.PositiveIntegerField("기표 수")
    closing = models.JSONField("하우스 잔액", default=dict)
    previous_hash = models.CharField("전날 해시", max_length=64, blank=True)
    hash = models.CharField("해시", max_length=64)
    closed_at = models.DateTimeField("마감한 때")

    class Meta:
        verbose_name = verbose_name_plural = "일 마감"
        triggers = append_only()
        constraints = [models.UniqueConstraint(fields=["previous_hash"], name="credits_daydigest_one_after_another")]

    def __str__(self) -> str:
        return str(self.day_on)


class ProofRun(models.Model):
    """One run of the proof: how many differences each invariant found. Runs are chained like days."""

    ran_at = models.DateTimeField("실행")
    is_green = models.BooleanField("이상 없음")
    counts = models.JSONField("불변식별 차이 수")
    differences = models.JSONField("차이", default=list)
    previous_hash = models.CharField("앞 실행 해시", max_length=64, blank=True)
    hash = models.CharField("해시", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "증명 실행"
        triggers = append_only()
        constraints = [models.UniqueConstraint(fields=["previous_hash"], name="credits_proofrun_one_after_another")]

    def __str__(self) -> str:
        return f"{self.ran_at.astimezone(SEOUL):%Y.%m.%d %H:%M} {'이상 없음' if self.is_green else '차이 있음'}"
