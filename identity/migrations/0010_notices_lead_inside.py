"""A notice leads to a path inside the portal, never to another house."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0009_notice_engine")]
    operations = [
        AddConstraintNotValid(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(("url", ""), ("url__regex", "\\A/([^/\\\\\\s][^\\\\\\s]*)?\\Z"), _connector="OR"),
                name="identity_notification_leads_inside",
            ),
        ),
    ]
