"""Settlement lists against our books: ten planted differences are found, and no false one in ten thousand clean lines."""

import ast
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from common.kst import day_of
from identity.models import Notification
from payments import services
from payments.causes import cause_of
from payments.models import PaymentOrder, ReconciliationItem, ReconciliationRun, Refund, SettlementFile, SettlementRow, UnallocatedMoney
from payments.policy import policy_at
from payments.scores import scores_of
from payments.settlements import COLUMNS, CONTRACTS, SettlementLine, SettlementUnreadable, read_csv
from tests import sandbox_process
from tests.live import ROOT
from tests.payments import planting
from tests.payments.big_book import BigBook
from tests.payments.conftest import run_effects
from tests.payments.outcomes import complete
from tests.payments.toss_buyer import TossBuyer


@pytest.fixture
def days(at):
    return {"first_on": day_of(at), "last_on": day_of(at)}


@pytest.fixture
def export(buyer, days):
    """The console's file of the test's day, as the sandbox writes it from its own book."""

    def read():
        told = buyer.sandbox.control("GET", "/settlements", first=str(days["first_on"]), last=str(days["last_on"]))
        return read_csv(told["file"].encode())

    return read


def take(lines, days, at, name="거래대사.csv"):
    return services.take_settlement(gateway="portone", name=name, lines=lines, by=None, at=at, **days)


def spoil(buyer, order, how, by=0):
    order_id = order if isinstance(order, str) else order.order_id
    buyer.sandbox.control("POST", "/settlements/spoil", {"payment_id": order_id, "how": how, "by": by})


def open_items():
    return {(item.kind, item.ref) for item in ReconciliationItem.objects.filter(state="OPEN")}


QUICK_SECONDS = 180  # a few on a quiet machine; an hour's comparison must never take an hour
# What each fault of `planting` is called in our books; one more than ten, because only PortOne tells of complaints, and only Toss of shops.
KINDS = {
    "stranger": "UNKNOWN_PAYMENT", "currency": "MISMATCH", "amount_paid": "MISMATCH", "shop": "MISMATCH", "dispute": "DISPUTE",
    "console_cancel": "FOREIGN_CANCEL", "drop": "UNSETTLED", "twice": "SETTLED_TWICE", "fee": "SETTLED_FEE", "amount": "SETTLED_AMOUNT",
    "invent": "SETTLED_UNKNOWN",
}  # fmt: skip


class Shop:
    """Sells through one company; what is planted there comes over HTTP."""

    def __init__(self, gateway, till, client, at):
        self.gateway, self.till, self.client, self.at = gateway, till, client, at
        self.planter = planting.PLANTERS[gateway](till.buyer.sandbox)

    def sells(self, fault=""):
        """A payment; with a fault of the company's book the buyer pays and we are told something else."""
        order, wish = self.till.order(100_000), self.planter.wishes.get(fault, {})
        if self.gateway == "toss":
            back = TossBuyer(self.till.buyer.sandbox).agrees(order, approved_at=self.at.isoformat(), **wish)
            self.planter.bend(order.order_id, fault)
            complete(self.client, order, **back)
        else:
            self.till.buyer.pays(order, paid_at=self.at, **wish)
            self.planter.bend(order.order_id, fault)
            services.sync_order(order_id=order.order_id, at=self.at)
        return order

    def compares(self, days):
        """Book and list against ours, as the hours and the morning do."""
        services.reconcile(
            gateway_name=self.gateway, since=self.at - timedelta(days=80), until=datetime.now(UTC) + timedelta(hours=1), at=self.at
        )
        if self.gateway == "toss":
            services.fetch_settlement(gateway="toss", on=days["first_on"], at=self.at)
        else:
            told = self.till.buyer.sandbox.control("GET", "/settlements", first=str(days["first_on"]), last=str(days["last_on"]))
            take(read_csv(told["file"].encode()), days, self.at)


@pytest.fixture(params=["portone", "toss"])
def shop(request, till, client, settings, at):
    settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND = request.param, ""
    return Shop(request.param, till, client, at)


