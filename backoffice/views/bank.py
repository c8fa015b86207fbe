"""The house's own account: its statement is brought here, deposits find their order or go back, and money that must be sent is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import limits, rights
from backoffice.admin.base import refusals_as_messages
from backoffice.desk_lists import DEPOSITS
from backoffice.forms import DepositReturnSheet, MatchSheet, ReasonSheet, StatementSheet, TakeOverSheet, TransferNumberSheet, first_error
from backoffice.rights import Right
from backoffice.services import AlreadyDone, keep
from backoffice.site import operator_of, page, room
from identity.models import User
from payments import selectors
from payments import services as payments
from payments.gateways import banks
from payments.gateways.base import PayoutAccount
from payments.models import BankDeposit, BankPayout
from payments.statements import COLUMNS, read_statement

LAST = 30


@dataclass(frozen=True, slots=True)
class ToSend:
    """One transfer and what this operator may do about it. account: shown to whoever has begun it or has it now, and to nobody else."""

    payout: BankPayout
    is_mine: bool
    agreed_myself: bool
    account: PayoutAccount | None

    @property
    def bank_name(self) -> str:
        """The bank it goes to, in words."""
        return banks.name_of(self.account.bank) if self.account else ""


@room(Right.SEE_PAYMENTS)
@require_GET
def bank(request: HttpRequest) -> HttpResponse:
    """What came and waits, and what has to be sent."""
    return _page(request, form=StatementSheet())


def _page(request: HttpRequest, *, form: StatementSheet, status: int = 200) -> HttpResponse:
    mine = operator_of(request)
    found = DEPOSITS.find(request.GET, by=mine, at=timezone.now())
    waiting = list(
        BankDeposit.objects.select_related("order__advertiser", "decided_by")
        .filter(state=BankDeposit.State.WAITING)
        .order_by("received_at", "pk")[:LAST]
    )
    context: dict[str, Any] = {
        "title": "통장 입금",
        "form": form,
        "columns": ", ".join(COLUMNS),
        "waiting": selectors.guesses(waiting),
        "banks": DepositReturnSheet.BANKS,
        "payouts": [_to_send(payout, mine.pk) for payout in _open_payouts()],
        "found": found,
        "rows": Paginator(found.rows, LAST).get_page(request.GET.get("page")),
        "may_export": rights.has(mine, Right.EXPORT),
        "may_settle": rights.has(mine, Right.SETTLE_DIFFERENCES),
    }
    return page(request, "backoffice/bank.html", context, status=status)


def _open_payouts() -> list[BankPayout]:
    rows = BankPayout.objects.select_related("agreed_by", "sent_by", "taken_over_by").filter(state__in=BankPayout.OPEN)
    return list(rows.order_by("asked_at", "pk")[:LAST])


def _to_send(payout: BankPayout, operator_id: int) -> ToSend:
    is_mine = payout.state == BankPayout.State.STARTED and payout.holder is not None and payout.holder.pk == operator_id
    account = payments.payout_account_of(payout) if is_mine else None
    return ToSend(payout, is_mine, payout.agreed_by_id == operator_id, account)


@room(Right.SETTLE_DIFFERENCES)
@require_POST
def bank_statement(request: HttpRequest) -> HttpResponse:
    """Take what somebody copied or exported from the bank."""
    form = StatementSheet(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    with refusals_as_messages(request):
        lines = read_statement(form.cleaned_data["text"])
        operator, at = operator_of(request), timezone.now()
        taken = payments.take_statement(lines=lines, by=operator, at=at)
        if taken.new:
            keep(row=operator, by=operator, reason=f"통장 내역 {taken.new:,}건을 올렸어요", at=at)
        messages.success(request, f"새 입금 {taken.new:,}건을 올렸어요. 이미 있던 입금은 {taken.known:,}건이에요.")
        return redirect("admin:bank")
    return _page(request, form=form, status=422)


def _act(request: HttpRequest, row: Model, form: forms.Form, deed: Callable[[dict[str, Any]], object], done: str) -> HttpResponse:
    """Do it with what a valid form says; say on the next page what was wrong with another one."""
    if not form.is_valid():
        messages.error(request, first_error(form))
    else:
        with refusals_as_messages(request):
            deed(form.cleaned_data)
            keep(row=row, by=operator_of(request), reason=f"{done} {form.cleaned_data.get('reason', '')}", at=timezone.now())
            messages.success(request, done)
    return redirect("admin:bank")


@room(Right.SETTLE_DIFFERENCES)
@require_POST
def deposit_match(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say for which order it came."""
    deposit = get_object_or_404(BankDeposit, public_id=public_id)
    return _act(
        request,
        deposit,
        MatchSheet(request.POST),
        lambda said: payments.match_deposit(deposit=deposit, order_id=said["order_id"], by=operator_of(request), at=timezone.now()),
        "주문에 연결했어요. 주인 모를 입금에서 두 사람이 확인하면 충전돼요.",
    )


