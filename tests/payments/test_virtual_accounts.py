"""Paying into a virtual account: shown with its end, credited once; what fits no order waits for the desk. PAY-11, PAY-12."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from backoffice import rights
from backoffice import services as backoffice
from common import sealed
from common.models import DatedSetting, Effect
from credits.models import Account, Entry, Posting
from identity import approvals
from identity.models import Notification
from payments import services
from payments.gateways import get_gateway
from payments.gateways.base import PayoutAccount
from payments.models import PaymentOrder, ReconciliationItem, Refund, RefundAccount, UnallocatedMoney, VirtualAccount
from payments.services import accounts, allocation
from payments.services.refusals import (
    AccountHolderDiffers,
    AccountHolderUnknown,
    AccountNotFound,
    AccountNotReady,
    AllocationOver,
    BankAccountWrong,
    ReasonMissing,
)
from tests.payments.conftest import now_is, run_effects
from tests.payments.outcomes import credited_once, notices
from tests.payments.test_races_payments import meet, together
from tests.payments.toss_buyer import TossBuyer, deposit_message
from tests.signing_in import browser

State = PaymentOrder.State
Row = UnallocatedMoney
BACK_TO = PayoutAccount(bank="088", number="110123456789", holder="김민지")


class Portone:
    """The bank and the buyer, through PortOne."""

    name = "portone"

    def __init__(self, till):
        self.till, self.sandbox = till, till.buyer.sandbox

    def issues(self, order, at):
        self.till.buyer.enters(order)
        self.till.buyer.act(order, "approve")
        return services.sync_order(order_id=order.order_id, at=at)

    def deposits(self, order, **said):
        self.till.buyer.act(order, "deposit", **said)

    def book(self, order):
        row = self.till.buyer.book(order)
        return row["captured"], row["cancelled"]


class Toss(TossBuyer):
    """The same through Toss."""

    name = "toss"

    def __init__(self, till):
        super().__init__(till.buyer.sandbox)

    def issues(self, order, at):
        return services.sync_order(order_id=order.order_id, at=at, source=services.Source.RETURN, said=self.agrees(order))

    def deposits(self, order, **said):
        self.act(order, "deposit", **said)


@pytest.fixture(params=[Portone, Toss], ids=["portone", "toss"])
def bank(request, till, settings):
    """Both gateways, one after the other."""
    settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND = request.param.name, ""
    return request.param(till)


@pytest.fixture
def issued(till, bank, at):
    """An order whose account waits for money."""
    return bank.issues(till.order(method="VIRTUAL_ACCOUNT"), at)


def unallocated_balance() -> int:
    account = Account.objects.filter(kind="UNALLOCATED").first()
    return sum(Posting.objects.filter(account=account).values_list("amount", flat=True)) if account else 0


class TestTheAccount:
    def test_is_shown_with_bank_number_and_end_and_the_team_is_told_once(self, till, issued, at):
        assert issued.state == State.ACCOUNT_ISSUED
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=1))
        account = VirtualAccount.objects.get(order=issued)

        page = browser(till.user).get(reverse("payments:order", args=[issued.order_id])).content.decode()

        assert account.number in page
        assert "신한은행" in page
        assert "11월 28일" in page
        assert account.due_at == accounts.due_at(at)
        assert len(notices("payments.account_issued")) == 1

    def test_the_way_back_leads_to_the_account_and_shows_nothing_personal(self, till, issued):
        page = Client().get(reverse("payments:order-complete", args=[issued.order_id])).content.decode()

        assert "가상계좌를 발급했어요" in page
        assert VirtualAccount.objects.get(order=issued).number not in page
        assert "http-equiv" not in page

    def test_a_deposit_credits_once_however_often_it_is_told(self, till, bank, issued, at):
        bank.deposits(issued, at=at.isoformat())

        for minutes in (5, 6, 7):
            services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=minutes))

        assert credited_once(till, issued)
        assert (issued.method, issued.paid_at, issued.is_late) == ("VIRTUAL_ACCOUNT", at, False)

    def test_pay_11_the_team_is_told_the_day_before_it_ends_once_and_then_it_ends(self, till, bank, issued, at):
        account = VirtualAccount.objects.get(order=issued)
        assert accounts.remind(at=account.due_at - timedelta(days=1, seconds=1)) == 0
        assert accounts.remind(at=account.due_at - timedelta(hours=23)) == 1
        assert accounts.remind(at=account.due_at - timedelta(hours=22)) == 0
        assert len(notices("payments.account_ends")) == 1

        issued.refresh_from_db()
        services.sync_order(order_id=issued.order_id, at=account.due_at + timedelta(minutes=11))

        issued.refresh_from_db()
        assert (issued.state, issued.failure, issued.may_be_paid) == (State.ABANDONED, "입금 기한이 지나서 주문을 닫았어요.", False)
        assert not Entry.objects.exists()

    def test_pay_11_the_sweeper_asks_when_it_ends(self, till, bank, issued):
        account = VirtualAccount.objects.get(order=issued)
        ends = account.due_at + accounts.LOOK_AFTER_THE_END + timedelta(seconds=1)
        PaymentOrder.objects.filter(pk=issued.pk).update(window_opened_at=account.due_at - timedelta(days=9))

        services.sync_order(order_id=issued.order_id, at=account.due_at - timedelta(minutes=1))

        issued.refresh_from_db()
        assert issued.next_check_at == ends

    def test_a_paid_one_is_not_reminded(self, till, bank, issued, at):
        bank.deposits(issued, at=at.isoformat())
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=5))

        assert accounts.remind(at=VirtualAccount.objects.get(order=issued).due_at - timedelta(hours=1)) == 0


class TestRefunds:
    def paid(self, bank, issued, at):
        bank.deposits(issued, at=at.isoformat())
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=5))
        issued.refresh_from_db()

    def test_need_a_checked_account_before_anything_is_set_aside(self, till, bank, issued, at):
        self.paid(bank, issued, at)
        checked(till, at, usable_at=at + timedelta(days=1))

        with pytest.raises(AccountNotReady):
            till.refund(issued, 30_000)

        assert till.balance().available == 100_000

    def test_go_to_the_checked_account_and_not_one_won_elsewhere(self, till, bank, issued, at, approve):
        self.paid(bank, issued, at)
        checked(till, at, usable_at=at)
        refund = approve(till.refund(issued, 30_000))

        run_effects(at + timedelta(hours=2))

        refund.refresh_from_db()
        assert (refund.state, bank.book(issued)) == (Refund.State.DONE, (110_000, 33_000))
        path = "/cancel"
        [call] = bank.sandbox.control("GET", "/calls", service=bank.name, path=path)["calls"]
        assert "110123456789" in call["body"]


def checked(till, at, *, usable_at) -> RefundAccount:
    """The team's account, as the check of its holder leaves it."""
    return RefundAccount.objects.create(
        advertiser=till.advertiser,
        bank="088",
        sealed_number=sealed.seal("110123456789"),
        last_digits="6789",
        holder="김민지",
        registered_at=at,
        usable_at=usable_at,
        registered_by=till.user,
    )


