"""Pictures that a review let pass before it was written down."""

from django.db import migrations

APPROVED_BEFORE = """
UPDATE campaigns_campaignimage i SET state = 'APPROVED', decided_at = c.approved_at
  FROM campaigns_campaign c
 WHERE c.advertiser_id = i.advertiser_id AND c.approved_at IS NOT NULL AND c.spec #>> '{design,image}' = i.public_id::text
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0028_images_are_reviewed_once")]

    operations = [migrations.RunSQL(APPROVED_BEFORE, migrations.RunSQL.noop)]