class TestTenDifferences:
    def test_ops_28_ten_planted_differences_are_found_and_no_false_one(self, shop, days, at):
        """Five in the company's book, five in its settlement list; clean payments around them. Only the sandbox knows which."""
        faults = (*shop.planter.in_the_book, *planting.IN_THE_LIST)
        clean = [shop.sells() for _ in range(8)]
        orders = {fault: shop.sells(fault).order_id for fault in faults}
        planted = shop.planter.plant(orders, checkout=services.checkout_of(shop.till.order()), at=at.isoformat())

        shop.compares(days)

        assert len(planted) == 10
        assert open_items() == {(KINDS[fault], ref) for fault, ref in planted.items()}
        assert ReconciliationItem.objects.count() == 10
        assert not {ref for _, ref in open_items()} & {order.order_id for order in clean}
        assert all(cause_of(item) for item in ReconciliationItem.objects.all())

    def test_are_planted_by_code_that_knows_nothing_of_who_looks_for_them(self):
        imported = [
            alias.name if isinstance(node, ast.Import) else node.module
            for path in (Path(planting.__file__), Path(sandbox_process.__file__), *(ROOT / "sandbox").rglob("*.py"))
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        ]
        ours = ("payments", "credits", "common", "campaigns", "rewards", "advertisers", "identity", "inquiries", "backoffice", "config")
        assert {name for name in imported if name.split(".")[0] in ours} == set()
        assert len(imported) > 100


class TestAFile:
    def test_ops_28_one_row_missing_one_extra_one_fee_different(self, till, buyer, export, days, at):
        clean, missing, dearer = till.paid(), till.paid(), till.paid()
        spoil(buyer, missing, "drop")
        spoil(buyer, dearer, "fee", by=100)
        spoil(buyer, "BO01EXTRA", "invent", by=110_000)

        file, items = take(export(), days, at)

        found = {item.ref: item for item in items}
        assert {ref: item.kind for ref, item in found.items()} == {
            missing.order_id: "UNSETTLED", dearer.order_id: "SETTLED_FEE", "BO01EXTRA": "SETTLED_UNKNOWN",
        }  # fmt: skip
        assert found[dearer.order_id].differences["fee_krw"] == ["3520", "3620"]
        assert len({cause_of(item) for item in items}) == 3
        assert file.lines == 3
        assert SettlementRow.objects.filter(ref=clean.order_id, fee_krw=3_520, fee_vat_krw=352, payout_krw=106_128).exists()
        assert Notification.objects.filter(kind="payments.difference").count() == 3


@pytest.mark.tampers  # the orders stand in no ledger
class TestTenThousandCleanRows:
    """As many sold orders, and lists that say the same of each."""

    @pytest.fixture
    def refs(self, minji, minji_user, packages, at):
        facts = {
            "advertiser": minji, "created_by": minji_user, "package": packages[100_000], "credits": 100_000, "vat_krw": 10_000,
            "amount_krw": 110_000, "captured_krw": 110_000, "gateway": "portone", "method": "CARD", "state": "PAID",
            "policy": policy_at(at), "created_at": at, "paid_at": at, "credited_at": at,
        }  # fmt: skip
        orders = [PaymentOrder(order_id=f"BO{number:024}", key=f"click-{number}", **facts) for number in range(10_000)]
        PaymentOrder.objects.bulk_create(orders, batch_size=2_000)
        return [order.order_id for order in orders]

    def test_of_a_file_give_no_item(self, refs, days, at):
        rows = [
            f'{ref},tx-{number},결제,카드,{days["first_on"]},"110,000",3520,352,106128,{days["first_on"]}'
            for number, ref in enumerate(refs)
        ]
        content = "\r\n".join([",".join(COLUMNS), *rows]).encode("cp949")

        began = time.monotonic()
        file, items = take(read_csv(content), days, at)

        assert (file.lines, file.amount_krw, file.payout_krw, items) == (10_000, 1_100_000_000, 1_061_280_000, [])
        assert not ReconciliationItem.objects.exists()
        assert time.monotonic() - began < QUICK_SECONDS

    def test_of_the_settlement_list_that_toss_tells_itself_give_no_item(self, refs, till, buyer, client, settings, days, at):
        settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND = "toss", ""
        sold = Shop("toss", till, client, at).sells()
        PaymentOrder.objects.exclude(pk=sold.pk).update(gateway="toss")
        header = {"authorization": planting.TOSS_KEY}
        day = {"startDate": str(days["first_on"]), "endDate": str(days["last_on"])}
        [line] = buyer.sandbox.request("GET", "/toss/v1/settlements", params=day, headers=header).json()
        book = BigBook([*refs, sold.order_id], settlement=line)

        began = time.monotonic()
        with book.open() as settings.TOSS_BASE_URL:
            file, items = services.fetch_settlement(gateway="toss", on=days["first_on"], at=at)

        assert (file.lines, items, book.asked) == (10_001, [], 11)
        assert time.monotonic() - began < QUICK_SECONDS

    def test_of_the_gateways_book_give_no_item_and_are_not_asked_about_one_by_one(self, refs, till, buyer, settings, at):
        sold = till.paid(100_000)
        header = {"authorization": f"PortOne {settings.PORTONE_API_SECRET}"}
        payment = buyer.sandbox.request("GET", f"/portone/payments/{sold.order_id}", headers=header).json()
        book = BigBook([*refs, sold.order_id], payment=payment)

        began = time.monotonic()
        with book.open() as settings.PORTONE_BASE_URL:
            report = services.reconcile(gateway_name="portone", since=at - timedelta(hours=1), until=at + timedelta(hours=1), at=at)

        assert (report.seen, report.synced, report.open) == (10_001, 0, [])
        assert book.asked == 102
        assert not ReconciliationItem.objects.exists()
        assert time.monotonic() - began < QUICK_SECONDS


