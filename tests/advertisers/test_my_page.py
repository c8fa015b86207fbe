"""The account at a glance: its figures are those of the pages it leads to, and it leads everywhere."""

from django.db import transaction
from django.urls import NoReverseMatch, reverse
from lxml import html

from advertisers.views.home import WAYS
from credits import services as credits
from tests.signing_in import browser


def words(page):
    return " ".join(" ".join(html.fromstring(page.content).xpath("//main")[0].itertext()).split())


class TestMyPage:
    def test_s_79_says_what_the_detail_pages_say(self, minji, minji_user, at):
        with transaction.atomic():
            credits.place_hold(advertiser=minji, credits=300, subject="campaign:1", subject_label="라떼", key="h", at=at)
        client = browser(minji_user)
        summary, detail = words(client.get("/my-page/")), words(client.get("/my-page/credit/"))
        for figure in ("쓸 수 있는 크레딧 700", "캠페인에 묶인 크레딧 300", "환불 대기 0"):
            assert figure in summary
            assert figure in detail

    def test_leads_to_every_part_that_exists(self, minji_user):
        client = browser(minji_user)
        links = html.fromstring(client.get("/my-page/").content).xpath("//main//a/@href")
        for _, ways in WAYS:
            for name, _, _ in ways:
                try:
                    address = reverse(name, urlconf="config.urls.advertiser")
                except NoReverseMatch:
                    continue
                assert address in links

    def test_asks_the_database_at_most_twelve_times_and_the_session(self, minji_user, django_assert_max_num_queries):
        client = browser(minji_user)
        client.get("/my-page/")
        with django_assert_max_num_queries(12):
            client.get("/my-page/")
