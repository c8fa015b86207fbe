import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rewards", "0011_push"),
    ]

    operations = [
        migrations.CreateModel(
            name="DataExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="공개 번호")),
                (
                    "state",
                    models.CharField(
                        choices=[("WAITING", "만드는 중"), ("READY", "받을 수 있음")], default="WAITING", max_length=8, verbose_name="상태"
                    ),
                ),
                ("file", models.CharField(blank=True, max_length=200, verbose_name="파일")),
                ("requested_at", models.DateTimeField(verbose_name="요청한 때")),
                ("ready_at", models.DateTimeField(blank=True, null=True, verbose_name="만든 때")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="받을 수 있는 때까지")),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exports", to="rewards.member", verbose_name="회원"
                    ),
                ),
            ],
            options={
                "verbose_name": "내 데이터 파일",
                "verbose_name_plural": "내 데이터 파일",
                "indexes": [models.Index(fields=["member", "-requested_at"], name="rewards_dataexport_of")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "WAITING")), fields=("member",), name="rewards_dataexport_one_waits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("expires_at__isnull", True), ("file", ""), ("ready_at__isnull", True), ("state", "WAITING")),
                            models.Q(
                                models.Q(("file", ""), _negated=True),
                                ("expires_at__isnull", False),
                                ("ready_at__isnull", False),
                                ("state", "READY"),
                            ),
                            _connector="OR",
                        ),
                        name="rewards_dataexport_ready_has_a_file",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("phone_hash", models.CharField(max_length=64, verbose_name="휴대전화 해시")),
                ("person_hash", models.CharField(blank=True, max_length=64, verbose_name="본인 해시")),
                ("left_at", models.DateTimeField(verbose_name="떠난 때")),
            ],
            options={
                "verbose_name": "떠난 회원의 해시",
                "verbose_name_plural": "떠난 회원의 해시",
                "indexes": [
                    models.Index(fields=["phone_hash"], name="rewards_former_phone"),
                    models.Index(
                        condition=models.Q(("person_hash", ""), _negated=True), fields=["person_hash"], name="rewards_former_person"
                    ),
                    models.Index(fields=["left_at"], name="rewards_former_time"),
                ],
            },
        ),
    ]
