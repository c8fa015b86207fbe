from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0024_decided_by_rule")]

    operations = [ValidateConstraint(model_name="evidence", name="campaigns_evidence_decisions_have_an_author")]
