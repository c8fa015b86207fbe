"""
Campaigns that are not for everybody say so in one column: a start of such a campaign answers TARGETED until the caller has looked at
whom it is for. All others start as they did, in one call.
"""

from importlib import import_module

from django.db import migrations, models

OLD = import_module("campaigns.migrations.0003_participation_functions").START
OLD_SIGNATURE = "campaigns_start(uuid, bigint, text, timestamptz, uuid, text, int, timestamptz)"
NEW_SIGNATURE = "campaigns_start(uuid, bigint, text, timestamptz, uuid, text, int, timestamptz, boolean)"
CHANGES = (
    ("p_device text, p_slot int, p_at timestamptz,\n", "p_device text, p_slot int, p_at timestamptz, p_fits boolean DEFAULT false,\n"),
    (
        "-- Takes one unit of today's budget for a member. p_slot: null for the member's own slot.",
        "-- Takes one unit of today's budget for a member. p_slot: null for the member's own slot.   p_fits: the caller looked whom it is for.",
    ),
    (
        "  IF c.poured_on IS NULL OR",
        "  IF c.is_targeted AND NOT p_fits THEN code := 'TARGETED'; RETURN; END IF;\n  IF c.poured_on IS NULL OR",
    ),
)


def _new() -> str:
    text = OLD
    for before, after in CHANGES:
        if text.count(before) != 1:
            raise RuntimeError(f"campaigns_start has changed: {before}")
        text = text.replace(before, after)
    return text


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0013_picture_functions")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="is_targeted",
            field=models.BooleanField(db_default=False, default=False, verbose_name="대상을 정함"),
        ),
        migrations.RunSQL(f"DROP FUNCTION {OLD_SIGNATURE}", OLD),
        migrations.RunSQL(_new(), f"DROP FUNCTION {NEW_SIGNATURE}"),
    ]
