"""Refunds that go to a bank account: which way, to which account, by which steps."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("advertisers", "0012_papers_that_wait"),
        ("payments", "0004_settlements"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="way",
            field=models.CharField(
                choices=[("CARD", "카드 취소"), ("BANK", "계좌 이체")],
                db_default="CARD",
                default="CARD",
                max_length=4,
                verbose_name="돌려주는 길",
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="state",
            field=models.CharField(
                choices=[
                    ("REQUESTED", "요청 접수"),
                    ("APPROVED", "환불 처리중"),
                    ("SENT", "환불 처리중"),
                    ("UNKNOWN", "환불 처리중"),
                    ("BANK", "환불 처리중"),
                    ("DONE", "환불 완료"),
                    ("FAILED", "검토중"),
                    ("DENIED", "환불 반려"),
                    ("WITHDRAWN", "요청 취소"),
                ],
                default="REQUESTED",
                max_length=12,
                verbose_name="상태",
            ),
        ),
        migrations.CreateModel(
            name="RefundAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="공개 번호")),
                ("bank", models.CharField(max_length=3, verbose_name="은행")),
                ("sealed_number", models.CharField(max_length=200, verbose_name="계좌 번호(암호)")),
                ("last_digits", models.CharField(max_length=4, verbose_name="끝자리")),
                ("holder", models.CharField(max_length=60, verbose_name="예금주")),
                ("verification_id", models.CharField(blank=True, max_length=100, verbose_name="확인 번호")),
                ("registered_at", models.DateTimeField(verbose_name="등록")),
                ("usable_at", models.DateTimeField(verbose_name="쓸 수 있는 때")),
                ("replaced_at", models.DateTimeField(blank=True, null=True, verbose_name="바꾼 때")),
                (
                    "advertiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refund_accounts",
                        to="advertisers.advertiser",
                        verbose_name="광고주",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="등록한 사람",
                    ),
                ),
            ],
            options={
                "verbose_name": "환불 계좌",
                "verbose_name_plural": "환불 계좌",
            },
        ),
        migrations.CreateModel(
            name="BankTransfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="공개 번호")),
                ("amount_krw", models.BigIntegerField(verbose_name="금액")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ASKED", "두 번째 승인 대기"),
                            ("APPROVED", "이체 대기"),
                            ("STARTED", "이체 중"),
                            ("DONE", "이체함"),
                            ("CALLED_OFF", "취소"),
                        ],
                        default="ASKED",
                        max_length=12,
                        verbose_name="상태",
                    ),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="이유")),
                ("asked_at", models.DateTimeField(verbose_name="요청")),
                ("approved_at", models.DateTimeField(blank=True, null=True, verbose_name="승인")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="이체 시작")),
                ("transfer_no", models.CharField(blank=True, max_length=60, verbose_name="이체 번호")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="끝")),
                ("ending", models.CharField(blank=True, max_length=200, verbose_name="취소한 이유")),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="승인한 사람",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="요청한 사람",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="transfers", to="payments.refund", verbose_name="환불"
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="이체하는 사람",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.refundaccount", verbose_name="환불 계좌"
                    ),
                ),
            ],
            options={
                "verbose_name": "계좌 환불",
                "verbose_name_plural": "계좌 환불",
            },
        ),
        migrations.AddConstraint(
            model_name="refundaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaced_at", None)), fields=("advertiser",), name="payments_refundaccount_one_current"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("usable_at__gte", models.F("registered_at"))), name="payments_refundaccount_waits_first"
            ),
        ),
        migrations.AddConstraint(
            model_name="banktransfer",
            constraint=models.CheckConstraint(condition=models.Q(("amount_krw__gt", 0)), name="payments_banktransfer_moves_something"),
        ),
        migrations.AddConstraint(
            model_name="banktransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["ASKED", "CALLED_OFF"]),
                    models.Q(("approved_by__isnull", False), models.Q(("approved_by", models.F("asked_by")), _negated=True)),
                    _connector="OR",
                ),
                name="payments_banktransfer_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="banktransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "DONE"), _negated=True), models.Q(("transfer_no", ""), _negated=True), _connector="OR"
                ),
                name="payments_banktransfer_done_has_its_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="banktransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "CALLED_OFF"), _negated=True), models.Q(("ending", ""), _negated=True), _connector="OR"
                ),
                name="payments_banktransfer_end_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="banktransfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "CALLED_OFF"), _negated=True), fields=("refund",), name="payments_banktransfer_one_per_refund"
            ),
        ),
        migrations.AddConstraint(
            model_name="banktransfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("transfer_no", ""), _negated=True), fields=("transfer_no",), name="payments_banktransfer_number_once"
            ),
        ),
    ]
