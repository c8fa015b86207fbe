"""What is kept of participations beside their own rows, and every postback that came."""

import uuid

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import common.guards


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0008_first_policy_rules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PostbackLog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="공개 번호")),
                ("network", models.CharField(max_length=20, verbose_name="보낸 곳")),
                ("participation", models.UUIDField(blank=True, null=True, verbose_name="참여")),
                ("click_id", models.CharField(blank=True, max_length=64, verbose_name="클릭")),
                ("event", models.CharField(blank=True, max_length=60, verbose_name="이벤트")),
                ("transaction", models.CharField(blank=True, max_length=100, verbose_name="거래 번호")),
                ("query", models.TextField(blank=True, verbose_name="받은 내용")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("CONFIRMED", "참여 확정"),
                            ("HELD", "확인 대기"),
                            ("REPEATED", "같은 신호 다시 옴"),
                            ("BAD_SIGNATURE", "서명이 달라요"),
                            ("STALE", "보낸 시각이 오래됐어요"),
                            ("UNKNOWN_CLICK", "모르는 클릭"),
                            ("REUSED_CLICK", "이미 쓴 클릭"),
                            ("UNKNOWN_EVENT", "정하지 않은 이벤트"),
                            ("TOO_LATE", "기한이 지남"),
                            ("LATE_PAID", "기한이 지나 럭플이 보상"),
                            ("MALFORMED", "읽을 수 없음"),
                        ],
                        max_length=14,
                        verbose_name="결과",
                    ),
                ),
                ("is_test", models.BooleanField(default=False, verbose_name="연습")),
                ("took_ms", models.PositiveIntegerField(verbose_name="걸린 시간(ms)")),
                ("at", models.DateTimeField(verbose_name="때")),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postbacks",
                        to="campaigns.campaign",
                        verbose_name="캠페인",
                    ),
                ),
            ],
            options={
                "verbose_name": "받은 포스트백",
                "verbose_name_plural": "받은 포스트백",
            },
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="공개 번호")),
                ("participation", models.UUIDField(verbose_name="참여")),
                ("member_id", models.BigIntegerField(verbose_name="회원")),
                ("period_on", models.DateField(verbose_name="기간")),
                ("attempt", models.PositiveSmallIntegerField(verbose_name="시도")),
                (
                    "kind",
                    models.CharField(
                        choices=[("ANSWER", "답"), ("PICTURE", "사진"), ("POSTBACK", "포스트백")], max_length=10, verbose_name="종류"
                    ),
                ),
                ("data", models.JSONField(default=dict, verbose_name="내용")),
                ("file", models.CharField(blank=True, max_length=100, verbose_name="파일")),
                ("digest", models.CharField(blank=True, max_length=64, verbose_name="파일 해시")),
                ("look", models.CharField(blank=True, max_length=16, verbose_name="사진 지문")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("PASSED", "통과"),
                            ("FAILED", "틀림"),
                            ("WAITING", "확인 대기"),
                            ("APPROVED", "승인"),
                            ("REFUSED", "거절"),
                        ],
                        max_length=8,
                        verbose_name="판정",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="때")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="확인한 때")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="이유")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="evidence",
                        to="campaigns.campaign",
                        verbose_name="캠페인",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="확인한 사람",
                    ),
                ),
            ],
            options={
                "verbose_name": "참여 증거",
                "verbose_name_plural": "참여 증거",
                "indexes": [
                    models.Index(fields=["participation"], name="campaigns_evidence_of"),
                    models.Index(condition=models.Q(("verdict", "WAITING")), fields=["campaign", "at"], name="campaigns_evidence_waiting"),
                    models.Index(condition=models.Q(("digest", ""), _negated=True), fields=["digest"], name="campaigns_evidence_same_file"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("verdict__in", ("FAILED", "REFUSED")), _negated=True),
                        fields=("participation",),
                        name="campaigns_evidence_one_counts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verdict__in", ("APPROVED", "REFUSED")), _negated=True),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="campaigns_evidence_decisions_have_an_author",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FraudSignal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("participation", models.UUIDField(verbose_name="참여")),
                ("member_id", models.BigIntegerField(verbose_name="회원")),
                ("attempt", models.PositiveSmallIntegerField(verbose_name="시도")),
                ("code", models.CharField(max_length=40, verbose_name="규칙")),
                ("penalty", models.PositiveSmallIntegerField(verbose_name="감점")),
                ("at", models.DateTimeField(verbose_name="때")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="fraud_signals",
                        to="campaigns.campaign",
                        verbose_name="캠페인",
                    ),
                ),
            ],
            options={
                "verbose_name": "의심 신호",
                "verbose_name_plural": "의심 신호",
                "indexes": [models.Index(fields=["campaign", "code"], name="campaigns_fraud_by_code")],
                "constraints": [models.UniqueConstraint(fields=("participation", "attempt", "code"), name="campaigns_fraudsignal_once")],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="fraudsignal",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=common.guards.GuardSql(
                    func="RAISE EXCEPTION 'rows of % are history: no %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'BS009';",
                    hash="03e8625dd5d395f9d2d81c896c3ae61a34daaf3a",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_866c5",
                    table="campaigns_fraudsignal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="fraudsignal",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=common.guards.GuardSql(
                    func="RAISE EXCEPTION 'rows of % are history: no %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'BS009';",
                    hash="c0c32f88c6c0bd37476ef5681841b10fbde9a206",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_751e9",
                    table="campaigns_fraudsignal",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="postbacklog",
            index=models.Index(fields=["campaign", "-id"], name="campaigns_postbacks_of"),
        ),
        migrations.AddIndex(
            model_name="postbacklog",
            index=models.Index(
                condition=models.Q(("participation__isnull", False)), fields=["participation"], name="campaigns_postbacks_part"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="postbacklog",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=common.guards.GuardSql(
                    func="RAISE EXCEPTION 'rows of % are history: no %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'BS009';",
                    hash="057c414ae1bad885bb596b251e93d4c811827d6f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_6c65e",
                    table="campaigns_postbacklog",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="postbacklog",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=common.guards.GuardSql(
                    func="RAISE EXCEPTION 'rows of % are history: no %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'BS009';",
                    hash="37122b4beabee0c464032a3265cd3faba35ae60c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_7706e",
                    table="campaigns_postbacklog",
                    when="BEFORE",
                ),
            ),
        ),
    ]
