"""INSTALL and ACTION: what advertisers' servers, tags and Airbridge tell us."""

import hashlib
import hmac
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client

from campaigns import services
from campaigns.models import BudgetSlot, Evidence, FraudSignal, Participation, PostbackLog
from campaigns.postbacks import keys, links
from campaigns.postbacks.keys import Click
from campaigns.postbacks.networks import Told, sign
from campaigns.services import conversions
from common.models import DatedSetting
from credits import proof
from credits import selectors as credits
from credits.models import Entry
from identity.models import Notification
from tests.app import Phone
from tests.campaigns.examples import ACTION
from tests.campaigns.racing import function_changed, tally, together
from tests.campaigns.test_answers import begin
from tests.signing_in import browser


@pytest.fixture
def clock(at):
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def action(launch):
    return launch(type="ACTION")


def click_of(member, campaign, at):
    """The click that the member's link carries after opening."""
    opened = services.open_landing(member=member.pk, token=begin(member, campaign, at), at=at)
    (click,) = parse_qs(urlsplit(opened.landing_url).query)["click_id"]
    return click


def told(campaign, click, at, *, event="signup", transaction="t-1", is_test=False, **changes):
    plain = Told(
        key=keys.key_of(campaign, is_test=is_test), click_id=click, event=event, transaction=transaction, sent_at=str(int(at.timestamp()))
    )
    facts = {name: getattr(plain, name) for name in ("key", "click_id", "event", "transaction", "sent_at")}
    return Told(**{**facts, "proof": sign(plain), **changes})


def airbridge(campaign, click, at, event="install", generation=1, **facts):
    """Call the door as Airbridge does, with its macros filled in."""
    key = keys.key_of(campaign, is_test=False)
    moment = int(at.timestamp() * 1_000)
    sent = {
        "click_id": click,
        "sub_id": "luckffle",
        "event_ts": moment,
        "click_ts": moment - 180_000,
        "unique": "true",
        "event": event,
    } | facts
    return Client().get(f"/postbacks/airbridge/{key}.{keys.token_of(key, generation)}/", sent)


def tell(campaign, click, at, **changes):
    return conversions.receive(network="hmac", told=told(campaign, click, at, **changes), at=at).outcome


def parameters(campaign, click, at, **changes):
    one = told(campaign, click, at, **changes)
    return {
        "key": one.key, "click_id": one.click_id, "event": one.event, "transaction": one.transaction, "timestamp": one.sent_at,
        "signature": one.proof,
    }  # fmt: skip


