"""Until when a refund has to be carried out, and what being late costs, by the rule of its request."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0008_tax_documents"),
    ]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="delay_interest_percent",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="지연 이자(연 %)"),
        ),
        migrations.AddField(
            model_name="refund",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="기한"),
        ),
    ]
