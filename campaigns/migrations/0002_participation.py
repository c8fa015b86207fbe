"""
Participations, partitioned by month, beside what Django knows of them. The members' family and the advertisers' family share no
foreign key in the database, and every unique key holds the partition's column.
"""

import django.db.models.deletion
from django.db import migrations, models

TABLE = """
CREATE TABLE campaigns_participation (
    member_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    period_on date NOT NULL,
    public_id uuid NOT NULL,
    person_key varchar(64) NOT NULL,
    type varchar(20) NOT NULL,
    state varchar(12) NOT NULL,
    attempt smallint NOT NULL CHECK (attempt > 0),
    charged_on date NOT NULL,
    slot smallint NOT NULL CHECK (slot >= 0),
    price bigint NOT NULL CHECK (price > 0),
    tickets integer NOT NULL CHECK (tickets > 0),
    dwell_seconds integer NOT NULL CHECK (dwell_seconds >= 0),
    device varchar(40) NOT NULL,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    opened_at timestamptz,
    confirmed_at timestamptz,
    beats smallint NOT NULL CHECK (beats >= 0),
    score smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
    grant_entry_id bigint,
    CONSTRAINT campaigns_participation_pkey PRIMARY KEY (member_id, campaign_id, period_on),
    CONSTRAINT campaigns_participation_once_per_person UNIQUE (campaign_id, person_key, period_on),
    CONSTRAINT campaigns_participation_public_id UNIQUE (public_id, period_on),
    CONSTRAINT campaigns_participation_rewarded_is_granted CHECK (state <> 'REWARDED' OR (confirmed_at IS NOT NULL AND grant_entry_id IS NOT NULL))
) PARTITION BY RANGE (period_on);
CREATE INDEX campaigns_participation_of_member ON campaigns_participation (member_id, started_at DESC);
CREATE INDEX campaigns_participation_running ON campaigns_participation (expires_at) WHERE state = 'STARTED';
CREATE TABLE campaigns_participation_default PARTITION OF campaigns_participation DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TABLE, "DROP TABLE campaigns_participation")],
            state_operations=[
                migrations.CreateModel(
                    name="Participation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "member_id", "campaign_id", "period_on", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("member_id", models.BigIntegerField(verbose_name="회원")),
                        ("period_on", models.DateField(verbose_name="기간")),
                        ("public_id", models.UUIDField(verbose_name="공개 번호")),
                        ("person_key", models.CharField(max_length=64, verbose_name="사람 키")),
                        ("type", models.CharField(max_length=20, verbose_name="유형")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("STARTED", "참여 중"),
                                    ("SUBMITTED", "확인중"),
                                    ("CHECKING", "확인중"),
                                    ("QUARANTINED", "확인중"),
                                    ("CONFIRMED", "완료"),
                                    ("REWARDED", "완료"),
                                    ("REFUSED", "참여 취소"),
                                    ("EXPIRED", "시간 지남"),
                                    ("REVERSED", "참여 취소"),
                                ],
                                max_length=12,
                                verbose_name="상태",
                            ),
                        ),
                        ("attempt", models.PositiveSmallIntegerField(default=1, verbose_name="시도")),
                        ("charged_on", models.DateField(verbose_name="과금일")),
                        ("slot", models.PositiveSmallIntegerField(verbose_name="칸")),
                        ("price", models.BigIntegerField(verbose_name="단가")),
                        ("tickets", models.PositiveIntegerField(verbose_name="티켓")),
                        ("dwell_seconds", models.PositiveIntegerField(verbose_name="머무는 시간(초)")),
                        ("device", models.CharField(max_length=40, verbose_name="기기")),
                        ("started_at", models.DateTimeField(verbose_name="시작")),
                        ("expires_at", models.DateTimeField(verbose_name="기한")),
                        ("opened_at", models.DateTimeField(blank=True, null=True, verbose_name="열어 봄")),
                        ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="완료")),
                        ("beats", models.PositiveSmallIntegerField(default=0, verbose_name="머문 신호")),
                        ("score", models.PositiveSmallIntegerField(default=0, verbose_name="신뢰 점수")),
                        ("grant_entry_id", models.BigIntegerField(blank=True, null=True, verbose_name="지급 전표")),
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
                        "verbose_name": "참여",
                        "verbose_name_plural": "참여",
                    },
                ),
            ],
        ),
    ]
