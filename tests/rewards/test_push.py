"""One push per event, at a time when it may come, to phones that are there; whatever the push company does or does not say."""

import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import transaction

from common.models import Effect
from identity.models import Consent, Notification
from rewards import push, services
from rewards.models import Device, PushDelivery, PushMessage
from rewards.models.push import OPT_OUT
from rewards.push import fcm, rules, sending
from rewards.push.segments import Segment
from tests import factories
from tests.doubler import run_doubled
from tests.rewards.push_world import (
    EVENING,
    MORNING,
    NIGHT,
    NOON,
    clock,
    company,
    identity_sandbox,
    phone,
    states,
    tell,
    tokens_left,
    wants,
)  # fmt: skip

__all__ = ["clock", "company", "identity_sandbox"]
MINUTE = timedelta(minutes=1)


class TestAnEvent:
    def test_reaches_every_phone_of_the_member_once(self, company, clock, suji):
        phone(suji, "ok-1")
        phone(suji, "ok-2")
        phone(factories.MemberFactory(user__phone="+821099980001"), "ok-3")
        assert tell(suji) == tell(suji)
        clock.work()
        assert (company.tokens, states()) == (["ok-1-token", "ok-2-token"], ["DONE", "DONE"])
        message = PushMessage.objects.get()
        assert (message.state, {row.ref for row in message.deliveries.all()}) == ("DONE", {row["name"] for row in company.messages})
        assert clock.work(NOON + timedelta(hours=1)) == 0

    def test_of_the_longest_words_there_are_still_fits(self, company, clock, suji):
        phone(suji)
        tell(suji, title="😀" * 200, body="😀" * 2_000)
        clock.work()
        assert (states(), len(company.messages[0]["notification"]["body"])) == (["DONE"], 650)

    def test_of_two_members_under_one_key_rings_both(self, company, clock, suji):
        other = factories.MemberFactory(user__phone="+821099980001")
        phone(suji, "ok-1"), phone(other, "ok-2")
        tell(suji), tell(other)
        clock.work()
        assert company.tokens == ["ok-1-token", "ok-2-token"]

    def test_is_told_in_fcms_own_format(self, company, clock, suji):
        phone(suji)
        message = tell(suji)
        clock.work()
        [said] = company.messages
        assert (said["token"], said["notification"]) == ("ok-1-token", {"title": "미션이 확정됐어요", "body": "티켓 3장을 받았어요."})
        assert said["data"] == {"url": "/luckffle/", "message": str(message.public_id)}
        assert (said["android"]["collapse_key"], said["android"]["ttl"]) == (str(message.public_id), f"{9 * 3600}s")  # until 21:00
        assert said["apns"]["headers"]["apns-collapse-id"] == str(message.public_id)

    def test_asks_for_access_with_a_signed_assertion_once_an_hour(self, company, clock, suji, settings):
        phone(suji)
        tell(suji), tell(suji, key="event:2")
        clock.work()
        [asked] = company.calls("/token")
        fields = dict(pair.split("=") for pair in asked["body"].split("&"))
        claims = jwt.decode(fields["assertion"], options={"verify_signature": False})
        assert jwt.get_unverified_header(fields["assertion"])["alg"] == "RS256"
        assert (claims["iss"], claims["aud"], claims["exp"] - claims["iat"]) == (settings.FCM_CLIENT_EMAIL, settings.FCM_TOKEN_URL, 3_600)
        assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"

    def test_is_nothing_without_a_phone_or_a_company(self, company, clock, suji, settings):
        assert tell(suji) is None
        phone(suji, may_show=False)
        assert tell(suji) is None
        settings.FCM_PROJECT_ID = ""
        phone(suji, "ok-2")
        assert (tell(suji), PushMessage.objects.count(), Effect.objects.count()) == (None, 0, 0)

    def test_of_a_transaction_that_is_rolled_back_is_none(self, company, clock, suji):
        phone(suji)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            tell(suji)
            raise ZeroDivisionError
        assert (PushMessage.objects.count(), clock.work()) == (0, 0)

    def test_on_the_worst_day_of_the_queue_rings_once(self, company, clock, suji):
        phone(suji)
        tell(suji)
        run_doubled(at=NOON)
        assert (company.tokens, states()) == (["ok-1-token"], ["DONE"])