class TestConversion:
    def test_usr_14_a_postback_after_twenty_hours_confirms_pays_and_tells_the_member(self, action, suji, at):
        click, later = click_of(suji, action, at), at + timedelta(hours=20)
        assert tell(action, click, later) == "CONFIRMED"
        row, slot = Participation.objects.get(), BudgetSlot.objects.get()
        assert (row.state, row.confirmed_at, credits.member_tickets(suji.pk)) == ("REWARDED", later, 1)
        assert (slot.confirmed, slot.confirmed_credits) == (1, 200)
        assert Notification.objects.get(user=suji.user).title == "미션이 확정됐어요"
        assert Evidence.objects.get().data == {"event": "signup", "transaction": "t-1"}
        assert services.capture_due(campaign=action, at=later) == 200

    def test_the_same_conversion_again_is_one_and_another_on_the_same_click_is_refused(self, action, suji, at):
        click = click_of(suji, action, at)
        assert [tell(action, click, at + timedelta(minutes=5)) for _ in range(2)] == ["CONFIRMED", "REPEATED"]
        assert tell(action, click, at, transaction="t-2") == "REUSED_CLICK"
        assert (credits.member_tickets(suji.pk), BudgetSlot.objects.get().confirmed) == (1, 1)

    def test_usr_15_after_the_time_ran_out_the_member_is_paid_from_goodwill_and_the_advertiser_is_not_billed(self, action, suji, minji, at):
        click, late = click_of(suji, action, at), at + timedelta(hours=25)
        services.expire(campaign=action, at=late)
        assert [tell(action, click, late) for _ in range(2)] == ["LATE_PAID", "REPEATED"]
        slot = BudgetSlot.objects.get()
        assert (credits.member_tickets(suji.pk), slot.confirmed, slot.returned) == (1, 0, 1)
        assert services.capture_due(campaign=action, at=late) == 0
        assert (Participation.objects.get().state, credits.balance(minji).held) == ("EXPIRED", 1_000)
        assert Entry.objects.get(kind="TICKET_GRANT").idempotency_key.startswith("late:")
        assert proof.run().differences == []

    def test_usr_15_it_is_kept_and_pays_nothing_where_the_rule_says_so(self, action, suji, at):
        DatedSetting.objects.create(
            name="campaigns.late_postback_goodwill_hours", value=0, effective_from=at - timedelta(days=1), reason="test"
        )
        assert tell(action, click_of(suji, action, at), at + timedelta(hours=25)) == "TOO_LATE"
        assert (credits.member_tickets(suji.pk), PostbackLog.objects.get().outcome) == (0, "TOO_LATE")

    def test_a_click_of_an_earlier_start_is_too_late(self, action, suji, at):
        first, again = click_of(suji, action, at), at + timedelta(hours=25)
        services.expire(campaign=action, at=again)
        second = click_of(suji, action, again)
        assert first != second
        assert tell(action, first, again) == "TOO_LATE"
        assert tell(action, second, again + timedelta(hours=1)) == "CONFIRMED"

    def test_a_start_that_never_opened_the_link_has_no_click(self, action, suji, at):
        token = begin(suji, action, at)
        assert tell(action, Click(token.participation, 1).text, at) == "UNKNOWN_CLICK"

    def test_another_campaigns_click_is_unknown(self, submit, operator, suji, at):
        one, two = (
            services.approve(campaign=submit(key=title, title=title, type="ACTION", budget=400), by=operator, at=at)
            for title in ("첫 미션", "둘째 미션")
        )
        click = click_of(suji, one, at)
        assert tell(two, click, at) == "UNKNOWN_CLICK"
        assert Participation.objects.get().state == "STARTED"

    def test_an_install_right_after_the_click_waits_in_quarantine(self, launch, suji, at):
        campaign = launch(type="INSTALL")
        click = click_of(suji, campaign, at)
        one = Told(key=keys.key_of(campaign, is_test=False), click_id=click, event="Install")
        token = keys.token_of(one.key)
        row = conversions.receive(network="airbridge", told=Told(key=one.key, click_id=click, event="Install", proof=token), at=at)
        assert (row.outcome, Participation.objects.get().state, credits.member_tickets(suji.pk)) == ("HELD", "QUARANTINED", 0)
        assert FraudSignal.objects.get().code == "install.too_fast"

    def test_a_tag_costs_trust_and_only_opens_campaigns_that_chose_it(self, launch, action, suji, at):
        click = click_of(suji, action, at)
        unsigned = Told(key=keys.key_of(action, is_test=False), click_id=click, event="signup")
        assert conversions.receive(network="tag", told=unsigned, at=at).outcome == "BAD_SIGNATURE"
        type(action).objects.filter(pk=action.pk).update(details={**ACTION, "source": "TAG"})
        assert conversions.receive(network="tag", told=unsigned, at=at + timedelta(minutes=2)).outcome == "CONFIRMED"
        assert (FraudSignal.objects.get().code, Participation.objects.get().score) == ("postback.unsigned", 70)


