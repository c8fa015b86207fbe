"""
Gifticons: what can be had for tickets, what it costs, and who ordered which coupon.

The catalogue is a copy of the supplier's. Rows are never deleted: orders refer to them. Members have no foreign key in the database, so
that what they did can outlive who they were.
"""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, OuterRef, Q, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from common.guards import append_only
from common.kst import SEOUL
from credits.models import Entry
from rewards.policies import GIFTICON_MARKUP_PERCENT, TICKET_COST_KRW


class GifticonBrand(models.Model):
    """Where a gifticon is accepted. code: the supplier's."""

    code = models.CharField("브랜드 코드", max_length=20, unique=True)
    name = models.CharField("브랜드", max_length=60)
    category = models.CharField("종류", max_length=40, blank=True)
    icon_url = models.URLField("그림 주소", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "기프티콘 브랜드"

    def __str__(self) -> str:
        return self.name


def _whole(expression: Any) -> Combinable:
    return ExpressionWrapper(expression, output_field=models.BigIntegerField())


class GifticonQuerySet(models.QuerySet["Gifticon"]):
    """Vocabulary of the catalogue."""

    def on_sale(self) -> "GifticonQuerySet":
        """Those that the supplier sells and we offer, as shop, prize or reward. Ones that ran out are among them."""
        return self.filter(is_sold=True, is_shown=True)

    def priced(self, at: datetime) -> "GifticonQuerySet":
        """
        With `tickets`, the price valid at an aware moment, `value_krw`, what those tickets are worth to us, and `margin_krw`.

        The mark-up on the face value is the newest rule of the item, else of its brand, else the house's. Rounded up to a whole ticket.
        """
        cost = TICKET_COST_KRW.at(at)
        rules = GifticonPriceRule.objects.filter(effective_from__lte=at).order_by("-effective_from", "-pk").values("markup_percent")
        markup = Coalesce(
            Subquery(rules.filter(gifticon=OuterRef("pk"))[:1]),
            Subquery(rules.filter(brand=OuterRef("brand"))[:1]),
            Value(GIFTICON_MARKUP_PERCENT.at(at)),
            output_field=models.BigIntegerField(),
        )
        marked = F("face_krw") * (F("markup_percent") + Value(100))
        priced = self.annotate(markup_percent=markup).annotate(tickets=_whole((marked + Value(100 * cost - 1)) / Value(100 * cost)))
        return priced.annotate(value_krw=_whole(F("tickets") * Value(cost))).annotate(margin_krw=F("value_krw") - F("cost_krw"))

    def offered(self, at: datetime) -> "GifticonQuerySet":
        """What the shop shows, priced: nothing that costs us more than its tickets are worth."""
        return self.on_sale().priced(at).filter(Q(margin_krw__gte=0))


class Gifticon(models.Model):
    """
    One coupon of the catalogue.

    face_krw: what a shop asks for it, also its market value as a prize.   cost_krw: what the supplier takes from us; no member sees it.
    valid_days: from the day of issue, as the supplier states.   notice: the supplier's words, which members have to be able to read.
    is_voucher: an amount of money to spend there.   is_sold: the supplier sells it.   is_shown: we offer it.
    stock: how many more we give away; empty: as many as the supplier has.   imported_at: when the supplier last told us of it.
    """

    brand = models.ForeignKey(GifticonBrand, on_delete=models.PROTECT, related_name="gifticons", verbose_name="브랜드")
    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField("상품 코드", max_length=20, unique=True)
    name = models.CharField("이름", max_length=120)
    notice = models.TextField("유의사항", blank=True)
    image_url = models.URLField("그림 주소", max_length=500, blank=True)
    face_krw = models.BigIntegerField("판매가(원)")
    cost_krw = models.BigIntegerField("구매가(원)")
    valid_days = models.PositiveIntegerField("유효기간(일)")
    is_voucher = models.BooleanField("금액권", default=False)
    is_sold = models.BooleanField("공급사 판매 중", default=True)
    is_shown = models.BooleanField("교환소에 보임", default=True)
    stock = models.PositiveIntegerField("남은 수량", null=True, blank=True)
    imported_at = models.DateTimeField("가져온 때")

    objects = GifticonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "기프티콘"
        constraints = [
            models.CheckConstraint(condition=Q(face_krw__gt=0) & Q(cost_krw__gt=0), name="rewards_gifticon_has_prices"),
            models.CheckConstraint(condition=Q(valid_days__gt=0), name="rewards_gifticon_is_valid_for_a_while"),
        ]
        indexes = [models.Index(fields=["brand", "face_krw"], name="rewards_gifticon_by_brand")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_out(self) -> bool:
        """None is left of those we give away."""
        return self.stock == 0


class GifticonPriceRule(models.Model):
    """
    How much more than the face value a gifticon is offered for, from a moment on; of one item, or of a brand.

    markup_percent: of the face value; below zero it is cheaper.
    """

    gifticon = models.ForeignKey(
        Gifticon, on_delete=models.PROTECT, related_name="price_rules", null=True, blank=True, verbose_name="기프티콘"
    )
    brand = models.ForeignKey(
        GifticonBrand, on_delete=models.PROTECT, related_name="price_rules", null=True, blank=True, verbose_name="브랜드"
    )
    markup_percent = models.SmallIntegerField("더하는 비율(%)")
    effective_from = models.DateTimeField("시작")
    reason = models.CharField("이유", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="정한 사람")
    created_at = models.DateTimeField("정한 때")

    class Meta:
        verbose_name = verbose_name_plural = "기프티콘 가격 규칙"
        triggers = append_only()
        constraints = [
            models.CheckConstraint(
                condition=Q(gifticon__isnull=False, brand=None) | Q(gifticon=None, brand__isnull=False),
                name="rewards_gifticonpricerule_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(markup_percent__gte=-50) & Q(markup_percent__lte=100), name="rewards_gifticonpricerule_within_bounds"
            ),
            models.UniqueConstraint(fields=["gifticon", "effective_from"], name="rewards_gifticonpricerule_once_per_item"),
            models.UniqueConstraint(fields=["brand", "effective_from"], name="rewards_gifticonpricerule_once_per_brand"),
        ]

    def __str__(self) -> str:
        return f"{self.markup_percent:+d}%"


class OrderState(models.TextChoices):
    """
    Where an order is.

    HELD: the tickets are set aside and the supplier certainly has nothing.   ORDERED: the supplier was called.
    UNKNOWN: it did not answer.   ISSUED: the coupon exists there and has not reached the member.   DELIVERED: it has.
    FAILED: there is none, and the tickets are back.
    """

    HELD = "HELD", "발급 대기"
    ORDERED = "ORDERED", "발급 요청"
    UNKNOWN = "UNKNOWN", "확인 중"
    ISSUED = "ISSUED", "발급됨"
    DELIVERED = "DELIVERED", "사용 가능"
    USED = "USED", "사용 완료"
    EXPIRED = "EXPIRED", "기간 만료"
    FAILED = "FAILED", "발급 실패"


OPEN_STATES = (OrderState.HELD, OrderState.ORDERED, OrderState.UNKNOWN)
ISSUED_STATES = (OrderState.ISSUED, OrderState.DELIVERED, OrderState.USED, OrderState.EXPIRED)


class GifticonOrderQuerySet(models.QuerySet["GifticonOrder"]):
    """Vocabulary of orders."""

    def of(self, member_id: int) -> "GifticonOrderQuerySet":
        """Those of one member."""
        return self.filter(member_id=member_id)

    def open(self) -> "GifticonOrderQuerySet":
        """Tickets are set aside and it is not known what becomes of them."""
        return self.filter(state__in=OPEN_STATES)

    def issued(self) -> "GifticonOrderQuerySet":
        """The supplier made a coupon and took its price from us."""
        return self.filter(state__in=ISSUED_STATES)


class GifticonOrder(models.Model):
    """
    One coupon for one member.

    member_id: a Member's key, without a foreign key.   tickets: that it took; 0 for a prize.   spend: the ledger's entry that took them.
    key: of the intent, so that pressing twice is one order.   tr_id: what the supplier knows it by, made before the call and never again.
    value_krw: what the tickets are worth to us.   cost_krw: what the supplier took, expected until it is issued.
    sealed_pin: the number of the barcode, encrypted; empty when only a message carries it.   why: of a failure or a wait, for members.
    valid_until: last day of use.   resends: messages sent again.   took_stock: it was one of a limited number.
    """

    State = OrderState

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    gifticon = models.ForeignKey(Gifticon, on_delete=models.PROTECT, related_name="orders", verbose_name="기프티콘")
    member_id = models.BigIntegerField("회원")
    tickets = models.PositiveIntegerField("쓴 티켓")
    spend = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="티켓 전표")
    key = models.CharField("요청 키", max_length=80)
    tr_id = models.CharField("거래 번호", max_length=25, unique=True)
    value_krw = models.BigIntegerField("티켓 값(원)")
    cost_krw = models.BigIntegerField("구매가(원)")
    state = models.CharField("상태", max_length=9, choices=OrderState.choices, default=OrderState.HELD)
    why = models.CharField("이유", max_length=200, blank=True)
    sealed_pin = models.TextField("잠근 쿠폰 번호", blank=True)
    resends = models.PositiveSmallIntegerField("다시 보낸 횟수", default=0)
    took_stock = models.BooleanField("남은 수량에서 나감", default=False, db_default=False)
    ordered_at = models.DateTimeField("교환한 때")
    called_at = models.DateTimeField("공급사에 요청한 때", null=True, blank=True)
    issued_at = models.DateTimeField("발급된 때", null=True, blank=True)
    valid_until = models.DateField("유효기간", null=True, blank=True)
    closed_at = models.DateTimeField("끝난 때", null=True, blank=True)
    returned_at = models.DateTimeField("티켓을 돌려준 때", null=True, blank=True)

    objects = GifticonOrderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "기프티콘 주문"
        constraints = [
            models.UniqueConstraint(fields=["member_id", "key"], name="rewards_gifticonorder_once_per_key"),
            models.CheckConstraint(condition=Q(tickets=0, spend=None) | Q(tickets__gt=0), name="rewards_gifticonorder_won_or_paid"),
            models.CheckConstraint(condition=Q(cost_krw__gt=0) & Q(value_krw__gte=0), name="rewards_gifticonorder_has_prices"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES, issued_at=None, returned_at=None)
                | Q(state__in=ISSUED_STATES, issued_at__isnull=False, valid_until__isnull=False, returned_at=None)
                | Q(state="FAILED", closed_at__isnull=False),
                name="rewards_gifticonorder_state_fits_facts",
            ),
        ]
        indexes = [
            models.Index(fields=["member_id", "-ordered_at"], name="rewards_gifticonorder_mine"),
            models.Index(fields=["state", "valid_until"], name="rewards_gifticonorder_by_state"),
        ]

    def __str__(self) -> str:
        return self.tr_id

    @property
    def margin_krw(self) -> int:
        """What the tickets are worth to us, less what the supplier takes."""
        return self.value_krw - self.cost_krw

    @property
    def is_usable(self) -> bool:
        """The member may show it at the counter."""
        return self.state in (OrderState.ISSUED, OrderState.DELIVERED)


