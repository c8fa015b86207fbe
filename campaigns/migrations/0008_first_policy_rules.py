"""The rules that reviewers began with; operators edit them in the back office."""

from django.db import migrations

RULES = [
    {
        "name": "광고 표시",
        "field": "ANY",
        "words": "솔직 후기\n내돈내산\n체험 후기\n리뷰 이벤트",
        "unless": "광고\n협찬\n제공받아\n원고료",
        "message": "후기나 체험을 말할 때는 광고나 협찬이라고 함께 적어야 해요.",
        "bad": "솔직 후기 보고 가세요\n내 돈 내 산 카페",
        "good": "[광고] 솔직 후기 보고 가세요\n새 메뉴 구경하기",
    },
    {
        "name": "근거 없는 최고",
        "field": "ANY",
        "words": "최저가\n국내 1위\n업계 1위\n세계 최초\n100% 보장\n무조건",
        "unless": "",
        "message": "최고·최저·보장은 근거를 함께 낼 수 있을 때만 쓸 수 있어요.",
        "bad": "전국 최저가 도전\n국내 1 위 브랜드\n무조건 받는 쿠폰",
        "good": "이번 주 할인 구경하기\n1위를 향해 달려요",
    },
    {
        "name": "의학 효능",
        "field": "ANY",
        "words": "완치\n치료 효과\n부작용 없는\n살이 빠지는\n100% 감량",
        "unless": "",
        "message": "의학적인 효능이나 부작용이 없다는 말은 쓸 수 없어요.",
        "bad": "아토피 완치 크림\n먹기만 해도 살이 빠지는 차",
        "good": "건강한 아침 차 한 잔\n운동 습관 만들기",
    },
    {
        "name": "수익 약속",
        "field": "ANY",
        "words": "원금 보장\n수익 보장\n월 수익\n대출 가능\n무직자 대출",
        "unless": "",
        "message": "수익이나 원금을 약속하는 말은 쓸 수 없어요.",
        "bad": "원금 보장 투자\n월수익 500",
        "good": "적금 상품 알아보기\n투자 공부 시작하기",
    },
    {
        "name": "사행성",
        "field": "ANY",
        "words": "카지노\n바카라\n토토\n배팅\n베팅",
        "unless": "",
        "message": "사행성 서비스는 광고할 수 없어요.",
        "bad": "온라인 카지노 가입\n스포츠 토토 첫 충전",
        "good": "이웃집 토마토 농장 구경하기\n카페 노래 골라 보기",
    },
    {
        "name": "돈을 바로 주는 말",
        "field": "TITLE",
        "words": "현금 지급\n현금 드려요\n공짜 돈",
        "unless": "",
        "message": "럭플은 현금을 주지 않아요. 받는 것은 티켓이라고 적어 주세요.",
        "bad": "현금 지급 이벤트",
        "good": "티켓 받고 신메뉴 보기",
    },
]


def write(apps, schema_editor):
    rules = apps.get_model("campaigns", "PolicyRule")
    rules.objects.bulk_create([rules(**rule) for rule in RULES], ignore_conflicts=True)


def take_back(apps, schema_editor):
    apps.get_model("campaigns", "PolicyRule").objects.filter(name__in=[rule["name"] for rule in RULES]).delete()


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0007_drafts")]

    operations = [migrations.RunPython(write, take_back)]
