"""The credit history as the advertiser's team sees it, and the tiles other pages show."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html

from credits import selectors
from credits import services as credits
from credits.models import CreditTransaction, Entry
from tests.credits.book import nothing_written
from tests.signing_in import browser

PAGE = "/my-page/credit/"


@pytest.fixture(autouse=True)
def now(at, time_machine_at):
    """Doors read the clock an hour after the top-up."""
    time_machine_at(at + timedelta(hours=1))


@pytest.fixture
def story(minji, bonus, hold, at):
    """Minji: 100 bonus came with 1,000 paid; 300 held (all bonus, 200 paid), 120 captured, 80 released; 200 frozen."""
    with transaction.atomic():
        credits.capture(hold=hold, credits=120, reward_cost=20, key="c", at=at)
        credits.release(hold=hold, credits=80, key="r", at=at)
        credits.freeze_for_refund(
            advertiser=minji, order_id="minji-order", credits=200, bonus=0, promotion=0, subject="refund:1", key="f", at=at
        )


def table(page, label):
    """The rows of one table: the text of every cell."""
    rows = html.fromstring(page.content).xpath(f"//div[@aria-label='{label}']//tbody/tr")
    return [[" ".join(" ".join(cell.itertext()).split()) for cell in row.xpath("td")] for row in rows]


def words(page):
    return " ".join(" ".join(html.fromstring(page.content).xpath("//main")[0].itertext()).split())


class TestHistory:
    def test_gives_each_transaction_what_it_changed_and_what_was_left(self, story, minji):
        rows = [(r.kind, r.available_change, r.held_change, r.frozen_change, r.available_after) for r in selectors.history(minji)]
        assert rows == [
            ("FREEZE", -200, 0, 200, 680),
            ("RELEASE", 80, -80, 0, 880),
            ("CAPTURE", 0, -120, 0, 800),
            ("HOLD", -300, 300, 0, 800),
            ("BONUS", 100, 0, 0, 1_100),
            ("TOP_UP", 1_000, 0, 0, 1_000),
        ]

    def test_s_57_ends_with_the_balance_and_adds_up_to_it(self, story, minji):
        rows = list(selectors.history(minji))
        balance = selectors.balance(minji)
        assert rows[0].available_after == balance.available == sum(row.available_change for row in rows)
        assert sum(row.held_change for row in rows) == balance.held
        assert sum(row.frozen_change for row in rows) == balance.frozen

    def test_is_empty_for_somebody_who_has_no_account_yet(self, eve):
        assert list(selectors.history(eve)) == []

    def test_has_a_group_for_every_kind_of_credits(self):
        kinds = [kind for group in selectors.HISTORY_GROUPS.values() for kind in group]
        assert sorted(kinds) == sorted(kind for kind in Entry.Kind.values if not kind.startswith(("TICKET", "PARK", "UNPARK")))

    def test_knows_entries_of_the_advertiser_only(self, story, eve, at):
        with transaction.atomic():
            credits.grant_bonus(advertiser=eve, credits=7, key="eve", at=at)
        assert [(row.kind, row.available_after) for row in selectors.history(eve)] == [("BONUS", 7)]

    def test_is_a_view_of_entries_that_nobody_may_change(self, story):
        assert CreditTransaction._meta.db_table == Entry._meta.db_table
        assert CreditTransaction.objects.count() == Entry.objects.count() == 6


class TestPage:
    def test_asks_strangers_to_sign_in(self, client, db):
        answer = client.get(PAGE)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={PAGE}")

    def test_shows_the_balance_in_its_parts(self, story, minji_user):
        page = browser(minji_user).get(PAGE)
        assert page.status_code == 200
        text = words(page)
        assert "쓸 수 있는 크레딧 680 충전 680 · 보너스 0" in text
        assert "캠페인에 묶인 크레딧 100" in text
        assert "환불 대기 200" in text
        assert "30일 안에 만료되는 크레딧 0 곧 만료되는 크레딧이 없어요" in text

    def test_shows_every_transaction_newest_first_in_korean(self, story, minji_user):
        rows = table(browser(minji_user).get(PAGE), "크레딧 내역")
        assert rows == [
            ["11.25 12:00", "환불 대기", "−200 환불 대기 +200", "680", "minji-order"],
            ["11.25 12:00", "예약 해제", "+80 묶임 −80", "880", "봄 이벤트"],
            ["11.25 12:00", "차감", "−120 묶인 크레딧에서", "800", "봄 이벤트"],
            ["11.25 12:00", "예약", "−300 묶임 +300", "800", "봄 이벤트"],
            ["11.25 12:00", "보너스", "+100", "1,100", "minji-order"],
            ["11.25 12:00", "충전", "+1,000", "1,000", "minji-order"],
        ]

    def test_shows_what_is_left_of_each_lot_in_the_order_of_use_with_its_expiry(self, minji, hold, minji_user, at):
        with transaction.atomic():
            credits.grant_bonus(advertiser=minji, credits=40, key="b", at=at, expires_at=at + timedelta(days=20))
        page = browser(minji_user).get(PAGE)
        assert table(page, "남은 크레딧") == [
            ["보너스 크레딧 11.25 12:00에 받음", "40 40 중", "40", "–", "2026.12.15", "환불 안 됨"],
            ["충전 크레딧 minji-order", "1,000 1,000 중", "700", "300 묶임 봄 이벤트 300", "2031.11.24", "–"],
        ]
        assert "30일 안에 만료되는 크레딧 40 12.15 12:00부터 만료돼요" in words(page)

    def test_names_two_campaigns_of_a_lot_and_counts_the_rest(self, minji, minji_user, at):
        with transaction.atomic():
            for number in range(4):
                credits.place_hold(
                    advertiser=minji, credits=10, subject=f"campaign:{number}", subject_label=f"이벤트{number}", key=f"h{number}", at=at
                )
        (row,) = table(browser(minji_user).get(PAGE), "남은 크레딧")
        assert row[3] == "40 묶임 이벤트0 10 이벤트1 10 캠페인 2개 더"

    @pytest.mark.parametrize(
        ("kind", "kinds"),
        [
            ("top-up", ["충전"]),
            ("bonus", ["보너스"]),
            ("campaign", ["예약 해제", "차감", "예약"]),
            ("refund", ["환불 대기"]),
            ("other", []),
            ("nonsense", ["환불 대기", "예약 해제", "차감", "예약", "보너스", "충전"]),
        ],
    )
    def test_s_57_filters_by_kind(self, story, minji_user, kind, kinds):
        page = browser(minji_user).get(PAGE, {"kind": kind})
        assert [row[1] for row in table(page, "크레딧 내역")] == kinds
        assert ("조건에 맞는 내역이 없어요" in words(page)) is (not kinds)

    def test_shows_what_left_the_credits_that_waited_for_a_refund(self, story, minji, minji_user, at):
        with transaction.atomic():
            credits.reclaim(advertiser=minji, order_id="minji-order", credits=150, bonus=0, promotion=0, gateway="portone", key="x", at=at)
        rows = table(browser(minji_user).get(PAGE, {"kind": "refund"}), "크레딧 내역")
        assert rows[0] == ["11.25 12:00", "환불", "−150 환불 대기에서", "680", "minji-order"]

    def test_s_57_filters_by_whole_days_in_seoul(self, minji, minji_user, at, time_machine_at):
        midnight = at.replace(hour=15)  # 00:00 of November 26 in Seoul
        with transaction.atomic():
            for key, moment in (("before", midnight - timedelta(seconds=1)), ("after", midnight)):
                credits.grant_bonus(advertiser=minji, credits=1, key=key, at=moment)
        time_machine_at(midnight + timedelta(days=6, hours=23))
        page = browser(minji_user).get(PAGE, {"period": "7"})
        assert [(row[0], row[1]) for row in table(page, "크레딧 내역")] == [("11.26 00:00", "보너스")]

    def test_turns_pages_without_losing_the_filter_and_starts_a_new_filter_at_its_first_page(self, minji, minji_user, at):
        with transaction.atomic():
            for number in range(45):
                credits.grant_bonus(advertiser=minji, credits=1, key=f"b{number}", at=at)
        page = browser(minji_user).get(PAGE, {"kind": "bonus", "page": "2"})
        assert len(table(page, "크레딧 내역")) == 20
        assert "전체 45 건 · 21–40" in words(page)
        tree = html.fromstring(page.content)
        assert tree.xpath("//nav[@aria-label='쪽']//a[@rel='next']/@href") == ["?kind=bonus&page=3"]
        assert tree.xpath("//nav[@aria-label='종류']/a/@href")[1] == "?kind=top-up"
        assert tree.xpath("//nav[@aria-label='기간']/a/@href")[2] == "?kind=bonus&period=30"
        assert len(table(browser(minji_user).get(PAGE, {"page": "99"}), "크레딧 내역")) == 6  # the last page

    @pytest.mark.parametrize(
        "query", ["page=0", "page=-1", "page=1e9", "page=%00", "period=%EF%BC%97", "kind=%00&period=-7", "page=" + "9" * 30]
    )
    def test_takes_nonsense_in_the_address_calmly(self, minji_user, query):
        assert browser(minji_user).get(f"{PAGE}?{query}").status_code == 200

    def test_invites_somebody_without_credits_to_top_up(self, eve_user):
        page = browser(eve_user).get(PAGE)
        assert "아직 크레딧 내역이 없어요" in words(page)
        assert html.fromstring(page.content).xpath("//main//a[text()='크레딧 충전하기']/@href") == [reverse("payments:top-up")]
        assert table(page, "남은 크레딧") == []

    def test_lets_a_reporter_look_but_offers_no_payment(self, story, jisoo):
        page = browser(jisoo).get(PAGE)
        assert len(table(page, "크레딧 내역")) == 6
        assert html.fromstring(page.content).xpath(f"//main//a[@href='{reverse('payments:top-up')}']") == []

    def test_shows_nothing_of_another_advertiser(self, story, eve_user):
        page = browser(eve_user).get(PAGE)
        assert table(page, "크레딧 내역") == []
        assert "minji-order" not in page.content.decode()

    def test_changes_nothing_and_takes_no_post(self, story, minji_user):
        with nothing_written():
            browser(minji_user).get(PAGE)
            assert browser(minji_user).post(PAGE).status_code == 405

    def test_asks_the_same_number_of_questions_for_one_row_and_for_many(self, minji, minji_user, at):
        visitor = browser(minji_user)
        visitor.get(PAGE)  # the first visit also writes down the session
        with CaptureQueriesContext(connection) as few:
            visitor.get(PAGE)
        with transaction.atomic():
            for number in range(30):
                credits.top_up(advertiser=minji, credits=10, order_id=f"order-{number}", gateway="portone", key=f"o{number}", at=at)
                credits.place_hold(advertiser=minji, credits=10, subject=f"c:{number}", subject_label="x", key=f"h{number}", at=at)
        with CaptureQueriesContext(connection) as many:
            visitor.get(PAGE)
        assert len(many) == len(few)


class TestRefundWindow:
    """What payments says about the orders of the lots: the rule of the payment, counted in hours."""

    @pytest.fixture(autouse=True)
    def paid(self, paid_order, minji, minji_user, at):
        paid_order(minji, minji_user, "minji-order", 1_000, at)

    @pytest.mark.parametrize(
        ("later", "words"),
        [
            (timedelta(hours=1), "6일 남음 12.02 12:00 까지 환불 요청"),
            (timedelta(days=6, seconds=1), "24시간 안에 12.02 12:00 까지 환불 요청"),
            (timedelta(days=7, seconds=-1), "24시간 안에 12.02 12:00 까지 환불 요청"),
            (timedelta(days=7), "환불 기간 지남"),
        ],
    )
    def test_says_until_when_each_top_up_may_be_refunded(self, minji_user, at, time_machine_at, later, words):
        time_machine_at(at + later)
        (row,) = table(browser(minji_user).get(PAGE), "남은 크레딧")
        assert row[5] == words

    def test_offers_the_request_to_those_who_may_ask(self, minji_user, jisoo):
        link = f"//main//a[@href='{reverse('payments:order-refund', args=['minji-order'])}']"
        assert len(html.fromstring(browser(minji_user).get(PAGE).content).xpath(link)) == 1
        assert html.fromstring(browser(jisoo).get(PAGE).content).xpath(link) == []


class TestTiles:
    def draw(self, source, **context):
        return " ".join(
            " ".join(html.fromstring(Template("{% load credits_tiles %}" + source).render(Context(context))).itertext()).split()
        )

    def test_balance_stands_beside_the_way_to_top_up(self, story, minji):
        assert self.draw("{% balance_tile advertiser %}", advertiser=minji).endswith("680 충전")

    def test_balance_of_nobody_is_only_the_way(self, db):
        assert self.draw("{% balance_tile advertiser %}", advertiser=None) == "크레딧 충전"

    def test_balance_is_in_the_top_bar_of_every_page_of_the_advertiser(self, story, minji_user):
        for path in ("/dashboard/", "/my-page/", PAGE):
            tree = html.fromstring(browser(minji_user).get(path).content)
            assert tree.xpath("string(//header//a[contains(@class, 'balance')]//span[contains(@class, 'money')])") == "680"

    def test_tickets_are_counted_for_the_member(self, suji, at):
        assert self.draw("{% member_tickets_tile member %}", member=suji) == "내 티켓 0장"
        with transaction.atomic():
            credits.grant(member_id=suji.pk, amount=1_234, kind="ISSUED", key="g", at=at)
        assert self.draw("{% member_tickets_tile member %}", member=suji) == "내 티켓 1,234장"
