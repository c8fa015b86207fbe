"""
Confirmed participations are listed and told in the order of their confirmation, however many there are: an index, and the place up to
which the advertiser's own servers were told.
"""

import django.db.models.deletion
from django.db import migrations, models

INDEX = """
CREATE INDEX campaigns_participation_confirmed ON campaigns_participation (campaign_id, confirmed_at, public_id)
  WHERE confirmed_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0031_luckffle_plus"),
    ]

    operations = [
        migrations.RunSQL(INDEX, "DROP INDEX campaigns_participation_confirmed"),
        migrations.CreateModel(
            name="ToldConversions",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="campaigns.campaign",
                        verbose_name="캠페인",
                    ),
                ),
                ("confirmed_at", models.DateTimeField(verbose_name="확정된 때")),
                ("public_id", models.UUIDField(verbose_name="참여 번호")),
            ],
            options={
                "verbose_name": "웹훅으로 알린 참여",
                "verbose_name_plural": "웹훅으로 알린 참여",
            },
        ),
    ]
