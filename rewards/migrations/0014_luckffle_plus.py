from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rewards", "0013_attendance_and_referrals"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="is_plus",
            field=models.BooleanField(db_default=False, default=False, verbose_name="플러스"),
        ),
        migrations.AddField(
            model_name="raffle",
            name="is_plus",
            field=models.BooleanField(db_default=False, default=False, verbose_name="플러스 전용"),
        ),
    ]