class TestWhatFitsNoOrder:
    def wrong(self, bank, issued, at, amount=50_000) -> Row:
        bank.deposits(issued, amount=amount, at=at.isoformat())
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=5))
        issued.refresh_from_db()
        return Row.objects.get()

    def test_pay_12_a_wrong_amount_is_credited_to_nobody_and_everybody_is_told(self, till, bank, issued, at):
        row = self.wrong(bank, issued, at)
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=6))

        assert (row.why, row.amount_krw, row.state) == (Row.Why.AMOUNT, 50_000, Row.State.OPEN)
        page = browser(till.user).get(reverse("payments:order", args=[issued.order_id])).content.decode()
        assert "입금한 50,000원: 주문과 다른 금액을 입금했어요" in page
        assert VirtualAccount.objects.get(order=issued).number not in page, "nobody is asked to pay in again"
        assert (till.balance().available, unallocated_balance(), issued.needs_check) == (0, 50_000, True)
        told = Notification.objects.filter(kind="payments.unallocated")
        assert (Row.objects.count(), told.filter(user=None).count(), told.exclude(user=None).count()) == (1, 1, 1)
        assert not ReconciliationItem.objects.exists()

    def test_pay_12_after_its_end_it_waits_for_the_desk_too(self, till, bank, issued, at):
        end = VirtualAccount.objects.get(order=issued).due_at
        services.sync_order(order_id=issued.order_id, at=end + timedelta(minutes=11))
        bank.deposits(issued, at=(end + timedelta(hours=1)).isoformat())

        services.sync_order(order_id=issued.order_id, at=end + timedelta(hours=2))

        row = Row.objects.get()
        assert (row.why, row.amount_krw, till.balance().available, unallocated_balance()) == (Row.Why.LATE, 110_000, 0, 110_000)

    def test_pay_12_the_second_time_the_surplus_waits_and_the_first_is_credited(self, till, bank, issued, at):
        bank.deposits(issued, at=at.isoformat())
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=5))
        bank.deposits(issued, amount=110_000)
        for minutes in (10, 11):
            services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=minutes))

        row = Row.objects.get()
        assert (row.why, row.amount_krw, till.balance().available, unallocated_balance()) == (Row.Why.TWICE, 110_000, 100_000, 110_000)
        assert not ReconciliationItem.objects.exists()

    @pytest.mark.parametrize(("amount", "credits"), [(50_000, 45_455), (110_001, 100_001), (330_000, 300_000)])
    def test_pay_12_allocated_the_order_takes_what_came_to_the_won(self, till, bank, issued, at, operator, amount, credits):
        row = self.wrong(bank, issued, at, amount)

        services.allocate(row=row, by=operator, at=at + timedelta(hours=1), reason="통화로 확인함")

        issued.refresh_from_db()
        row.refresh_from_db()
        assert (issued.state, issued.amount_krw, issued.credits, issued.vat_krw) == (State.PAID, amount, credits, amount - credits)
        assert (till.balance().available, unallocated_balance(), row.state) == (credits, 0, Row.State.ALLOCATED)
        services.sync_order(order_id=issued.order_id, at=at + timedelta(hours=2))
        assert not ReconciliationItem.objects.exists()

    def test_pay_12_given_back_it_leaves_once_and_the_team_is_told(self, till, bank, issued, at, operator):
        row = self.wrong(bank, issued, at)

        services.send_back(row=row, account=BACK_TO, by=operator, at=at + timedelta(hours=1), reason="다른 주문으로 다시 결제함")
        for hours in (1, 2, 3):
            run_effects(at + timedelta(hours=hours))
            services.sync_order(order_id=issued.order_id, at=at + timedelta(hours=hours))

        row.refresh_from_db()
        assert (row.state, bank.book(issued), unallocated_balance()) == (Row.State.RETURNED, (50_000, 50_000), 0)
        assert BACK_TO.number not in row.sealed_account
        issued.refresh_from_db()
        assert (issued.state, till.balance().available) == (State.FAILED, 0)
        assert len(notices("payments.unallocated_returned")) == 1

    def test_pay_12_a_surplus_given_back_leaves_the_credits_and_a_later_refund_is_right(self, till, bank, issued, at, operator, approve):
        bank.deposits(issued, at=at.isoformat())
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=5))
        bank.deposits(issued, amount=110_000)
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=10))
        row = Row.objects.get()

        services.send_back(row=row, account=BACK_TO, by=operator, at=at + timedelta(hours=1), reason="두 번 입금")
        run_effects(at + timedelta(hours=1))
        services.sync_order(order_id=issued.order_id, at=at + timedelta(hours=2))

        issued.refresh_from_db()
        assert (issued.state, issued.cancelled_krw, till.balance().available) == (State.PAID, 0, 100_000)
        assert (bank.book(issued), unallocated_balance()) == ((220_000, 110_000), 0)
        assert not ReconciliationItem.objects.exists()

    def test_pay_12_a_lost_answer_gives_back_once_under_the_same_key(self, till, bank, issued, at, operator):
        row = self.wrong(bank, issued, at)
        bank.sandbox.control("POST", "/faults", {"service": bank.name, "kind": "drop", "when": "after", "path": "/cancel"})

        services.send_back(row=row, account=BACK_TO, by=operator, at=at + timedelta(hours=1), reason="돌려줌")
        run_effects(at + timedelta(hours=1))
        run_effects(at + timedelta(hours=1, minutes=5))

        row.refresh_from_db()
        assert (row.state, bank.book(issued)) == (Row.State.RETURNED, (50_000, 50_000))

    def spoil(self, bank, **rule) -> None:
        bank.sandbox.control("POST", "/faults", {"service": bank.name, "kind": "error", **rule})

    def surplus(self, bank, order, at) -> Row:
        """The order's own deposit and as much again."""
        bank.deposits(order, at=at.isoformat())
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=5))
        bank.deposits(order, amount=110_000)
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=10))
        return Row.objects.get()

    def test_pay_12_one_error_after_a_book_that_could_not_be_read_is_not_the_last_word(self, till, bank, issued, at, operator):
        row = self.surplus(bank, issued, at)
        services.send_back(row=row, account=BACK_TO, by=operator, at=at + timedelta(hours=1), reason="돌려줌")
        self.spoil(bank, status=503, method="GET", count=2)
        self.spoil(bank, status=502, path="/cancel", when="after")

        for minutes in (0, 1, 2):
            run_effects(at + timedelta(hours=1, minutes=minutes), rounds=1)
        row.refresh_from_db()
        assert (row.state, bank.book(issued)) == (Row.State.RETURNING, (220_000, 110_000))

        run_effects(at + timedelta(hours=1, minutes=10))
        row.refresh_from_db()
        assert (row.state, row.try_no, bank.book(issued)) == (Row.State.RETURNED, 1, (220_000, 110_000))

    def test_pay_12_the_last_of_three_errors_is_believed_only_when_the_book_agrees(self, till, bank, issued, at, operator):
        row = self.surplus(bank, issued, at)
        self.spoil(bank, status=500, path="/cancel", count=2)
        self.spoil(bank, status=502, path="/cancel", when="after")

        services.send_back(row=row, account=BACK_TO, by=operator, at=at + timedelta(hours=1), reason="돌려줌")
        for minutes in (0, 1, 2):
            run_effects(at + timedelta(hours=1, minutes=minutes), rounds=1)

        row.refresh_from_db()
        assert (row.state, row.failure, bank.book(issued)) == (Row.State.RETURNED, "", (220_000, 110_000))

    def test_pay_12_a_try_that_was_given_up_and_took_effect_is_found_and_not_paid_again(self, till, bank, issued, at, operator):
        row = self.surplus(bank, issued, at)
        self.spoil(bank, status=500, path="/cancel", count=3)
        services.send_back(row=row, account=BACK_TO, by=operator, at=at + timedelta(hours=1), reason="돌려줌")
        for minutes in (0, 1, 2):
            run_effects(at + timedelta(hours=1, minutes=minutes), rounds=1)
        row.refresh_from_db()
        assert (row.state, bank.book(issued)) == (Row.State.FAILED, (220_000, 0))
        get_gateway(bank.name).cancel(  # the company takes up what it was asked after all
            ref=issued.order_id, amount_krw=110_000, remaining_krw=220_000, reason="돌려줌", key=row.cancel_key, account=BACK_TO
        )

        services.send_back(row=row, account=BACK_TO, by=operator, at=at + timedelta(hours=2), reason="다시 돌려줌")
        run_effects(at + timedelta(hours=2))

        row.refresh_from_db()
        assert (row.state, row.try_no, bank.book(issued)) == (Row.State.RETURNED, 2, (220_000, 110_000))
        assert (till.balance().available, unallocated_balance()) == (100_000, 0)

    def test_pay_12_refused_by_the_gateway_the_desk_decides_again_under_a_new_key(self, till, bank, issued, at, operator):
        row = self.wrong(bank, issued, at)
        services.send_back(row=row, account=None, by=operator, at=at + timedelta(hours=1), reason="계좌를 잊음")
        run_effects(at + timedelta(hours=1))
        row.refresh_from_db()
        assert (row.state, unallocated_balance()) == (Row.State.FAILED, 50_000)

        services.send_back(row=row, account=BACK_TO, by=operator, at=at + timedelta(hours=2), reason="계좌를 받음")
        run_effects(at + timedelta(hours=2))

        row.refresh_from_db()
        assert (row.state, row.try_no, bank.book(issued)) == (Row.State.RETURNED, 2, (50_000, 50_000))

    def test_pay_12_cancelled_at_the_gateway_it_is_noted_as_returned(self, till, bank, issued, at):
        row = self.wrong(bank, issued, at)
        action = "console-cancel" if bank.name == "portone" else "desk-cancel"
        prefix = "/payments" if bank.name == "portone" else "/toss/payments"
        bank.sandbox.control("POST", f"{prefix}/{issued.order_id}/{action}", {})

        services.sync_order(order_id=issued.order_id, at=at + timedelta(hours=1))

        row.refresh_from_db()
        assert (row.state, unallocated_balance()) == (Row.State.RETURNED, 0)

    def test_pay_12_needs_a_reason_and_a_real_account(self, till, bank, issued, at, operator):
        row = self.wrong(bank, issued, at)
        for account, reason, refusal in [
            (BACK_TO, " ", ReasonMissing),
            (PayoutAccount(bank="999", number="1", holder="누구"), "돌려줌", BankAccountWrong),
            (PayoutAccount(bank="088", number="11-22", holder="누구"), "돌려줌", BankAccountWrong),
            (PayoutAccount(bank="088", number="1122", holder=" "), "돌려줌", BankAccountWrong),
        ]:
            with pytest.raises(refusal):
                services.send_back(row=row, account=account, by=operator, at=at, reason=reason)
        with pytest.raises(ReasonMissing):
            services.allocate(row=row, by=operator, at=at, reason="")
        row.refresh_from_db()
        assert row.state == Row.State.OPEN


