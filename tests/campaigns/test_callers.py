"""The sandbox's callers against our doors, over real sockets: what an advertiser's server and Airbridge send, and how they misbehave."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Evidence, Participation, PostbackLog
from campaigns.postbacks import console, keys
from campaigns.services import postbacks
from credits import selectors as credits
from tests.campaigns.test_postbacks import click_of
from tests.sandbox_process import SandboxProcess
from tests.signing_in import browser


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with SandboxProcess(data=tmp_path_factory.mktemp("callers") / "sandbox.sqlite3") as process:
        yield process


@pytest.fixture
def at():
    """The doors look at the real clock: members clicked a while ago."""
    return timezone.now() - timedelta(minutes=20)


@pytest.fixture
def send(sandbox, live_server):
    def send(campaign, click, *, events=("signup",), fault="none", **more):
        key = keys.key_of(campaign, is_test=False)
        is_airbridge = campaign.details["source"] == "AIRBRIDGE"
        setup = console.setup_of(campaign, at=timezone.now())
        address = (setup.event_address if is_airbridge else setup.address).split("/postbacks/", 1)[1]
        job = {"caller": "airbridge" if is_airbridge else "advertiser", "url": f"{live_server.url}/postbacks/{address}", "click_id": click}
        if not is_airbridge:
            job |= {"key": key, "secret": keys.secret_of(key), "transaction": "t-1"}
        answers = sandbox.control("POST", "/conversions", {**job, "events": list(events), "fault": fault, **more})["answers"]
        return [(answer["status"], json.loads(answer["body"])["result"]) for answer in answers]

    return send


class TestAnAdvertisersServer:
    def test_sends_a_conversion_as_the_page_says_and_again_without_a_second_payment(self, launch, suji, at, send):
        campaign = launch(type="ACTION")
        click = click_of(suji, campaign, at)
        assert sorted(send(campaign, click, fault="duplicate")) == [(200, "confirmed"), (200, "repeated")]
        assert (credits.member_tickets(suji.pk), Evidence.objects.count()) == (1, 1)

    def test_sends_events_in_any_order(self, launch, suji, minji_user, at, send):
        campaign = launch(type="ACTION")
        postbacks.add_event(campaign=campaign, name="view", meaning="STAGE", by=minji_user, at=at)
        answers = send(campaign, click_of(suji, campaign, at), events=["view", "signup"], fault="out_of_order")
        assert answers == [(200, "confirmed"), (200, "noted")]
        assert credits.member_tickets(suji.pk) == 1

    @pytest.mark.parametrize(
        ("fault", "answer"),
        [("late", (401, "stale")), ("wrong_signature", (401, "bad_signature")), ("unknown_click", (404, "unknown_click"))],
    )
    def test_that_is_wrong_moves_nothing(self, launch, suji, at, send, fault, answer):
        campaign = launch(type="ACTION")
        assert send(campaign, click_of(suji, campaign, at), fault=fault) == [answer]
        assert (Participation.objects.get().state, credits.member_tickets(suji.pk)) == ("STARTED", 0)

    def test_that_is_slow_is_heard_to_its_end(self, launch, suji, at, send):
        campaign = launch(type="ACTION")
        assert send(campaign, click_of(suji, campaign, at), fault="slow", seconds=0.3) == [(200, "confirmed")]


class TestAirbridge:
    def test_fills_in_the_address_that_the_page_shows(self, launch, suji, at, send):
        campaign = launch(type="INSTALL")
        assert send(campaign, click_of(suji, campaign, at), events=["install"]) == [(200, "confirmed")]
        assert PostbackLog.objects.get().query.count("{") == 0

    @pytest.mark.parametrize(("fault", "answer"), [("unreplaced", (200, "malformed")), ("wrong_signature", (404, "bad_signature"))])
    def test_that_is_wrong_moves_nothing(self, launch, suji, at, send, fault, answer):
        campaign = launch(type="INSTALL")
        assert send(campaign, click_of(suji, campaign, at), events=["install"], fault=fault) == [answer]
        assert Participation.objects.get().state == "STARTED"


class TestThePage:
    def test_sends_what_is_typed_and_shows_the_answer(self, launch, sandbox, live_server):
        campaign = launch(type="ACTION")
        key = keys.key_of(campaign, is_test=True)
        typed = {
            "caller": "advertiser", "url": f"{live_server.url}/postbacks/hmac/", "key": key, "secret": keys.secret_of(key),
            "click_id": "test-new", "events": "signup", "fault": "none",
        }  # fmt: skip
        assert sandbox.request("POST", "/conversions/", data=typed).status_code == 303
        text = sandbox.request("GET", "/conversions/").text
        assert "참여를 확정했어요" in text
        assert "보낼 주소" in text
        assert PostbackLog.objects.get().is_test

    def test_int_01_the_lab_leads_there_and_says_what_to_copy(self, launch, minji_user, settings):
        settings.POSTBACK_CALLERS_URL = "http://127.0.0.1:8001/conversions/"
        campaign = launch(type="ACTION")
        url = f"/campaigns/{campaign.public_id}/postbacks/"
        assert settings.POSTBACK_CALLERS_URL in browser(minji_user).get(url).content.decode()
        settings.POSTBACK_CALLERS_URL = ""
        assert "모의 발신기" not in browser(minji_user).get(url).content.decode()
        assert Client().get(url).status_code == 302
