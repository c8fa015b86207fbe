from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0039_exposure_slots"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="base",
            field=models.JSONField(blank=True, null=True, verbose_name="시작한 내용"),
        ),
    ]
