"""What a developer sets up for a campaign's conversions: names and their meanings, secrets that are replaced, limits, who may call."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from campaigns import services
from campaigns.models import Evidence, FraudSignal, Participation, PostbackEvent, PostbackLog, PostbackMinute, PostbackSecret
from campaigns.postbacks import generations, keys, links, pace
from campaigns.postbacks.keys import Click
from campaigns.postbacks.networks import sign
from campaigns.services import conversions, postbacks
from campaigns.services.postbacks import EventTaken, SecretsOverlap, TooManyEvents
from common.models import DatedSetting
from credits import selectors as credits
from tests.campaigns.examples import ACTION
from tests.campaigns.racing import together
from tests.campaigns.test_answers import begin
from tests.campaigns.test_postbacks import airbridge, click_of, parameters, tell, told
from tests.signing_in import browser

DAY = timedelta(days=1)


@pytest.fixture
def clock(at):
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def action(launch):
    return launch(type="ACTION")


@pytest.fixture
def install(launch):
    return launch(type="INSTALL")


def limit(name, value, at):
    DatedSetting.objects.create(name=name, value=value, effective_from=at - DAY, reason="test")


class TestEvents:
    def test_each_name_has_its_own_meaning_and_only_one_pays(self, action, suji, minji_user, at):
        postbacks.add_event(campaign=action, name="view", meaning="STAGE", by=minji_user, at=at)
        click, later = click_of(suji, action, at), at + timedelta(hours=1)
        assert tell(action, click, later, event="VIEW") == "NOTED"
        assert (Participation.objects.get().state, credits.member_tickets(suji.pk)) == ("STARTED", 0)
        assert tell(action, click, later, event="signup") == "CONFIRMED"
        assert tell(action, click, later, event="purchase") == "UNKNOWN_EVENT"
        assert list(PostbackLog.objects.order_by("pk").values_list("outcome", "participation")) == [
            ("NOTED", Participation.objects.get().public_id), ("CONFIRMED", Participation.objects.get().public_id), ("UNKNOWN_EVENT", None),
        ]  # fmt: skip

    def test_a_conversion_taken_back_is_a_doubt_that_people_look_at(self, action, suji, minji_user, at):
        postbacks.add_event(campaign=action, name="refund", meaning="CANCEL", by=minji_user, at=at)
        click, later = click_of(suji, action, at), at + timedelta(hours=1)
        assert tell(action, click, later) == "CONFIRMED"
        assert [tell(action, click, later, event="refund") for _ in range(2)] == ["CANCELLED", "CANCELLED"]
        signal = FraudSignal.objects.get()
        assert (signal.code, signal.penalty, credits.member_tickets(suji.pk)) == ("postback.cancelled", 100, 1)

    def test_taken_back_before_it_was_told_it_waits_for_people(self, action, suji, minji_user, at):
        postbacks.add_event(campaign=action, name="refund", meaning="CANCEL", by=minji_user, at=at)
        click, later = click_of(suji, action, at), at + timedelta(hours=1)
        assert [tell(action, click, later, event=event) for event in ("refund", "signup")] == ["CANCELLED", "HELD"]
        assert (Participation.objects.get().state, credits.member_tickets(suji.pk)) == ("QUARANTINED", 0)

    def test_a_name_means_one_thing(self, action, minji_user, at):
        postbacks.add_event(campaign=action, name="view", meaning="STAGE", by=minji_user, at=at)
        for name in ("View", "signup"):
            with pytest.raises(EventTaken):
                postbacks.add_event(campaign=action, name=name, meaning="CANCEL", by=minji_user, at=at)
        assert list(PostbackEvent.objects.values_list("name", "meaning")) == [("view", "STAGE")]
        assert postbacks.drop_event(campaign=action, name="VIEW")
        assert not postbacks.drop_event(campaign=action, name="view")

    def test_there_are_twenty_at_most(self, action, minji_user, at):
        for number in range(postbacks.MOST_EVENTS):
            postbacks.add_event(campaign=action, name=f"stage {number}", meaning="STAGE", by=minji_user, at=at)
        with pytest.raises(TooManyEvents):
            postbacks.add_event(campaign=action, name="one more", meaning="STAGE", by=minji_user, at=at)

    def test_the_page_adds_and_drops_them(self, action, minji_user, jisoo, eve_user, clock):
        page, url = browser(minji_user), f"/campaigns/{action.public_id}/postbacks/"
        text = page.post(url + "events/add/", {"name": "view", "meaning": "STAGE"}, follow=True).content.decode()
        assert "view 지우기" in text
        refused = page.post(url + "events/add/", {"name": "!", "meaning": "STAGE"})
        assert (refused.status_code, PostbackEvent.objects.count()) == (422, 1)
        assert "이미 뜻을 정한" in page.post(url + "events/add/", {"name": "signup", "meaning": "STAGE"}, follow=True).content.decode()
        for deed in ("events/add/", "events/drop/", "rotate/", "end-earlier/"):
            assert browser(jisoo).post(url + deed).status_code == 403
            assert browser(eve_user).post(url + deed).status_code == 404
        page.post(url + "events/drop/", {"name": "view"})
        assert not PostbackEvent.objects.exists()


class TestSecrets:
    def test_two_hold_while_one_is_replaced_and_the_old_one_ends_at_its_time(self, action, minji_user, at):
        key = keys.key_of(action, is_test=False)
        made = postbacks.rotate(campaign=action, overlap=DAY, by=minji_user, at=at)
        assert (made.generation, made.earlier_until, generations.valid(action, at=at)) == (2, at + DAY, (2, 1))
        old, new = keys.secret_of(key), keys.secret_of(key, 2)
        assert old != new

        def outcome(generation, moment):
            plain = told(action, "f" * 34, moment, proof="")
            return services_outcome(action, moment, proof=sign(plain, generation))

        assert [outcome(generation, at + DAY - timedelta(seconds=1)) for generation in (1, 2, 3)] == [
            "UNKNOWN_CLICK", "UNKNOWN_CLICK", "BAD_SIGNATURE",
        ]  # fmt: skip
        assert [outcome(generation, at + DAY) for generation in (1, 2)] == ["BAD_SIGNATURE", "UNKNOWN_CLICK"]

    def test_the_old_one_can_be_ended_at_once(self, action, minji_user, at):
        postbacks.rotate(campaign=action, overlap=DAY, by=minji_user, at=at)
        assert postbacks.end_earlier(campaign=action, at=at + timedelta(hours=1))
        assert generations.valid(action, at=at + timedelta(hours=1)) == (2,)
        assert not postbacks.end_earlier(campaign=action, at=at + timedelta(hours=2))

    def test_there_are_never_three(self, action, minji_user, at):
        postbacks.rotate(campaign=action, overlap=DAY, by=minji_user, at=at)
        with pytest.raises(SecretsOverlap):
            postbacks.rotate(campaign=action, overlap=DAY, by=minji_user, at=at + timedelta(hours=1))
        assert PostbackSecret.objects.count() == 1
        postbacks.rotate(campaign=action, overlap=timedelta(), by=minji_user, at=at + DAY)
        assert generations.valid(action, at=at + DAY) == (3,)

    def test_airbridge_gets_a_new_address_and_keeps_the_old_one_for_the_overlap(self, install, suji, minji_user, clock, at):
        click = click_of(suji, install, at)
        postbacks.rotate(campaign=install, overlap=DAY, by=minji_user, at=at)
        clock.shift(timedelta(minutes=5))
        later = at + timedelta(minutes=5)
        assert airbridge(install, "f" * 34, later).json()["result"] == "unknown_click"
        assert airbridge(install, click, later, generation=2).json()["result"] == "confirmed"
        clock.shift(DAY)
        assert airbridge(install, click, later).status_code == 404

    def test_the_page_shows_the_new_secret_and_until_when_the_old_one_is_taken(self, action, minji_user, clock):
        page, url, key = browser(minji_user), f"/campaigns/{action.public_id}/postbacks/", keys.key_of(action, is_test=False)
        text = page.post(url + "rotate/", {"hours": "24"}, follow=True).content.decode()
        assert keys.secret_of(key, 2) in text
        assert keys.secret_of(key) not in text
        assert "이전 비밀값 지금 끝내기" in text
        assert "이전 비밀값을 더 받지 않아요" in page.post(url + "end-earlier/", follow=True).content.decode()
        assert page.post(url + "rotate/", {"hours": "169"}).status_code == 422
        assert PostbackSecret.objects.count() == 1


def services_outcome(campaign, moment, *, proof):
    return conversions.receive(network="hmac", told=told(campaign, "f" * 34, moment, proof=proof), at=moment).outcome


class TestPace:
    def test_a_campaign_takes_so_many_a_minute_and_says_when_to_come_again(self, action, clock, at):
        limit("campaigns.postbacks_per_minute", 3, at)
        answers = [Client().get("/postbacks/hmac/", parameters(action, "f" * 34, at)) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [404] * 3 + [429] * 3
        assert answers[-1].headers["Retry-After"] == "60"
        assert answers[-1].json()["result"] == "too_many"
        assert PostbackLog.objects.filter(outcome="TOO_MANY").count() == 1, "one line says it, the flood is not written down"
        clock.shift(timedelta(minutes=1))
        assert Client().get("/postbacks/hmac/", parameters(action, "f" * 34, at + timedelta(minutes=1))).status_code == 404

    def test_a_stranger_who_proves_nothing_uses_up_nobodys_minute(self, action, suji, clock, at):
        limit("campaigns.postbacks_per_minute", 1, at)
        click = click_of(suji, action, at)
        forged = [{**parameters(action, click, at), "signature": "0" * 64}, parameters(action, click, at - timedelta(hours=1))]
        assert [Client().get("/postbacks/hmac/", facts).status_code for facts in forged * 2] == [401] * 4
        assert Client().get("/postbacks/hmac/", parameters(action, click, at)).status_code == 200

    def test_a_tag_without_a_click_of_the_campaign_uses_up_nobodys_minute(self, action, suji, clock, at):
        type(action).objects.filter(pk=action.pk).update(details={**ACTION, "source": "TAG"})
        limit("campaigns.postbacks_per_minute", 1, at)
        facts = {"key": keys.key_of(action, is_test=False), "event": "signup", "transaction": "t"}
        answers = [Client().get("/postbacks/tag/", {**facts, "click_id": click}).status_code for click in ("f" * 34, "x", "f" * 34)]
        assert answers == [404] * 3
        assert Client().get("/postbacks/tag/", {**facts, "click_id": click_of(suji, action, at)}).status_code == 200

    def test_one_address_cannot_use_up_the_minute_of_a_campaign(self, db, at):
        assert pace.OF_A_SENDER.at(at) < pace.OF_A_CAMPAIGN.at(at)

    def test_a_sender_is_counted_over_all_campaigns_and_another_one_is_not_held_up(self, action, clock, at):
        limit("campaigns.postbacks_per_minute_of_a_sender", 2, at)
        loud, quiet = Client(REMOTE_ADDR="203.0.113.7"), Client(REMOTE_ADDR="203.0.113.8")
        calls = [loud.get("/postbacks/hmac/", {"key": "x"}).status_code for _ in range(3)]
        assert calls == [400, 400, 429]
        assert quiet.get("/postbacks/hmac/", parameters(action, "f" * 34, at)).status_code == 404
        assert not PostbackMinute.objects.filter(subject__contains="203.0.113").exists(), "addresses are kept as hashes only"

    def test_a_flood_of_tries_does_not_stop_real_ones(self, action, suji, clock, at):
        limit("campaigns.postbacks_per_minute", 1, at)
        click = click_of(suji, action, at)
        tries = [Client().get("/postbacks/hmac/", parameters(action, "test-new", at, is_test=True)).status_code for _ in range(2)]
        assert tries == [200, 429]
        assert Client().get("/postbacks/hmac/", parameters(action, click, at)).status_code == 200

    def test_minutes_that_are_over_are_forgotten(self, action, at):
        pace.calls_for_campaign(action, is_test=False, at=at)
        assert pace.forget(at=at + timedelta(minutes=30)) == 0
        assert pace.forget(at=at + timedelta(hours=2)) == 1

    @pytest.mark.django_db(transaction=True)
    def test_calls_over_sixteen_connections_are_counted_one_by_one(self, action, at):
        counted = together([lambda: pace.calls_for_campaign(action, is_test=False, at=at)] * 16)
        assert sorted(counted) == list(range(1, 17))


class TestSenders:
    def test_airbridge_may_be_held_to_its_own_networks(self, install, settings, clock, at):
        settings.POSTBACK_SENDERS = {"airbridge": ["192.0.2.0/24", "2001:db8::/32"]}
        key = keys.key_of(install, is_test=False)
        path, facts = f"/postbacks/airbridge/{key}.{keys.token_of(key)}/", {"click_id": "f" * 34}
        outcomes = [Client(REMOTE_ADDR=address).get(path, facts) for address in ("192.0.2.9", "2001:db8::5", "198.51.100.1")]
        assert [answer.status_code for answer in outcomes] == [200, 200, 404]
        assert PostbackLog.objects.order_by("-pk").first().outcome == "WRONG_SENDER"


class TestAirbridge:
    @pytest.mark.parametrize(
        ("facts", "code"),
        [
            ({"unique": "false"}, "airbridge.not_first"),
            ({"sub_id": "somebody-else"}, "airbridge.other_publisher"),
            ({"click_ts": 1_763_866_799_000, "event_ts": 1_763_866_800_000}, "install.too_fast"),
        ],
    )
    def test_what_it_says_against_an_install_waits_for_a_person(self, install, suji, clock, at, facts, code):
        click = click_of(suji, install, at)
        clock.shift(timedelta(minutes=5))
        answer = airbridge(install, click, at + timedelta(minutes=5), **facts)
        assert (answer.status_code, answer.json()["result"]) == (200, "held")
        assert (FraudSignal.objects.get().code, Participation.objects.get().state) == (code, "QUARANTINED")

    def test_a_guess_by_fingerprint_costs_trust_and_pays(self, install, suji, clock, at):
        click = click_of(suji, install, at)
        clock.shift(timedelta(minutes=5))
        assert airbridge(install, click, at + timedelta(minutes=5), match="Fingerprint").json()["result"] == "confirmed"
        assert Participation.objects.get().score == 80

    def test_a_standard_event_comes_by_its_key_or_by_the_name_that_people_see(self, launch, suji, clock, at):
        details = {"action": "회원가입", "guide": "", "source": "AIRBRIDGE", "event": "Sign-up"}
        campaign = launch(type="ACTION", details=details)
        click = click_of(suji, campaign, at)
        clock.shift(timedelta(minutes=5))
        later = at + timedelta(minutes=5)
        assert airbridge(campaign, click, later, event="airbridge.user.signin").json()["result"] == "unknown_event"
        assert airbridge(campaign, click, later, event="airbridge.user.signup").json()["result"] == "confirmed"
        assert Evidence.objects.get().data["event"] == "airbridge.user.signup"

    def test_device_numbers_are_not_kept(self, install, suji, clock, at):
        click = click_of(suji, install, at)
        airbridge(install, click, at, gaid="38400000-8cf0-11bd-b23e-10b96e40000d", uuid="5f9f1f4e", ip="203.0.113.9", idfa="AAAA")
        kept = PostbackLog.objects.get().query
        assert not any(text in kept for text in ("38400000", "5f9f1f4e", "203.0.113.9", "AAAA"))


class TestTrackingLink:
    URL = "https://abr.ge/@coffee/luckffle?tracking_template_id=t1&ad_type=click"

    def test_keeps_what_airbridge_gave_and_adds_ours(self):
        link = links.tracking_link(self.URL, Click(keys.UUID(int=7), 1), campaign="c1")
        assert link.address == f"{self.URL}&click_id={'0' * 31}701&sub_id=luckffle&sub_id_1=c1"
        assert ([one.name for one in link.parameters], link.problems) == (["click_id", "sub_id", "sub_id_1"], ())

    @pytest.mark.parametrize(
        ("url", "word"),
        [
            ("https://coffee.example.com/", "트래킹 링크가 아니에요"), ("https://abr.ge/coffee", "앱 이름과 채널"),
            ("https://abr.ge/@coffee/luckffle#top", "# 뒤의"), (URL + "&tracking_template_id=t2", "두 번 있어요"),
        ],
    )  # fmt: skip
    def test_says_what_is_wrong_with_it(self, url, word):
        (problem,) = links.tracking_link(url, Click(keys.UUID(int=7), 1), campaign="c1").problems
        assert word in problem

    def test_stands_on_the_page_with_the_addresses_to_register(self, launch, minji_user):
        campaign = launch(type="INSTALL", landing_url=self.URL)
        text = browser(minji_user).get(f"/campaigns/{campaign.public_id}/postbacks/").content.decode()
        assert "sub_id=luckffle" in text
        for macro in ("{attributionResult.attributedClickID}", "{eventData.isFirstPerDevice}", "{@postback.eventName}"):
            assert macro in text

    def test_is_what_a_member_follows(self, launch, suji, at):
        campaign = launch(type="INSTALL", landing_url=self.URL)
        opened = services.open_landing(member=suji.pk, token=begin(suji, campaign, at), at=at)
        assert f"sub_id_1={campaign.public_id.hex}" in opened.landing_url
        assert opened.landing_url.startswith("https://abr.ge/@coffee/luckffle?tracking_template_id=t1&ad_type=click&click_id=")
