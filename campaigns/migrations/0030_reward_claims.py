import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0029_images_approved_before"),
        ("credits", "0010_balance_watch"),
        ("inquiries", "0002_attachments"),
    ]

    operations = [
        migrations.CreateModel(
            name="RewardClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="공개 번호")),
                ("participation", models.UUIDField(verbose_name="참여")),
                ("attempt", models.PositiveSmallIntegerField(verbose_name="시도")),
                ("member_id", models.BigIntegerField(verbose_name="회원")),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("HERE", "이미 지급"),
                            ("UNFINISHED", "아직 참여 중"),
                            ("WAIT", "확인 중"),
                            ("NO", "지급하지 않음"),
                            ("GOODWILL", "럭플이 보상"),
                            ("ASKED", "문의로 확인"),
                        ],
                        max_length=10,
                        verbose_name="답",
                    ),
                ),
                ("words", models.CharField(max_length=300, verbose_name="안내")),
                ("until", models.DateTimeField(blank=True, null=True, verbose_name="기다리는 때까지")),
                ("tickets", models.PositiveIntegerField(default=0, verbose_name="보상 티켓")),
                ("story", models.TextField(blank=True, verbose_name="경과")),
                ("at", models.DateTimeField(verbose_name="때")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="reward_claims",
                        to="campaigns.campaign",
                        verbose_name="캠페인",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credits.entry",
                        verbose_name="보상 전표",
                    ),
                ),
                (
                    "inquiry",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="inquiries.inquiry",
                        verbose_name="문의",
                    ),
                ),
            ],
            options={
                "verbose_name": "보상 확인 요청",
                "verbose_name_plural": "보상 확인 요청",
                "indexes": [models.Index(fields=["member_id", "at"], name="campaigns_rewardclaims_of")],
                "constraints": [
                    models.UniqueConstraint(fields=("participation", "attempt", "decision"), name="campaigns_rewardclaim_one_of_each"),
                    models.UniqueConstraint(
                        condition=models.Q(("decision", "GOODWILL")),
                        fields=("participation",),
                        name="campaigns_rewardclaim_goodwill_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision", "GOODWILL"), ("entry__isnull", False), ("tickets__gt", 0)),
                            models.Q(models.Q(("decision", "GOODWILL"), _negated=True), ("entry__isnull", True), ("tickets", 0)),
                            _connector="OR",
                        ),
                        name="campaigns_rewardclaim_goodwill_is_paid",
                    ),
                ],
            },
        ),
    ]
