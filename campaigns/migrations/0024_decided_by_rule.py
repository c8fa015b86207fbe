from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0023_invalidations")]

    operations = [
        migrations.RemoveConstraint(
            model_name="evidence",
            name="campaigns_evidence_decisions_have_an_author",
        ),
        migrations.AddField(
            model_name="evidence",
            name="rule",
            field=models.CharField(blank=True, db_default="", default="", max_length=40, verbose_name="정한 규칙"),
        ),
        AddConstraintNotValid(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict__in", ("APPROVED", "REFUSED")), _negated=True),
                    models.Q(
                        ("decided_at__isnull", False),
                        models.Q(("decided_by__isnull", False), models.Q(("rule", ""), _negated=True), _connector="OR"),
                    ),
                    _connector="OR",
                ),
                name="campaigns_evidence_decisions_have_an_author",
            ),
        ),
    ]
