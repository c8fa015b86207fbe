"""
Counts of campaigns by hour are made away from the members' way: nothing here runs when somebody starts, stays or is confirmed in time.
A trigger notes the hours that change long afterwards: a start that ran out of time or begins again, what a person decides, what a
postback tells, what is taken back.
"""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

MARK = """
CREATE FUNCTION campaigns_mark_stale_hour() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO campaigns_stalehour (campaign_id, hour_at) VALUES (OLD.campaign_id, date_trunc('hour', OLD.started_at));
  RETURN NULL;
END $$;
CREATE TRIGGER campaigns_participation_stale_hour AFTER UPDATE ON campaigns_participation FOR EACH ROW
  WHEN (OLD.started_at IS DISTINCT FROM NEW.started_at
        OR OLD.state IS DISTINCT FROM NEW.state AND (OLD.state <> 'STARTED' OR NEW.state = 'EXPIRED')
        OR (OLD.state, OLD.opened_at) IS DISTINCT FROM (NEW.state, NEW.opened_at) AND OLD.expires_at > OLD.started_at + interval '2 hours')
  EXECUTE FUNCTION campaigns_mark_stale_hour();
"""
UNMARK = """
DROP TRIGGER campaigns_participation_stale_hour ON campaigns_participation;
DROP FUNCTION campaigns_mark_stale_hour();
"""
INDEX = "CREATE INDEX campaigns_participation_by_start ON campaigns_participation (campaign_id, started_at)"


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0018_campaign_raffle"),
    ]

    operations = [
        migrations.CreateModel(
            name="Showing",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "campaign_id", "hour_at", "part", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("hour_at", models.DateTimeField(verbose_name="시간")),
                ("part", models.PositiveSmallIntegerField(verbose_name="칸")),
                ("listed", models.BigIntegerField(default=0, verbose_name="목록에 보임")),
                ("read", models.BigIntegerField(default=0, verbose_name="상세를 엶")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="campaigns.campaign",
                        verbose_name="캠페인",
                    ),
                ),
            ],
            options={
                "verbose_name": "노출",
                "verbose_name_plural": "노출",
            },
        ),
        migrations.CreateModel(
            name="StaleHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour_at", models.DateTimeField(verbose_name="시간")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="campaigns.campaign",
                        verbose_name="캠페인",
                    ),
                ),
            ],
            options={
                "verbose_name": "다시 셀 시간",
                "verbose_name_plural": "다시 셀 시간",
            },
        ),
        migrations.CreateModel(
            name="HourlyStat",
            fields=[
                ("pk", models.CompositePrimaryKey("campaign_id", "hour_at", blank=True, editable=False, primary_key=True, serialize=False)),
                ("hour_at", models.DateTimeField(verbose_name="시간")),
                ("listed", models.BigIntegerField(default=0, verbose_name="목록에 보임")),
                ("read", models.BigIntegerField(default=0, verbose_name="상세를 엶")),
                ("started", models.BigIntegerField(default=0, verbose_name="시작")),
                ("went", models.BigIntegerField(default=0, verbose_name="광고 페이지를 엶")),
                ("sent", models.BigIntegerField(default=0, verbose_name="제출")),
                ("confirmed", models.BigIntegerField(default=0, verbose_name="완료")),
                ("refused", models.BigIntegerField(default=0, verbose_name="거절")),
                ("expired", models.BigIntegerField(default=0, verbose_name="시간 지남")),
                ("reversed", models.BigIntegerField(default=0, verbose_name="나중에 취소")),
                ("running", models.BigIntegerField(default=0, verbose_name="참여 중")),
                ("credits", models.BigIntegerField(default=0, verbose_name="집행")),
                ("tickets", models.BigIntegerField(default=0, verbose_name="티켓")),
                ("refused_by", models.JSONField(default=dict, verbose_name="거절한 까닭")),
                ("counted_at", models.DateTimeField(verbose_name="센 때")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hours",
                        to="campaigns.campaign",
                        verbose_name="캠페인",
                    ),
                ),
            ],
            options={
                "verbose_name": "시간별 집계",
                "verbose_name_plural": "시간별 집계",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "started",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("confirmed"), "+", models.F("refused")
                                            ),
                                            "+",
                                            models.F("expired"),
                                        ),
                                        "+",
                                        models.F("reversed"),
                                    ),
                                    "+",
                                    models.F("running"),
                                ),
                            )
                        ),
                        name="campaigns_hourlystat_adds_up",
                    )
                ],
            },
        ),
        migrations.RunSQL(INDEX, "DROP INDEX campaigns_participation_by_start"),
        migrations.RunSQL(MARK, UNMARK),
    ]
