from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credits", "0006_validate_lots_for_some_campaigns")]

    operations = [
        migrations.AddField(
            model_name="lot", name="disputed_at", field=models.DateTimeField(blank=True, null=True, verbose_name="이의가 들어온 때")
        )
    ]
