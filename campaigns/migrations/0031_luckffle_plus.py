from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0030_reward_claims"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="audience",
            field=models.CharField(
                choices=[("ALL", "모든 회원"), ("PLUS", "플러스 회원")],
                db_default="ALL",
                default="ALL",
                max_length=4,
                verbose_name="참여할 수 있는 회원",
            ),
        ),
    ]
