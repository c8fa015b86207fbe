"""A transfer that was begun can be taken over by a colleague, who is never the one that agreed to it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0016_our_own_account"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="bankpayout",
            name="taken_over_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="넘겨받은 때"),
        ),
        migrations.AddField(
            model_name="bankpayout",
            name="taken_over_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="넘겨받은 사람",
            ),
        ),
        migrations.AddField(
            model_name="banktransfer",
            name="taken_over_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="넘겨받은 때"),
        ),
        migrations.AddField(
            model_name="banktransfer",
            name="taken_over_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="넘겨받은 사람",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankpayout",
            constraint=models.CheckConstraint(
                condition=models.Q(("taken_over_by", models.F("agreed_by")), _negated=True),
                name="payments_bankpayout_taken_over_by_another",
            ),
        ),
    ]
