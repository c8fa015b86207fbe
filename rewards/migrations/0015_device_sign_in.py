from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rewards", "0014_luckffle_plus"),
    ]

    operations = [
        migrations.AddField(
            model_name="device",
            name="sign_in",
            field=models.CharField(blank=True, db_default="", default="", max_length=32, verbose_name="로그인"),
        ),
    ]
