"""What offerwalls tell us: proved, paid once by the house, and answered as each company wants to hear it."""

import hashlib
import hmac
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common import dated
from credits.models import Entry
from identity.models import Notification
from rewards import offerwalls, services
from rewards.models import OfferwallCall, OfferwallReward
from rewards.offerwalls import engine, watching
from rewards.offerwalls.engine import Told
from rewards.offerwalls.errors import MemberGone, NetworkUnknown, RewardDecided
from rewards.offerwalls.networks import ADPOPCORN, HMAC, NETWORKS, TAPJOY, TNK, Outcome
from tests import factories
from tests.app import Phone
from tests.rewards.offerwall_world import CALLERS, DOOR, GRANTED, adpopcorn, lines_of, partner, tapjoy, the_reward, tnk
from tests.rewards.raffle_world import tickets_of
from tests.signing_in import browser

SEEN = '{"Result":false,"ResultCode":3100,"ResultMsg":"duplicate transaction"}'
BAD_KEY = '{"Result":false,"ResultCode":1100,"ResultMsg":"invalid hash key"}'
GARBAGE = [b"", b"{", b"[1]", b"null", b'{"user_id":{"a":1}}', b'{"user_id":"\\ud800"}', b"\xff\x00", b"[" * 9_000]
NOBODY = '{"Result":false,"ResultCode":3200,"ResultMsg":"invalid user"}'


@pytest.fixture(autouse=True)
def now(at):
    with time_machine.travel(at, tick=False) as clock:
        yield clock


def outcomes():
    return list(OfferwallCall.objects.order_by("pk").values_list("outcome", flat=True))


def policy(name, value, at, by):
    with transaction.atomic():
        dated.change(name=f"rewards.offerwall_{name}", value=value, effective_from=at, reason="시험", by_id=by.pk, at=at)


class TestSignatures:
    """The examples of the companies' own documents."""

    @pytest.mark.parametrize(
        ("network", "key", "facts", "expected"),
        [
            (ADPOPCORN, "sandbox-hash-key", ("user-42", "rk-0001", "150", "camp-7"), "5adbfad0c0a326bd42d5c02918ab1cf4"),
            (TNK, "sandboxappkey", ("user-42", "tnk-seq-0001", "150", ""), "08516897b52ccf5c0b7d870843d6f8be"),
            (TAPJOY, "tapjoysecret", ("user-42", "offer-1", "150", ""), "c49106633d2d102ae21101fe3134cda5"),
        ],
        ids=["adpopcorn", "tnk", "tapjoy"],
    )
    def test_s_94_are_those_of_the_documents(self, network, key, facts, expected):
        member, number, tickets, campaign = facts
        told = Told(member, number, tickets, campaign, "", expected.upper(), {})
        assert engine.signature(network.proof, told, key) == expected
        assert engine.is_proved(network, told, ["an-older-key", key])
        assert not engine.is_proved(network, told, ["an-older-key"])

    def test_of_a_sorted_query_is_ayets(self):
        parameters = {
            "transaction_id": "8ee08f32ae611231b0a49d1bd66e9bf193132561", "payout": "1.50", "amount": "0.10",
            "user_id": "testuser123456", "click_id": "1234abcd5678021",
        }  # fmt: skip
        told = Told("testuser123456", "x", "0", "", "", "", parameters)
        expected = "5a14982c33c724e7fd8b412edde8934510b7e77a2cc83ab95c20a4b7b31a6332"
        assert engine.signature(HMAC.proof, told, "sandboxayetkey") == expected

    def test_every_network_has_a_word_for_every_outcome(self):
        assert {code: set(network.answers) for code, network in NETWORKS.items()} == dict.fromkeys(NETWORKS, set(Outcome))