class TestACompanyThatMisbehaves:
    @pytest.mark.parametrize("word", ["unreg", "mismatch", "bad"])
    def test_and_knows_a_phone_no_more_makes_us_forget_it(self, company, clock, suji, word):
        phone(suji, word)
        phone(suji, "ok-2")
        tell(suji)
        clock.work()
        assert (states(), tokens_left(), company.tokens) == (["REFUSED", "DONE"], ["ok-2-token"], ["ok-2-token"])

    def test_keeps_a_phone_that_told_a_new_token_meanwhile(self, company, clock, suji, monkeypatch):
        phone(suji, "unreg", number="phone-0001")
        tell(suji)
        refuse = sending._refused

        def meanwhile(*args, **kwargs):
            phone(suji, "ok-new", number="phone-0001")
            refuse(*args, **kwargs)

        monkeypatch.setattr(sending, "_refused", meanwhile)
        clock.work()
        assert tokens_left() == ["ok-new-token"]

    def test_and_says_too_many_is_left_alone_for_as_long_as_it_asks(self, company, clock, suji):
        phone(suji, "quota")
        tell(suji)
        for seconds, calls, expected in ((0, 1, ["WAITING"]), (0.5, 1, ["WAITING"]), (1, 2, ["WAITING"]), (2, 3, ["DONE"])):
            clock.work(NOON + timedelta(seconds=seconds))
            assert (len(company.calls("/v1/")), states()) == (calls, expected)
        assert PushDelivery.objects.get().tries == 3

    def test_and_is_away_for_a_moment_is_asked_again(self, company, clock, suji):
        phone(suji, "down")
        tell(suji)
        clock.work()
        clock.work(NOON + MINUTE)
        assert (states(), company.tokens) == (["DONE"], ["down-token"])

    def test_and_is_away_for_good_is_given_up_after_five_tries(self, company, clock, suji):
        company.fault("error", path="/v1/", count=None, status=503)
        phone(suji)
        tell(suji)
        for number in range(8):
            clock.work(NOON + number * 2 * MINUTE)
        assert (len(company.calls("/v1/")), states(), PushMessage.objects.get().state) == (5, ["REFUSED"], "DONE")

    @pytest.mark.parametrize("kind", ["drop", "garbage"])
    def test_and_says_nothing_clear_is_not_called_again(self, company, clock, suji, kind):
        company.fault(kind, path="/v1/", when="after")
        phone(suji)
        tell(suji)
        for number in range(3):
            clock.work(NOON + number * 10 * MINUTE)
        assert (company.tokens, states(), len(company.calls("/v1/"))) == (["ok-1-token"], ["UNKNOWN"], 1)

    def test_and_keeps_silent_longer_than_we_wait_is_not_called_again(self, company, clock, suji, monkeypatch):
        monkeypatch.setattr(fcm, "SILENCE_SECONDS", 2)
        phone(suji, "lost")
        tell(suji)
        clock.work()
        clock.work(NOON + timedelta(hours=1))
        assert (states(), company.tokens) == (["UNKNOWN"], ["lost-token"])

    def test_and_forgets_our_access_gives_us_a_new_one(self, company, clock, suji):
        phone(suji)
        tell(suji)
        clock.work()
        company.sign_out()
        tell(suji, key="event:2")
        clock.work()
        assert (states(), len(company.calls("/token"))) == (["DONE", "DONE"], 2)

    def test_and_does_not_take_our_key_parks_the_work_and_loses_nothing(self, company, clock, suji, settings):
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        right, settings.FCM_PRIVATE_KEY = (
            settings.FCM_PRIVATE_KEY,
            other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode(),
        )
        phone(suji)
        tell(suji)
        for number in range(6):
            clock.work(NOON + number * 5 * MINUTE)
        effect = Effect.objects.get()
        assert (effect.state, effect.detail, states()) == ("PARKED", "NO_ACCESS", ["WAITING"])
        settings.FCM_PRIVATE_KEY = right
        Effect.objects.update(state="UNKNOWN", failures=0, due_at=NOON)
        clock.work(NOON + timedelta(hours=1))
        assert states() == ["DONE"]

    def test_and_whose_apple_key_of_ours_is_wrong_alarms_operators_and_spares_the_others(self, company, clock, suji):
        phone(suji, "apple")
        phone(suji, "ok-2")
        tell(suji)
        clock.work()
        assert (states(), company.tokens) == (["REFUSED", "DONE"], ["ok-2-token"])
        assert "애플 인증 오류" in Notification.objects.get(kind="rewards.push_refused").body

    def test_a_worker_that_died_in_the_middle_of_a_call_is_not_repeated(self, company, clock, suji):
        phone(suji)
        message = tell(suji)
        PushDelivery.objects.update(state="SENT", sent_at=NOON)
        clock.work()
        assert states() == ["SENT"]
        clock.work(NOON + 3 * MINUTE)
        message.refresh_from_db()
        assert (states(), company.tokens, message.state) == (["UNKNOWN"], [], "DONE")