class TestDoor:
    def test_int_02_five_faults_get_five_answers_and_stand_in_the_log_with_the_fix(self, action, suji, minji_user, clock, at):
        late = click_of(suji, action, at)
        clock.shift(timedelta(hours=200))
        now = at + timedelta(hours=200)
        used = late  # the only member starts again: the first click is late, the second is used up
        services.expire(campaign=action, at=now)
        used = click_of(suji, action, now)
        assert tell(action, used, now) == "CONFIRMED"
        calls = {
            "BAD_SIGNATURE": parameters(action, used, now, proof="0" * 64),
            "UNKNOWN_CLICK": parameters(action, "f" * 34, now),
            "REUSED_CLICK": parameters(action, used, now, transaction="t-9"),
            "UNKNOWN_EVENT": parameters(action, used, now, event="purchase"),
            "STALE": parameters(action, used, now - timedelta(minutes=6)),
        }
        answers = {name: Client().get("/postbacks/hmac/", facts) for name, facts in calls.items()}
        assert {name: answer.json()["result"].upper() for name, answer in answers.items()} == {name: name for name in calls}
        assert [answers[name].status_code for name in calls] == [401, 404, 409, 422, 401]
        assert len({answer.json()["fix"] for answer in answers.values()}) == 5
        text = browser(minji_user).get(f"/campaigns/{action.public_id}/postbacks/").content.decode()
        assert all(answer.json()["fix"] in text for answer in answers.values())
        assert PostbackLog.objects.filter(campaign=action).count() == 6
        assert all("signature" not in row.query for row in PostbackLog.objects.all())

    def test_int_02_too_late_is_an_answer_of_its_own(self, action, suji, clock, at):
        click, now = click_of(suji, action, at), at + timedelta(hours=200)
        clock.shift(timedelta(hours=200))
        answer = Client().get("/postbacks/hmac/", parameters(action, click, now))
        assert (answer.status_code, answer.json()["result"]) == (410, "too_late")

    @pytest.mark.parametrize("way", ["query", "form", "json"])
    def test_takes_the_same_facts_in_any_form(self, action, suji, clock, at, way):
        facts = parameters(action, click_of(suji, action, at), at)
        send = {
            "query": lambda: Client().get("/postbacks/hmac/", facts),
            "form": lambda: Client().post("/postbacks/hmac/", facts),
            "json": lambda: Client().post("/postbacks/hmac/", json.dumps(facts), content_type="application/json"),
        }[way]
        assert (send().status_code, credits.member_tickets(suji.pk)) == (200, 1)

    def test_the_signature_is_what_the_page_says(self, action):
        key = keys.key_of(action, is_test=False)
        one = Told(key=key, click_id="c", event="signup", transaction="t", sent_at="1700000000")
        said = hmac.new(keys.secret_of(key).encode(), b"1700000000.c.signup.t", hashlib.sha256).hexdigest()
        assert sign(one) == said

    @pytest.mark.parametrize("change", ["key", "click_id", "event", "transaction", "timestamp", "signature"])
    def test_a_signature_over_other_facts_is_worth_nothing(self, action, suji, clock, at, change):
        facts = parameters(action, click_of(suji, action, at), at)
        facts[change] = facts[change][:-1] + ("0" if facts[change][-1] != "0" else "1")
        assert Client().get("/postbacks/hmac/", facts).status_code == 401
        assert credits.member_tickets(suji.pk) == 0

    def test_airbridge_calls_its_own_address_with_its_own_macros(self, launch, suji, clock, at):
        campaign = launch(type="INSTALL")
        click = click_of(suji, campaign, at)
        key = keys.key_of(campaign, is_test=False)
        clock.shift(timedelta(minutes=3))
        facts = {"click_id": click, "event": "Install", "tx": "{eventData.goal.x}", "event_ts": "1763866800000", "gaid": "secret-device"}
        answer = Client().get(f"/postbacks/airbridge/{key}.{keys.token_of(key)}/", facts)
        assert (answer.status_code, answer.json()["result"], credits.member_tickets(suji.pk)) == (200, "confirmed", 1)
        row = PostbackLog.objects.get()
        assert (row.transaction, "secret-device" in row.query) == ("1763866800000", False)
        assert Client().get(f"/postbacks/airbridge/{key}.{'0' * 32}/", facts).status_code == 404
        assert Client().get(f"/postbacks/airbridge/{key}.{keys.token_of(key)}/", {"click_id": "{x}"}).json()["result"] == "malformed"

    @pytest.mark.parametrize(
        "facts",
        [
            {}, {"key": "live_x"}, {"key": "live_" + "0" * 32, "click_id": "x", "event": "y"},
            {"key": "\x00", "click_id": "가", "event": "\x01"}, {"key": "test_" + "z" * 32, "click_id": "1", "event": "1"},
        ],
    )  # fmt: skip
    def test_garbage_is_refused_and_logged(self, db, clock, facts):
        for network in ("hmac", "tag", "airbridge"):
            assert 400 <= Client().get(f"/postbacks/{network}/", facts).status_code < 500 or network == "airbridge"
        assert PostbackLog.objects.exclude(outcome__in=("MALFORMED", "BAD_SIGNATURE")).count() == 0

    @pytest.mark.parametrize("strange", ["\\ud800", "\\udfff\\ud800", "\\u0000", "가\\u0000\\ud83d"])
    @pytest.mark.parametrize("network", ["hmac", "tag", "airbridge/live_x.y"])
    def test_garbage_of_half_characters_in_json_is_refused_and_logged(self, db, clock, network, strange):
        body = (
            f'{{"key": "x{strange}", "click_id": "{strange}1", "event": "a{strange}", "{strange}": "{strange}", "signature": "{strange}"}}'
        )
        Client().post(f"/postbacks/{network}/", body, content_type="application/json")
        assert PostbackLog.objects.get().outcome in ("MALFORMED", "BAD_SIGNATURE")

    def test_unknown_doors_and_large_bodies_are_closed(self, db):
        assert Client().get("/postbacks/nobody/").status_code == 404
        assert Client().post("/postbacks/hmac/", b"x" * 20_000, content_type="application/json").status_code == 413
        assert Client().put("/postbacks/hmac/").status_code == 405


