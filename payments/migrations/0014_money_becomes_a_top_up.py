"""Money that fitted another order may become a top-up of its own, which then shares that order's payment at the gateway."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_surety_policies")]

    operations = [
        migrations.AddField(
            model_name="paymentorder",
            name="payment_ref",
            field=models.CharField(blank=True, db_default="", default="", max_length=40, verbose_name="결제 번호"),
        ),
        migrations.AddIndex(
            model_name="paymentorder",
            index=models.Index(
                condition=models.Q(("payment_ref", ""), _negated=True), fields=["payment_ref"], name="payments_order_of_payment"
            ),
        ),
        migrations.AddField(
            model_name="unallocatedmoney",
            name="became",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="came_from",
                to="payments.paymentorder",
                verbose_name="새로 충전한 주문",
            ),
        ),
        migrations.AddConstraint(
            model_name="unallocatedmoney",
            constraint=models.CheckConstraint(
                condition=models.Q(("became", None), ("state", "ALLOCATED"), _connector="OR"),
                name="payments_unallocatedmoney_became_what_was_allocated",
            ),
        ),
    ]
