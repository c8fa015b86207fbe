"""Tax invoices and cash receipts: never for a card, a minus for every refund, nothing lost when the issuer or the buyer is in the way."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as product
from django.db import transaction
from pypdfium2 import PdfDocument

from advertisers.models import BusinessUser
from common import dated
from credits import services as credits
from credits.models import Posting
from identity.models import Notification
from payments import policy, services
from payments.models import PaymentOrder, Refund, TaxDocument
from payments.papers import receipt_pdf
from payments.services import documents
from tests import factories
from tests.payments.conftest import run_effects
from tests.signing_in import browser

CLOSED, OPEN = "9990300036", "9990100013"
State = TaxDocument.State


@pytest.fixture
def deposit(till, at):
    """An order that was paid into a virtual account."""

    def pay(credits=100_000, *, paid_at=None):
        order = till.paid(credits, at=paid_at or at)
        PaymentOrder.objects.filter(pk=order.pk).update(method="VIRTUAL_ACCOUNT")
        order.refresh_from_db()
        return order

    return pay


def issued(buyer):
    """What Popbill's own book says: (kind, total won, action)."""
    rows = buyer.sandbox.control("GET", "/tax-documents")["documents"]
    return [(row["kind"], int(row["totalAmount"]), row["action"]) for row in rows]


def spend_basis(at):
    with transaction.atomic():
        dated.change(name="payments.tax_document_basis", value="spend", effective_from=at, reason="시험", by_id=None, at=at)


def plan_after_the_night(at):
    """Plan when every day that is over was closed."""
    credits.close_finished_days(at=at)
    return documents.plan(at=at)


class TestWhatIsDue:
    def test_a_deposit_of_a_business_gets_one_invoice_of_its_day(self, deposit, buyer, at):
        order = deposit()
        for _ in range(2):
            documents.plan(at=at)
        run_effects(at)
        document = TaxDocument.objects.get()
        assert (document.kind, document.state, document.supply_krw, document.vat_krw) == ("INVOICE", State.ISSUED, 100_000, 10_000)
        assert (document.order, document.buyer["number"], len(document.nts_number)) == (order, OPEN, 24)
        assert issued(buyer) == [("invoice", 110_000, "ISSUE")]

    def test_a_person_gets_a_cash_receipt(self, till, deposit, buyer, at):
        person = factories.AdvertiserFactory(kind="PERSONAL")
        order = deposit()
        PaymentOrder.objects.filter(pk=order.pk).update(advertiser=person)
        documents.plan(at=at)
        run_effects(at)
        assert issued(buyer) == [("receipt", 110_000, "ISSUE")]
        PaymentOrder.objects.filter(pk=order.pk).update(advertiser=till.advertiser)

    @pytest.mark.parametrize("method", ["CARD", "EASY_PAY"])
    def test_a_won_paid_by_card_never_gets_a_document_on_either_basis(self, till, buyer, approve, at, method):
        order = till.paid()
        PaymentOrder.objects.filter(pk=order.pk).update(method=method)
        till.spends(30_000)
        approve(till.refund(order, 20_000))
        run_effects(at + timedelta(hours=3))
        documents.plan(at=at + timedelta(days=10))
        spend_basis(at)
        PaymentOrder.objects.filter(pk=till.paid(300_000).pk).update(method=method)
        documents.plan(at=at + timedelta(days=20))
        run_effects(at + timedelta(days=20))
        assert not TaxDocument.objects.exists()
        assert issued(buyer) == []

    def test_every_refund_creates_its_minus_document(self, till, deposit, buyer, approve, at):
        order = deposit()
        documents.plan(at=at)
        run_effects(at)
        for number, credits_back in enumerate((30_000, 20_000)):
            PaymentOrder.objects.filter(pk=order.pk).update(method="CARD")  # the way back is the card's, in the sandbox
            approve(till.refund(order, credits_back))
            run_effects(at + timedelta(hours=3 + number))
            PaymentOrder.objects.filter(pk=order.pk).update(method="VIRTUAL_ACCOUNT")
        assert Refund.objects.filter(state="DONE").count() == 2
        for _ in range(2):
            documents.plan(at=at + timedelta(hours=6))
        run_effects(at + timedelta(hours=6))
        minus = TaxDocument.objects.exclude(corrects=None).order_by("supply_krw")
        assert [(row.supply_krw, row.vat_krw, row.state) for row in minus] == [(-30_000, -3_000, "ISSUED"), (-20_000, -2_000, "ISSUED")]
        original = TaxDocument.objects.get(corrects=None)
        sent = buyer.sandbox.control("GET", "/tax-documents")["documents"][1:]
        assert {(row["orgNTSConfirmNum"], row["modifyCode"]) for row in sent} == {(original.nts_number, 4)}
        assert sum(row.supply_krw for row in TaxDocument.objects.all()) == 50_000