class TestConsole:
    @pytest.mark.parametrize(
        ("click", "event", "proof_word", "outcome"),
        [
            ("test-new", "signup", "right", "CONFIRMED"), ("test-new", "signup", "wrong", "BAD_SIGNATURE"),
            ("test-used", "signup", "right", "REUSED_CLICK"), ("test-late", "signup", "right", "TOO_LATE"),
            ("test-unknown", "signup", "right", "UNKNOWN_CLICK"), ("test-new", "purchase", "right", "UNKNOWN_EVENT"),
        ],
    )  # fmt: skip
    def test_int_01_a_test_conversion_shows_every_step_and_moves_nothing(
        self, action, minji_user, clock, click, event, proof_word, outcome
    ):
        before = (Entry.objects.count(), list(BudgetSlot.objects.values()))
        page, url = browser(minji_user), f"/campaigns/{action.public_id}/postbacks/"
        text = page.post(url + "try/", {"click": click, "event": event, "proof": proof_word}, follow=True).content.decode()
        row = PostbackLog.objects.get()
        assert (row.outcome, row.is_test) == (outcome, True)
        assert "보낸 쪽 확인" in text
        assert f"{row.took_ms}ms" in text
        assert ("실제라면 회원이 티켓 1장을 받아요" in text) == (outcome == "CONFIRMED")
        assert (Entry.objects.count(), list(BudgetSlot.objects.values())) == before

    def test_int_01_a_test_key_works_at_the_real_door_and_never_reaches_a_real_click(self, action, suji, clock, at):
        assert Client().get("/postbacks/hmac/", parameters(action, "test-new", at, is_test=True)).json()["test"] is True
        real = click_of(suji, action, at)
        assert Client().get("/postbacks/hmac/", parameters(action, real, at, is_test=True)).json()["result"] == "unknown_click"
        assert credits.member_tickets(suji.pk) == 0

    def test_secrets_are_shown_to_those_who_may_spend_only(self, action, minji_user, jisoo, eve_user):
        url, secret = f"/campaigns/{action.public_id}/postbacks/", keys.secret_of(keys.key_of(action, is_test=False))
        assert secret in browser(minji_user).get(url).content.decode()
        assert secret not in browser(jisoo).get(url).content.decode()
        assert browser(eve_user).get(url).status_code == 404
        assert browser(jisoo).post(url + "try/").status_code == 403

    def test_a_campaign_without_postbacks_has_no_such_page(self, running, minji_user):
        assert browser(minji_user).get(f"/campaigns/{running.public_id}/postbacks/").status_code == 404