class TestTaking:
    def test_refunds_stand_in_the_list_as_cancels(self, till, export, approve, days, at):
        refund = approve(till.refund(till.paid(), 40_000))
        run_effects(at + timedelta(hours=3))
        assert Refund.objects.get().state == "DONE"
        Refund.objects.filter(pk=refund.pk).update(done_at=at)  # the sandbox's clock is the real one
        lines = [line if not line.is_cancel else moved(line, at) for line in wide(till.buyer)]
        _, items = take(lines, days, at)
        assert [line.amount_krw for line in lines] == [110_000, -44_000]
        assert items == []

    def test_money_that_the_other_company_has_taken_too_is_known_while_it_waits_and_when_it_went_back(
        self, till, client, settings, operator, days, at
    ):
        settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND = "portone", "toss"
        order = till.order()
        till.buyer.enters(order)
        services.open_window(order=services.switch_gateway(order=order), at=at)
        order.refresh_from_db()
        complete(client, order, **TossBuyer(till.buyer.sandbox).agrees(order, approved_at=at.isoformat()))
        till.buyer.act(order, "approve", paid_at=at.isoformat())
        services.sync_order(order_id=order.order_id, at=at)
        row = UnallocatedMoney.objects.get()

        _, items = take([moved(line, at) for line in wide(till.buyer)], days, at)
        assert (row.gateway, items) == ("portone", [])

        services.send_back(row=row, account=None, by=operator, at=at, reason="두 번 결제됨")
        run_effects(at + timedelta(minutes=1))
        [cancel] = [moved(line, at) for line in wide(till.buyer) if line.is_cancel]
        _, items = take([cancel], days, at + timedelta(days=1))
        assert (cancel.amount_krw, items) == (-110_000, [])

    @pytest.mark.parametrize("more", [0, 1_000])
    def test_what_went_back_before_it_was_credited_is_known_to_the_won(self, till, buyer, days, at, more):
        order = till.order()
        buyer.pays(order, paid_at=at)
        for amount in (44_000, 66_000):
            buyer.act(order, "console-cancel", amount=amount)
        assert services.sync_order(order_id=order.order_id, at=at).is_credited is False
        lines = [moved(line, at) for line in wide(buyer)]
        if more:
            fee, vat = -more * 320 // 10_000, -more * 32 // 10_000
            lines.append(replace(lines[-1], transaction_id="never", amount_krw=-more, fee_krw=fee, fee_vat_krw=vat))

        _, items = take(lines, days, at)

        assert [line.amount_krw for line in lines][:3] == [110_000, -44_000, -66_000]
        assert [(item.kind, item.amount_krw) for item in items] == (
            [("SETTLED_UNKNOWN", amount) for amount in (-44_000, -66_000, -1_000)] if more else []
        )

    def test_the_same_list_is_taken_once(self, till, export, days, at):
        till.paid()
        take(export(), days, at)
        with pytest.raises(services.SettlementTaken):
            take(export(), days, at, name="또.csv")
        assert SettlementFile.objects.count() == 1

    def test_what_comes_with_a_later_list_settles_itself(self, till, buyer, export, days, at):
        order = till.paid()
        spoil(buyer, order, "drop")
        take(export(), days, at)
        assert open_items() == {("UNSETTLED", order.order_id)}
        buyer.sandbox.control("POST", "/settlements/mend")

        take(export(), days, at + timedelta(days=1))

        item = ReconciliationItem.objects.get()
        assert (item.state, item.reason) == ("SETTLED", "다음 정산 파일에 들어왔어요.")

    def test_a_list_of_other_days_is_refused_and_nothing_is_kept(self, till, export, at):
        till.paid()
        other = date(2026, 1, 1)
        with pytest.raises(services.SettlementOutside):
            take(export(), {"first_on": other, "last_on": other}, at)
        assert not SettlementFile.objects.exists()

    def test_the_list_of_another_company_is_refused_and_nothing_is_kept(self, minji, days, at):
        strange = [
            SettlementLine(f"X{n}", f"t{n}", False, "CARD", 110_000, 3_520, 352, 106_128, days["first_on"], days["first_on"])
            for n in range(301)
        ]
        with pytest.raises(services.SettlementUnbelievable):
            take(strange, days, at)
        assert not SettlementFile.objects.exists()
        assert not ReconciliationItem.objects.exists()

    def test_fees_are_a_share_or_so_much_per_deposit(self, db, at):
        assert CONTRACTS["portone"].at(at).fee(method="CARD", amount_krw=110_000) == 3_520
        assert CONTRACTS["portone"].at(at).fee(method="CARD", amount_krw=-44_000) == -1_408
        assert CONTRACTS["portone"].at(at).fee(method="VIRTUAL_ACCOUNT", amount_krw=110_000) == 300


