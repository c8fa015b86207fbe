"""How long paid credits last: the house's rule per payment company, what that company allows, never below a year; fixed when paid."""

from datetime import timedelta

import pytest

from common.dated import PolicyRefused, change
from common.models import DatedSetting
from payments import policy
from tests.credits.book import lot
from tests.payments.test_offers import page

RULES = {"life": "payments.paid_life_days.portone", "allowed": "payments.max_validity_days.portone"}


@pytest.mark.parametrize(
    ("life", "allowed", "days"),
    [(None, None, 1825), (400, None, 400), (None, 365, 365), (400, 700, 400), (400, 0, 400), (1825, 100, 365), (365, 365, 365)],
)
def test_the_payment_companys_limit_wins_but_a_year_is_the_least(db, at, life, allowed, days):
    for value, name in ((life, RULES["life"]), (allowed, RULES["allowed"])):
        if value is not None:
            DatedSetting.objects.create(name=name, value=value, effective_from=at, reason="계약이 바뀌었어요.")
    assert policy.valid_until(gateway="portone", paid_at=at) == at + timedelta(days=days)


def test_toss_allows_a_year(db, at):
    assert policy.valid_until(gateway="toss", paid_at=at) == at + timedelta(days=365)


def test_ops_31_what_was_paid_keeps_its_date_whatever_the_rule_becomes(till, at):
    old = till.paid()
    DatedSetting.objects.create(name=RULES["life"], value=400, effective_from=at + timedelta(days=1), reason="짧게 해요.")
    new = till.paid(300_000, at=at + timedelta(days=1))
    assert lot(old.order_id).expires_at == at + timedelta(days=1825)
    assert lot(new.order_id).expires_at == at + timedelta(days=401)


def test_it_is_printed_before_paying(till, at):
    assert "충전한 크레딧은 2031.11.24까지 쓸 수 있어요" in page(till).get_element_by_id("summary").text_content()


@pytest.mark.parametrize(
    ("name", "value", "least"),
    [
        ("payments.paid_life_days.portone", 364, "365 이상"),
        ("credits.life_days", 364, "365 이상"),
        ("payments.refund_window_hours", 167, "168 이상"),
        ("payments.second_approval_above_krw", -1, "0 이상"),
        ("credits.warn_below_days", 91, "90 이하"),
    ],
)
def test_ops_31_a_number_that_cannot_stand_is_refused_with_its_bound(db, at, name, value, least):
    with pytest.raises(PolicyRefused, match=least):
        change(name=name, value=value, effective_from=at, reason="시험해 봐요", by_id=1, at=at)
    assert not DatedSetting.objects.exists()