class TestTheHolder:
    """Money goes back only into an account that the bank knows in the name that was written down."""

    @pytest.fixture
    def row(self, bank, issued, at):
        return TestWhatFitsNoOrder().wrong(bank, issued, at)

    @pytest.mark.parametrize(
        ("number", "holder", "refusal"),
        [
            ("110333333333", "김민지", AccountHolderDiffers),
            ("110120000000", "김민지", AccountNotFound),
            ("110120009999", "김민지", AccountHolderUnknown),
        ],
    )
    def test_pay_12_another_no_or_a_silent_bank_sends_nothing(self, row, operator, at, number, holder, refusal):
        account = PayoutAccount(bank="088", number=number, holder=holder)

        with pytest.raises(refusal):
            services.send_back(row=row, account=account, by=operator, at=at, reason="돌려줌")

        row.refresh_from_db()
        assert (row.state, Effect.objects.filter(kind="payments.give_back").exists()) == (Row.State.OPEN, False)


class TestTwoOperators:
    """Above the limit of refunds, a second operator agrees before unallocated money moves."""

    @pytest.fixture
    def row(self, bank, issued, at):
        DatedSetting.objects.create(name="payments.second_approval_above_krw", value=10_000, effective_from=at, reason="시험")
        return TestWhatFitsNoOrder().wrong(bank, issued, at)

    @pytest.fixture
    def finance(self, finance):
        """With the role whose limit reaches so far."""
        finance.groups.add(rights.ensure_groups()[rights.FINANCE])
        return finance

    def test_pay_12_neither_button_moves_it_alone_and_pressed_again_it_is_one_request(self, row, operator, at):
        first = services.allocate(row=row, by=operator, at=at, reason="맞는 입금")
        second = services.send_back(row=row, account=BACK_TO, by=operator, at=at, reason="돌려줌")

        row.refresh_from_db()
        assert (first.kind, first, row.state) == ("payments.allocate_money", second, Row.State.OPEN)
        with pytest.raises(approvals.MakerIsChecker):
            services.carry_out_second(request=first, by=operator, at=at)

    def test_pay_12_the_second_yes_credits_it(self, till, row, operator, finance, at):
        request = services.allocate(row=row, by=operator, at=at, reason="맞는 입금")

        backoffice.approve(request=request, by=finance, at=at + timedelta(hours=1))

        row.refresh_from_db()
        assert (row.state, row.decided_by, till.balance().paid > 0) == (Row.State.ALLOCATED, operator, True)

    def test_pay_12_the_second_yes_gives_it_back_to_the_account_that_was_asked_for(self, row, operator, finance, at):
        request = services.send_back(row=row, account=BACK_TO, by=operator, at=at, reason="돌려줌")
        assert BACK_TO.number not in str(request.data)

        backoffice.approve(request=request, by=finance, at=at + timedelta(hours=1))
        run_effects(at + timedelta(hours=2))

        row.refresh_from_db()
        assert (row.state, unallocated_balance()) == (Row.State.RETURNED, 0)

    def test_pay_12_refused_the_desk_decides_again(self, row, operator, finance, at):
        request = services.send_back(row=row, account=BACK_TO, by=operator, at=at, reason="돌려줌")
        backoffice.refuse(request=request, by=finance, reason="다른 계좌예요", at=at)

        again = services.send_back(row=row, account=BACK_TO, by=finance, at=at, reason="돌려줌")

        assert (again != request, again.is_waiting) == (True, True)


