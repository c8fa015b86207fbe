"""Every lot that is there fits."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("credits", "0005_lots_for_some_campaigns")]
    operations = [ValidateConstraint(model_name="lot", name="credits_lot_paid_is_for_every_campaign")]
