"""What the card-review pack looks for before any picture is taken: each thing that is wrong is named by its Korean name."""

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from backoffice.card_review import checks
from backoffice.card_review.pages import Pages
from common.models import DatedSetting
from payments import services
from payments.models import Package
from tests.house.world import rows_of_all_tables

REAL = {
    "name": "한빛 주식회사", "representative": "김한빛", "business_number": "124-81-00998", "mail_order_number": "제2026-서울강남-01234호",
    "address": "서울특별시 강남구 테헤란로 12", "phone": "02-555-1234", "email": "help@hanbit.co.kr", "hosting": "한빛 주식회사",
    "privacy_officer": "이보호",
}  # fmt: skip


@pytest.fixture(autouse=True)
def the_shop_is_open(db, settings, monkeypatch):
    """A house that card companies take: its own company, things on sale, and an address that answers."""
    settings.COMPANY = {**settings.COMPANY, **REAL}
    services.ensure_packages()
    monkeypatch.setattr(checks, "_unreachable", lambda url: "")


@pytest.fixture
def live(settings):
    """As in production, as far as the checks ask."""
    settings.PRODUCTION = True
    settings.PORTAL_ORIGINS = dict.fromkeys(settings.PORTAL_ORIGINS, "https://ads.hanbit.co.kr")
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "ads.hanbit.co.kr"]
    settings.PORTONE_CHANNEL_KEY_CARD = "channel-key-1b2c3d4e-live"
    settings.PORTONE_CHANNEL_KEY_REVIEW = "channel-key-5f6a7b8c-test"
    settings.PORTONE_REQUIRE_LIVE = True
    settings.TOSS_CLIENT_KEY = settings.TOSS_SECRET_KEY = "live_key"


@pytest.fixture
def page_says(monkeypatch):
    """`page_says(path, "330,000", "330,001")`: one page has other words than the house meant."""
    real, changes = Pages.__getitem__, []

    def changed(self, path):
        page = real(self, path)
        for where, before, after in changes:
            if where == path:
                page = replace(page, source=page.source.replace(before, after))
        return page

    monkeypatch.setattr(Pages, "__getitem__", changed)
    return lambda *change: changes.append(change)


def found():
    return [str(finding) for finding in checks.findings(at=timezone.now())]


def said(field):
    return [line for line in found() if line.startswith(f"{field}:")]


class TestAHouseInOrder:
    def test_has_nothing_to_put_right(self):
        assert found() == []

    @pytest.mark.parametrize("hour", [14, 16])
    def test_has_nothing_to_put_right_before_and_after_midnight_in_seoul(self, hour):
        with time_machine.travel(datetime(2026, 11, 25, hour, tzinfo=UTC)):
            assert found() == []

    def test_has_nothing_to_put_right_where_real_money_is_taken(self, live):
        assert found() == []


class TestTheFooter:
    def test_s_73_names_each_field_that_is_missing(self, settings):
        settings.COMPANY = {**settings.COMPANY, **dict.fromkeys(checks.FOOTER, "")}
        lines = found()
        assert [field for name, field in checks.FOOTER.items() if f"{field}: 비어 있어요 (COMPANY_{name.upper()})." not in lines] == []

    def test_s_73_names_the_mail_order_number_alone_when_it_alone_is_missing(self, settings):
        settings.COMPANY = {**settings.COMPANY, "mail_order_number": ""}
        assert found() == ["통신판매업신고번호: 비어 있어요 (COMPANY_MAIL_ORDER_NUMBER)."]

    def test_names_the_mail_order_number_when_it_looks_like_none(self, settings):
        settings.COMPANY = {**settings.COMPANY, "mail_order_number": "신고 예정"}
        assert len(said("통신판매업신고번호")) == 1

    def test_wants_no_samples_where_real_money_is_taken(self, live, settings):
        settings.COMPANY = {**settings.COMPANY, "mail_order_number": "제0000-서울강남-00000호", "business_number": "124-81-00999"}
        assert said("통신판매업신고번호") == ["통신판매업신고번호: 견본 값이에요 (COMPANY_MAIL_ORDER_NUMBER)."]
        assert said("사업자등록번호") == ["사업자등록번호: 맞지 않는 번호예요 (COMPANY_BUSINESS_NUMBER)."]

    def test_must_be_on_the_page_where_people_pay(self, page_says):
        page_says(checks.TOP_UP, REAL["address"], "")
        assert found() == ["사업장 주소: 크레딧 충전 화면 아래에 보이지 않아요."]

    @pytest.mark.parametrize("number", ["010-1234-5678", "+82 10-1234-5678"])
    def test_s_73_refuses_a_mobile_number(self, settings, number):
        settings.COMPANY = {**settings.COMPANY, "phone": number}
        assert "고객센터 전화번호: 휴대전화 번호예요. 카드사는 유선이나 대표 번호를 요구해요 (COMPANY_PHONE)." in found()


