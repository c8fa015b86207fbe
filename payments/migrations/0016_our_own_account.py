"""The house's own bank account: lines of its statement, and money that somebody sends from it."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0015_receipts_by_choice"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="unallocatedmoney",
            name="why",
            field=models.CharField(
                choices=[
                    ("AMOUNT", "주문과 다른 금액을 입금했어요"),
                    ("LATE", "입금 기한이 지나서 입금했어요"),
                    ("TWICE", "같은 주문에 한 번 더 입금했어요"),
                    ("SECOND_GATEWAY", "두 결제사에서 모두 결제했어요"),
                    ("LARGE", "운영팀 확인이 필요한 큰 금액이에요"),
                    ("BANK", "우리 통장에 들어와서 운영팀이 확인해요"),
                ],
                max_length=20,
                verbose_name="이유",
            ),
        ),
        migrations.CreateModel(
            name="BankDeposit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="공개 번호")),
                ("number", models.CharField(max_length=60, unique=True, verbose_name="거래 번호")),
                ("received_at", models.DateTimeField(verbose_name="입금")),
                ("amount_krw", models.BigIntegerField(verbose_name="금액")),
                ("depositor", models.CharField(max_length=60, verbose_name="입금자")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "주문 찾는 중"),
                            ("MATCHED", "주문에 연결함"),
                            ("RETURNING", "돌려주는 중"),
                            ("RETURNED", "돌려줌"),
                        ],
                        default="WAITING",
                        max_length=10,
                        verbose_name="상태",
                    ),
                ),
                ("noted_at", models.DateTimeField(verbose_name="올린 때")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="결정")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="결정 이유")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="결정한 사람",
                    ),
                ),
                (
                    "noted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="올린 사람"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_deposits",
                        to="payments.paymentorder",
                        verbose_name="주문",
                    ),
                ),
            ],
            options={
                "verbose_name": "통장 입금",
                "verbose_name_plural": "통장 입금",
            },
        ),
        migrations.CreateModel(
            name="BankPayout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="공개 번호")),
                ("key", models.CharField(max_length=200, unique=True, verbose_name="키")),
                ("ref", models.CharField(blank=True, max_length=40, verbose_name="결제 번호")),
                ("amount_krw", models.BigIntegerField(verbose_name="금액")),
                ("sealed_account", models.TextField(verbose_name="받을 계좌")),
                ("reason", models.CharField(max_length=200, verbose_name="이유")),
                (
                    "state",
                    models.CharField(
                        choices=[("ASKED", "이체 대기"), ("STARTED", "이체 중"), ("DONE", "이체함"), ("CALLED_OFF", "취소")],
                        default="ASKED",
                        max_length=10,
                        verbose_name="상태",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="요청")),
                ("transfer_no", models.CharField(blank=True, max_length=60, verbose_name="이체 번호")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="끝")),
                ("ending", models.CharField(blank=True, max_length=200, verbose_name="취소한 이유")),
                (
                    "agreed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="결정한 사람",
                    ),
                ),
                (
                    "deposit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payouts",
                        to="payments.bankdeposit",
                        verbose_name="통장 입금",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="이체하는 사람",
                    ),
                ),
            ],
            options={
                "verbose_name": "보낼 돈",
                "verbose_name_plural": "보낼 돈",
            },
        ),
        migrations.AddIndex(
            model_name="bankdeposit",
            index=models.Index(fields=["state", "received_at"], name="payments_bankdeposit_queue"),
        ),
        migrations.AddConstraint(
            model_name="bankdeposit",
            constraint=models.CheckConstraint(condition=models.Q(("amount_krw__gt", 0)), name="payments_bankdeposit_is_money"),
        ),
        migrations.AddConstraint(
            model_name="bankdeposit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("order__isnull", False), ("state", "MATCHED")),
                    models.Q(models.Q(("state", "MATCHED"), _negated=True), ("order", None)),
                    _connector="OR",
                ),
                name="payments_bankdeposit_matched_names_its_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankdeposit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "WAITING"), models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)), _connector="OR"
                ),
                name="payments_bankdeposit_decided_names_who",
            ),
        ),
        migrations.AddIndex(
            model_name="bankpayout",
            index=models.Index(fields=["state", "asked_at"], name="payments_bankpayout_queue"),
        ),
        migrations.AddIndex(
            model_name="bankpayout",
            index=models.Index(condition=models.Q(("ref", ""), _negated=True), fields=["ref"], name="payments_bankpayout_of_order"),
        ),
        migrations.AddConstraint(
            model_name="bankpayout",
            constraint=models.CheckConstraint(condition=models.Q(("amount_krw__gt", 0)), name="payments_bankpayout_moves_something"),
        ),
        migrations.AddConstraint(
            model_name="bankpayout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("deposit__isnull", False), ("ref", "")),
                    models.Q(models.Q(("ref", ""), _negated=True), ("deposit", None)),
                    _connector="OR",
                ),
                name="payments_bankpayout_is_of_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankpayout",
            constraint=models.CheckConstraint(
                condition=models.Q(("sent_by", models.F("agreed_by")), _negated=True), name="payments_bankpayout_two_people"
            ),
        ),
        migrations.AddConstraint(
            model_name="bankpayout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "DONE"), _negated=True),
                    models.Q(models.Q(("transfer_no", ""), _negated=True), ("ended_at__isnull", False), ("sent_by__isnull", False)),
                    _connector="OR",
                ),
                name="payments_bankpayout_done_has_its_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankpayout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "CALLED_OFF"), _negated=True), models.Q(("ending", ""), _negated=True), _connector="OR"
                ),
                name="payments_bankpayout_end_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankpayout",
            constraint=models.UniqueConstraint(
                condition=models.Q(("transfer_no", ""), _negated=True), fields=("transfer_no",), name="payments_bankpayout_number_once"
            ),
        ),
    ]
