"""Addresses that get reports: asked by mail first, free to stop at any time, without an account."""

import pytest
from django.test import Client
from django.utils import timezone

from advertisers import services
from advertisers.models import ReportRecipient
from advertisers.services.recipients import token_of
from common.models import Effect
from tests.signing_in import browser

TEAM = "/my-page/team/"


@pytest.fixture
def asked(minji, minji_user, outside):
    """An address that was asked by mail."""
    browser(minji_user).post(f"{TEAM}recipients/add/", {"email": "boss@example.com"})
    outside.works()
    return ReportRecipient.objects.get()


class TestAnAddress:
    def test_is_asked_by_mail_and_gets_reports_only_after_a_yes(self, asked, outside, minji_user):
        link = outside.link("boss@example.com")
        assert "확인 기다림" in browser(minji_user).get(TEAM).text
        page = Client().get(link)
        assert "보고서를 받으시겠어요?" in page.text
        assert "boss@example.com" not in page.text
        asked.refresh_from_db()
        assert not asked.is_reading, "looking is no yes"
        assert Client().post(f"{link}confirm/").headers["Location"] == link
        asked.refresh_from_db()
        assert asked.is_reading
        assert "받는 중" in browser(minji_user).get(TEAM).text

    def test_stops_by_one_press_of_the_mail_program_without_our_page(self, asked, outside, minji_user):
        link = outside.link("boss@example.com")
        Client().post(f"{link}confirm/")
        strict = Client(enforce_csrf_checks=True)
        assert strict.post(f"{link}stop/", {"List-Unsubscribe": "One-Click"}).status_code == 302
        asked.refresh_from_db()
        assert (asked.is_reading, asked.state_word) == (False, "수신 거부")
        assert "수신 거부" in browser(minji_user).get(TEAM).text
        first = asked.stopped_at
        strict.post(f"{link}stop/")
        asked.refresh_from_db()
        assert asked.stopped_at == first

    def test_that_stopped_reads_again_only_by_its_own_yes(self, asked, outside, minji, minji_user):
        link = outside.link("boss@example.com")
        Client().post(f"{link}confirm/")
        Client().post(f"{link}stop/")
        row = services.add_recipient(advertiser=minji, email="Boss@example.com", by=minji_user, at=timezone.now())
        assert (row.pk, row.is_reading, row.sent_no) == (asked.pk, False, 2)
        outside.works()
        Client().post(f"{outside.link('boss@example.com')}confirm/")
        row.refresh_from_db()
        assert row.is_reading

    def test_is_asked_three_times_at_most_and_never_once_it_reads(self, asked, outside, minji, minji_user):
        for _ in range(5):
            services.add_recipient(advertiser=minji, email="boss@example.com", by=minji_user, at=timezone.now())
        assert Effect.objects.filter(kind="advertisers.recipient").count() == 3
        services.confirm_recipient(token=token_of(asked), at=timezone.now())
        outside.works()
        assert len(outside.messages(channel="MAIL", to="boss@example.com")) == 1

    @pytest.mark.parametrize(
        "change", [lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"), lambda token: "guess", lambda token: "-"]
    )
    def test_listens_to_no_link_that_we_did_not_make(self, asked, change):
        forged = change(token_of(asked))
        for method, path in (("get", ""), ("post", "confirm/"), ("post", "stop/")):
            assert getattr(Client(), method)(f"/reports/{forged}/{path}").status_code == 404
        asked.refresh_from_db()
        assert (asked.confirmed_at, asked.stopped_at) == (None, None)

    def test_that_was_removed_or_whose_team_is_gone_has_a_dead_link(self, asked, outside, minji):
        link = outside.link("boss@example.com")
        type(minji).objects.filter(pk=minji.pk).update(is_active=False)
        assert Client().get(link).status_code == 404
        type(minji).objects.filter(pk=minji.pk).update(is_active=True)
        services.remove_recipient(advertiser=minji, recipient=asked.public_id)
        assert Client().post(f"{link}confirm/").status_code == 404