class TestAReward:
    @pytest.mark.parametrize("code", sorted(CALLERS))
    def test_s_94_is_paid_by_the_house_account_of_new_tickets(self, suji, code):
        answer = CALLERS[code](suji)
        reward = the_reward()
        assert (answer.status_code, tickets_of(suji), reward.state, reward.tickets) == (200, 150, "PAID", 150)
        assert lines_of(reward) == [("ISSUED", -150), ("WALLET", 150)]
        entry = Entry.objects.get()
        assert (entry.kind, entry.idempotency_key) == ("TICKET_GRANT", f"ow:{code}:{reward.transaction}")

    def test_is_answered_as_adpopcorn_wants_it(self, suji):
        answer = adpopcorn(suji)
        assert (answer.status_code, answer.content.decode(), answer["Content-Type"]) == (200, GRANTED, "application/json")

    def test_told_again_is_answered_as_a_duplicate_and_paid_once(self, suji):
        said = [CALLERS[code](suji) for code in ("adpopcorn", "tnk", "tapjoy", "hmac") for _ in range(2)]
        bodies = [answer.content.decode() for answer in said]
        assert [answer.status_code for answer in said] == [200] * 8
        assert bodies == [GRANTED, SEEN, "OK", "OK", "OK", "OK", '{"result":"paid"}', '{"result":"repeated"}']
        assert (tickets_of(suji), Entry.objects.count(), outcomes()) == (600, 4, ["PAID", "REPEATED"] * 4)

    def test_of_another_amount_under_the_same_number_moves_nothing(self, suji):
        adpopcorn(suji)
        said = adpopcorn(suji, tickets=9_000)
        assert (said.content.decode(), tickets_of(suji), outcomes()) == (SEEN, 150, ["PAID", "CONFLICT"])

    def test_of_another_member_under_the_same_number_moves_nothing(self, suji):
        other = factories.MemberFactory(user__phone="+821099980001")
        tapjoy(suji)
        assert (tapjoy(other).status_code, tickets_of(other), outcomes()) == (403, 0, ["PAID", "CONFLICT"])

    def test_takes_the_key_before_the_last_change_too(self, suji, settings):
        settings.OFFERWALLS = {**settings.OFFERWALLS, "tapjoy": {**settings.OFFERWALLS["tapjoy"], "keys": ["newer", "tapjoysecret"]}}
        assert (tapjoy(suji).status_code, tapjoy(suji, key="newer", transaction="offer-2").status_code) == (200, 200)

    def test_may_come_as_json(self, suji):
        fields = {"user_id": str(suji.public_id), "transaction_id": "p-1", "amount": "150"}
        query = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
        signed = hmac.new(b"sandboxofferwallkey", query.encode(), hashlib.sha256).hexdigest()
        said = Client().post(f"{DOOR}/hmac/", fields, content_type="application/json", headers={"X-Signature": signed})
        assert (said.status_code, tickets_of(suji)) == (200, 150)


