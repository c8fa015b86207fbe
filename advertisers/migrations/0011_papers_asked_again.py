from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("advertisers", "0010_tax_office_identity")]

    operations = [
        migrations.AlterField(
            model_name="businesspaper",
            name="state",
            field=models.CharField(
                choices=[
                    ("WAITING", "확인 중"),
                    ("APPROVED", "확인 완료"),
                    ("ASKED", "다시 제출 필요"),
                    ("REFUSED", "반려"),
                    ("EXPIRED", "기간 지남"),
                    ("REPLACED", "새 서류로 바뀜"),
                ],
                default="WAITING",
                max_length=10,
                verbose_name="상태",
            ),
        ),
        migrations.AlterField(
            model_name="businessuser",
            name="papers_state",
            field=models.CharField(
                choices=[
                    ("MISSING", "서류 없음"),
                    ("WAITING", "확인 중"),
                    ("APPROVED", "확인 완료"),
                    ("ASKED", "다시 제출 필요"),
                    ("REFUSED", "반려"),
                    ("EXPIRED", "기간 지남"),
                ],
                default="MISSING",
                max_length=10,
                verbose_name="서류",
            ),
        ),
        AddConstraintNotValid(
            model_name="businesspaper",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("state", "ASKED"), _negated=True), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="advertisers_businesspaper_asked_with_reason",
            ),
        ),
    ]
