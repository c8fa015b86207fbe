"""What reviewers began with; operators edit the list in the back office."""

from django.db import migrations

REASONS = (
    ("design.title", "제목에 광고임을 알 수 있는 표시가 필요해요."),
    ("design.title", "근거를 확인할 수 없는 최고·최저 표현을 빼 주세요."),
    ("design.body", "안내에 적은 혜택을 연결된 페이지에서 찾을 수 없어요."),
    ("design.image", "이미지 안의 글자가 작아서 읽기 어려워요."),
    ("design.image", "사용 권리를 확인할 수 없는 이미지예요."),
    ("design.landing_url", "연결 주소가 열리지 않거나 로그인을 요구해요."),
    ("reward.tickets", "미션에 걸리는 시간에 비해 보상이 너무 적어요."),
    ("", "진행하려면 업종에 맞는 허가 서류가 필요해요."),
    ("", "럭플에서 진행할 수 없는 업종이에요."),
)


def write_reasons(apps, schema_editor):
    rows = apps.get_model("campaigns", "ReviewReason").objects
    for place, (field, text) in enumerate(REASONS, 1):
        rows.get_or_create(text=text, defaults={"field": field, "place": place * 10})


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0011_plans_and_constraints")]
    operations = [migrations.RunPython(write_reasons, migrations.RunPython.noop, elidable=True)]