class TestARefusal:
    @pytest.mark.parametrize(
        ("code", "status", "body"),
        [
            ("adpopcorn", 200, BAD_KEY),
            ("tnk", 403, "BAD CHECKSUM"),
            ("tapjoy", 403, "BAD VERIFIER"),
            ("hmac", 401, '{"result":"bad_signature"}'),
        ],
    )
    def test_s_94_of_a_wrong_signature_writes_only_the_log(self, suji, code, status, body):
        said = CALLERS[code](suji, key="somebody else's")
        assert (said.status_code, said.content.decode()) == (status, body)
        assert (OfferwallReward.objects.count(), Entry.objects.count(), outcomes()) == (0, 0, ["BAD_SIGNATURE"])

    @pytest.mark.parametrize(
        ("code", "status", "body"),
        [
            ("adpopcorn", 200, NOBODY),
            ("tnk", 200, "UNKNOWN USER"),
            ("tapjoy", 403, "UNKNOWN USER"),
            ("hmac", 404, '{"result":"unknown_member"}'),
        ],
    )
    def test_of_a_member_who_left_ends_it_for_the_caller(self, suji, code, status, body, at):
        services.leave(member=suji, at=at)
        said = CALLERS[code](suji)
        assert (said.status_code, said.content.decode(), tickets_of(suji), outcomes()) == (status, body, 0, ["UNKNOWN_MEMBER"])

    @pytest.mark.parametrize("usn", ["user-42", "1", "00000000000040008000000000000000", "가나다"])
    def test_of_somebody_we_never_named(self, db, usn):
        assert adpopcorn(usn).content.decode() == NOBODY

    def test_of_a_member_by_our_own_number(self, suji):
        assert (adpopcorn(str(suji.pk)).content.decode(), tickets_of(suji)) == (NOBODY, 0)

    @pytest.mark.parametrize("amount", ["0", "-150", "150.0", "1e3", "１５０", "", "99999999", " 150"])
    def test_of_an_amount_that_is_none(self, suji, amount):
        assert '"ResultCode":4000' in adpopcorn(suji, tickets=amount).content.decode()
        assert (Entry.objects.count(), outcomes()) == (0, ["MALFORMED"])

    def test_of_a_sender_elsewhere(self, suji, settings):
        settings.OFFERWALLS = {**settings.OFFERWALLS, "tnk": {**settings.OFFERWALLS["tnk"], "senders": ["192.0.2.0/24"]}}
        assert (tnk(suji).status_code, tickets_of(suji), outcomes()) == (403, 0, ["WRONG_SENDER"])
        settings.OFFERWALLS["tnk"]["senders"] = ["127.0.0.0/8"]
        assert (tnk(suji).status_code, tickets_of(suji)) == (200, 150)

    def test_of_ways_and_networks_that_are_not_there(self, suji, settings):
        assert Client().get(f"{DOOR}/tnk/").status_code == 405
        assert Client().post(f"{DOOR}/tapjoy/").status_code == 405
        assert Client().post(f"{DOOR}/pincrux/").status_code == 404
        assert Client().post(f"{DOOR}/hmac/", b"x" * 20_000, content_type="text/plain").status_code == 413
        settings.OFFERWALLS = {**settings.OFFERWALLS, "tapjoy": {"keys": [], "senders": [], "url": ""}}
        assert (tapjoy(suji).status_code, OfferwallCall.objects.count()) == (404, 0)

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[1]", b"null", b'{"user_id":{"a":1}}', b'{"user_id":"\\ud800"}', b"\xff\x00", b"[" * 9_000]
    )
    def test_of_garbage_is_never_a_crash(self, db, body):
        assert Client().post(f"{DOOR}/hmac/", body, content_type="application/json").status_code == 400

    def test_of_more_garbage_than_a_minute_holds_is_not_written(self, suji, at, operator):
        policy("unproved_per_minute", 3, at, operator)
        assert {adpopcorn(suji, key="x").content.decode() for _ in range(5)} == {BAD_KEY}
        assert OfferwallCall.objects.count() == 3
        assert adpopcorn(suji).content.decode() == GRANTED


