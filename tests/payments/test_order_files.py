"""The payments as files: the orders of the page, all of them."""

import csv
import io

from backoffice import rights
from payments import services as payments
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at as door
from tests.pages import document, words
from tests.payments.conftest import run_effects
from tests.signing_in import browser

FILES = "/my-page/payment/files"


def lines(user, **query):
    answer = browser(user).get(f"{FILES}/csv/", query)
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


class TestTheFile:
    def test_s_81_says_what_was_paid_and_what_went_back(self, till):
        order = till.paid()
        heads, row = lines(till.user)
        named = dict(zip(heads, row, strict=True))
        assert (named["주문번호"], named["상태"]) == (order.order_id, "결제 완료")
        assert int(named["공급가액"]) + int(named["부가세"]) == int(named["결제 금액"]) == order.amount_krw
        assert (int(named["충전 크레딧"]), int(named["환불 금액"])) == (order.credits, 0)

    def test_s_81_follows_the_filter_of_the_page(self, till):
        till.paid()
        assert len(lines(till.user, state="unpaid")) == 1
        assert len(lines(till.user, state="paid")) == 2

    def test_is_of_the_own_team_and_known_forms_alone(self, till, eve_user):
        till.paid()
        assert len(lines(eve_user)) == 1
        assert browser(till.user).get(f"{FILES}/pdf/").status_code == 404


class TestBothSides:
    def test_s_81_the_page_shows_the_orders_that_the_back_office_shows_for_this_account(self, till, eve, eve_user, packages, at, approve):
        refunded = till.paid()
        approve(till.refund(refunded, 100_000))
        run_effects(at)
        till.paid(500_000)
        till.order()  # nobody paid it
        payments.create_order(advertiser=eve, package=packages[100_000], by=eve_user, at=at, key="eve")
        rows = document(browser(till.user).get("/my-page/payment/")).xpath('//*[@aria-label="결제 내역"]//tbody/tr')
        mine = [
            (
                words(row.xpath('.//td[@data-head]//span[@class="max-sm:hidden"]')[0]).strip("…"),
                words(row.xpath('.//td[@data-label="결제 금액"]')[0]).strip("원"),
                words(row.xpath(".//td[@data-side]/span")[0]),
            )
            for row in rows
        ]
        desk = enter(hire("paid", rights.FINANCE)).get(door("payments_paymentorder_changelist"), {"q": till.advertiser.name})
        theirs = [words(row) for row in document(desk).xpath('//table[@id="result_list"]//tbody/tr')]
        assert len(mine) == len(theirs) == 3
        for (number, amount, status), row in zip(mine, theirs, strict=True):
            assert [text in row for text in (number, amount, status)] == [True, True, True], (mine, row)