class GifticonImport(models.Model):
    """
    One reading of the supplier's catalogue: read page by page, shown as differences, applied by a person or by the night.

    next_page: which page is read next, so that a reading that died goes on.
    told, seen: how many goods the supplier says it has, and how many came.
    """

    class State(models.TextChoices):
        READING = "READING", "읽는 중"
        READY = "READY", "확인 대기"
        APPLIED = "APPLIED", "반영함"
        DROPPED = "DROPPED", "버림"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField("상태", max_length=8, choices=State.choices, default=State.READING)
    next_page = models.PositiveIntegerField("다음 쪽", default=1)
    told = models.PositiveIntegerField("공급사가 말한 개수", default=0)
    seen = models.PositiveIntegerField("읽은 개수", default=0, db_default=0)
    trouble = models.CharField("문제", max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="시작한 사람"
    )
    started_at = models.DateTimeField("시작")
    read_at = models.DateTimeField("다 읽은 때", null=True, blank=True)
    finished_at = models.DateTimeField("끝난 때", null=True, blank=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="반영한 사람"
    )

    class Meta:
        verbose_name = verbose_name_plural = "기프티콘 가져오기"
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="READING"), name="rewards_gifticonimport_one_reading_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.started_at.astimezone(SEOUL):%Y-%m-%d %H:%M}"


