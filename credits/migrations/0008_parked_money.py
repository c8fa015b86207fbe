"""Money that belongs to no order as it came is an entry of its own: PARK, and UNPARK when somebody has decided."""

import django.db.models.constraints
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

KINDS = [
    ("TOP_UP", "충전"), ("BONUS", "보너스"), ("GOODWILL", "보상"), ("HOLD", "캠페인 예약"), ("RAISE", "예약 늘림"), ("CAPTURE", "차감"),
    ("RELEASE", "예약 해제"), ("FREEZE", "환불 대기"), ("UNFREEZE", "환불 대기 해제"), ("RECLAIM", "환불"), ("CANCEL", "결제 취소"),
    ("EXPIRE", "소멸"), ("ADJUST", "수동 조정"), ("REVERSAL", "정정"), ("PARK", "주인 모를 입금"), ("UNPARK", "주인 모를 입금 처리"),
    ("TICKET_GRANT", "티켓 받음"), ("TICKET_SPEND", "티켓 씀"), ("TICKET_REVERSAL", "티켓 정정"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("credits", "0007_disputed_lots")]
    operations = [
        migrations.AlterField(model_name="entry", name="kind", field=models.CharField(choices=KINDS, max_length=20, verbose_name="종류")),
        migrations.RemoveConstraint(model_name="entry", name="credits_entry_kind_is_known"),
        AddConstraintNotValid(
            model_name="entry",
            constraint=django.db.models.constraints.CheckConstraint(
                condition=models.Q(kind__in=[kind for kind, _ in KINDS]), name="credits_entry_kind_is_known"
            ),
        ),
    ]
