"""From the price list to the pay window: what the pages show, what they hand to the payment company, what a click makes."""

import json
import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.template import Context, Template
from django.urls import reverse
from lxml import html

from advertisers import services as advertisers
from common.models import DatedSetting
from credits.models import Entry
from payments import selectors, services
from payments.models import Package, PaymentOrder
from tests import factories
from tests.credits.book import nothing_written
from tests.payments.conftest import now_is, run_effects
from tests.signing_in import browser

KEY = "00000000-0000-4000-8000-00000000000a"
TOP_UP = "/payments/top-up/"


def said(bought, **changed):
    """What the form sends."""
    return {"package": bought.pk, "shown_krw": bought.amount_krw, "agree": "on", "key": KEY, "return_to": "", **changed}


def checkout_in(page):
    """The parameters in the page, as the script reads them."""
    found = re.search(r'<script id="checkout" type="application/json"[^>]*>(.*?)</script>', page.content.decode(), re.DOTALL)
    return json.loads(found[1])


class TestTopUpPage:
    def test_shows_credits_bonus_vat_and_the_end_of_the_refund_window_before_paying(self, till, packages):
        page = browser(till.user).get(TOP_UP, {"package": packages[1_000_000].pk}).content.decode()

        for figure in ("1,000,000", "10,000", "1,010,000", "100,000원", "1,100,000"):
            assert figure in page
        assert "168시간" in page
        assert "2026년 12월 2일" in page

    @pytest.mark.parametrize(("gap", "chosen"), [("1", 100_000), ("100000", 100_000), ("100001", 300_000), ("9999999", 3_000_000)])
    def test_a_gap_chooses_the_smallest_package_that_covers_it(self, till, packages, gap, chosen):
        page = browser(till.user).get(TOP_UP, {"credits": gap})
        assert page.context["selected"].credits == chosen

    def test_pressing_makes_one_order_and_leads_to_its_pay_window(self, till, packages, at):
        answer = browser(till.user).post(TOP_UP, said(packages[300_000]))

        order = PaymentOrder.objects.get()
        assert (answer.status_code, answer["location"]) == (302, f"/payments/orders/{order.order_id}/#pay")
        assert (order.state, order.credits, order.vat_krw, order.amount_krw) == ("WINDOW_OPEN", 300_000, 30_000, 330_000)
        assert (order.created_by, order.advertiser, order.created_at) == (till.user, till.advertiser, at)

    def test_pay_09_a_double_click_and_a_second_tab_make_one_order(self, till, packages):
        person = browser(till.user)
        for key in (KEY, KEY, KEY.replace("a", "b")):
            person.post(TOP_UP, said(packages[100_000], key=key))
        assert PaymentOrder.objects.count() == 1

    def test_an_old_page_cannot_make_a_second_order_after_paying(self, till, buyer, packages, at):
        person = browser(till.user)
        person.post(TOP_UP, said(packages[100_000]))
        order = PaymentOrder.objects.get()
        buyer.pays(order, paid_at=at)
        services.sync_order(order_id=order.order_id, at=at)

        answer = person.post(TOP_UP, said(packages[100_000]))  # "back" and press again

        assert answer["location"] == f"/payments/orders/{order.order_id}/"
        assert PaymentOrder.objects.count() == 1

    def test_an_open_order_of_yesterday_is_not_taken_up_again(self, till, at):
        old, new = till.order(), till.order(at=at + timedelta(hours=24, seconds=1))
        assert old.pk != new.pk

    @pytest.mark.parametrize(
        "wrong",
        [
            {"agree": ""},
            {"shown_krw": "109999"},
            {"shown_krw": "abc"},
            {"package": "0"},
            {"package": "x"},
            {"package": "99999999999999999999"},
            {"key": ""},
            {"key": "x" * 500},
        ],
        ids=str,
    )
    def test_refuses_in_words_and_writes_nothing(self, till, packages, wrong):
        with nothing_written():
            answer = browser(till.user).post(TOP_UP, said(packages[100_000], **wrong))
        assert answer.status_code == 422
        assert not PaymentOrder.objects.exists()

    def test_an_empty_form_is_refused_beside_its_fields(self, till, packages):
        answer = browser(till.user).post(TOP_UP)

        page = html.fromstring(answer.text)
        assert answer.status_code == 422
        assert page.xpath('//fieldset//*[@id="id_package_m"]/p')[0].text_content().strip() == "꼭 필요한 항목이에요."
        assert page.xpath('//*[@id="id_agree_m"]')[0].text_content().strip() == "결제에 동의해 주세요."
        assert answer.text.count("화면이 오래됐어요. 새로 고친 뒤 다시 눌러 주세요.") == 1  # two hidden fields, one sentence
        assert not PaymentOrder.objects.exists()

    def test_opening_it_complains_of_nothing(self, till, packages):
        answer = browser(till.user).get(TOP_UP)
        assert answer.status_code == 200
        assert 'class="err"' not in answer.text
        assert "화면이 오래됐어요" not in answer.text

    def test_a_price_that_changed_while_the_page_was_open_is_shown_again(self, till, packages):
        shown = said(packages[100_000])
        Package.objects.filter(credits=100_000).update(credits=110_000)

        answer = browser(till.user).post(TOP_UP, shown)

        assert answer.status_code == 422
        assert "결제할 금액이 달라졌어요" in answer.content.decode()
        assert not PaymentOrder.objects.exists()

    def test_a_restricted_account_is_told_and_gets_no_order(self, till, packages, at):
        with transaction.atomic():
            advertisers.restrict(advertiser=till.advertiser, reason="확인 중", at=at)
        answer = browser(till.user).post(TOP_UP, said(packages[100_000]))
        assert "이용이 제한돼" in answer.content.decode()
        assert not PaymentOrder.objects.exists()

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"])
    def test_goes_on_only_to_addresses_of_ours(self, till, packages, elsewhere):
        browser(till.user).post(TOP_UP, said(packages[100_000], return_to=elsewhere))
        assert PaymentOrder.objects.get().return_to == ""

    def test_has_no_packages_on_sale(self, till):
        Package.objects.update(is_offered=False)
        assert browser(till.user).get(TOP_UP).status_code == 200

    def test_looking_at_pages_changes_nothing(self, till, packages):
        order = till.order()
        before = list(PaymentOrder.objects.values())
        person = browser(till.user)
        with nothing_written():
            for url in (TOP_UP, f"/payments/orders/{order.order_id}/", "/my-page/payment/", "/my-page/refunds/"):
                assert person.get(url).status_code == 200
        assert list(PaymentOrder.objects.values()) == before