class TestWhatAGatewayTellsItself:
    def test_the_list_of_a_day_is_taken_once_and_compared(self, till, buyer, client, settings, at):
        settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND = "toss", ""
        toss, order = TossBuyer(buyer.sandbox), till.order()
        complete(client, order, **toss.agrees(order, approved_at=at.isoformat()))

        file, items = services.fetch_settlement(gateway="toss", on=day_of(at), at=at)

        row = SettlementRow.objects.get()
        assert (row.ref, row.amount_krw, row.fee_krw, row.fee_vat_krw, row.payout_krw) == (order.order_id, 110_000, 3_190, 319, 106_491)
        assert (file.gateway, file.taken_by, items) == ("toss", None, [])
        assert services.fetch_settlement(gateway="toss", on=day_of(at), at=at) is None

    def test_a_day_without_movements_is_taken_too_and_misses_what_we_have(self, till, buyer, client, settings, at):
        settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND = "toss", ""
        toss, order = TossBuyer(buyer.sandbox), till.order()
        complete(client, order, **toss.agrees(order, approved_at=at.isoformat()))
        day_before = day_of(at) - timedelta(days=1)
        PaymentOrder.objects.filter(order_id=order.order_id).update(paid_at=at - timedelta(days=1))
        _, items = services.fetch_settlement(gateway="toss", on=day_before, at=at)
        assert [(item.kind, item.ref) for item in items] == [("UNSETTLED", order.order_id)]

    def test_portone_tells_none(self, till, at):
        assert services.fetch_settlement(gateway="portone", on=day_of(at), at=at) is None


def wide(buyer):
    told = buyer.sandbox.control("GET", "/settlements", first="2026-01-01", last="2099-12-31")
    return read_csv(told["file"].encode())


def moved(line, at):
    fields = {name: getattr(line, name) for name in SettlementLine.__slots__}
    return SettlementLine(**{**fields, "moved_on": day_of(at), "paid_out_on": day_of(at)})


