"""One person, several advertisers, several tabs."""

import re
from datetime import UTC, datetime, timedelta

import time_machine

from advertisers import services
from campaigns import services as campaigns
from campaigns.models import Campaign
from tests import factories
from tests.advertisers.conftest import number_of
from tests.campaigns.conftest import spec_of
from tests.signing_in import browser


def token_in(page):
    """The form token that a tab holds."""
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text).group(1)


def tabs(user):
    """A browser whose forms are checked, as people's are."""
    client = browser(user)
    client.handler.enforce_csrf_checks = True
    return client


def switch(client, advertiser):
    token = token_in(client.get("/my-page/team/"))
    return client.post("/my-page/switch/", {"advertiser": str(advertiser.public_id), "csrfmiddlewaretoken": token})


class TestSwitching:
    def test_shows_the_other_advertisers_things_and_starts_there_next_time(self, minji, eve, hana):
        client = tabs(hana)
        assert "민지네 커피" in client.get("/my-page/team/").text
        assert switch(client, eve).headers["Location"] == "/dashboard/"
        assert client.get("/my-page/").context["advertiser"] == eve
        assert browser(hana).get("/my-page/").context["advertiser"] == eve

    def test_offers_each_of_the_others_once_in_each_menu(self, minji, eve, hana, minji_user):
        page = browser(hana).get("/dashboard/").text
        assert page.count(f'value="{eve.public_id}"') == 2  # the menu beside the page, and the one of narrow screens
        assert "다른 광고주로 바꾸기" not in browser(minji_user).get("/dashboard/").text

    def test_to_somebody_elses_advertiser_or_to_none_is_not_found(self, minji, eve, minji_user):
        client = browser(minji_user)
        for wanted in (str(eve.public_id), "", "x", "00000000-0000-4000-8000-000000000000"):
            assert client.post("/my-page/switch/", {"advertiser": wanted}).status_code == 404
        assert client.get("/my-page/").context["advertiser"] == minji

    def test_needs_a_post(self, minji, eve, hana):
        client = browser(hana)
        assert client.get("/my-page/switch/", {"advertiser": str(eve.public_id)}).status_code == 405
        assert client.get("/my-page/").context["advertiser"] == minji


class TestAdv34:
    def test_adv_34_a_tab_of_one_client_saves_nothing_after_switching_to_another(self, minji, eve, hana, at):
        campaign = campaigns.submit_campaign(advertiser=minji, spec=spec_of(at, budget=300), by=hana, at=at, key="a")
        client = tabs(hana)
        old_tab = token_in(client.get(f"/campaigns/{campaign.public_id}/"))
        switch(client, eve)
        answer = client.post(f"/campaigns/{campaign.public_id}/withdraw/", {"csrfmiddlewaretoken": old_tab})
        assert answer.status_code == 403
        assert "다른 광고주로 열어 둔 화면이에요" in answer.text
        assert Campaign.objects.get().state == "SUBMITTED"

    def test_adv_34_holds_for_a_form_that_would_be_valid_for_both_clients(self, minji, eve, hana):
        """The negative control: the same form with a token of the present client is taken."""
        client = tabs(hana)
        old_tab = token_in(client.get("/my-page/team/"))
        switch(client, eve)
        assert client.post("/my-page/team/leave/", {"csrfmiddlewaretoken": old_tab}).status_code == 403
        assert hana.memberships.filter(is_active=True).count() == 2
        assert client.post("/my-page/team/leave/", {"csrfmiddlewaretoken": token_in(client.get("/my-page/team/"))}).status_code == 302
        assert hana.memberships.get(is_active=True).advertiser == minji

    def test_adv_34_and_for_partial_forms_by_header(self, minji, eve, hana):
        client = tabs(hana)
        old_tab = token_in(client.get("/my-page/team/"))
        switch(client, eve)
        assert (
            client.post(
                "/campaigns/new/", {"type": "VISIT", "key": "old"}, headers={"X-CSRFToken": old_tab, "HX-Request": "true"}
            ).status_code
            == 403
        )


class TestAClientWhoLetsThePersonGo:
    def test_adv_35_leaves_no_tab_that_acts_for_the_next_client(self, minji, minji_user, eve, hana, at):
        client = tabs(hana)
        page = client.get("/my-page/team/")
        assert page.context["request"].advertiser == minji
        services.remove(advertiser=minji, member=number_of(hana, minji), by=minji_user, at=at)
        old_tab = {"csrfmiddlewaretoken": token_in(page)}
        assert client.post("/my-page/team/leave/", old_tab).status_code == 404  # at once: the membership is gone
        assert client.get("/my-page/team/").context["request"].advertiser == eve  # a page may go on with the other client
        assert client.post("/my-page/team/leave/", old_tab).status_code == 403  # but never with the old tab's form
        assert hana.memberships.get(is_active=True).advertiser == eve


class TestAFormKeptOverTheEndOfASession:
    def test_adv_34_is_sent_for_the_client_it_was_written_for(self, minji, eve, hana):
        """On another device the person went over to the other client meanwhile, and new sessions start there."""
        with time_machine.travel(datetime(2026, 11, 25, 3, tzinfo=UTC), tick=False) as clock:
            client = browser(hana)
            assert client.get("/my-page/").context["advertiser"] == minji
            browser(hana).post("/my-page/switch/", {"advertiser": str(eve.public_id)})
            clock.shift(timedelta(minutes=90))
            answer = client.post("/my-page/profile/", {"name": "새 이름"})
            assert answer.headers["Location"].startswith("/accounts/login/?next=")
            client.post(answer.headers["Location"], {"login": "hana", "password": factories.PASSWORD})
            assert client.get("/my-page/").context["advertiser"] == minji
            assert browser(hana).get("/my-page/").context["advertiser"] == eve
