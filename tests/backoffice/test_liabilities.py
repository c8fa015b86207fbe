"""What we owe: every figure is the sum of lines that the page opens, and all together are zero."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings, strategies
from hypothesis.extra.django import TestCase
from lxml import html

from backoffice.liabilities import AGES, Figure, Lines, liabilities_at
from common import dated
from credits import services as credits
from credits.models import Posting
from identity.models import Notification
from payments import insurance, services
from payments.models import PaymentOrder
from tests import factories
from tests.backoffice.pressing import at as address
from tests.backoffice.pressing import count_queries

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def figures(owed):
    """Every figure of the page."""
    for row in (*owed.paid, *owed.free):
        yield from (row.available, row.held, row.frozen)
    yield from (figure for _, figure in owed.campaigns)
    yield from (row.figure for row in owed.house)
    yield owed.tickets


def book(advertiser, name, *, paid, bonus, held, used, frozen, at):
    with transaction.atomic():
        credits.top_up(advertiser=advertiser, credits=paid, order_id=name, gateway="portone", key=f"{name}:t", at=at)
        if bonus:
            credits.grant_bonus(advertiser=advertiser, credits=bonus, order_id=name, key=f"{name}:b", at=at)
        if held:
            hold = credits.place_hold(
                advertiser=advertiser, credits=held, subject=f"campaign:{name}", subject_label=f"{name} 캠페인", key=f"{name}:h", at=at
            )
            if used:
                credits.capture(hold=hold, credits=used, reward_cost=used // 3, key=f"{name}:c", at=at)
        free = min(frozen, credits.lock_wallet(advertiser).balance("AVAILABLE"))
        lot = next((lot for lot in credits.lock_wallet(advertiser).lots if lot.order_id == name and lot.kind == "PAID"), None)
        if lot is not None and (part := min(free, lot.available)):
            credits.freeze_for_refund(
                advertiser=advertiser, order_id=name, credits=part, bonus=0, promotion=0, subject=name, key=f"{name}:f", at=at
            )


class TestFigures:
    def test_stand_by_age_origin_and_place(self, eve, suji):
        for days, name in ((5, "young"), (60, "older"), (400, "old")):
            book(eve, name, paid=1_000, bonus=100, held=300, used=60, frozen=200, at=NOW - timedelta(days=days))
        with transaction.atomic():
            credits.grant(member_id=suji.pk, amount=7, kind="ISSUED", key="t", at=NOW)

        owed = liabilities_at(NOW)

        assert [row.title for row in owed.paid] == [title for title, _, _ in AGES]
        assert [row.total for row in owed.paid] == [owed.paid[0].total, owed.paid[1].total, 0, 0, owed.paid[4].total]
        assert owed.paid_total + owed.free_total == 3 * 1_100 - 3 * 60
        assert (owed.held_total, owed.frozen_total) == (3 * 240, 3 * 200)
        assert {hold.subject_label for hold, _ in owed.campaigns} == {"young 캠페인", "older 캠페인", "old 캠페인"}
        assert (owed.others, owed.tickets.amount, owed.tickets_krw) == (0, 7, 70)
        assert owed.trial_balance == 0

    def test_every_one_is_the_sum_of_the_lines_it_opens(self, eve, suji, desk):
        book(eve, "one", paid=1_000, bonus=100, held=300, used=60, frozen=200, at=NOW - timedelta(days=40))
        with transaction.atomic():
            credits.grant(member_id=suji.pk, amount=7, kind="ISSUED", key="t", at=NOW)
        finance = desk("finance")
        for figure in figures(liabilities_at(timezone.now())):
            assert figure.lines.total() == figure.amount, figure
            page = html.fromstring(finance.get(f"{address('postings')}?{figure.lines.query}").content.decode())
            told = page.xpath("//section//header//b")[0].text_content().replace("−", "-").replace(",", "").replace("+", "")
            assert int(told) == figure.amount

    def test_lines_nobody_can_name_are_not_found(self, desk):
        finance = desk("finance")
        for query in ("account=NOTHING", "unit=WON", "since=yesterday", "hold=x", "owner=-1"):
            assert finance.get(f"{address('postings')}?{query}").status_code == 404, query

    def test_the_page_asks_the_same_number_of_questions_whatever_there_is(self, eve, desk):
        finance = desk("finance")
        book(eve, "one", paid=1_000, bonus=100, held=300, used=60, frozen=200, at=NOW)
        few = count_queries(finance, address("liabilities"))
        for number in range(5):
            book(eve, f"more-{number}", paid=1_000, bonus=100, held=300, used=60, frozen=200, at=NOW)
        assert count_queries(finance, address("liabilities")) == few
        assert re.search("크레딧 요약", finance.get(address("liabilities")).content.decode())


class TestFiftyRandomDays(TestCase):
    @settings(max_examples=50, deadline=None)
    @given(
        strategies.lists(
            strategies.tuples(*(strategies.integers(0, 400) for _ in range(4)), strategies.integers(0, 500)), min_size=1, max_size=4
        )
    )
    def test_the_totals_of_the_page_are_the_trial_balance(self, days):
        advertiser = factories.AdvertiserFactory()
        for number, (bonus, held, used, frozen, age) in enumerate(days):
            book(
                advertiser,
                f"d{number}",
                paid=500,
                bonus=bonus,
                held=held,
                used=min(used, held),
                frozen=frozen,
                at=NOW - timedelta(days=age),
            )
        owed = liabilities_at(NOW)
        assert owed.trial_balance == 0
        assert all(figure.lines.total() == figure.amount for figure in figures(owed))
        ours = sum(Posting.objects.filter(account__advertiser=advertiser).values_list("amount", flat=True))
        free_to_use = sum(row.available.amount for row in (*owed.paid, *owed.free))
        assert ours == owed.paid_total + owed.free_total == owed.held_total + owed.frozen_total + free_to_use


def policy(name, value, at):
    with transaction.atomic():
        dated.change(name=name, value=value, effective_from=at, reason="시험", by_id=None, at=at)


class TestInsuredLimit:
    @pytest.mark.parametrize(
        ("credits_", "line"), [(20_999_999, 0), (21_000_000, 70), (25_500_000, 85), (28_499_999, 85), (28_500_000, 95)]
    )
    def test_warns_at_70_85_and_95_percent_of_thirty_million(self, eve, at, credits_, line):
        with transaction.atomic():
            credits.top_up(advertiser=eve, credits=credits_, order_id="big", gateway="portone", key="big", at=at)
        for _ in range(2):
            assert insurance.warn(at=at).warning == line
        told = [alert.title for alert in Notification.objects.filter(kind="payments.insured_limit")]
        assert told == ([f"보증 한도의 {line}%를 넘었어요"] if line else [])

    def test_bonus_is_nobodys_money(self, eve, at):
        with transaction.atomic():
            credits.grant_bonus(advertiser=eve, credits=29_000_000, key="b", at=at)
        assert insurance.cover_at(at) == insurance.Cover(0, 30_000_000)

    def test_pay_19_the_stop_is_a_setting_and_the_buyer_is_told_of_a_transfer(self, eve, eve_user, at):
        package = next(package for package in services.ensure_packages() if package.credits == 1_000_000)
        with transaction.atomic():
            credits.top_up(advertiser=eve, credits=28_000_000, order_id="big", gateway="portone", key="big", at=at)

        def order(key):
            return services.create_order(advertiser=eve, package=package, by=eve_user, at=at, key=key)

        first = order("off")
        policy("payments.stop_at_insured_limit", True, at)
        with pytest.raises(insurance.InsuredLimitReached, match="계좌이체"):
            order("on")
        assert list(PaymentOrder.objects.all()) == [first]
        policy("payments.insured_limit_krw", 40_000_000, at)
        assert order("more")

    def test_pay_19_the_page_says_so(self, eve, at, desk):
        with transaction.atomic():
            credits.top_up(advertiser=eve, credits=28_600_000, order_id="big", gateway="portone", key="big", at=at)
        text = desk("finance").get(address("liabilities")).content.decode()
        assert "보증 한도의 95%를 넘었어요" in text


def test_an_address_carries_only_what_is_named():
    assert Lines(account="HELD", hold=3).query == "account=HELD&hold=3"
    assert Figure(0, Lines()).amount == 0
