from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("advertisers", "0011_papers_asked_again")]

    operations = [
        ValidateConstraint(model_name="businesspaper", name="advertisers_businesspaper_asked_with_reason"),
        AddIndexConcurrently(
            model_name="businesspaper",
            index=models.Index(condition=models.Q(("state", "WAITING")), fields=["uploaded_at"], name="advertisers_paper_waiting"),
        ),
    ]
