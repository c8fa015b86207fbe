"""The shop and the box in the members' portal and in the app."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from common.sealed import unseal
from rewards.models import Gifticon, GifticonOrder, Member
from tests import factories
from tests.app import Phone
from tests.rewards.gifticon_world import (
    brand,
    buyer,
    coffee,
    fresh,
    gifticon,
    identity_sandbox,
    known_member,
    press,
    supplier,
    tickets_of,
    work,
)  # fmt: skip
from tests.signing_in import browser

__all__ = ["buyer", "coffee", "identity_sandbox", "supplier"]
KEY = "00000000-0000-4000-8000-00000000000c"


@pytest.fixture(autouse=True)
def now(at):
    with time_machine.travel(at + timedelta(minutes=1), tick=False) as clock:
        yield clock


@pytest.fixture
def web(buyer):
    return browser(buyer.user)


@pytest.fixture
def order(supplier, coffee, buyer, at):
    made = press(buyer, coffee, at=at)
    work(at)
    return fresh(made)


def text_of(client, path):
    return client.get(f"/luckffle/shop/{path}").content.decode()


def exchange(client, item, **fields):
    return client.post(
        f"/luckffle/shop/{item.public_id}/exchange/", {"tickets": "450", "key": KEY, "password": factories.PASSWORD, **fields}, follow=True
    )


class TestTheShop:
    def test_anybody_may_look_and_a_member_sees_what_is_missing(self, coffee, suji, at):
        known_member(suji, at, tickets=446)
        assert "로그인하고 교환하기" in text_of(Client(), f"{coffee.public_id}/")
        assert "4장 더 모아요" in text_of(browser(suji.user), "")
        assert "티켓 4장 더 모으기" in text_of(browser(suji.user), f"{coffee.public_id}/")

    def test_is_searched_by_kind_and_by_the_name_of_a_brand(self, coffee, at):
        cake = gifticon(at, code="G00000300009", name="딸기 케이크", brand=brand("BR00102", "달콤제과", "디저트"))
        for query, seen, unseen in (("?q=달콤", cake, coffee), ("?category=커피", coffee, cake), ("?q=아메리카노", coffee, cake)):
            text = text_of(Client(), query)
            assert (seen.name in text, unseen.name in text) == (True, False)

    def test_shows_never_what_we_pay(self, coffee, web):
        assert "4,230" not in text_of(web, f"{coffee.public_id}/") + text_of(web, "")

    def test_says_what_has_to_be_known_before_an_exchange(self, coffee, web):
        Gifticon.objects.filter(pk=coffee.pk).update(face_krw=50_000, cost_krw=48_000, notice="기간 안에 써 주세요.")
        text = text_of(web, f"{coffee.public_id}/")
        assert all(words in text for words in ("주식회사 케이티알파", "30일", "늘릴 수 없", "인지세 삼성 세무서장", "기간 안에 써 주세요."))

    def test_says_when_none_is_left(self, coffee, web):
        Gifticon.objects.filter(pk=coffee.pk).update(stock=0)
        assert "품절" in text_of(web, "")
        assert "품절이에요" in text_of(web, f"{coffee.public_id}/")

    def test_asks_the_database_as_often_for_thirty_goods_as_for_two(self, coffee, web, at, django_assert_max_num_queries):
        for number in range(30):
            gifticon(at, code=f"G{number:011d}", name=f"상품 {number}", brand=brand(f"BR{number:05d}", f"브랜드 {number}"))
        with django_assert_max_num_queries(16):
            text_of(web, "")

    def test_does_not_know_what_is_not_offered(self, coffee, web):
        Gifticon.objects.filter(pk=coffee.pk).update(is_shown=False)
        assert web.get(f"/luckffle/shop/{coffee.public_id}/").status_code == 404


class TestExchanging:
    def test_usr_10_twice_with_one_form_is_one_order(self, supplier, coffee, web, buyer):
        for _ in range(2):
            assert "쿠폰을 발급하고 있어요" in exchange(web, coffee).content.decode()
        assert (GifticonOrder.objects.count(), tickets_of(buyer)) == (1, 550)

    def test_usr_11_at_a_price_that_is_gone_asks_again_with_the_new_one(self, supplier, coffee, web, buyer):
        Gifticon.objects.filter(pk=coffee.pk).update(face_krw=4_800)
        text = exchange(web, coffee).content.decode()
        assert "가격이 바뀌었어요. 지금은 티켓 480장이에요." in text
        assert ("티켓 480장으로 교환하기" in text, tickets_of(buyer)) == (True, 1_000)

    def test_tells_who_has_to_prove_who_they_are(self, coffee, web, buyer):
        Member.objects.filter(pk=buyer.pk).update(person_hash="")
        assert "한 번 본인확인이 필요해요" in text_of(web, f"{coffee.public_id}/")
        assert "본인확인이 필요해요" in exchange(web, coffee).content.decode()
        assert tickets_of(buyer) == 1_000

    @pytest.mark.parametrize("fields", [{"tickets": "0"}, {"tickets": "가"}, {"key": "x"}, {"tickets": ""}])
    def test_with_a_broken_form_does_nothing(self, coffee, web, buyer, fields):
        assert "화면이 오래됐어요" in exchange(web, coffee, **fields).content.decode()
        assert (GifticonOrder.objects.count(), tickets_of(buyer)) == (0, 1_000)


class TestTheBox:
    def test_shows_a_coupon_with_its_barcode_to_its_member(self, order, web):
        pin = unseal(order.sealed_pin)
        answer = web.get(f"/luckffle/shop/box/{order.public_id}/")
        assert (pin in answer.content.decode(), "no-store" in answer.headers["Cache-Control"]) == (True, True)
        picture = web.get(f"/luckffle/shop/box/{order.public_id}/barcode.png")
        assert (picture.content[:4], "no-store" in picture.headers["Cache-Control"]) == (b"\x89PNG", True)
        assert order.gifticon.name in text_of(web, "box/")

    def test_shows_it_to_nobody_else(self, order):
        other = browser(factories.MemberFactory(user__phone="+821099990001").user)
        for tail in ("", "barcode.png"):
            assert other.get(f"/luckffle/shop/box/{order.public_id}/{tail}").status_code == 404
        assert other.post(f"/luckffle/shop/box/{order.public_id}/resend/", {"resends": "0"}).status_code == 404
        assert order.gifticon.name not in text_of(other, "box/")

    def test_shows_no_number_of_what_is_used(self, order, web):
        GifticonOrder.objects.filter(pk=order.pk).update(state="USED")
        assert unseal(order.sealed_pin) not in text_of(web, f"box/{order.public_id}/")
        assert web.get(f"/luckffle/shop/box/{order.public_id}/barcode.png").status_code == 404

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"state": "UNKNOWN", "issued_at": None}, "쿠폰을 발급하고 있어요"),
            ({"state": "ISSUED", "sealed_pin": ""}, "쿠폰을 문자로 보냈어요"),
            ({"state": "USED"}, "이미 사용한 쿠폰이에요"),
            ({"state": "EXPIRED"}, "유효기간이 지나"),
        ],
    )
    def test_says_what_became_of_it(self, order, web, facts, words):
        GifticonOrder.objects.filter(pk=order.pk).update(**facts)
        assert words in text_of(web, f"box/{order.public_id}/")
        GifticonOrder.objects.filter(pk=order.pk).update(state=order.state, issued_at=order.issued_at, sealed_pin=order.sealed_pin)

    def test_usr_12_sends_it_again_three_times(self, order, web):
        for resends in range(3):
            answer = web.post(f"/luckffle/shop/box/{order.public_id}/resend/", {"resends": str(resends)}, follow=True)
            assert "문자로 다시 보냈어요" in answer.content.decode()
        assert "문자를 모두 보냈어요" in text_of(web, f"box/{order.public_id}/")
        assert fresh(order).resends == 3


class TestTheApp:
    @pytest.fixture
    def phone(self, buyer):
        return Phone(buyer)

    def exchange(self, phone, item, tickets=450, key="same-key-0001", password=factories.PASSWORD):
        wish = {"tickets": tickets, "password": password}
        return phone.call("post", f"/shop/gifticons/{item.public_id}/exchange", wish, **{"Idempotency-Key": key})

    def test_usr_10_lives_a_whole_exchange(self, supplier, coffee, phone, buyer, at):
        [card] = phone.get("/shop/gifticons").json()["items"]
        shown = phone.get(f"/shop/gifticons/{card['id']}").json()
        assert (card["tickets"], shown["valid_days"], "cost_krw" in shown) == (450, 30, False)
        made = self.exchange(phone, coffee)
        assert (made.status_code, made.json()["state"]) == (201, "HELD")
        assert self.exchange(phone, coffee).json()["id"] == made.json()["id"]
        work(at + timedelta(minutes=1))
        coupon = phone.get(f"/shop/orders/{made.json()['id']}").json()
        assert (coupon["state"], coupon["pin"].isdecimal(), tickets_of(buyer)) == ("DELIVERED", True, 550)
        assert [row["id"] for row in phone.get("/shop/orders").json()["items"]] == [coupon["id"]]
        again = phone.post(f"/shop/orders/{coupon['id']}/resend", {"resends": 0}).json()
        assert (again["resends"], again["resends_left"]) == (1, 2)

    def test_usr_11_is_refused_a_price_that_is_gone(self, coffee, phone):
        answer = self.exchange(phone, coffee, tickets=449)
        assert (answer.status_code, answer.json()["code"]) == (409, "gifticon.price_changed")

    def test_is_refused_with_the_code_that_credits_have(self, coffee, phone, buyer, at):
        self.exchange(phone, coffee, key="first-key-0001")
        self.exchange(phone, coffee, key="second-key-001")
        answer = self.exchange(phone, coffee, key="third-key-0001")
        assert answer.json()["code"] == "credits.insufficient"

    def test_pages_through_the_shelf_and_the_box(self, supplier, coffee, phone, buyer, at):
        for number in range(3):
            gifticon(at, code=f"G{number:011d}", name=f"상품 {number}", face_krw=4_500 + number % 2 * 100)
        names, cursor = [], ""
        while True:
            page = phone.get(f"/shop/gifticons?limit=2&cursor={cursor}").json()
            names += [item["name"] for item in page["items"]]
            cursor = page["next"]
            if not cursor:
                break
        assert (len(names), len(set(names))) == (4, 4)
        for number in range(2):
            press(buyer, coffee, key=f"box-{number}", at=at + timedelta(seconds=number))
        first = phone.get("/shop/orders?limit=1").json()
        second = phone.get(f"/shop/orders?limit=1&cursor={first['next']}").json()
        assert (first["items"][0]["id"] != second["items"][0]["id"], second["next"]) == (True, "")

    def test_shows_nobody_elses_coupon(self, order):
        stranger = Phone(factories.MemberFactory(user__phone="+821099990001"))
        assert stranger.get(f"/shop/orders/{order.public_id}").status_code == 404
        assert stranger.post(f"/shop/orders/{order.public_id}/resend", {"resends": 0}).status_code == 404


class TestThePassword:
    """Whoever found an open phone exchanges nothing: the password is asked for at every exchange."""

    @pytest.mark.parametrize("password", ["", "not-the-password"])
    def test_a_wrong_one_exchanges_nothing_on_the_web(self, coffee, web, buyer, password):
        assert "비밀번호가 맞지 않아요" in exchange(web, coffee, password=password).content.decode()
        assert (GifticonOrder.objects.count(), tickets_of(buyer)) == (0, 1_000)

    def test_a_wrong_one_exchanges_nothing_in_the_app(self, coffee, buyer):
        wish = {"tickets": 450, "password": "not-the-password"}
        answer = Phone(buyer).call("post", f"/shop/gifticons/{coffee.public_id}/exchange", wish, **{"Idempotency-Key": "wrong-key-0001"})
        assert (answer.status_code, answer.json()["code"]) == (422, "member.password_wrong")
        assert (GifticonOrder.objects.count(), tickets_of(buyer)) == (0, 1_000)