class TestByWhatWasSpent:
    def test_ops_29_the_invoices_of_a_month_are_its_captures_of_paid_credit_that_came_by_transfer(self, till, deposit, minji, at):
        spend_basis(at)
        deposit(1_000_000)  # with a bonus, which is spent first
        till.spends(35_000)
        card = till.paid(100_000)
        till.spends(60_000)
        hold = till.holds(50_000)
        with transaction.atomic():
            entry = credits.capture(hold=hold, credits=1_234, reward_cost=100, key="wrong", at=at)
            credits.reverse(entry=entry, key="right", at=at, actor="operator", reason="무효 참여")

        assert documents.plan(at=at) == []  # the month is not over
        december = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
        plan_after_the_night(december)
        plan_after_the_night(december)

        lines = Posting.objects.filter(account__kind__in=["REVENUE", "REWARD_COST"], lot__kind="PAID").exclude(lot__order_id=card.order_id)
        captured = sum(lines.values_list("amount", flat=True))
        document = TaxDocument.objects.get()
        assert document.supply_krw == captured > 0
        assert (document.vat_krw, str(document.written_on)) == (policy.vat_of(captured), "2026-11-30")

    def test_what_was_paid_before_the_change_keeps_its_basis(self, deposit, at):
        old = deposit(100_000, paid_at=at - timedelta(days=1))
        spend_basis(at)
        deposit(300_000)
        documents.plan(at=at + timedelta(minutes=1))
        assert [document.order for document in TaxDocument.objects.all()] == [old]

    def test_ops_29_a_month_in_which_more_was_taken_back_than_spent_corrects_the_last_invoice(self, till, deposit, buyer, at):
        spend_basis(at)
        deposit(100_000)
        hold = till.holds(40_000)
        with transaction.atomic():
            entry = credits.capture(hold=hold, credits=40_000, reward_cost=0, key="wrong", at=at)
        december, january = datetime(2026, 12, 1, 0, 30, tzinfo=UTC), datetime(2027, 1, 1, 0, 30, tzinfo=UTC)
        plan_after_the_night(december)
        run_effects(december)
        with transaction.atomic():
            credits.reverse(entry=entry, key="right", at=december, actor="operator", reason="무효 참여")

        for _ in range(2):
            plan_after_the_night(january)
        run_effects(january)

        first, minus = TaxDocument.objects.order_by("pk")
        assert (first.supply_krw, minus.supply_krw, minus.vat_krw) == (40_000, -40_000, -4_000)
        assert (minus.corrects, minus.kind, str(minus.written_on), minus.state) == (first, "INVOICE", "2026-12-31", State.ISSUED)
        assert [row[1] for row in issued(buyer)] == [44_000, -44_000]

    def test_ops_29_a_month_is_invoiced_when_its_last_day_is_closed_with_all_that_was_booked_into_it(self, till, deposit, at):
        spend_basis(at)
        deposit(100_000)
        till.spends(30_000)
        after_midnight = datetime(2026, 11, 30, 15, 5, tzinfo=UTC)
        credits.close_finished_days(at=after_midnight)
        assert documents.plan(at=after_midnight) == []  # the last day waits for what is under way
        till.spends(5_000, at=after_midnight - timedelta(minutes=6))

        plan_after_the_night(after_midnight + timedelta(minutes=15))

        assert [(row.supply_krw, str(row.written_on)) for row in TaxDocument.objects.all()] == [(35_000, "2026-11-30")]

    def test_ops_29_another_word_than_the_two_is_no_basis(self, db, at):
        with pytest.raises(dated.PolicyRefused, match="topup, spend 가운데 하나여야 해요"), transaction.atomic():
            dated.change(name="payments.tax_document_basis", value="Topup", effective_from=at, reason="시험", by_id=None, at=at)
        assert documents.BASIS.at(at) == "topup"

    def test_ops_29_a_month_in_which_nobody_planned_is_not_lost(self, till, deposit, at):
        spend_basis(at)
        deposit(100_000)
        till.spends(30_000)

        plan_after_the_night(datetime(2027, 2, 3, 0, 30, tzinfo=UTC))

        assert [(row.supply_krw, str(row.written_on)) for row in TaxDocument.objects.all()] == [(30_000, "2026-11-30")]