@pytest.mark.django_db(transaction=True)
class TestDecidingAtOnce:
    def test_pay_12_eight_operators_who_press_either_button_at_once_decide_once(self, till, at, operator):
        bank = Portone(till)
        issued = bank.issues(till.order(method="VIRTUAL_ACCOUNT"), at)
        bank.deposits(issued, amount=50_000, at=at.isoformat())
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=5))
        row = Row.objects.get()
        later = at + timedelta(hours=1)

        results = together(
            [
                lambda: services.allocate(row=row, by=operator, at=later, reason="충전"),
                lambda: services.send_back(row=row, account=BACK_TO, by=operator, at=later, reason="돌려줌"),
            ]
            * 2
        )

        assert sum(isinstance(result, Row) for result in results) == 1
        assert sum(isinstance(result, AllocationOver) for result in results) == 3
        run_effects(later)
        captured, cancelled = bank.book(issued)
        assert (till.balance().available, captured - cancelled) in [(45_455, 50_000), (0, 0)]
        assert unallocated_balance() == 0

    def test_control_without_the_locks_two_who_press_at_once_both_believe_that_they_decide(self, till, at, operator, monkeypatch):
        bank = Portone(till)
        issued = bank.issues(till.order(method="VIRTUAL_ACCOUNT"), at)
        bank.deposits(issued, amount=50_000, at=at.isoformat())
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=5))
        row = Row.objects.get()
        monkeypatch.setattr(allocation, "locked", lambda row: Row.objects.select_related("order__advertiser").get(pk=row.pk))
        meet(monkeypatch, allocation, "locked", 2)
        believers = []
        monkeypatch.setattr(allocation.effects, "add", lambda *args, **kwargs: believers.append(kwargs["key"]))

        together([lambda: services.send_back(row=row, account=BACK_TO, by=operator, at=at, reason="돌려줌")] * 2)

        assert len(believers) == 2