class TestPrices:
    @pytest.mark.parametrize(("path", "title"), sorted({**checks.SHOP, checks.API_PRICES: "API"}.items()))
    def test_s_73_names_the_page_whose_price_is_another(self, page_says, path, title):
        package = Package.objects.get(credits=300_000)
        page_says(f"{path}?package={package.pk}" if path == checks.TOP_UP else path, "330,000", "330,001")
        page_says(path, "330000}", "330001}")
        assert said("결제 금액") == [f"결제 금액: 300,000크레딧은 330,000원인데 {title} 화면에는 330,001원이에요."]

    def test_names_what_the_api_would_say(self, monkeypatch):
        monkeypatch.setattr(checks, "API_PRICES", "/api/v1/openapi.json")
        assert "결제 금액: 100,000크레딧은 110,000원인데 API 화면에는 없음이에요." in found()

    def test_something_must_be_on_sale(self):
        Package.objects.update(is_offered=False)
        assert "충전 상품: 판매 중인 상품이 없어요." in found()

    def test_a_sum_above_the_contract_is_named(self):
        DatedSetting.objects.create(
            name="payments.max_per_charge_krw.portone.card", value=500_000, effective_from=timezone.now(), reason="계약"
        )
        assert "결제 한도: 550,000원은 카드로 한 번에 결제할 수 있는 500,000원보다 커요." in found()

    def test_are_read_by_the_name_of_the_service_as_well(self, settings):
        settings.PRODUCT_LABEL_MODE = "package"
        assert found() == []


class TestTexts:
    def test_must_speak_of_what_is_asked_for(self, monkeypatch):
        for slug in checks.LEGAL:
            monkeypatch.setitem(checks.SPEAKS_OF, slug, {"없는 내용": "이런 말은 없어요 없어요"})
        assert found() == [f"{title}: ‘없는 내용’ 내용이 없어요." for title in checks.LEGAL.values()]

    def test_must_be_readable(self, monkeypatch):
        monkeypatch.setattr(checks, "LEGAL", {"rules": "운영 규칙"})
        assert "운영 규칙: 열리지 않아요 (404)." in found()

    def test_tell_the_refund_rule_that_holds(self):
        DatedSetting.objects.create(name="payments.refund_window_hours", value=240, effective_from=timezone.now(), reason="더 길게")
        assert said("환불 기간") == ["환불 기간: 환불 정책 화면에 지금 기준인 10일이 보이지 않아요."]

    def test_name_one_company(self, settings):
        settings.COMPANY = {**settings.COMPANY, "hosting": "다른이름"}
        assert found() == []
        settings.COMPANY = {**settings.COMPANY, "address": "서울 강남구 테헤란로 12 남의회사 주식회사 안"}
        assert "상호: 요금 화면에 다른 회사 이름이 있어요: 남의회사 주식회사" in found()


class TestChannels:
    def test_s_73_a_test_channel_where_real_money_is_taken_is_named(self, live, settings):
        settings.PORTONE_CHANNEL_KEY_CARD = settings.PORTONE_CHANNEL_KEY_REVIEW
        assert found() == ["카드 결제 채널: 시험(TEST) 채널이에요 (PORTONE_CHANNEL_KEY_CARD)."]

    def test_the_sandbox_key_and_test_payments_are_named(self, live, settings):
        settings.PORTONE_CHANNEL_KEY_CARD = "channel-key-00000000-0000-4000-8000-000000000001"
        settings.PORTONE_REQUIRE_LIVE = False
        settings.TOSS_CLIENT_KEY = "test_ck_1"
        assert [line.partition(":")[0] for line in found()] == ["카드 결제 채널", "카드 결제 채널", "토스페이먼츠 키"]

    @pytest.mark.parametrize("origin", ["http://ads.hanbit.co.kr", "https://staging.hanbit.co.kr", "https://ads-test.hanbit.co.kr"])
    def test_the_address_is_the_real_one(self, live, settings, origin):
        settings.PORTAL_ORIGINS = dict.fromkeys(settings.PORTAL_ORIGINS, origin)
        settings.ALLOWED_HOSTS = ["*"]
        assert len(said("서비스 주소")) == 1

    def test_a_page_that_does_not_answer_is_named(self, monkeypatch):
        monkeypatch.setattr(checks, "_unreachable", lambda url: "ConnectionError" if url.endswith("/pricing/") else "")
        assert found() == ["서비스 주소: /pricing/ 화면이 밖에서 열리지 않아요 (ConnectionError)."]


class TestTheCommand:
    def test_a_dry_run_names_what_is_wrong_and_leaves_no_row(self, settings):
        settings.COMPANY = {**settings.COMPANY, "mail_order_number": ""}
        before, out = rows_of_all_tables(but=frozenset()), StringIO()
        with pytest.raises(CommandError):
            call_command("card_review_pack", "--dry-run", stdout=out)
        assert rows_of_all_tables(but=frozenset()) == before
        assert "FAIL 사업자 정보\n       통신판매업신고번호: 비어 있어요" in out.getvalue()

    def test_a_dry_run_of_a_house_in_order_says_so_and_leaves_no_row(self):
        before, out = rows_of_all_tables(but=frozenset()), StringIO()
        call_command("card_review_pack", "--dry-run", stdout=out)
        assert rows_of_all_tables(but=frozenset()) == before
        assert out.getvalue().count("ok  ") == len(checks.CHECKS)
