"""Every entry that is there has a kind we know."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("credits", "0008_parked_money")]
    operations = [ValidateConstraint(model_name="entry", name="credits_entry_kind_is_known")]