class TestAReceiptByChoice:
    def test_a_business_may_have_a_receipt_by_its_number_instead_of_an_invoice_never_both(self, till, deposit, buyer, at):
        PaymentOrder.objects.filter(pk=deposit().pk).update(wants_receipt=True)
        documents.plan(at=at)
        run_effects(at)
        assert issued(buyer) == [("receipt", 110_000, "ISSUE")]
        [sent] = buyer.sandbox.control("GET", "/tax-documents")["documents"]
        assert (sent["tradeUsage"], sent["identityNum"]) == ("지출증빙용", OPEN)

    @pytest.mark.parametrize(("credits_back", "is_part"), [(30_000, True), (100_000, False)])
    def test_what_goes_back_of_it_takes_the_receipt_back(self, till, deposit, buyer, approve, at, credits_back, is_part):
        order = deposit()
        PaymentOrder.objects.filter(pk=order.pk).update(wants_receipt=True, method="CARD")  # the way back is the card's, in the sandbox
        approve(till.refund(order, credits_back))
        run_effects(at + timedelta(hours=3))
        PaymentOrder.objects.filter(pk=order.pk).update(method="VIRTUAL_ACCOUNT")
        for hours in (4, 5):
            documents.plan(at=at + timedelta(hours=hours))
            run_effects(at + timedelta(hours=hours))
        assert issued(buyer) == [("receipt", 110_000, "ISSUE"), ("receipt", credits_back * 11 // 10, "REVOKEISSUE")]
        first, revoked = buyer.sandbox.control("GET", "/tax-documents")["documents"]
        assert (revoked["orgConfirmNum"], revoked["orgTradeDate"], revoked["isPartCancel"]) == (first["number"], "20261125", is_part)

    def test_is_asked_for_on_the_top_up_page_by_businesses_where_the_deposit_is_the_moment(self, till, at):
        client = browser(till.user)
        assert "현금영수증(지출증빙)" in client.get("/payments/top-up/").content.decode()
        spend_basis(at)
        assert "현금영수증(지출증빙)" not in client.get("/payments/top-up/").content.decode()

    def test_is_kept_with_an_order_by_account_and_dropped_with_one_by_card(self, till, at):
        wish = {"advertiser": till.advertiser, "package": till.packages[100_000], "by": till.user, "at": at, "wants_receipt": True}
        assert services.create_order(**wish, key="account", method="VIRTUAL_ACCOUNT").wants_receipt is True
        assert services.create_order(**wish, key="card").wants_receipt is False


class TestWhenSomethingIsInTheWay:
    def test_adv_37_a_closed_business_fails_with_the_reason_and_is_issued_after_the_correction(self, deposit, minji, buyer, operator, at):
        BusinessUser.objects.filter(advertiser=minji).update(registration_number=CLOSED)
        deposit()
        documents.plan(at=at)
        run_effects(at)
        failed = TaxDocument.objects.get()
        assert (failed.state, failed.failure) == (State.FAILED, "국세청에 폐업한 사업자로 나와요.")
        assert Notification.objects.filter(kind="payments.document_failed").count() == 1
        assert issued(buyer) == []
        documents.plan(at=at + timedelta(hours=1))
        assert TaxDocument.objects.count() == 1  # nothing lost, nothing doubled

        BusinessUser.objects.filter(advertiser=minji).update(registration_number=OPEN)
        services.retry_document(public_id=failed.public_id, by=operator, at=at + timedelta(hours=2))
        run_effects(at + timedelta(hours=2))

        failed.refresh_from_db()
        assert (failed.state, failed.buyer["number"], failed.try_no, failed.failure) == (State.ISSUED, OPEN, 2, "")
        assert issued(buyer) == [("invoice", 110_000, "ISSUE")]
        with pytest.raises(services.DocumentNotFailed):
            services.retry_document(public_id=failed.public_id, by=operator, at=at + timedelta(hours=3))

    def test_adv_37_the_invoice_of_a_month_waits_for_the_correction_too(self, till, deposit, minji, buyer, operator, at):
        spend_basis(at)
        BusinessUser.objects.filter(advertiser=minji).update(registration_number=CLOSED)
        deposit()
        till.spends(30_000)
        december = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
        plan_after_the_night(december)
        run_effects(december)
        failed = TaxDocument.objects.get()
        assert (failed.state, failed.order, failed.supply_krw, failed.failure) == (
            State.FAILED,
            None,
            30_000,
            "국세청에 폐업한 사업자로 나와요.",
        )

        BusinessUser.objects.filter(advertiser=minji).update(registration_number=OPEN)
        services.retry_document(public_id=failed.public_id, by=operator, at=december + timedelta(hours=1))
        for hours in (1, 2):
            documents.plan(at=december + timedelta(hours=hours))
            run_effects(december + timedelta(hours=hours))

        assert issued(buyer) == [("invoice", 33_000, "ISSUE")]

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_silence_of_the_issuer_is_asked_about_and_issues_once(self, deposit, buyer, at, when):
        deposit()
        documents.plan(at=at)
        buyer.fault(service="popbill", kind="drop", method="POST", when=when, count=1)
        run_effects(at)
        assert TaxDocument.objects.get().state == State.WAITING
        run_effects(at + timedelta(minutes=5))
        assert TaxDocument.objects.get().state == State.ISSUED
        assert issued(buyer) == [("invoice", 110_000, "ISSUE")]

    def test_a_refusal_of_the_issuer_is_a_failure_with_its_code(self, deposit, minji, at):
        BusinessUser.objects.filter(advertiser=minji).update(tax_email="bounce@example.com")
        deposit()
        documents.plan(at=at)
        run_effects(at)
        assert TaxDocument.objects.get().failure == "발행 회사가 거절했어요(-11001009)."

    def test_the_eighth_of_the_month_is_loud_about_what_is_left(self, deposit, minji, at):
        BusinessUser.objects.filter(advertiser=minji).update(registration_number=CLOSED)
        deposit()
        documents.plan(at=at)
        run_effects(at)
        documents.plan(at=datetime(2026, 12, 7, 3, 0, tzinfo=UTC))
        assert not Notification.objects.filter(kind="payments.documents_late").exists()
        for hour in (3, 4):
            documents.plan(at=datetime(2026, 12, 8, hour, 0, tzinfo=UTC))
        assert Notification.objects.filter(kind="payments.documents_late").count() == 1


class TestReceipts:
    def test_a_receipt_on_paper_names_the_order_its_refunds_and_its_documents(self, till, deposit, minji_user, approve, at):
        order = till.paid()
        approve(till.refund(order, 30_000))
        run_effects(at + timedelta(hours=3))
        answer = browser(minji_user).get(f"/payments/orders/{order.order_id}/receipt/pdf/")
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content == receipt_pdf(PaymentOrder.objects.get(pk=order.pk))
        text = " ".join(PdfDocument(answer.content)[0].get_textpage().get_text_range().split())
        for word in (order.order_id, "110,000", "-33,000", "카드 매출전표", "민지네 커피"):
            assert word in text, word

        invoiced = deposit(300_000)
        documents.plan(at=at)
        run_effects(at + timedelta(hours=4))
        number = TaxDocument.objects.get().nts_number
        page = browser(minji_user).get(f"/payments/orders/{invoiced.order_id}/receipt/").content.decode()
        assert number in page
        assert "발행함" in page

    def test_nothing_is_receipted_before_it_is_paid(self, till, minji_user, eve_user):
        order = till.order()
        assert browser(minji_user).get(f"/payments/orders/{order.order_id}/receipt/pdf/").status_code == 404
        assert browser(eve_user).get(f"/payments/orders/{till.paid(300_000).order_id}/receipt/pdf/").status_code == 404


def test_vat_is_worked_out_by_one_function():
    """Only `policy` multiplies by the rate or divides by it."""
    rate = re.compile(r"VAT_PERCENT|\*\s*11\s*//|//\s*11\b|\*\s*0?\.1\b|/\s*1\.1\b|\*\s*1\.1\b|//\s*10\b")
    found = []
    for folder in ("payments", "credits", "backoffice"):
        for path in sorted(Path(product.BASE_DIR, folder).rglob("*.py")):
            if "migrations" not in path.parts:
                found += [f"{folder}/{path.name}: {line.strip()}" for line in path.read_text().splitlines() if rate.search(line)]
    assert [line for line in found if not line.startswith("payments/policy.py")] == []
