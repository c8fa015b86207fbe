"""What anybody may read: landing page, prices, legal texts."""

import re

import pytest

PAGES = ["/", "/pricing/", "/terms/terms/", "/terms/privacy/", "/terms/refund/"]


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.parametrize("path", PAGES)
class TestEveryPublicPage:
    def test_opens_without_a_query_or_a_cookie(self, client, path, django_assert_num_queries, db):
        with django_assert_num_queries(0):
            response = client.get(path)
        assert response.status_code == 200
        assert dict(response.cookies) == {}

    def test_names_the_company_as_the_law_wants(self, client, path, settings):
        settings.COMPANY = {key: f"[{key}]" for key in settings.COMPANY}
        shown = client.get(path).content.decode()
        assert [key for key in settings.COMPANY if f"[{key}]" not in shown] == []

    def test_links_terms_privacy_and_refund(self, client, path):
        shown = client.get(path).content.decode()
        assert [slug for slug in ("terms", "privacy", "refund") if f'href="/terms/{slug}/"' not in shown] == []
        assert re.search(r'class="[^"]*font-bold[^"]*" href="/terms/privacy/"', shown)

    def test_is_korean_with_one_heading(self, client, path):
        shown = client.get(path).content.decode()
        assert '<html lang="ko" data-theme="boost-light">' in shown
        assert shown.count("<h1") == 1

    def test_stays_light_whatever_the_theme_of_the_portal(self, client, path):
        client.cookies["theme"] = "boost-dark"
        assert 'data-theme="boost-light"' in client.get(path).content.decode()

    def test_refuses_to_be_posted_to(self, client, path):
        assert client.post(path).status_code == 405


ROWS = [
    ("100,000", "100,000", "10,000", "110,000"),
    ("300,000", "300,000", "30,000", "330,000"),
    ("500,000", "500,000", "50,000", "550,000"),
    ("1,000,000", "1,000,000", "100,000", "1,100,000"),
    ("3,000,000", "3,000,000", "300,000", "3,300,000"),
]


class TestPrices:
    @pytest.mark.parametrize("path", ["/", "/pricing/"])
    def test_show_every_package_with_its_vat_and_what_the_card_pays(self, client, path):
        assert re.findall(r"([\d,]+) ([\d,]+)원 ([\d,]+)원 ([\d,]+)원", text_of(client.get(path))) == ROWS


class TestLegalTexts:
    @pytest.mark.parametrize("slug, title", [("terms", "이용약관"), ("privacy", "개인정보처리방침"), ("refund", "환불 정책")])
    def test_carry_their_title_and_the_day_they_hold_from(self, client, slug, title):
        shown = text_of(client.get(f"/terms/{slug}/"))
        assert f"{title} 시행일 2026년 11월 25일" in shown

    def test_say_how_long_what_and_how_a_refund_works(self, client):
        shown = text_of(client.get("/terms/refund/"))
        for fact in ("168시간", "쓰지 않은 충전 크레딧을 환불해요", "부가세를 함께", "결제한 카드로 결제를 취소", "회수해요"):
            assert fact in shown

    def test_there_are_no_others(self, client):
        assert client.get("/terms/secrets/").status_code == 404


class TestContentSecurity:
    def test_public_pages_allow_no_inline_script_or_style(self, client):
        policy = client.get("/").headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