class TestTheNight:
    def test_usr_23_keeps_a_notice_until_eight_in_the_morning(self, company, clock, suji):
        phone(suji)
        tell(suji, at=NIGHT)
        clock.work(NIGHT)
        clock.work(MORNING - MINUTE)
        assert (company.tokens, states()) == ([], ["WAITING"])
        clock.work(MORNING)
        assert (company.tokens, states()) == (["ok-1-token"], ["DONE"])

    def test_usr_23_lets_a_direct_answer_through(self, company, clock, suji):
        phone(suji)
        tell(suji, at=NIGHT, is_answer=True)
        clock.work(NIGHT)
        assert company.tokens == ["ok-1-token"]

    @pytest.mark.parametrize(
        ("clock_time", "waits"),
        [("20:59:59", False), ("21:00:00", True), ("23:59:59", True), ("00:00:00", True), ("07:59:59", True), ("08:00:00", False)],
    )
    def test_begins_at_nine_sharp_and_ends_at_eight(self, clock_time, waits):
        hour, minute, second = map(int, clock_time.split(":"))
        at = NOON.replace(hour=hour, minute=minute, second=second)
        morning = rules.morning_after(at)
        assert (morning is not None) == waits
        assert morning is None or (morning.hour, morning > at, morning - at <= timedelta(hours=11)) == (8, True, True)

    def test_does_not_catch_a_phone_that_was_off(self, company, clock, suji):
        phone(suji)
        tell(suji, at=EVENING)
        clock.work(EVENING)
        assert company.messages[0]["android"]["ttl"] == "60s"

    def test_news_of_two_days_ago_is_none(self, company, clock, suji):
        phone(suji)
        tell(suji)
        clock.work(NOON + timedelta(days=2, hours=1))
        assert (company.tokens, states(), PushDelivery.objects.get().why) == ([], ["DROPPED"], "너무 늦음")


class TestAnAd:
    def ad(self, **facts):
        facts = {"title": "(광고) 럭플 혜택", "body": f"오늘만\n{OPT_OUT}", "state": "SENDING", "scheduled_at": NOON, **facts}
        return PushMessage(kind="AD", key="ad:1", created_at=NOON, **facts)

    def test_goes_to_whoever_agreed_and_by_night_to_whoever_agreed_to_that_too(self, suji):
        assert rules.verdict(self.ad(), suji, at=NOON).drop == "수신 동의 없음"
        wants(suji)
        assert rules.verdict(self.ad(), suji, at=NOON).may_go
        assert rules.verdict(self.ad(), suji, at=NIGHT).wait_until == MORNING
        wants(suji, "NIGHT")
        assert rules.verdict(self.ad(), suji, at=NIGHT).may_go

    def test_is_not_sent_on_a_consent_that_spoke_of_sms_and_mail_alone(self, suji):
        phone(suji)
        wants(suji)
        assert push.reach(Segment(), at=NOON).members == 1
        older = Consent(user=suji.user, kind="MARKETING", version="2026-11-25", given=True, is_recheck=True, at=NOON)
        older.save()
        assert rules.verdict(self.ad(), suji, at=NOON).drop == "수신 동의 없음"
        assert push.reach(Segment(), at=NOON).members == 0

    def test_usr_25_stops_with_the_consent_and_notices_go_on(self, company, clock, suji):
        wants(suji)
        phone(suji)
        ad = self.ad(is_handed_out=True)
        ad.save()
        PushDelivery.objects.create(message=ad, member_id=suji.pk, device_id=Device.objects.get().pk, part=0)
        wants(suji, given=False, at=NOON)
        tell(suji)
        sending.send_part(message_id=ad.pk, part=0)
        clock.work(NOON + MINUTE)
        assert (states(), company.tokens) == (["DROPPED", "DONE"], ["ok-1-token"])
        assert company.messages[0]["notification"]["title"] == "미션이 확정됐어요"

    @pytest.mark.parametrize(
        ("title", "body"),
        [
            ("럭플 혜택", f"오늘만\n{OPT_OUT}"),
            ("(광 고) 럭플", f"오늘만\n{OPT_OUT}"),
            ("[광고] 럭플", OPT_OUT),
            ("(광고) 럭플 혜택", "오늘만"),
        ],
    )
    def test_ops_20_without_label_or_way_out_is_not_sent_and_not_even_kept(self, suji, title, body):
        wants(suji)
        assert rules.verdict(self.ad(title=title, body=body), suji, at=NOON).drop == "광고 표시 없음"
        with pytest.raises(Exception, match="rewards_pushmessage_ads_say_so"), transaction.atomic():
            self.ad(title=title, body=body).save()


class TestAMemberWhoLeft:
    def test_hears_nothing_of_what_was_on_its_way(self, company, clock, suji):
        phone(suji)
        tell(suji, at=NIGHT)
        services.leave(member=suji, at=NIGHT)
        clock.work(MORNING)
        assert (company.tokens, states(), Device.objects.count(), PushMessage.objects.get().state) == ([], ["DROPPED"], 0, "DONE")


class TestTheSandbox:
    def test_refuses_what_fcm_refuses(self, company, settings):
        token = fcm._access_token(renew=True)
        good = {"token": "ok-1", "notification": {"title": "가"}}
        for message, status in (
            (good, 200),
            ({**good, "topic": "all"}, 400),
            ({"notification": {"title": "가"}}, 400),
            ({**good, "data": {"count": 1}}, 400),
            ({**good, "notification": {"title": "가" * 5_000}}, 400),
        ):
            answer = company.sandbox.request(
                "POST", f"/fcm/v1/projects/{settings.FCM_PROJECT_ID}/messages:send", content=json.dumps({"message": message}),
                headers={"Authorization": f"Bearer {token}"},
            )  # fmt: skip
            assert answer.status_code == status, message
        assert len(company.messages) == 1
