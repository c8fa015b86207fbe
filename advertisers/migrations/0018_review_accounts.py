from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("advertisers", "0017_demo_advertisers"),
    ]

    operations = [
        migrations.AddField(
            model_name="advertiser",
            name="is_review",
            field=models.BooleanField(db_default=False, default=False, verbose_name="카드사 심사"),
        ),
    ]
