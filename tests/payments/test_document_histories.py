"""
Random weeks of one advertiser: cards, deposits (in time, twice, wrong), bonus, spending, what is taken back, refunds, cancels at the
console. Whatever happened, no won paid by card has a document, every refund of another has its minus, and what the tax office knows is
what the ledger says. OPS-29.
"""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import transaction
from django.db.models import Sum

from common import dated
from common.errors import DomainError
from credits import services as ledger
from credits.models import Lot, Posting
from payments import policy, services
from payments.models import PaymentOrder, ReconciliationItem, Refund, TaxDocument, UnallocatedMoney
from payments.services import documents
from tests.payments.conftest import run_effects
from tests.payments.test_virtual_accounts import BACK_TO, checked

STEPS = 14
STEP = timedelta(hours=2)
BY_CARD = ("CARD", "EASY_PAY")


class Week:
    """What one advertiser does, one step every two hours; a refused step is no step."""

    def __init__(self, till, operator, second, at, seed):
        self.till, self.operator, self.second, self.at, self.random = till, operator, second, at, Random(seed)
        self.captures = []

    def live(self):
        acts = {
            self.card: 2, self.account: 3, self.twice: 1, self.wrong: 1, self.bonus: 1, self.spend: 4, self.take_back: 1, self.refund: 5,
            self.console: 2, self.plan: 2,
        }  # fmt: skip
        self.card()
        self.account()
        for _ in range(STEPS):
            self.at += STEP
            try:
                self.random.choices(list(acts), weights=list(acts.values()))[0]()
            except DomainError:
                continue
            run_effects(self.at)
        self.at += STEP

    def card(self):
        self.till.paid(self.random.choice((100_000, 300_000, 1_000_000)), at=self.at)

    def account(self, amount=None):
        order = self.till.order(self.random.choice((100_000, 300_000, 1_000_000)), at=self.at, method="VIRTUAL_ACCOUNT")
        self.till.buyer.enters(order)
        self.till.buyer.act(order, "approve")
        services.sync_order(order_id=order.order_id, at=self.at)
        self.till.buyer.act(order, "deposit", at=self.at.isoformat(), **({"amount": amount} if amount else {}))
        return services.sync_order(order_id=order.order_id, at=self.at)

    def twice(self):
        order = self.account()
        self.till.buyer.act(order, "deposit", amount=330_000)
        services.sync_order(order_id=order.order_id, at=self.at)
        self.desk()

    def wrong(self):
        self.account(amount=self.random.randrange(20_000, 90_000))
        self.desk()

    def desk(self):
        row = UnallocatedMoney.objects.select_related("order__advertiser").get(state="OPEN")
        if self.random.random() < 0.7:
            services.allocate(row=row, by=self.operator, at=self.at, reason="확인함")
        else:
            services.send_back(row=row, account=BACK_TO, by=self.operator, at=self.at, reason="돌려줌")

    def bonus(self):
        with transaction.atomic():
            ledger.grant_bonus(
                advertiser=self.till.advertiser, credits=self.random.randrange(1_000, 50_000), key=f"present:{self.at}", at=self.at,
                expires_at=self.at + timedelta(days=90), reason="선물",
            )  # fmt: skip

    def spend(self):
        credits = min(self.till.balance().available, self.random.randrange(1_000, 120_000))
        if not credits:
            return
        hold = self.till.holds(credits, at=self.at)
        with transaction.atomic():
            self.captures.append(ledger.capture(hold=hold, credits=credits, reward_cost=credits // 3, key=f"spent:{hold.pk}", at=self.at))

    def take_back(self):
        if self.captures:
            entry = self.captures.pop()
            with transaction.atomic():
                ledger.reverse(entry=entry, key=f"back:{entry.pk}", at=self.at, actor="operator", reason="무효 참여")

    def refund(self):
        order, most = self._one()
        if most:
            refund = self.till.refund(order, self.random.randint(1, most), at=self.at)
            for person in (self.operator, self.second):
                services.approve_refund(refund=refund, by=person, at=self.at)

    def console(self):
        order, most = self._one()
        if most:
            ref = PaymentOrder.objects.get(pk=order.pk).ref
            self.till.buyer.act(ref, "console-cancel", amount=self.random.randint(1, most))
            services.sync_order(order_id=order.order_id, at=self.at)
            for item in ReconciliationItem.objects.select_related("order__advertiser").filter(state="OPEN"):
                services.settle_item(item=item, by=self.operator, at=self.at, reason="콘솔 취소")

    def plan(self):
        documents.plan(at=self.at)

    def _one(self):
        orders = list(PaymentOrder.objects.credited().select_related("advertiser").order_by("pk"))
        order = self.random.choice(orders)
        quote = services.quote_refund(order=order, at=self.at)
        return order, quote.most.credits if quote.is_refundable else 0


@pytest.fixture
def week(request, till, operator, finance, at):
    checked(till, at, usable_at=at)
    return Week(till, operator, finance, at, request.param)


def total(rows, *columns):
    sums = rows.aggregate(**{column: Sum(column, default=0) for column in columns})
    return tuple(int(sums[column]) for column in columns)


def told_the_tax_office(buyer) -> int:
    """Won with VAT, by the issuer's own book; receipts that were taken back count below zero."""
    rows = buyer.sandbox.control("GET", "/tax-documents")["documents"]
    return sum(-int(row["totalAmount"]) if row["action"] == "REVOKEISSUE" else int(row["totalAmount"]) for row in rows)


def finished(week, at):
    """Everything that is due is made and issued, however often one looks."""
    for hours in (0, 1, 2):
        documents.plan(at=at + timedelta(hours=hours))
        run_effects(at + timedelta(hours=hours))
    assert not TaxDocument.objects.exclude(state=TaxDocument.State.ISSUED).exists()


@pytest.mark.parametrize("week", range(3), indirect=True)
class TestAnyWeek:
    def test_no_card_has_a_document_and_every_refund_of_a_deposit_has_its_minus(self, week, buyer):
        week.live()
        finished(week, week.at)

        papers = TaxDocument.objects.all()
        assert not papers.filter(order__method__in=BY_CARD).exists()
        deposits = PaymentOrder.objects.credited().exclude(method__in=BY_CARD)
        assert deposits.exists()
        for order in deposits:
            back = Refund.objects.filter(order=order, state=Refund.State.DONE)
            assert papers.get(order=order, corrects=None).supply_krw == order.credits
            assert {row.refund_id for row in papers.filter(order=order).exclude(corrects=None)} == {refund.pk for refund in back}
            gone = total(back, "credits", "vat_krw")
            assert total(papers.filter(order=order), "supply_krw", "vat_krw") == (order.credits - gone[0], order.vat_krw - gone[1])
        assert told_the_tax_office(buyer) == sum(total(papers, "supply_krw", "vat_krw"))

    def test_ops_29_by_what_was_spent_the_invoices_are_the_captures_of_paid_credit_from_lots_not_by_card(self, week, buyer):
        with transaction.atomic():
            dated.change(
                name="payments.tax_document_basis", value="spend", effective_from=week.at, reason="시험", by_id=None, at=week.at
            )  # fmt: skip
        week.live()
        assert documents.plan(at=week.at) == [], "the month is not over"
        december = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
        ledger.close_finished_days(at=december)
        finished(week, december)

        by_card = PaymentOrder.objects.filter(method__in=BY_CARD).values("order_id")
        spent = Posting.objects.filter(account__kind__in=("REVENUE", "REWARD_COST"), lot__kind=Lot.Kind.PAID)
        spent = spent.exclude(lot__order_id__in=by_card)
        assert not TaxDocument.objects.exclude(order=None).exists()
        assert total(TaxDocument.objects.all(), "supply_krw") == total(spent, "amount")
        assert told_the_tax_office(buyer) == sum(row.supply_krw + policy.vat_of(row.supply_krw) for row in TaxDocument.objects.all())
