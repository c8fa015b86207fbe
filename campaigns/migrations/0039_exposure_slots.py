"""Campaigns at a fixed place of the members' list, for a while."""

import uuid

import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0038_banners"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExposureSlot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="공개 번호")),
                ("place", models.PositiveSmallIntegerField(verbose_name="자리")),
                ("shown_from", models.DateTimeField(verbose_name="시작")),
                ("shown_until", models.DateTimeField(verbose_name="끝")),
                ("reason", models.CharField(max_length=200, verbose_name="이유")),
                ("made_at", models.DateTimeField(verbose_name="정한 때")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="비운 때")),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exposure_slots",
                        to="campaigns.campaign",
                        verbose_name="캠페인",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="정한 사람",
                    ),
                ),
            ],
            options={
                "verbose_name": "고정 자리",
                "verbose_name_plural": "고정 자리",
                "indexes": [
                    models.Index(condition=models.Q(("ended_at", None)), fields=["shown_until"], name="campaigns_exposureslot_held")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("shown_until__gt", models.F("shown_from"))), name="campaigns_exposureslot_ends_after_it_begins"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("place__gte", 1), ("place__lte", 20)), name="campaigns_exposureslot_has_a_place"
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
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
                        ],
                        name="campaigns_exposureslot_one_at_a_place",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        expressions=[
                            (
                                models.Func(
                                    models.F("campaign"),
                                    django.db.models.expressions.CombinedExpression(models.F("campaign"), "+", models.Value(1)),
                                    function="int8range",
                                ),
                                "&&",
                            ),
                            (models.Func("shown_from", "shown_until", function="tstzrange"), "&&"),
                        ],
                        name="campaigns_exposureslot_one_of_a_campaign",
                    ),
                ],
            },
        ),
    ]
