"""Bonus rules, coupons, and what was promised of them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("advertisers", "0009_signup"),
        ("payments", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="이름")),
                ("code", models.CharField(blank=True, max_length=20, verbose_name="쿠폰 번호")),
                ("from_credits", models.BigIntegerField(verbose_name="이 크레딧부터")),
                ("percent", models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, verbose_name="비율(%)")),
                ("fixed_credits", models.BigIntegerField(blank=True, null=True, verbose_name="정해진 크레딧")),
                ("budget_credits", models.BigIntegerField(verbose_name="예산")),
                ("reserved_credits", models.BigIntegerField(default=0, verbose_name="약속한 크레딧")),
                ("granted_credits", models.BigIntegerField(default=0, verbose_name="드린 크레딧")),
                ("lifetime_days", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="사용 기한(일)")),
                (
                    "campaign_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), blank=True, default=list, size=None, verbose_name="쓸 수 있는 캠페인"
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="시작")),
                ("ends_at", models.DateTimeField(verbose_name="끝")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="등록")),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="등록한 사람",
                    ),
                ),
            ],
            options={
                "verbose_name": "보너스와 쿠폰",
                "verbose_name_plural": "보너스와 쿠폰",
            },
        ),
        migrations.CreateModel(
            name="OfferUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("credits", models.BigIntegerField(verbose_name="크레딧")),
                ("is_once", models.BooleanField(verbose_name="한 번만")),
                (
                    "state",
                    models.CharField(
                        choices=[("RESERVED", "약속"), ("GRANTED", "드림"), ("RELEASED", "풀림")],
                        default="RESERVED",
                        max_length=10,
                        verbose_name="상태",
                    ),
                ),
                ("reserved_at", models.DateTimeField(verbose_name="약속한 때")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="드리거나 푼 때")),
                (
                    "advertiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="advertisers.advertiser", verbose_name="광고주"
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="payments.offer", verbose_name="보너스와 쿠폰"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offer_uses",
                        to="payments.paymentorder",
                        verbose_name="주문",
                    ),
                ),
            ],
            options={
                "verbose_name": "보너스 약속",
                "verbose_name_plural": "보너스 약속",
            },
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(condition=models.Q(("code", "")), fields=["ends_at"], name="payments_offer_rules"),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("fixed_credits", None), ("percent__gt", 0), ("percent__isnull", False), ("percent__lte", 100)),
                    models.Q(("fixed_credits__gt", 0), ("fixed_credits__isnull", False), ("percent", None)),
                    _connector="OR",
                ),
                name="payments_offer_percent_or_fixed",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_credits__gte", 0), ("granted_credits__gte", 0), ("reserved_credits__gte", 0)),
                name="payments_offer_never_below_zero",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "budget_credits__gte",
                        django.db.models.expressions.CombinedExpression(models.F("reserved_credits"), "+", models.F("granted_credits")),
                    )
                ),
                name="payments_offer_within_its_budget",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_at__lt", models.F("ends_at"))), name="payments_offer_starts_before_it_ends"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("code", ""), _negated=True), fields=("code",), name="payments_offer_code_once"
            ),
        ),
        migrations.AddIndex(
            model_name="offeruse",
            index=models.Index(condition=models.Q(("state", "RESERVED")), fields=["reserved_at"], name="payments_offeruse_reserved"),
        ),
        migrations.AddConstraint(
            model_name="offeruse",
            constraint=models.CheckConstraint(condition=models.Q(("credits__gt", 0)), name="payments_offeruse_promises_something"),
        ),
        migrations.AddConstraint(
            model_name="offeruse",
            constraint=models.UniqueConstraint(fields=("order", "offer"), name="payments_offeruse_once_per_order"),
        ),
        migrations.AddConstraint(
            model_name="offeruse",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_once", True), ("state__in", ["RESERVED", "GRANTED"])),
                fields=("offer", "advertiser"),
                name="payments_offeruse_coupon_once_per_advertiser",
            ),
        ),
    ]
