"""When to warn whom that credits run out."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("advertisers", "0013_limits_and_readers"),
        ("credits", "0009_validate_kinds"),
    ]

    operations = [
        migrations.CreateModel(
            name="BalanceWatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("warn_below_days", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="며칠 남으면 알림")),
                ("is_low", models.BooleanField(default=False, verbose_name="부족함")),
                ("episode", models.PositiveIntegerField(default=0, verbose_name="몇 번째")),
                ("changed_at", models.DateTimeField(blank=True, null=True, verbose_name="바뀐 때")),
                (
                    "advertiser",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balance_watch",
                        to="advertisers.advertiser",
                        verbose_name="광고주",
                    ),
                ),
            ],
            options={
                "verbose_name": "잔액 알림",
                "verbose_name_plural": "잔액 알림",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("warn_below_days__lte", 90)), name="credits_balancewatch_days_within_reason")
                ],
            },
        ),
    ]
