"""The sandbox's offerwalls against our doors, over real sockets: what each company sends, and how it misbehaves."""

import pytest
from django.test import Client

from rewards.models import OfferwallCall, OfferwallReward
from tests import factories
from tests.rewards.raffle_world import tickets_of
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with SandboxProcess(data=tmp_path_factory.mktemp("walls") / "sandbox.sqlite3") as process:
        yield process


@pytest.fixture
def member(transactional_db):
    return factories.MemberFactory()


@pytest.fixture
def tell(sandbox, live_server, member):
    def tell(network, **job):
        url = f"{live_server.url}/postbacks/offerwalls/{network}/"
        body = {"network": network, "usn": member.public_id.hex, "url": url, **job}
        return [(answer["status"], answer["body"]) for answer in sandbox.control("POST", "/offerwalls", body)["answers"]]

    return tell


class TestAnOfferwall:
    @pytest.mark.parametrize("network", ["adpopcorn", "tnk", "tapjoy", "hmac"])
    def test_s_94_pays_a_member_and_again_without_a_second_payment(self, tell, member, network):
        answers = tell(network, fault="duplicate")
        assert ([status for status, _ in answers], tickets_of(member), OfferwallReward.objects.count()) == ([200, 200], 150, 1)
        assert sorted(OfferwallCall.objects.values_list("outcome", flat=True)) == ["PAID", "REPEATED"]

    @pytest.mark.parametrize("network", ["adpopcorn", "tnk", "tapjoy", "hmac"])
    def test_that_misbehaves_moves_nothing(self, tell, member, network):
        for fault in ("wrong_signature", "garbage", "unknown_member"):
            tell(network, fault=fault)
        outcomes = list(OfferwallCall.objects.order_by("pk").values_list("outcome", flat=True))
        assert (outcomes, tickets_of(member)) == (["BAD_SIGNATURE", "MALFORMED", "UNKNOWN_MEMBER"], 0)

    def test_from_another_address_moves_nothing(self, tell, member, settings):
        settings.OFFERWALLS = {**settings.OFFERWALLS, "tnk": {**settings.OFFERWALLS["tnk"], "senders": ["127.0.0.1"]}}
        assert (tell("tnk", fault="wrong_address"), tell("tnk")) == ([(403, "ADDRESS NOT ALLOWED")], [(200, "OK")])
        assert tickets_of(member) == 150

    def test_takes_back_what_it_gave(self, tell, member):
        tell("hmac", transaction="p-1")
        assert (tell("hmac", transaction="r-1", reverses="p-1"), tickets_of(member)) == ([(200, '{"result":"taken_back"}')], 0)


class TestThePageOfAnOfferwall:
    def test_says_in_korean_what_it_lacks_to_tell_anybody(self, sandbox):
        said = sandbox.request("POST", f"/offerwalls/tnk/?usn={'a' * 32}", data={"offer": "signup-2", "fault": "none"})
        assert (said.status_code, "제품의 주소를 모르거나" in said.text) == (422, True)
        assert sandbox.request("GET", "/offerwalls/pincrux/").status_code == 404

    def test_shows_what_there_is_to_earn(self, sandbox):
        text = sandbox.request("GET", f"/offerwalls/adpopcorn/?usn={'a' * 32}").text
        assert "앱을 설치하고 한 번 열기" in text
        assert Client().get("/luckffle/offerwalls/").status_code == 302
