"""The payments as files: the orders of the page, all of them."""

import csv
import io

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