class TestALimit:
    def test_keeps_what_is_too_much_for_a_day_for_a_person(self, suji, at, operator, now):
        policy("daily_tickets", 300, at, operator)
        said = [adpopcorn(suji, transaction=f"rk-{number}").content.decode() for number in range(3)]
        assert (said, tickets_of(suji), outcomes()) == ([GRANTED] * 3, 300, ["PAID", "PAID", "HELD"])
        assert (the_reward(state="HELD").why, the_reward(state="HELD").entry) == ("하루에 바로 받는 티켓을 넘었어요.", None)
        assert adpopcorn(suji, transaction="rk-2").content.decode() == SEEN
        now.move_to(at + timedelta(days=1))
        adpopcorn(suji, transaction="rk-3")
        assert tickets_of(suji) == 450

    def test_of_one_member_is_not_another_ones(self, suji, at, operator):
        policy("daily_tickets", 150, at, operator)
        other = factories.MemberFactory(user__phone="+821099980001")
        adpopcorn(suji), adpopcorn(other, transaction="rk-2")
        assert (tickets_of(suji), tickets_of(other)) == (150, 150)

    def test_keeps_a_reward_that_is_too_large_and_says_when_nobody_signed_for_it(self, suji):
        adpopcorn(suji, tickets=10_001)
        tnk(suji, tickets=10_001)
        assert [(row.network, row.state, row.why[:3]) for row in OfferwallReward.objects.order_by("pk")] == [
            ("adpopcorn", "HELD", "한 건"), ("tnk", "HELD", "금액이"),
        ]  # fmt: skip
        assert tickets_of(suji) == 0

    def test_is_lifted_by_an_operator_once(self, suji, operator, at):
        adpopcorn(suji, tickets=20_000)
        with transaction.atomic():
            offerwalls.decide(reward=the_reward(), is_paid=True, reason="확인함", by=operator, at=at)
        with pytest.raises(RewardDecided), transaction.atomic():
            offerwalls.decide(reward=the_reward(), is_paid=True, reason="한 번 더", by=operator, at=at)
        reward = the_reward()
        assert (reward.state, reward.decided_by, tickets_of(suji)) == ("PAID", operator, 20_000)
        assert Entry.objects.get().actor == f"operator:{operator.public_id}"

    def test_what_a_person_decided_counts_for_nobodys_day(self, suji, operator, at):
        adpopcorn(suji, tickets=20_000)
        with transaction.atomic():
            offerwalls.decide(reward=the_reward(), is_paid=True, reason="확인함", by=operator, at=at)
        adpopcorn(suji, transaction="rk-2", tickets=10_000)
        adpopcorn(suji, transaction="rk-3", tickets=10_000)
        assert tickets_of(suji) == 40_000

    def test_a_refused_reward_stays_refused_and_pays_nothing(self, suji, operator, at):
        adpopcorn(suji, tickets=20_000)
        with transaction.atomic():
            offerwalls.decide(reward=the_reward(), is_paid=False, reason="의심", by=operator, at=at)
        assert (the_reward().state, tickets_of(suji), adpopcorn(suji, tickets=20_000).content.decode()) == ("REFUSED", 0, SEEN)

    def test_nobody_who_left_is_paid(self, suji, operator, at):
        adpopcorn(suji, tickets=20_000)
        services.leave(member=suji, at=at)
        with pytest.raises(MemberGone), transaction.atomic():
            offerwalls.decide(reward=the_reward(), is_paid=True, reason="확인함", by=operator, at=at)
        assert (the_reward().state, Entry.objects.count()) == ("HELD", 0)


class TestAReversal:
    def test_takes_the_tickets_back_once(self, suji):
        partner(suji)
        said = [partner(suji, transaction=f"r-{number}", reverses="p-1") for number in range(2)]
        assert [answer.content.decode() for answer in said] == ['{"result":"taken_back"}', '{"result":"repeated"}']
        assert (tickets_of(suji), the_reward().state, Entry.objects.count()) == (0, "REVERSED", 2)

    def test_of_one_that_waits_leaves_nothing_to_decide(self, suji):
        partner(suji, tickets=20_000)
        partner(suji, transaction="r-1", reverses="p-1")
        assert (the_reward().state, Entry.objects.count()) == ("REFUSED", 0)

    def test_of_one_that_we_do_not_know(self, suji):
        assert partner(suji, transaction="r-1", reverses="p-1").status_code == 404

    def test_asks_for_the_signature_like_everything_else(self, suji):
        partner(suji)
        assert (partner(suji, transaction="r-1", reverses="p-1", key="x").status_code, tickets_of(suji)) == (401, 150)


class TestASwitch:
    def flip(self, network, is_open, by, at):
        with transaction.atomic():
            return offerwalls.switch(network=network, is_open=is_open, reason="점검", by=by, at=at)

    def test_closes_a_network_for_calls_and_members_and_opens_it_again(self, suji, operator, at):
        assert [wall.code for wall in offerwalls.walls_of(suji)] == ["adpopcorn", "tnk", "tapjoy", "hmac"]
        self.flip("tapjoy", False, operator, at)
        assert (tapjoy(suji).status_code, tickets_of(suji), outcomes()) == (503, 0, ["SWITCHED_OFF"])
        assert [wall.code for wall in offerwalls.walls_of(suji)] == ["adpopcorn", "tnk", "hmac"]
        self.flip("tapjoy", True, operator, at + timedelta(minutes=1))
        assert (tapjoy(suji).status_code, tickets_of(suji)) == (200, 150)

    def test_tells_a_forger_nothing(self, suji, operator, at):
        self.flip("tapjoy", False, operator, at)
        assert tapjoy(suji, key="x").content.decode() == "BAD VERIFIER"

    def test_is_of_a_network_that_there_is(self, operator, at):
        with pytest.raises(NetworkUnknown):
            self.flip("pincrux", False, operator, at)


