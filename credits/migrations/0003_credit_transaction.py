"""The name under which an advertiser reads entries: a proxy, no table."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("credits", "0002_functions")]
    operations = [
        migrations.CreateModel(
            name="CreditTransaction",
            fields=[],
            options={
                "verbose_name": "크레딧 내역",
                "verbose_name_plural": "크레딧 내역",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("credits.entry",),
        ),
    ]