class TestLinks:
    @pytest.mark.parametrize(
        ("given", "made"),
        [
            ("https://a.example.com/", "https://a.example.com/?click_id={}"),
            ("https://a.example.com/x?a=1&b=#top", "https://a.example.com/x?a=1&b=&click_id={}#top"),
            ("https://a.example.com/?click_id=theirs", "https://a.example.com/?click_id={}"),
            ("https://abr.ge/@app/luck?ad_type=click", "https://abr.ge/@app/luck?ad_type=click&click_id={}&sub_id=luckffle"),
        ],
    )
    def test_carry_the_click_and_keep_the_rest(self, given, made):
        click = Click(keys.UUID(int=7), 1)
        assert links.with_click(given, click) == made.format(click.text)
        assert keys.read_click(click.text) == click

    @pytest.mark.parametrize("text", ["", "x" * 34, "0" * 33, "0" * 35, "가" * 34])
    def test_what_is_no_click_is_none(self, text):
        assert keys.read_click(text) is None


class TestApp:
    def test_usr_14_the_app_sees_the_wait_and_then_the_tickets(self, action, suji, clock, at):
        phone = Phone(suji)
        started = phone.start(action).json()
        opened = phone.open(started).json()
        mission = phone.get(f"/missions/{action.public_id}").json()
        assert (mission["flow"], mission["standing"]) == ("POSTBACK", "RUNNING")
        (click,) = parse_qs(urlsplit(opened["landing_url"]).query)["click_id"]
        clock.shift(timedelta(hours=20))
        assert Phone(suji).confirm(started).json()["code"] == "participation.other_way"
        assert tell(action, click, at + timedelta(hours=20)) == "CONFIRMED"
        assert Phone(suji).get(f"/missions/{action.public_id}").json()["standing"] == "DONE"


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_one_conversion_told_sixteen_times_at_once_pays_once(self, action, suji, at):
        click, later = click_of(suji, action, at), at + timedelta(hours=1)
        outcomes = together([lambda: tell(action, click, later)] * 16)
        assert sorted(outcomes) == ["CONFIRMED"] + ["REPEATED"] * 15
        assert (credits.member_tickets(suji.pk), BudgetSlot.objects.get().confirmed, Evidence.objects.count()) == (1, 1, 1)

    @pytest.mark.tampers
    def test_without_the_locks_on_member_and_participation_only_the_unique_row_of_evidence_is_left(self, action, suji, at, monkeypatch):
        click, later = click_of(suji, action, at), at + timedelta(hours=1)
        monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda self, *args, **kwargs: self.all())
        unlocked = ("AND p.campaign_id = p_campaign FOR UPDATE;", "AND p.campaign_id = p_campaign; PERFORM pg_sleep(3);")
        with function_changed("campaigns_convert", unlocked):
            outcomes = tally(together([lambda: tell(action, click, later)] * 6))
        assert outcomes == {"won": 1, "IntegrityError": 5}

    def test_a_late_one_told_eight_times_at_once_is_paid_from_goodwill_once(self, action, suji, at):
        click, late = click_of(suji, action, at), at + timedelta(hours=25)
        outcomes = together([lambda: tell(action, click, late)] * 8)
        assert sorted(outcomes) == ["LATE_PAID"] + ["REPEATED"] * 7
        assert credits.member_tickets(suji.pk) == 1

    def test_a_conversion_at_the_last_moment_and_the_sweeper_leave_one_outcome(self, action, suji, at):
        click, edge = click_of(suji, action, at), at + timedelta(hours=24)
        early = edge - timedelta(seconds=1)
        together([lambda: tell(action, click, early), lambda: services.expire(campaign=action, at=edge)])
        slot, row = BudgetSlot.objects.get(), Participation.objects.get()
        assert (row.state, slot.confirmed, slot.returned) in (("REWARDED", 1, 0), ("EXPIRED", 0, 1))
        assert credits.member_tickets(suji.pk) == 1  # confirmed, or from goodwill
        assert proof.run().differences == []
