"""What was charged before tickets were counted was charged for the tickets of its participations."""

from django.db import migrations

COUNT = "UPDATE campaigns_campaign SET captured_tickets = captured_units * reward_tickets WHERE captured_units > 0"


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0016_ticket_cost")]

    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
