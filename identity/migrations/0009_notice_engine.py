"""Words that operators write, what people choose, and their quiet hours."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import common.guards


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0008_messages_and_their_end"),
    ]

    operations = [
        migrations.CreateModel(
            name="MessageTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=60, verbose_name="알림 종류")),
                ("number", models.PositiveIntegerField(verbose_name="버전")),
                ("title", models.CharField(max_length=120, verbose_name="제목")),
                ("body", models.TextField(max_length=1000, verbose_name="내용")),
                ("alimtalk_id", models.CharField(blank=True, max_length=60, verbose_name="알림톡 템플릿")),
                ("written_at", models.DateTimeField(verbose_name="쓴 때")),
                ("reason", models.CharField(max_length=200, verbose_name="이유")),
            ],
            options={
                "verbose_name": "알림 문구",
                "verbose_name_plural": "알림 문구",
            },
        ),
        migrations.CreateModel(
            name="NoticeChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=60, verbose_name="알림 종류")),
                (
                    "channel",
                    models.CharField(
                        choices=[("IN_APP", "알림함"), ("MAIL", "메일"), ("SMS", "문자·알림톡")], max_length=10, verbose_name="받는 방법"
                    ),
                ),
                ("is_on", models.BooleanField(verbose_name="받음")),
                ("changed_at", models.DateTimeField(verbose_name="바꾼 때")),
            ],
            options={
                "verbose_name": "알림 설정",
                "verbose_name_plural": "알림 설정",
            },
        ),
        migrations.CreateModel(
            name="QuietHours",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="quiet_hours",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="사람",
                    ),
                ),
                ("hour_from", models.PositiveSmallIntegerField(verbose_name="조용한 시간 시작")),
                ("hour_until", models.PositiveSmallIntegerField(verbose_name="조용한 시간 끝")),
            ],
            options={
                "verbose_name": "조용한 시간",
                "verbose_name_plural": "조용한 시간",
            },
        ),
        migrations.AddField(
            model_name="notification",
            name="alimtalk_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="알림톡 템플릿"),
        ),
        migrations.AddField(
            model_name="notification",
            name="facts",
            field=models.JSONField(blank=True, db_default={}, default=dict, verbose_name="채운 값"),
        ),
        migrations.AddField(
            model_name="messagetemplate",
            name="written_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="쓴 사람"
            ),
        ),
        migrations.AddField(
            model_name="noticechoice",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="notice_choices", to=settings.AUTH_USER_MODEL, verbose_name="사람"
            ),
        ),
        migrations.AddConstraint(
            model_name="quiethours",
            constraint=models.CheckConstraint(
                condition=models.Q(("hour_from__lte", 23), ("hour_until__lte", 23)), name="identity_quiethours_are_hours"
            ),
        ),
        migrations.AddConstraint(
            model_name="quiethours",
            constraint=models.CheckConstraint(
                condition=models.Q(("hour_from", models.F("hour_until")), _negated=True), name="identity_quiethours_end"
            ),
        ),
        migrations.AddConstraint(
            model_name="messagetemplate",
            constraint=models.UniqueConstraint(fields=("event", "number"), name="identity_messagetemplate_number_once"),
        ),
        migrations.AddConstraint(
            model_name="messagetemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("title", ""), _negated=True), models.Q(("body", ""), _negated=True), models.Q(("reason", ""), _negated=True)
                ),
                name="identity_messagetemplate_says_something",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="messagetemplate",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=common.guards.GuardSql(
                    func="RAISE EXCEPTION 'rows of % are history: no %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'BS009';",
                    hash="05e2544a50bd31d45237c95ff1baad72f46acfe2",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_b590d",
                    table="identity_messagetemplate",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="messagetemplate",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=common.guards.GuardSql(
                    func="RAISE EXCEPTION 'rows of % are history: no %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'BS009';",
                    hash="522a24f6a9794bb0f8e0560a61c9d16c27723d61",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_07c07",
                    table="identity_messagetemplate",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="noticechoice",
            constraint=models.UniqueConstraint(fields=("user", "event", "channel"), name="identity_noticechoice_once"),
        ),
        migrations.AddConstraint(
            model_name="noticechoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["IN_APP", "MAIL", "SMS"])), name="identity_noticechoice_channel_is_known"
            ),
        ),
    ]
