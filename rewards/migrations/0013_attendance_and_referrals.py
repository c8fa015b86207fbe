import uuid

import django.db.models.deletion
from django.db import migrations, models


def _entry(name):
    return models.ForeignKey(
        blank=True,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="credits.entry",
        verbose_name=name,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("credits", "0010_balance_watch"),
        ("rewards", "0012_data_exports_and_former_members"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attendance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attended_on", models.DateField(verbose_name="출석한 날")),
                ("streak", models.PositiveIntegerField(verbose_name="연속 일수")),
                ("freezes", models.PositiveSmallIntegerField(verbose_name="남은 보호권")),
                ("used", models.PositiveSmallIntegerField(default=0, verbose_name="쓴 보호권")),
                ("tickets", models.PositiveIntegerField(verbose_name="티켓")),
                ("at", models.DateTimeField(verbose_name="때")),
                ("entry", _entry("티켓 전표")),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attendances",
                        to="rewards.member",
                        verbose_name="회원",
                    ),
                ),
            ],
            options={
                "verbose_name": "출석",
                "verbose_name_plural": "출석",
                "constraints": [
                    models.UniqueConstraint(fields=("member", "attended_on"), name="rewards_attendance_once_a_day"),
                    models.CheckConstraint(condition=models.Q(("streak__gt", 0)), name="rewards_attendance_counts_itself"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("entry__isnull", True), ("tickets", 0)),
                            models.Q(("entry__isnull", False), ("tickets__gt", 0)),
                            _connector="OR",
                        ),
                        name="rewards_attendance_tickets_have_an_entry",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="공개 번호")),
                (
                    "state",
                    models.CharField(
                        choices=[("WAITING", "첫 미션을 기다림"), ("PAID", "지급"), ("REFUSED", "지급하지 않음")],
                        default="WAITING",
                        max_length=8,
                        verbose_name="상태",
                    ),
                ),
                ("friend_tickets", models.PositiveIntegerField(verbose_name="친구가 받는 티켓")),
                ("inviter_tickets", models.PositiveIntegerField(verbose_name="초대한 회원이 받는 티켓")),
                ("joined_at", models.DateTimeField(verbose_name="가입한 때")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="끝난 때")),
                (
                    "friend",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="invited_by", to="rewards.member", verbose_name="친구"
                    ),
                ),
                ("friend_entry", _entry("친구 전표")),
                (
                    "inviter",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="rewards.member",
                        verbose_name="초대한 회원",
                    ),
                ),
                ("inviter_entry", _entry("초대한 회원 전표")),
            ],
            options={
                "verbose_name": "친구 초대",
                "verbose_name_plural": "친구 초대",
                "indexes": [
                    models.Index(fields=["inviter", "closed_at"], name="rewards_referrals_of"),
                    models.Index(condition=models.Q(("state", "WAITING")), fields=["joined_at"], name="rewards_referrals_waiting"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("friend", models.F("inviter")), _negated=True), name="rewards_referral_of_somebody_else"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("state", "WAITING")),
                            models.Q(models.Q(("state", "WAITING"), _negated=True), ("closed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="rewards_referral_closed_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "PAID"),
                            models.Q(("friend_entry__isnull", True), ("inviter_entry__isnull", True)),
                            _connector="OR",
                        ),
                        name="rewards_referral_pays_when_paid",
                    ),
                ],
            },
        ),
    ]
