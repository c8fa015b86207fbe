"""A deposit that is larger than a card may pay waits for an operator."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0009_refunds_have_a_deadline")]

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
                ],
                max_length=20,
                verbose_name="이유",
            ),
        ),
    ]
