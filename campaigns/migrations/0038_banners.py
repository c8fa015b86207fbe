"""Banners of the reward app's first page."""

import uuid

import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0036_finishes"),
        ("inquiries", "0004_pages"),
        ("rewards", "0015_device_sign_in"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Banner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="공개 번호")),
                ("title", models.CharField(max_length=60, verbose_name="이름")),
                ("alt", models.CharField(max_length=120, verbose_name="대체 텍스트")),
                ("file", models.CharField(max_length=100, verbose_name="파일")),
                ("digest", models.CharField(max_length=64, verbose_name="파일 해시")),
                (
                    "leads_to",
                    models.CharField(
                        choices=[("MISSION", "미션"), ("RAFFLE", "래플"), ("NOTICE", "공지사항"), ("ADDRESS", "바깥 주소")],
                        max_length=8,
                        verbose_name="연결",
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=500, verbose_name="바깥 주소")),
                (
                    "viewers",
                    models.CharField(
                        choices=[
                            ("EVERYBODY", "모두"),
                            ("GUESTS", "로그인하지 않은 사람"),
                            ("MEMBERS", "회원"),
                            ("NEWCOMERS", "새로 가입한 회원"),
                        ],
                        default="EVERYBODY",
                        max_length=9,
                        verbose_name="보는 사람",
                    ),
                ),
                (
                    "system",
                    models.CharField(
                        choices=[("ANY", "모든 기기"), ("ANDROID", "안드로이드"), ("IOS", "아이폰")],
                        default="ANY",
                        max_length=7,
                        verbose_name="기기",
                    ),
                ),
                ("place", models.PositiveSmallIntegerField(verbose_name="자리")),
                ("shown_from", models.DateTimeField(verbose_name="보이기 시작하는 때")),
                ("shown_until", models.DateTimeField(verbose_name="그만 보이는 때")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="판")),
                ("made_at", models.DateTimeField(verbose_name="만든 때")),
                ("stopped_at", models.DateTimeField(blank=True, null=True, verbose_name="멈춘 때")),
                ("stopped_reason", models.CharField(blank=True, max_length=200, verbose_name="멈춘 이유")),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.campaign",
                        verbose_name="미션",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="만든 사람",
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inquiries.notice",
                        verbose_name="공지사항",
                    ),
                ),
                (
                    "raffle",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="rewards.raffle",
                        verbose_name="래플",
                    ),
                ),
            ],
            options={
                "verbose_name": "배너",
                "verbose_name_plural": "배너",
                "indexes": [models.Index(condition=models.Q(("stopped_at", None)), fields=["shown_until"], name="campaigns_banner_going")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("shown_until__gt", models.F("shown_from"))), name="campaigns_banner_ends_after_it_begins"
                    ),
                    models.CheckConstraint(condition=models.Q(("place__gte", 1), ("place__lte", 10)), name="campaigns_banner_has_a_place"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("address", ""), ("campaign__isnull", False), ("leads_to", "MISSION"), ("notice", None), ("raffle", None)
                            ),
                            models.Q(
                                ("address", ""), ("campaign", None), ("leads_to", "RAFFLE"), ("notice", None), ("raffle__isnull", False)
                            ),
                            models.Q(
                                ("address", ""), ("campaign", None), ("leads_to", "NOTICE"), ("notice__isnull", False), ("raffle", None)
                            ),
                            models.Q(
                                ("campaign", None),
                                ("leads_to", "ADDRESS"),
                                ("notice", None),
                                ("raffle", None),
                                models.Q(("address", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="campaigns_banner_leads_to_one_thing",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("stopped_at__isnull", True)),
                        expressions=[
                            (
                                models.Func(
                                    models.F("place"),
                                    django.db.models.expressions.CombinedExpression(models.F("place"), "+", models.Value(1)),
                                    function="int4range",
                                ),
                                "&&",
                            ),
                            (models.Func("shown_from", "shown_until", function="tstzrange"), "&&"),
                            (
                                models.Case(
                                    models.When(
                                        then=models.Func(models.Value(0), models.Value(3), function="int4range"), viewers="EVERYBODY"
                                    ),
                                    models.When(then=models.Func(models.Value(0), models.Value(1), function="int4range"), viewers="GUESTS"),
                                    models.When(
                                        then=models.Func(models.Value(1), models.Value(3), function="int4range"), viewers="MEMBERS"
                                    ),
                                    models.When(
                                        then=models.Func(models.Value(1), models.Value(2), function="int4range"), viewers="NEWCOMERS"
                                    ),
                                ),
                                "&&",
                            ),
                            (
                                models.Case(
                                    models.When(system="ANY", then=models.Func(models.Value(0), models.Value(3), function="int4range")),
                                    models.When(system="ANDROID", then=models.Func(models.Value(0), models.Value(1), function="int4range")),
                                    models.When(system="IOS", then=models.Func(models.Value(1), models.Value(2), function="int4range")),
                                ),
                                "&&",
                            ),
                        ],
                        name="campaigns_banner_one_at_a_place",
                    ),
                ],
            },
        ),
    ]
