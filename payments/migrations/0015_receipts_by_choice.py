"""A business may want a cash receipt for a deposit; a document may take back VAT alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0014_money_becomes_a_top_up")]

    operations = [
        migrations.AddField(
            model_name="paymentorder",
            name="wants_receipt",
            field=models.BooleanField(db_default=False, default=False, verbose_name="현금영수증"),
        ),
        migrations.RemoveConstraint(model_name="taxdocument", name="payments_taxdocument_is_about_something"),
        migrations.AddConstraint(
            model_name="taxdocument",
            constraint=models.CheckConstraint(
                condition=models.Q(("supply_krw", 0), ("vat_krw", 0), _negated=True), name="payments_taxdocument_is_about_something"
            ),
        ),
    ]
