"""
A day that is spread evenly: a slot gives out, up to each hour, the share of its units that the open hours so far are of all. A start of
any other campaign stays what it was, one statement over one slot.
"""

from collections.abc import Callable

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PACE = """
CREATE FUNCTION campaigns_pace(p_from int, p_until int, p_starts_at timestamptz, p_ends_at timestamptz, p_at timestamptz,
                               OUT hours int, OUT opened int) LANGUAGE sql IMMUTABLE AS $$
  -- How many hours of p_at's day in Seoul are open, and how many of them have begun.
  WITH clock AS (
    SELECT p_at AT TIME ZONE 'Asia/Seoul' AS now, p_starts_at AT TIME ZONE 'Asia/Seoul' AS starts,
           p_ends_at AT TIME ZONE 'Asia/Seoul' - interval '1 microsecond' AS ends
  ), span AS (
    SELECT now, greatest(p_from, CASE WHEN starts::date = now::date THEN extract(hour FROM starts)::int ELSE 0 END) AS first,
           least(p_until, CASE WHEN ends::date = now::date THEN extract(hour FROM ends)::int + 1 ELSE 24 END) AS last
      FROM clock
  )
  SELECT greatest(1, last - first), greatest(0, least(last, extract(hour FROM now)::int + 1) - first) FROM span
$$;
"""

OPENED = """
CREATE FUNCTION campaigns_opened(p_allowance bigint, p_slot int, p_hours int, p_opened int) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  -- Units of a slot that may have been started by now. The first slot rounds up and the others down, so that all together never give out
  -- more than the day's share.
  SELECT (p_allowance * p_opened + CASE WHEN p_slot = 0 THEN p_hours - 1 ELSE 0 END) / p_hours
$$;
"""

CHANGES = (
    (
        "  v_slot int;\nBEGIN",
        "  v_slot int;\n  v_hours int := 1;  -- open hours of the day, and how many of them have begun\n  v_opened int := 1;\nBEGIN",
    ),
    (
        "\n  v_slot := coalesce(p_slot,",
        "\n  IF c.pace_until > 0 THEN\n"
        "    SELECT p.hours, p.opened INTO v_hours, v_opened FROM campaigns_pace(c.pace_from, c.pace_until, c.starts_at, c.ends_at, p_at) p;\n"
        "  END IF;\n  v_slot := coalesce(p_slot,",
    ),
    (
        "    AND s.allowance - s.taken + s.returned > 0;  -- a look",
        "    AND campaigns_opened(s.allowance, s.slot, v_hours, v_opened) > s.taken - s.returned;  -- a look",
    ),
    (
        "AND s.slot = v_slot AND s.allowance - s.taken + s.returned > 0;\n  IF NOT FOUND THEN RAISE",
        "AND s.slot = v_slot\n      AND campaigns_opened(s.allowance, s.slot, v_hours, v_opened) > s.taken - s.returned;\n  IF NOT FOUND THEN RAISE",
    ),
)


def _change(*changes: tuple[str, str]) -> Callable[[Apps, BaseDatabaseSchemaEditor], None]:
    """Replace texts in `campaigns_start` as it is in the database, whatever other migrations made of it."""

    def change(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_functiondef('campaigns_start'::regproc)")
            (text,) = cursor.fetchone()
            for before, after in changes:
                if text.count(before) != 1:
                    raise RuntimeError(f"campaigns_start has changed: {before}")
                text = text.replace(before, after)
            cursor.execute(text)

    return change


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0014_targeted_campaigns")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="pace_from",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="고르게 여는 첫 시각"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="pace_until",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="고르게 여는 끝 시각"),
        ),
        migrations.RunSQL(PACE, "DROP FUNCTION campaigns_pace(int, int, timestamptz, timestamptz, timestamptz)"),
        migrations.RunSQL(OPENED, "DROP FUNCTION campaigns_opened(bigint, int, int, int)"),
        migrations.RunPython(_change(*CHANGES), _change(*((after, before) for before, after in reversed(CHANGES)))),
    ]