@room(Right.SETTLE_DIFFERENCES)
@require_POST
def deposit_return(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Nobody's: it goes back."""
    deposit = get_object_or_404(BankDeposit, public_id=public_id)
    return _act(
        request,
        deposit,
        DepositReturnSheet(request.POST),
        lambda said: _give_back(deposit, said, by=operator_of(request), at=timezone.now()),
        "돌려주기로 했어요. 다른 운영자가 이체해야 해요.",
    )


def _give_back(deposit: BankDeposit, said: dict[str, Any], *, by: User, at: datetime) -> None:
    """:raises limits.AboveYourLimit: it is more than the roles of `by` may decide about."""
    limits.refuse_above(deposit.amount_krw, by=by, at=at)
    account = PayoutAccount(bank=said["bank"], number=said["number"], holder=said["holder"])
    payments.return_deposit(deposit=deposit, account=account, reason=said["reason"], by=by, at=at)


@room(Right.SETTLE_DIFFERENCES)
@require_POST
def payout_start(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Go to the bank: the account is shown from here on, and it is written down to whom."""
    payout = get_object_or_404(BankPayout, public_id=public_id)
    with refusals_as_messages(request):
        operator, at = operator_of(request), timezone.now()
        if not payments.start_payout(payout=payout, by=operator, at=at):
            raise AlreadyDone
        keep(row=payout, by=operator, reason="이체를 시작했어요", at=at)
        messages.info(request, "이체를 시작했어요. 계좌 번호는 나에게만 보여요.")
    return redirect("admin:bank")


@room(Right.SETTLE_DIFFERENCES)
@require_POST
def payout_take_over(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Have it in place of a colleague who began it and is away."""
    payout = get_object_or_404(BankPayout, public_id=public_id)
    form = TakeOverSheet(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return redirect("admin:bank")
    with refusals_as_messages(request):
        operator, at, said = operator_of(request), timezone.now(), form.value
        payments.take_over_payout(payout=payout, holder=said.holder, reason=said.reason, by=operator, at=at)
        keep(row=payout, by=operator, reason=f"{said.holder} 대신 이체를 넘겨받았어요 · {said.reason}", at=at)
        messages.success(request, "이체를 넘겨받았어요. 통장 거래 내역부터 확인해 주세요.")
    return redirect("admin:bank")


@room(Right.SETTLE_DIFFERENCES)
@require_POST
def payout_finish(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The bank has sent it."""
    payout = get_object_or_404(BankPayout, public_id=public_id)
    return _act(
        request,
        payout,
        TransferNumberSheet(request.POST),
        lambda said: _finish(payout, said["transfer_no"], by=operator_of(request), at=timezone.now()),
        "이체한 것으로 적었어요.",
    )


def _finish(payout: BankPayout, transfer_no: str, *, by: User, at: datetime) -> None:
    """:raises AlreadyDone: another press wrote the same number down."""
    if payments.finish_payout(payout=payout, transfer_no=transfer_no, by=by, at=at).ended_at != at:
        raise AlreadyDone


@room(Right.SETTLE_DIFFERENCES)
@require_POST
def payout_call_off(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Nothing was sent."""
    payout = get_object_or_404(BankPayout, public_id=public_id)
    return _act(
        request,
        payout,
        ReasonSheet(request.POST),
        lambda said: payments.call_off_payout(payout=payout, reason=said["reason"], by=operator_of(request), at=timezone.now()),
        "이체하지 않기로 했어요.",
    )
