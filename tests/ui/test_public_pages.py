"""What anybody may read: landing page, prices, notices, questions, guides, legal texts."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import pricing, types
from common.models import DatedSetting
from inquiries.models import Faq, Guide, Notice
from payments import services as payments
from payments.models import Package

# Page → how many queries it takes, whatever it shows.
PAGES = {
    "/": 5,  # packages, prices of types, review hours, refund window, questions
    "/pricing/": 3,
    "/notices/": 2,
    "/faq/": 1,
    "/guide/": 1,
    "/guide/first/": 2,
    "/terms/terms/": 1,
    "/terms/privacy/": 1,
    "/terms/refund/": 1,
    "/contact/sent/": 0,
}


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture(autouse=True)
def written(db):
    """What operators wrote: two of each, one more that nobody sees, and the price list."""
    payments.ensure_packages()
    now = timezone.now()
    for number, slug in enumerate(("first", "second")):
        Guide.objects.create(slug=slug, title=f"{slug} 가이드", summary="한 줄로 알려 드려요.", text="## 준비\n\n- 하나", is_shown=True)
        Notice.objects.create(title=f"{slug} 공지", text="**중요한** 소식", shown_from=now - timedelta(days=number))
        Faq.objects.create(topic="2_CREDIT", question=f"{slug} 질문?", answer="짧은 답이에요.", is_on_landing=True)
    Guide.objects.create(slug="draft", title="쓰는 중", summary="아직 없어요.")
    Notice.objects.create(title="예고", text="나중에", shown_from=now + timedelta(days=1))
    Notice.objects.create(title="초안", text="아직")
    Notice.objects.create(title="지난 공지", text="끝", shown_from=now - timedelta(days=3), shown_until=now - timedelta(days=1))
    Faq.objects.create(topic="1_START", question="숨긴 질문?", answer="숨겼어요.", is_shown=False, is_on_landing=True)


@pytest.mark.parametrize("path", PAGES)
class TestEveryPublicPage:
    def test_s_12_takes_as_many_queries_as_it_did_and_no_cookie(self, client, path, django_assert_num_queries):
        with django_assert_num_queries(PAGES[path]):
            response = client.get(path)
        assert response.status_code == 200
        assert dict(response.cookies) == {}

    def test_s_12_names_the_company_as_the_law_wants(self, client, path, settings):
        settings.COMPANY = {key: f"[{key}]" for key in settings.COMPANY}
        shown = client.get(path).content.decode()
        of_messages = {"opt_out_phone"}  # stands in advertising, not in the footer
        assert [key for key in settings.COMPANY if f"[{key}]" not in shown and key not in of_messages] == []

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

    def test_tells_search_engines_and_shared_links_what_it_is(self, client, path, settings):
        settings.PORTAL_ORIGINS = {**settings.PORTAL_ORIGINS, "advertiser": "https://boost.example"}
        shown = client.get(path, headers={"host": "127.0.0.1"}).content.decode()
        title = re.search(r"<title>(.+) · 부스트</title>", shown)[1]
        description = re.search(r'<meta name="description" content="([^"]{10,160})">', shown)[1]
        assert f'<meta property="og:title" content="{title}">' in shown
        assert f'<meta property="og:description" content="{description}">' in shown
        assert f'<link rel="canonical" href="https://boost.example{path}">' in shown
        assert ("noindex" in shown) == (path == "/contact/sent/")


class TestTheLandingPage:
    def test_s_03_says_in_one_sentence_what_the_product_is(self, client):
        assert "광고주 리워드 마케팅 캠페인 관리 플랫폼" in text_of(client.get("/"))
        assert "부스트는 광고주 리워드 마케팅 캠페인 관리 플랫폼이에요." in client.get("/").content.decode()

    def test_s_03_names_its_three_groups_of_people(self, client):
        headings = re.findall(r"<h3[^>]*>([^<]+)</h3>", client.get("/").content.decode())
        assert headings[:3] == ["광고주", "럭플 회원", "운영팀"]

    def test_s_12_shows_the_questions_that_operators_chose(self, client):
        shown = text_of(client.get("/"))
        assert ("first 질문?" in shown, "숨긴 질문?" in shown) == (True, False)
        Faq.objects.update(is_on_landing=False)
        assert "자주 묻는 질문" in text_of(client.get("/"))  # the link to the page stays
        assert 'id="faq"' not in client.get("/").content.decode()

    def test_s_12_says_how_review_works_with_the_promise_of_today(self, client):
        assert "사람이 8영업시간 안에 확인해요" in text_of(client.get("/"))
        DatedSetting.objects.create(name="campaigns.review_hours", value=4, effective_from=timezone.now(), reason="빨라졌어요")
        assert "사람이 4영업시간 안에 확인해요" in text_of(client.get("/"))


@pytest.mark.parametrize("path", ["/", "/pricing/"])
class TestPrices:
    def test_show_every_package_with_its_vat_and_what_the_card_pays(self, client, path):
        rows = []
        for package in Package.objects.order_by("credits"):
            credits, bonus = package.credits, f"+{package.bonus_credits:,}" if package.bonus_credits else "–"
            rows.append(f"{credits:,} {bonus} {credits:,}원 {credits // 10:,}원 {credits * 11 // 10:,}원")
        assert re.findall(r"[\d,]+ (?:\+[\d,]+|–) [\d,]+원 [\d,]+원 [\d,]+원", text_of(client.get(path))) == rows
        assert len(rows) == 5

    def test_follow_a_change_of_the_price_list(self, client, path):
        Package.objects.filter(credits=300_000).update(is_offered=False)
        Package.objects.filter(credits=500_000).update(bonus_credits=7_700)
        shown = text_of(client.get(path))
        assert ("330,000원" in shown, "500,000 +7,700" in shown) == (False, True)
        Package.objects.update(bonus_credits=0)
        assert "보너스" not in re.sub(r"보너스 크레딧은|보너스를", "", text_of(client.get(path)).partition("충전 크레딧")[2][:300])

    def test_of_missions_are_the_wizards_own(self, client, path, at):
        shown = text_of(client.get(path))
        for declared in types.offered_types():
            price = pricing.price_of(declared, None, at=timezone.now())
            assert re.search(rf"{declared.name} .{{0,80}}?{price.lowest:,} ?크레딧부터", shown), declared.name

    def test_of_missions_follow_a_dated_row(self, client, path):
        DatedSetting.objects.create(
            name="campaigns.price.VISIT", value={"lowest": 77, "suggested": 99}, effective_from=timezone.now(), reason="새 단가"
        )
        assert re.search(r"방문 .{0,80}?77 ?크레딧부터", text_of(client.get(path)))

    def test_say_so_when_nothing_is_on_sale(self, client, path):
        Package.objects.update(is_offered=False)
        assert "충전 상품을 준비하고 있어요" in text_of(client.get(path))


class TestNotices:
    def test_show_what_is_out_now_pinned_first(self, client):
        Notice.objects.filter(title="second 공지").update(is_pinned=True)
        shown = text_of(client.get("/notices/"))
        assert shown.index("second 공지") < shown.index("first 공지")
        assert [title for title in ("예고", "초안", "지난 공지") if title in shown] == []

    def test_are_drawn_from_markdown_and_hidden_ones_do_not_exist(self, client):
        first = Notice.objects.get(title="first 공지")
        assert "<strong>중요한</strong> 소식" in client.get(f"/notices/{first.public_id}/").content.decode()
        hidden = Notice.objects.exclude(title__contains="공지").values_list("public_id", flat=True)
        assert {client.get(f"/notices/{number}/").status_code for number in hidden} == {404}

    def test_html_in_them_stays_letters(self, client):
        notice = Notice.objects.get(title="first 공지")
        Notice.objects.filter(pk=notice.pk).update(text="<script>alert(1)</script>[길](javascript:alert(1))")
        shown = client.get(f"/notices/{notice.public_id}/").content.decode()
        assert "&lt;script&gt;alert(1)" in shown
        assert 'href="javascript' not in shown


class TestQuestions:
    def test_are_found_by_a_word_of_question_or_answer(self, client):
        Faq.objects.create(topic="4_REFUND", question="돈은 언제 오나요?", answer="영업일로 세어요.")
        assert "돈은 언제 오나요?" in text_of(client.get("/faq/", {"q": "영업일"}))
        assert "first 질문?" not in text_of(client.get("/faq/", {"q": "영업일"}))
        assert "찾는 질문이 없어요" in text_of(client.get("/faq/", {"q": "없는말\x00"}))

    def test_stand_by_topic_in_their_order(self, client):
        Faq.objects.create(topic="1_START", question="먼저 볼 질문?", answer="답", position=1)
        shown = text_of(client.get("/faq/"))
        assert shown.index("먼저 볼 질문?") < shown.index("first 질문?")


class TestGuides:
    def test_show_one_with_the_way_to_the_others(self, client):
        shown = client.get("/guide/first/").content.decode()
        assert "<h2>준비</h2>" in shown
        assert 'href="/guide/second/"' in shown
        assert client.get("/guide/draft/").status_code == 404


class TestSearchEngines:
    def test_get_every_public_page_and_nothing_hidden(self, client, settings):
        settings.PORTAL_ORIGINS = {**settings.PORTAL_ORIGINS, "advertiser": "https://boost.example"}
        answer = client.get("/sitemap.xml")
        listed = re.findall(r"<loc>https://boost\.example(/[^<]*)</loc>", answer.content.decode())
        shown = [f"/notices/{number}/" for number in Notice.objects.shown(timezone.now()).values_list("public_id", flat=True)]
        assert sorted(listed) == sorted(
            ["/", "/pricing/", "/faq/", "/guide/", "/notices/", "/contact/", "/guide/first/", "/guide/second/", *shown]
            + [f"/terms/{slug}/" for slug in ("terms", "privacy", "refund")]
        )
        assert answer.headers["Content-Type"] == "application/xml"
        assert {client.get(path).status_code for path in listed} == {200}

    def test_are_asked_to_keep_out_of_everything_personal(self, client):
        said = client.get("/robots.txt").content.decode()
        for path in ("/accounts/", "/dashboard/", "/my-page/", "/payments/", "/backoffice/", "/api/"):
            assert f"Disallow: {path}\n" in said
        assert re.search(r"^Sitemap: http.+/sitemap\.xml$", said, re.MULTILINE)


class TestContentSecurity:
    def test_public_pages_allow_no_inline_script_or_style(self, client):
        policy = client.get("/").headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
