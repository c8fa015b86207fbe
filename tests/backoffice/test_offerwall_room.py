"""The offerwall room: networks with their switches, rewards that wait, and the log."""

import pytest
from django.contrib.admin.models import LogEntry

from backoffice import rights
from rewards.models import OfferwallReward, OfferwallSwitch
from tests import factories
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, said
from tests.rewards.offerwall_world import adpopcorn, tapjoy
from tests.rewards.raffle_world import tickets_of


@pytest.fixture
def cashier(db):
    return enter(hire("jaehee", rights.FINANCE))


@pytest.fixture
def editor(db):
    return enter(hire("boram", rights.CONTENT))


@pytest.fixture
def waiting(suji):
    adpopcorn(suji, tickets=20_000)
    return OfferwallReward.objects.get()


class TestTheRoom:
    def test_shows_every_network_with_its_day(self, suji, cashier):
        adpopcorn(suji), tapjoy(suji, key="x")
        text = cashier.get(at("offerwalls")).text
        assert all(words in text for words in ("애드팝콘", "TNK", "탭조이", "150장", "틀린 서명", "usn=", "어디서나"))

    def test_shows_the_log_of_one_network_or_outcome(self, suji, cashier):
        adpopcorn(suji), tapjoy(suji, transaction="o-77", key="x")
        assert "o-77" not in cashier.get(at("offerwalls") + "?tab=adpopcorn").text
        assert "o-77" in cashier.get(at("offerwalls") + "?tab=BAD_SIGNATURE").text

    def test_closes_and_opens_a_network_with_a_reason(self, suji, cashier):
        assert "오퍼월을 닫았어요." in said(cashier.post(at("offerwall-switch", "tapjoy"), {"reason": "키가 샜어요"}, follow=True))
        assert tapjoy(suji).status_code == 503
        cashier.post(at("offerwall-switch", "tapjoy"), {"reason": "키를 바꿨어요", "is_open": "on"})
        assert (tapjoy(suji).status_code, OfferwallSwitch.objects.count()) == (200, 2)
        assert [row.change_message for row in LogEntry.objects.order_by("pk")] == ["키가 샜어요", "키를 바꿨어요"]

    def test_wants_a_reason_for_everything(self, waiting, cashier):
        for address in (at("offerwall-switch", "tapjoy"), at("offerwall-pay", waiting.public_id)):
            assert cashier.post(address, {"reason": ""}).status_code == 422
        assert (OfferwallSwitch.objects.count(), OfferwallReward.objects.get().state) == (0, "HELD")

    def test_pays_a_reward_that_waits_once(self, waiting, suji, cashier):
        for words in ("티켓을 지급했어요.", "이미 처리한 보상이에요."):
            assert words in said(cashier.post(at("offerwall-pay", waiting.public_id), {"reason": "확인함"}, follow=True))
        assert tickets_of(suji) == 20_000

    def test_or_does_not_pay_it(self, waiting, suji, cashier):
        assert "지급하지 않기로 했어요." in said(cashier.post(at("offerwall-refuse", waiting.public_id), {"reason": "의심"}, follow=True))
        assert (tickets_of(suji), OfferwallReward.objects.get().reason) == (0, "의심")

    def test_lets_content_people_look_and_no_more(self, waiting, editor):
        assert at("offerwall-pay", waiting.public_id) not in editor.get(at("offerwalls")).text
        assert editor.post(at("offerwall-pay", waiting.public_id), {"reason": "확인함"}).status_code == 403

    def test_refuses_a_network_that_is_not_there(self, cashier):
        assert "설정하지 않은 오퍼월" in said(cashier.post(at("offerwall-switch", "pincrux"), {"reason": "시험"}, follow=True))

    def test_asks_the_same_of_the_database_however_many_calls_there_are(self, cashier, django_assert_max_num_queries):
        member = factories.MemberFactory()
        for number in range(30):
            adpopcorn(member, transaction=f"rk-{number}", tickets=20_000 if number % 2 else 1)
        with django_assert_max_num_queries(34):
            cashier.get(at("offerwalls"))