class GifticonImportLine(models.Model):
    """
    What an import found about one good.

    found: its facts as the supplier tells them (`rewards.gifticons.catalogue.Facts`), empty when it is gone.
    before: those of the same names that we had, only where they differ.   needs_look: a price changed by more than the guard allows.
    """

    class Kind(models.TextChoices):
        NEW = "NEW", "새 상품"
        CHANGED = "CHANGED", "달라짐"
        SAME = "SAME", "그대로"
        GONE = "GONE", "사라짐"

    run = models.ForeignKey(GifticonImport, on_delete=models.CASCADE, related_name="lines", verbose_name="가져오기")
    code = models.CharField("상품 코드", max_length=20)
    kind = models.CharField("차이", max_length=7, choices=Kind.choices)
    name = models.CharField("이름", max_length=120)
    found: "models.JSONField[Any, Any]" = models.JSONField("공급사가 말한 것", default=dict)
    before: "models.JSONField[Any, Any]" = models.JSONField("우리가 알던 것", default=dict)
    needs_look = models.BooleanField("사람이 봐야 함", default=False)
    is_applied = models.BooleanField("반영함", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "기프티콘 가져오기 줄"
        constraints = [models.UniqueConstraint(fields=["run", "code"], name="rewards_gifticonimportline_once_per_good")]

    def __str__(self) -> str:
        return f"{self.code} {self.kind}"


class GifticonDeposit(models.Model):
    """Money that we paid to the supplier beforehand (biz-money). amount_krw: below zero when it came back or a wrong row is corrected."""

    amount_krw = models.BigIntegerField("금액(원)")
    reason = models.CharField("내용", max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="적은 사람"
    )
    at = models.DateTimeField("때")

    class Meta:
        verbose_name = verbose_name_plural = "기프티콘 예치금"
        triggers = append_only()
        constraints = [models.CheckConstraint(condition=~Q(amount_krw=0), name="rewards_gifticondeposit_is_something")]

    def __str__(self) -> str:
        return f"{self.amount_krw:,}"


class GifticonFloat(models.Model):
    """
    What the supplier said is left of our deposit, beside what it should be: deposits less what issued coupons cost.

    open_krw: what orders might cost whose end was not known at that moment; a difference of up to that much is no riddle.
    """

    balance_krw = models.BigIntegerField("공급사 잔액(원)")
    expected_krw = models.BigIntegerField("우리 장부(원)")
    open_krw = models.BigIntegerField("결과를 기다리는 금액(원)")
    read_at = models.DateTimeField("읽은 때")

    class Meta:
        verbose_name = verbose_name_plural = "기프티콘 예치금 대사"
        triggers = append_only()
        indexes = [models.Index(fields=["-read_at"], name="rewards_gifticonfloat_newest")]

    def __str__(self) -> str:
        return f"{self.balance_krw:,}"

    @property
    def difference_krw(self) -> int:
        """What the supplier has more than our book says."""
        return self.balance_krw - self.expected_krw

    @property
    def is_explained(self) -> bool:
        """Nothing differs, or orders whose end was open may have been charged."""
        return -self.open_krw <= self.difference_krw <= 0
