"""Free credits may be kept for some types of campaign."""

import django.contrib.postgres.fields
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credits", "0004_post")]
    operations = [
        migrations.AddField(
            model_name="lot",
            name="campaign_types",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20),
                blank=True,
                db_default=[],
                default=list,
                size=None,
                verbose_name="쓸 수 있는 캠페인",
            ),
        ),
        AddConstraintNotValid(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=~models.Q(kind="PAID") | models.Q(campaign_types=[]), name="credits_lot_paid_is_for_every_campaign"
            ),
        ),
    ]