class TestMessagesOfDeposits:
    def test_pay_07_must_carry_the_secret_of_the_account(self, till, at, settings):
        settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND = "toss", ""
        toss = Toss(till)
        issued = toss.issues(till.order(method="VIRTUAL_ACCOUNT"), at)
        secret = toss.act(issued, "deposit", at=at.isoformat())["secret"]

        assert Client().post(**deposit_message(issued.order_id, "guessed")).status_code == 401
        assert Client().post(**deposit_message(issued.order_id, secret)).status_code == 200
        run_effects(at + timedelta(minutes=1))

        assert credited_once(till, issued)
        assert secret not in str(VirtualAccount.objects.values())

    def test_a_deposit_that_the_bank_takes_back_becomes_a_difference(self, till, at, settings):
        settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND = "toss", ""
        toss = Toss(till)
        issued = toss.issues(till.order(method="VIRTUAL_ACCOUNT"), at)
        toss.deposits(issued, at=at.isoformat())
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=1))
        toss.act(issued, "reverse-deposit")

        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=2))

        assert ReconciliationItem.objects.get().kind == ReconciliationItem.Kind.MISSING


class TestTheDesk:
    def test_ops_pay_12_one_click_gives_back_and_says_no_the_second_time(self, till, at, operator, finance):
        bank = Portone(till)
        issued = bank.issues(till.order(method="VIRTUAL_ACCOUNT"), at)
        bank.deposits(issued, amount=50_000, at=at.isoformat())
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=5))
        now_is(at + timedelta(hours=1))

        services.send_back(row=Row.objects.get(), account=BACK_TO, by=finance, at=at + timedelta(hours=1), reason="돌려줌")

        with pytest.raises(AllocationOver):
            services.allocate(row=Row.objects.get(), by=finance, at=at + timedelta(hours=1), reason="충전")
