"""And those of before do."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("identity", "0010_notices_lead_inside")]
    operations = [ValidateConstraint(model_name="notification", name="identity_notification_leads_inside")]
