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
from backoffice.rewards_owed import rewards_owed_at
from common import dated
from credits import services as credits
from credits.models import Posting
from identity.models import Notification
from payments import insurance, services
from payments.models import PaymentOrder
from rewards.models import Gifticon, GifticonBrand, GifticonFloat, GifticonOrder, Raffle
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


class TestRewardsOwed:
    def test_prizes_stand_with_what_secures_them_until_they_are_delivered(self, eve, at):
        with transaction.atomic():
            credits.top_up(advertiser=eve, credits=500_000, order_id="o", gateway="portone", key="o", at=at)
            hold = credits.place_hold(advertiser=eve, credits=90_000, subject="raffle:1", subject_label="이어폰", key="h", at=at)
        times = {"opens_at": at, "closes_at": at + timedelta(days=1), "draws_at": at + timedelta(days=2), "created_at": at}
        prizes = [{"name": "이어폰", "quantity": 3, "value_krw": 30_000}]
        Raffle.objects.create(title="이브의 래플", prizes=prizes, sponsor=eve, hold=hold, state="FUNDED", **times)
        Raffle.objects.create(title="우리 래플", prizes=prizes[:1], state="FUNDED", funded_krw=90_000, **times)
        Raffle.objects.create(title="아직 준비 중", prizes=prizes, **times)

        owed = rewards_owed_at(at)

        assert [(row.raffle.title, row.promised, row.secured) for row in owed.prizes] == [
            ("이브의 래플", 90_000, 90_000), ("우리 래플", 90_000, 90_000),
        ]  # fmt: skip
        assert owed.promised == 180_000

    def test_the_deposit_lasts_as_long_as_the_pace_of_thirty_days_says(self, db, at):
        brand = GifticonBrand.objects.create(code="B", name="카페")
        item = Gifticon.objects.create(brand=brand, code="G", name="라떼", face_krw=5_000, cost_krw=4_500, valid_days=30, imported_at=at)
        facts = {"gifticon": item, "member_id": 1, "value_krw": 5_000, "cost_krw": 4_500, "ordered_at": at}
        done = {"state": "DELIVERED", "issued_at": at, "valid_until": at.date()}
        for number in range(6):
            GifticonOrder.objects.create(tickets=500, key=f"k{number}", tr_id=f"t{number}", **facts, **done)
        GifticonOrder.objects.create(tickets=500, key="wait", tr_id="wait", **facts)
        GifticonOrder.objects.create(tickets=500, key="old", tr_id="old", **facts, **{**done, "issued_at": at - timedelta(days=31)})
        assert rewards_owed_at(at).deposit.days_left is None
        GifticonFloat.objects.create(balance_krw=31_500, expected_krw=31_500, open_krw=0, read_at=at)

        owed = rewards_owed_at(at)

        assert (owed.deposit.orders, owed.deposit.waiting, owed.deposit.spent, owed.deposit.days_left) == (1, 4_500, 27_000, 30)
        assert [(row.name, row.issued, row.value, row.cost, row.margin) for row in owed.gifticons] == [("라떼", 6, 30_000, 27_000, 3_000)]

    def test_the_margin_of_a_campaign_opens_its_lines(self, eve):
        book(eve, "one", paid=1_000, bonus=100, held=300, used=60, frozen=0, at=NOW)
        [row] = rewards_owed_at(NOW).campaigns
        assert (row.label, row.charged, row.rewards.amount, row.ours.amount) == ("one 캠페인", 60, 20, 40)
        assert all(figure.lines.total() == figure.amount for figure in (row.ours, row.rewards))

    def test_the_page_shows_them(self, eve, desk):
        book(eve, "one", paid=1_000, bonus=100, held=300, used=60, frozen=0, at=NOW)
        page = desk("finance").get(address("liabilities")).content.decode()
        for words in ("캠페인 마진", "약속한 경품", "줄 경품이 없어요", "공급사 잔액을 아직 읽지 않았어요", "account=REVENUE&amp;hold="):
            assert words in page, words


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