class TestTheLog:
    def test_keeps_what_was_said_without_proofs_and_devices(self, suji):
        adpopcorn(suji, adid="00000000-aaaa", campaign_name="오늘의 참여")
        row = OfferwallCall.objects.get()
        assert "campaign_name=오늘의 참여" in row.query
        assert "signed_value" not in row.query
        assert "00000000-aaaa" not in row.query
        assert (row.transaction, row.reward, len(row.sender)) == ("rk-0001", the_reward(), 64)

    def test_forgets_after_half_a_year_but_never_a_reward(self, suji, at):
        adpopcorn(suji)
        assert (watching.forget(at=at + timedelta(days=180)), watching.forget(at=at + timedelta(days=190))) == (0, 1)
        assert the_reward().state == "PAID"

    def test_alarms_operators_once_an_hour_when_signatures_go_wrong(self, suji, at):
        adpopcorn(suji)
        for number in range(4):
            tapjoy(suji, transaction=f"o-{number}", key="x")
        assert watching.watch(at=at) == []  # four calls say nothing
        tapjoy(suji, transaction="o-5", key="x")
        assert (watching.watch(at=at), watching.watch(at=at + timedelta(minutes=5))) == (["tapjoy"], ["tapjoy"])
        assert Notification.objects.get(kind="rewards.offerwall_signatures").body.startswith("10분 동안 온 신호 5건 가운데 5건")


class TestPages:
    def test_s_94_show_the_way_in_with_the_members_own_number(self, suji):
        text = browser(suji.user).get("/luckffle/offerwalls/").content.decode()
        assert f"/offerwalls/adpopcorn/?usn={suji.public_id.hex}" in text
        assert "아직 받은 티켓이 없어요" in text
        assert "/luckffle/offerwalls/" in browser(suji.user).get("/luckffle/").content.decode()

    def test_are_not_offered_at_home_while_no_network_is_open(self, suji, settings):
        settings.OFFERWALLS = {code: {"keys": [], "senders": [], "url": ""} for code in settings.OFFERWALLS}
        assert "/luckffle/offerwalls/" not in browser(suji.user).get("/luckffle/").content.decode()

    def test_show_what_came_and_what_waits(self, suji):
        adpopcorn(suji)
        adpopcorn(suji, transaction="rk-2", tickets=20_000)
        text = browser(suji.user).get("/luckffle/offerwalls/").content.decode()
        assert all(words in text for words in ("150장", "20,000장", "확인 대기", "확인한 뒤에 넣어 드려요"))

    def test_ask_the_same_of_the_database_for_one_reward_and_for_twenty(self, suji):
        client, counts = browser(suji.user), []
        client.get("/luckffle/offerwalls/")  # the first visit of a session costs more
        for first in (0, 1):
            for number in range(first * 19 + 1):
                adpopcorn(suji, transaction=f"rk-{first}-{number}")
            with CaptureQueriesContext(connection) as seen:
                client.get("/luckffle/offerwalls/")
            counts.append(len(seen))
        assert counts[0] == counts[1]

    def test_are_for_members(self, db):
        assert Client().get("/luckffle/offerwalls/")["Location"].startswith("/luckffle/login/")

    def test_the_app_reads_the_same(self, suji):
        adpopcorn(suji)
        said = Phone(suji).get("/offerwalls").json()
        assert [wall["code"] for wall in said["walls"]] == ["adpopcorn", "tnk", "tapjoy", "hmac"]
        assert [(one["network"], one["tickets"], one["state"]) for one in said["earned"]] == [("애드팝콘", 150, "PAID")]
