"""
The house's own bank account, in the words of a gateway, so that orders paid into it live by the same rules as all others.

No company speaks for this account: its book is what operators brought of its statement (`BankDeposit`) and what they sent from it
(`BankPayout`). So unlike other gateways it reads rows, and nothing that comes is credited before an operator and a second one agree.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from common.provider import GatewayError
from identity.models import User
from payments.gateways.base import (
    CancelState,
    Checkout,
    Expected,
    PayoutAccount,
    RemoteAccount,
    RemoteCancel,
    RemoteEvent,
    RemotePayment,
    RemoteState,
    WebhookRefused,
)
from payments.gateways.names import HOUSE_BANK
from payments.models import BankDeposit, BankPayout, PaymentOrder, Refund, UnallocatedMoney
from payments.services import accounts, payouts

METHOD = "BANK"
STATES = {
    BankPayout.State.DONE: CancelState.SUCCEEDED,
    BankPayout.State.CALLED_OFF: CancelState.FAILED,
}


class HouseBank:
    """Fulfils `payments.gateways.base.Gateway`. Nobody opens a window, captures or sends messages here."""

    name = HOUSE_BANK
    label = "무통장입금"
    expected = Expected(store="house", channels=frozenset({METHOD}), provider="", version="", is_live=True)
    script_url = ""
    browser_hosts: tuple[str, ...] = ()
    needs_confirm = False
    token_field = "token"
    key_hours = 24 * 365 * 10  # rows remember their keys
    webhook_sources: tuple[str, ...] = ()

    @property
    def methods(self) -> tuple[str, ...]:
        """Into the account, where one is set."""
        return (METHOD,) if settings.HOUSE_ACCOUNT else ()

    def checkout(self, *, order: Checkout) -> dict[str, Any]:
        """There is no window: the order's page shows the account."""
        return {}

    def confirm(self, *, ref: str, token: str, amount_krw: int) -> RemotePayment:
        """Nothing waits for us here."""
        return self.fetch(ref=ref)

    def fetch(self, *, ref: str) -> RemotePayment:
        """What came for an order and what was sent back. Three queries."""
        order = PaymentOrder.objects.filter(order_id=ref, gateway=HOUSE_BANK).first()
        if order is None:
            return RemotePayment(ref=ref, state=RemoteState.ABSENT)
        deposits = list(BankDeposit.objects.filter(order=order).order_by("received_at", "pk"))
        if not deposits:
            return self._awaited(order)
        cancels = tuple(_cancel_of(payout) for payout in BankPayout.objects.filter(ref=ref).order_by("pk"))
        came_krw = sum(deposit.amount_krw for deposit in deposits)
        back_krw = sum(cancel.amount_krw for cancel in cancels if cancel.state is CancelState.SUCCEEDED)
        state = RemoteState.PAID if not back_krw else RemoteState.CANCELLED if back_krw >= came_krw else RemoteState.PART_CANCELLED
        return RemotePayment(
            ref=ref,
            state=state,
            amount_krw=came_krw,
            currency="KRW",
            store=self.expected.store,
            channel=METHOD,
            is_live=self.expected.is_live,
            method=METHOD,
            method_name=self.label,
            paid_at=deposits[-1].received_at,
            cancels=cancels,
            said=state.value,
        )

    def _awaited(self, order: PaymentOrder) -> RemotePayment:
        if order.window_opened_at is None or not settings.HOUSE_ACCOUNT:
            return RemotePayment(ref=order.order_id, state=RemoteState.ABSENT)
        bank, number, holder = settings.HOUSE_ACCOUNT
        account = RemoteAccount(bank=bank, number=number, holder=holder, due_at=accounts.due_at(order.window_opened_at))
        return RemotePayment(ref=order.order_id, state=RemoteState.ACCOUNT_ISSUED, method=METHOD, account=account)

    def list_payments(self, *, since: datetime, until: datetime) -> Iterator[RemotePayment]:
        """Orders for which something came, or from which something went back, in [since, until)."""
        came = BankDeposit.objects.filter(order__isnull=False, received_at__gte=since, received_at__lt=until)
        sent = BankPayout.objects.exclude(ref="").filter(state=BankPayout.State.DONE, ended_at__gte=since, ended_at__lt=until)
        refs = {*came.values_list("order__order_id", flat=True), *sent.values_list("ref", flat=True)}
        for ref in sorted(refs):
            yield self.fetch(ref=ref)

    def cancel(
        self, *, ref: str, amount_krw: int, remaining_krw: int, reason: str, key: str, account: PayoutAccount | None = None
    ) -> RemoteCancel:
        """Put the transfer before operators; it has happened once one of them brings the bank's number."""
        if account is None:
            raise GatewayError(known=True, code="NO_ACCOUNT", status=400)
        with transaction.atomic():
            order = PaymentOrder.objects.select_for_update().get(order_id=ref)
            if known := BankPayout.objects.filter(key=key).first():
                return _cancel_of(known)
            if self._left(order) < amount_krw:
                raise GatewayError(known=True, code="NOT_SO_MUCH_LEFT", status=409)
            made = payouts.ask(
                key=key, ref=ref, amount_krw=amount_krw, account=account, reason=reason, agreed_by=_decider(key), at=timezone.now()
            )
        return _cancel_of(made)

    def _left(self, order: PaymentOrder) -> int:
        """What came for an order, less what went back or is about to."""
        came = sum(BankDeposit.objects.filter(order=order).values_list("amount_krw", flat=True))
        gone = BankPayout.objects.filter(ref=order.order_id).exclude(state=BankPayout.State.CALLED_OFF)
        return came - sum(gone.values_list("amount_krw", flat=True))

    def parse_webhook(self, *, headers: Mapping[str, str], body: bytes) -> RemoteEvent:
        """Nobody sends any."""
        raise WebhookRefused("nobody")


def _cancel_of(payout: BankPayout) -> RemoteCancel:
    state = STATES.get(BankPayout.State(payout.state), CancelState.REQUESTED)
    return RemoteCancel(
        id=str(payout.public_id), state=state, amount_krw=payout.amount_krw, at=payout.ended_at, key=payout.key, reason=payout.reason
    )


def _decider(key: str) -> User:
    """Who decided that this money goes back: of the refund, or of the unallocated money, whose key it is."""
    public_id = key.rpartition("-")[0]
    refund = Refund.objects.select_related("decided_by").filter(public_id=public_id).first()
    found = refund or UnallocatedMoney.objects.select_related("decided_by").get(public_id=public_id)
    if found.decided_by is None:
        raise RuntimeError("money goes back and nobody decided it")
    return found.decided_by
