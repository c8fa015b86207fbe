import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("advertisers", "0005_exactly_one_profile")]

    operations = [
        # Rows that are there get a number each from the database; from then on Python makes it.
        migrations.AddField(
            model_name="membership",
            name="public_id",
            field=models.UUIDField(db_default=RandomUUID(), editable=False, unique=True, verbose_name="공개 번호"),
        ),
        migrations.AlterField(
            model_name="membership",
            name="public_id",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="공개 번호"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True), ("role", "OWNER")), fields=("advertiser",), name="advertisers_membership_one_owner"
            ),
        ),
    ]