class TestReading:
    GOOD = f'{",".join(COLUMNS)}\r\nBO1,tx-1,결제,카드,2026-11-25,"110,000",3520,352,106128,2026.11.29\r\n'

    def test_reads_utf8_and_what_korean_excel_saves(self):
        assert read_csv(self.GOOD.encode("utf-8-sig")) == read_csv(self.GOOD.encode("cp949"))
        assert read_csv(self.GOOD.encode())[0].payout_krw == 106_128

    def test_columns_may_come_in_any_order_and_with_others(self):
        heading = "비고,정산일,정산금액,수수료부가세,수수료,거래금액,거래일,결제수단,구분,거래번호,결제번호"
        turned = f"{heading}\n메모,2026-11-29,1,0,0,1,2026-11-25,머니,취소,t,r\n"
        assert read_csv(turned.encode())[0] == SettlementLine("r", "t", True, "OTHER", 1, 0, 0, 1, date(2026, 11, 25), date(2026, 11, 29))

    def test_columns_may_have_the_names_that_the_console_gives_them(self, settings):
        theirs = self.GOOD.replace("결제번호", "고객사 주문번호").replace("거래금액", "승인금액")
        with pytest.raises(SettlementUnreadable, match="결제번호, 거래금액 칸이 없어요"):
            read_csv(theirs.encode())
        settings.SETTLEMENT_HEADINGS = {"결제번호": "고객사주문번호", "거래금액": "승인 금액"}
        assert read_csv(theirs.encode()) == read_csv(self.GOOD.encode())
        with pytest.raises(SettlementUnreadable, match="결제번호 칸이 두 개예요"):
            read_csv(theirs.replace("거래번호", "거래번호,결제번호", 1).encode())

    def test_says_what_is_wrong_and_where(self):
        for spoiled, words in (
            (self.GOOD.replace("수수료,", "fee,"), "수수료 칸이 없어요"),
            (self.GOOD.replace("3520", "3,5a"), "2번째 줄의 수수료"),
            (self.GOOD.replace("2026-11-25", "어제"), "2번째 줄의 거래일"),
            (self.GOOD.replace("결제,카드", "승인,카드"), "2번째 줄의 구분"),
            (self.GOOD.replace("BO1", ""), "2번째 줄의 결제번호"),
            (self.GOOD.replace(",106128,2026.11.29", ""), "2번째 줄에 칸이 모자라요"),
            ("", "빈 파일"),
        ):
            with pytest.raises(SettlementUnreadable, match=words):
                read_csv(spoiled.encode())
        with pytest.raises(SettlementUnreadable, match="글자를 읽을 수 없어요"):
            read_csv(b"\xff\xfe\x00\x01")


class TestScores:
    def test_say_how_complete_timely_and_clear_the_books_are(self, till, buyer, at):
        orders = [till.paid(at=at) for _ in range(4)]
        buyer.act(orders[0], "console-cancel", amount=11_000)
        PaymentOrder.objects.filter(pk=orders[1].pk).update(credited_at=at + timedelta(seconds=61))
        until = datetime.now(UTC) + timedelta(hours=1)

        services.reconcile(gateway_name="portone", since=until - timedelta(hours=2), until=until, at=at)

        run = ReconciliationRun.objects.get()
        assert (run.seen, run.explained, run.opened) == (4, 3, 1)
        scores = scores_of("portone", at=at + timedelta(hours=1))
        assert (scores.complete, scores.timely, scores.p99_seconds) == (7_500, 7_500, 61)
        assert (scores.cleared, scores.waiting, scores.too_old, scores.is_old(at)) == (10_000, 1, 0, False)
        later = scores_of("portone", at=at + timedelta(hours=27))
        assert (later.cleared, later.too_old, later.is_old(at + timedelta(hours=27))) == (0, 1, True)

    def test_say_nothing_without_anything_to_count(self, db, at):
        scores = scores_of("portone", at=at)
        assert (scores.run, scores.complete, scores.timely, scores.p99_seconds, scores.cleared) == (None, None, None, None, 10_000)