class TestPayWindow:
    def test_hands_over_exactly_what_the_order_says(self, till, buyer, settings):
        order = till.order(300_000)

        page = browser(till.user).get(f"/payments/orders/{order.order_id}/")

        assert checkout_in(page) == {
            "storeId": settings.PORTONE_STORE_ID,
            "channelKey": settings.PORTONE_CHANNEL_KEY_CARD,
            "paymentId": order.order_id,
            "orderName": "부스트 크레딧 300,000",
            "totalAmount": 330_000,
            "currency": "KRW",
            "payMethod": "CARD",
            "customer": {
                "customerId": str(till.advertiser.public_id),
                "fullName": "김민지",
                "phoneNumber": re.sub(r"\D", "", settings.COMPANY["phone"]),
                "email": "minji@example.com",
            },
            "redirectUrl": f"{settings.PORTAL_ORIGINS['advertiser']}/payments/orders/{order.order_id}/complete/",
            "forceRedirect": True,
        }

    def test_ids_fit_kg_inicis_forty_ascii_letters(self, till):
        made = [till.order(credits).order_id for credits in (100_000, 300_000, 500_000)]
        assert all(re.fullmatch(r"BO[0-9A-HJKMNP-TV-Z]{26}", order_id) for order_id in made)
        assert len(set(made)) == 3

    @pytest.mark.parametrize(
        ("email", "sent"),
        [
            ("minji@example.com", "minji@example.com"),
            ("min.ji@mail.example.co.kr", "min.ji@mail.example.co.kr"),
            ("min+ji@example.com", None),
            ("min_ji@example.com", None),
            ("min-ji@example.com", None),
            ("minji@ex-ample.com", None),
            ("민지@example.com", None),
        ],
    )
    def test_sends_no_email_that_kg_inicis_refuses(self, till, buyer, settings, email, sent):
        type(till.user).objects.filter(pk=till.user.pk).update(email=email)
        order = PaymentOrder.objects.select_related("created_by", "advertiser").get(pk=till.order().pk)

        customer = services.checkout_of(order)["customer"]

        assert customer["email"] == (sent or settings.PORTONE_BILLING_EMAIL)
        buyer.enters(order)  # the window itself refuses what KG Inicis would
        assert buyer.act(order, "approve")["status"] == "PAID"

    def test_cuts_long_names_at_whole_letters(self, till, buyer):
        type(till.user).objects.filter(pk=till.user.pk).update(name="가나다라마바사아자차카타파하")
        order = PaymentOrder.objects.select_related("created_by", "advertiser").get(pk=till.order().pk)
        customer = services.checkout_of(order)["customer"]
        assert customer["fullName"] == "가나다라마바사아자차"
        assert len(customer["fullName"].encode()) == 30

    @pytest.mark.parametrize(("phone", "sent"), [("+821012345678", "01012345678"), ("01012345678", "01012345678")])
    def test_sends_the_phone_as_people_dial_it(self, till, phone, sent):
        type(till.user).objects.filter(pk=till.user.pk).update(phone=phone)
        order = PaymentOrder.objects.select_related("created_by", "advertiser").get(pk=till.order().pk)
        assert services.checkout_of(order)["customer"]["phoneNumber"] == sent

    def test_only_this_page_lets_the_payment_company_in(self, till, buyer):
        order, person = till.order(), browser(till.user)
        host = buyer.sandbox.base_url

        pay, history = person.get(f"/payments/orders/{order.order_id}/"), person.get("/my-page/payment/")

        assert host in pay["Content-Security-Policy"]
        assert pay["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
        assert host not in history["Content-Security-Policy"]
        assert history["Cross-Origin-Opener-Policy"] == "same-origin"

    def test_says_without_a_script_that_the_window_needs_one(self, till):
        page = browser(till.user).get(f"/payments/orders/{till.order().order_id}/").content.decode()
        assert re.search(r"<noscript>.*자바스크립트.*</noscript>", page)

    def test_keeps_its_order_while_the_payment_company_is_away(self, till, buyer, packages):
        """PAY-17's first half: opening needs no call, so nothing of ours fails; the order can be looked up and paid later."""
        buyer.fault(kind="error", status=503, html=True, count=None)
        person = browser(till.user)

        answer = person.post(TOP_UP, said(packages[100_000]), follow=True)

        assert answer.status_code == 200
        assert checkout_in(answer)["paymentId"] == PaymentOrder.objects.get().order_id

    def test_a_reporter_sees_the_order_without_a_window(self, till, jisoo):
        page = browser(jisoo).get(f"/payments/orders/{till.order().order_id}/")
        assert 'id="checkout"' not in page.content.decode()

    def test_an_order_at_yesterdays_price_opens_no_window(self, till, packages):
        order = till.order()
        services.sync_order(order_id=order.order_id, at=till.at, window_closed=True)
        Package.objects.filter(pk=order.package_id).update(is_offered=False)
        with pytest.raises(services.OrderNotPayable):
            services.open_window(order=order, at=till.at)

    def test_a_paid_order_opens_no_window(self, till):
        order = till.paid()
        answer = browser(till.user).post(reverse("payments:order-open", args=[order.order_id]), follow=True)
        assert "다시 결제할 수 없어요" in answer.content.decode()
        order.refresh_from_db()
        assert order.state == "PAID"


class TestLookingUp:
    def test_history_shows_every_order_with_what_can_be_done(self, till, buyer, approve, at):
        paid, refunded = till.paid(), till.paid(300_000)
        approve(till.refund(refunded, 100_000))
        run_effects(at + timedelta(hours=3))
        open_ = till.order(500_000)

        page = browser(till.user).get("/my-page/payment/")
        text = page.content.decode()

        assert {row.order.order_id: row.refunded_krw for row in page.context["rows"]} == {
            paid.order_id: 0,
            refunded.order_id: 110_000,
            open_.order_id: 0,
        }
        month = page.context["month"]
        assert (month.paid_krw, month.vat_krw, month.refunded_krw, month.refunds) == (440_000, 40_000, 110_000, 1)
        assert "110,000원 환불" in text
        assert f"/payments/orders/{paid.order_id}/receipt/" in text

    @pytest.mark.parametrize(("hours", "words"), [(0, "12.02 12:00까지 환불"), (167, "12.02 12:00까지 환불"), (168, "환불 기간 지남")])
    def test_history_names_the_moment_until_which_a_refund_may_be_asked_for(self, till, at, hours, words):
        """Seven times 24 hours end at noon of a Wednesday, not with a day."""
        till.paid()
        now_is(at + timedelta(hours=hours))
        page = browser(till.user).get("/my-page/payment/").text
        assert words in page
        assert "오늘까지" not in page

    def test_receipt_names_seller_buyer_tax_and_leads_to_the_slip(self, till, settings):
        order = till.paid()
        page = browser(till.user).get(f"/payments/orders/{order.order_id}/receipt/").content.decode()
        for word in (settings.COMPANY["business_number"], "민지네 커피", "100,000원", "10,000원", order.receipt_link):
            assert word in page

    def test_an_unpaid_order_has_no_receipt(self, till):
        assert browser(till.user).get(f"/payments/orders/{till.order().order_id}/receipt/").status_code == 404

    def test_a_receipt_link_that_is_no_web_address_is_not_shown(self, till, at):
        order = till.paid()
        PaymentOrder.objects.filter(pk=order.pk).update(receipt_url="javascript:alert(1)")
        assert "javascript:alert" not in browser(till.user).get(f"/payments/orders/{order.order_id}/receipt/").content.decode()

    @pytest.mark.parametrize("rows", [1, 5])
    def test_asks_the_same_number_of_questions_for_any_number_of_rows(self, till, django_assert_max_num_queries, rows):
        for number in range(rows):
            till.paid(at=till.at + timedelta(minutes=number))
        person = browser(till.user)
        with django_assert_max_num_queries(14):
            person.get("/my-page/payment/")

    def test_a_month_is_a_month_in_seoul(self, till, at):
        """Paid on 30 November 23:30 in Seoul is 14:30 in UTC; at 1 December 00:30 in Seoul a new month has begun."""
        till.paid(at=at.replace(day=30, hour=14, minute=30))
        assert selectors.month_of(till.advertiser, at=at.replace(day=30, hour=14, minute=59)).paid_krw == 110_000
        assert selectors.month_of(till.advertiser, at=at.replace(day=30, hour=15, minute=0)).paid_krw == 0


class TestMoneyStopped:
    def test_the_switch_stops_crediting_and_not_looking(self, till, at):
        order = till.paid()
        DatedSetting.objects.create(name="credits.money_stopped", value=True, effective_from=at, reason="증명 실패")
        assert browser(till.user).get(f"/payments/orders/{order.order_id}/refund/").status_code == 200
        assert Entry.objects.count() == 1


class TestTiles:
    def test_the_price_list_is_true(self, db, packages):
        text = Template("{% load payments_tiles %}{% offered_packages as packages %}{% package_prices packages %}").render(Context())
        for package in packages.values():
            assert f"{package.credits:,}" in text
            assert f"{package.amount_krw:,}" in text

    def test_recent_payments_are_ones_own(self, till, eve):
        order = till.paid()
        tile = Template("{% load payments_tiles %}{% recent_payments_tile advertiser %}")
        assert order.order_id in tile.render(Context({"advertiser": till.advertiser}))
        assert order.order_id not in tile.render(Context({"advertiser": eve}))


def test_a_manager_may_pay_and_may_not_ask_for_money_back(till):
    manager = factories.MembershipFactory(advertiser=till.advertiser, role="MANAGER", user__username="manager").user
    order = till.paid()
    person = browser(manager)
    assert person.get(TOP_UP).status_code == 200
    assert person.get(f"/payments/orders/{order.order_id}/refund/").status_code == 403
