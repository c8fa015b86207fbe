"""Doors the clock and the effects knock on: looking orders up after a webhook, refunds at the gateway, receipts, the sweeper."""

import logging
import re
from dataclasses import asdict
from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from advertisers.models import BusinessUser
from advertisers.notifications import tell_team
from advertisers.tax_office import standing_of
from common import clock, effects
from common.effects import Outcome, Result
from common.kst import day_of
from common.models import Effect, InboundWebhook
from common.provider import GatewayError
from payments import events, insurance, services
from payments.gateways import cards_of, get_gateway
from payments.gateways.base import CancelState, ConfirmRefused, RemoteCancel, RemotePayment, RemoteState
from payments.gateways.names import every_book
from payments.issuers import get_issuer
from payments.models import AutoCharge, PaymentOrder, Refund, SavedCard, TaxDocument, UnallocatedMoney
from payments.services import accounts, allocation, announcing, auto_charges, cards, documents, refunding, unallocated
from payments.services.orders import as_checkout
from payments.services.refunds import payout_account

logger = logging.getLogger(__name__)

ORDER_MAY_COME_WITHIN = timedelta(hours=24)
RECONCILE_BACK = timedelta(hours=3)
RECONCILE_BACK_DAILY = timedelta(hours=50)  # two days and a little: a night without us leaves no gap
ANSWERS_UNTIL_REFUSAL = 3
DISPUTE_PAUSE = timedelta(minutes=30)
SETTLED_AFTER = timedelta(days=4)
CLOSED = {BusinessUser.TaxState.CLOSED: "폐업한", BusinessUser.TaxState.UNREGISTERED: "등록되지 않은"}


@effects.handler("payments.sync_order")
class SyncOrder:
    """Look up what a webhook was about. Lost, doubled, late or out of order, it does no harm: `sync_order` acts on what is true."""

    def send(self, effect: Effect) -> Outcome:
        webhook = InboundWebhook.objects.get(pk=effect.ids["webhook"])
        try:
            services.sync_order(order_id=webhook.ref, at=timezone.now(), source=services.Source.WEBHOOK)
        except PaymentOrder.DoesNotExist:
            age = timezone.now() - webhook.received_at
            if age >= ORDER_MAY_COME_WITHIN:
                return Outcome(Result.DONE, detail="no such order", data={"state": InboundWebhook.State.IGNORED})
            wait = max(timedelta(seconds=10), min(age, timedelta(hours=1)))
            return Outcome(Result.PENDING, detail="no such order yet", data={"state": InboundWebhook.State.PARKED}, after=wait)
        return Outcome(Result.DONE, data={"state": InboundWebhook.State.DONE})

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)  # asking is all it does

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if "state" in outcome.data:
            InboundWebhook.objects.filter(pk=effect.ids["webhook"]).update(state=outcome.data["state"])


@effects.handler("payments.receipt")
class Receipt:
    """Tell the team that their credits are there, with the way to the receipt."""

    def send(self, effect: Effect) -> Outcome:
        return Outcome(Result.DONE)

    def ask(self, effect: Effect) -> Outcome:
        return Outcome(Result.DONE)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        order = PaymentOrder.objects.select_related("advertiser").get(order_id=effect.ids["order"])
        late = "결제가 늦게 확인됐어요. " if order.is_late else ""
        bonus = f" 보너스 {order.bonus_credits:,}크레딧도 함께 드렸어요." if order.bonus_credits else ""
        tell_team(
            events.PAID,
            advertiser=order.advertiser,
            facts={"credits": order.credits, "amount": order.amount_krw, "vat": order.vat_krw, "late": late, "bonus": bonus},
            url=f"/payments/orders/{order.order_id}/receipt/",
            key=f"order:{order.order_id}:paid",
            at=at,
        )


_ANSWERED = re.compile(r"answered (\d+) times, last ")


def _is_not_the_last_word(effect: Effect, refusal: GatewayError) -> Outcome | None:
    """
    What to do about an error whose outcome is unknown; None when it is the company's last word, if its book shows no cancel.

    It is after so many answers in a row to the same question under the same key. They are counted in the effect's own word: attempts
    also count waiting, silence and a book that could not be read.
    """
    noted = _ANSWERED.match(effect.detail)
    times = (int(noted[1]) if noted else 0) + 1
    if refusal.code == "UNREADABLE":
        return Outcome(Result.UNKNOWN, detail=refusal.code)
    if times < ANSWERS_UNTIL_REFUSAL:
        return Outcome(Result.UNKNOWN, detail=f"answered {times} times, last {refusal.code}")
    return None


@effects.handler("payments.refund")
class RefundAtGateway:
    """
    Carry out one approved refund. The gateway's own book decides the end: after every answer the payment is read again.

    Lost, doubled, late or out of order, it does no harm: the key was made before the call and never changes within a try.
    """

    def send(self, effect: Effect) -> Outcome:
        refund = refunding.start_cancel(refund_id=effect.ids["refund"], at=timezone.now())
        if refund is None:
            return Outcome(Result.PENDING, detail="another refund of the order goes first", after=timedelta(seconds=5))
        if over := self._is_over(effect, refund):
            return over
        return self._cancel(effect, refund)

    def ask(self, effect: Effect) -> Outcome:
        refund = Refund.objects.select_related("order__advertiser").get(pk=effect.ids["refund"])
        if over := self._is_over(effect, refund):
            return over
        if refund.state == Refund.State.APPROVED:
            return self.send(effect)  # it waited for another refund and was never sent
        found, remote = self._look(refund)
        if found is not None:
            return self._outcome(effect, found, remote)
        if not refunding.may_repeat_key(refund, at=timezone.now()):
            return Outcome(Result.FAILED, detail="unknown, and the key is forgotten", data={"needs_a_person": True})
        if refunding.is_before_the_card_company(refund, remote):
            return Outcome(Result.PENDING, detail="the card company decides about a complaint first", after=DISPUTE_PAUSE)
        return self._cancel(effect, refund)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        refund_id = effect.ids["refund"]
        if not Refund.objects.filter(pk=refund_id, try_no=effect.ids["try_no"]).exists():
            return  # an operator began another try
        if "cancel" in outcome.data:
            refunding.record_cancel(refund_id=refund_id, facts=outcome.data, at=at)
        elif "code" in outcome.data:
            refunding.record_failure(refund_id=refund_id, code=outcome.data["code"], at=at)
        elif outcome.result is Result.UNKNOWN or "needs_a_person" in outcome.data:
            parks = effect.failures + 1 >= effects.FAILURES_UNTIL_PARKED
            refunding.record_silence(refund_id=refund_id, needs_a_person=parks or "needs_a_person" in outcome.data, at=at)

    def _is_over(self, effect: Effect, refund: Refund) -> Outcome | None:
        if refund.try_no != effect.ids["try_no"]:
            return Outcome(Result.DONE, detail="another try took over")
        if refund.state == Refund.State.FAILED:
            return Outcome(Result.FAILED, detail="failed already")
        if refund.state in (Refund.State.DONE, Refund.State.WITHDRAWN, Refund.State.DENIED):
            return Outcome(Result.DONE, detail=f"nothing to send: {refund.state}")
        return None

    def _cancel(self, effect: Effect, refund: Refund) -> Outcome:
        account = None
        if refund.order.is_into_account:
            account = payout_account(refund.order.advertiser, at=timezone.now())
            if account is None:  # taken away since the request: nothing was sent
                return Outcome(Result.FAILED, detail="NO_ACCOUNT", data={"code": "NO_ACCOUNT"})
        try:
            get_gateway(refund.order.gateway).cancel(
                ref=refund.order.ref,
                amount_krw=refund.amount_krw,
                remaining_krw=refund.remaining_krw or 0,
                reason=refund.reason,
                key=refund.cancel_key,
                account=account,
            )
        except GatewayError as refusal:
            if refusal.status == 0:
                raise  # no connection or silence: the effect knows what to do
            if refusal.known:
                return Outcome(Result.FAILED, detail=refusal.code, data={"code": refusal.code})
            if not_yet := _is_not_the_last_word(effect, refusal):
                return not_yet
            found, remote = self._look(refund)
            if found is None:
                return Outcome(Result.FAILED, detail=refusal.code, data={"code": refusal.code})
            return self._outcome(effect, found, remote)
        found, remote = self._look(refund)
        if found is None:
            return Outcome(Result.UNKNOWN, detail="not in the gateway's book yet")
        return self._outcome(effect, found, remote)

    def _look(self, refund: Refund) -> tuple[RemoteCancel | None, RemotePayment]:
        remote = get_gateway(refund.order.gateway).fetch(ref=refund.order.ref)
        return refunding.cancel_in(remote, refund), remote

    def _outcome(self, effect: Effect, found: RemoteCancel, remote: RemotePayment) -> Outcome:
        facts = refunding.facts_of(found, remote)
        match found.state:
            case CancelState.SUCCEEDED:
                return Outcome(Result.DONE, data=facts)
            case CancelState.FAILED:
                return Outcome(Result.FAILED, detail="the card company refused", data=facts)
            case CancelState.REQUESTED:
                return Outcome(
                    Result.PENDING, detail="requested, not decided", data=facts, after=timedelta(seconds=min(30 * effect.attempts, 3600))
                )
            case _:
                return Outcome(Result.UNKNOWN, detail="a word we do not know")


@effects.handler("payments.reconcile")
class ReconcileOnDemand:
    """Compare with a gateway's book because somebody asked. Comparing again does no harm."""

    def send(self, effect: Effect) -> Outcome:
        until = clock.real_now()
        since = until - timedelta(days=effect.ids["days"])
        gateway = effect.ids["gateway"]
        report = services.reconcile(gateway_name=gateway, since=since, until=until, at=timezone.now(), key=effect.key)
        return Outcome(Result.DONE, detail=f"{report.seen} seen, {len(report.open)} differences")

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        return None  # what was found is booked where it was found


@effects.handler("payments.give_back")
class GiveBack:
    """Give back money that fitted no order. As with refunds, the gateway's own book decides the end, and the key never changes in a try."""

    def send(self, effect: Effect) -> Outcome:
        row = UnallocatedMoney.objects.select_related("order").get(pk=effect.ids["row"])
        if row.state != UnallocatedMoney.State.RETURNING or row.try_no != effect.ids["try_no"]:
            return Outcome(Result.DONE, detail="nothing to send")
        gateway = get_gateway(row.gateway)
        remote = gateway.fetch(ref=row.order.ref)
        if found := self._ours(row, remote):
            return self._outcome(effect, found)
        try:
            made = gateway.cancel(
                ref=row.order.ref,
                amount_krw=row.amount_krw,
                remaining_krw=remote.amount_krw - remote.cancelled_krw,
                reason=row.reason,
                key=row.cancel_key,
                account=allocation.account_of(row),
            )
        except GatewayError as refusal:
            if refusal.status == 0:
                raise
            if not refusal.known:
                if not_yet := _is_not_the_last_word(effect, refusal):
                    return not_yet
                if found := self._ours(row, gateway.fetch(ref=row.order.ref)):
                    return self._outcome(effect, found)
            return Outcome(Result.FAILED, detail=refusal.code, data={"code": refusal.code})
        return self._outcome(effect, made)

    def ask(self, effect: Effect) -> Outcome:
        row = UnallocatedMoney.objects.get(pk=effect.ids["row"])
        hours = get_gateway(row.gateway).key_hours
        if row.decided_at is not None and timezone.now() < row.decided_at + timedelta(hours=hours) - timedelta(minutes=10):
            return self.send(effect)  # it looks first, and the same key cannot pay twice
        found = self._ours(row, get_gateway(row.gateway).fetch(ref=row.order.ref))
        if found is None:
            return Outcome(Result.FAILED, detail="unknown, and the key is forgotten", data={"code": "UNKNOWN"})
        return self._outcome(effect, found)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        row = UnallocatedMoney.objects.get(pk=effect.ids["row"])
        if row.try_no != effect.ids["try_no"]:
            return
        if "cancel" in outcome.data:
            allocation.record(row_id=row.pk, cancel=RemoteCancel(**outcome.data["cancel"]), at=at)
        elif "code" in outcome.data:
            allocation.record_failure(row_id=row.pk, code=outcome.data["code"], at=at)

    def _ours(self, row: UnallocatedMoney, remote: RemotePayment) -> RemoteCancel | None:
        """Our cancel in the book, of whichever try: one that was given up may have taken effect. A refused one is its own try's only."""
        ours = [cancel for cancel in remote.cancels if unallocated.is_cancel_of(row, cancel)]
        standing = (cancel for cancel in ours if cancel.state is not CancelState.FAILED)
        return next(standing, None) or next((cancel for cancel in ours if cancel.key == row.cancel_key), None)

    def _outcome(self, effect: Effect, found: RemoteCancel) -> Outcome:
        facts = {"cancel": asdict(found)}
        match found.state:
            case CancelState.SUCCEEDED:
                return Outcome(Result.DONE, data=facts)
            case CancelState.FAILED:
                return Outcome(Result.FAILED, detail="refused", data=facts)
            case CancelState.REQUESTED:
                return Outcome(Result.PENDING, detail="requested, not decided", after=timedelta(seconds=min(30 * effect.attempts, 3600)))
            case _:
                return Outcome(Result.UNKNOWN, detail="a word we do not know")


@effects.handler("payments.auto_charge")
class ChargeCard:
    """
    Charge a kept card for one order. Sent once for each try; after any silence the order is only looked up. What the gateway's book shows
    decides, and the next card is charged after a certain refusal only.
    """

    def send(self, effect: Effect) -> Outcome:
        charge = self._charge(effect)
        if over := self._is_over(effect, charge):
            return over
        keeper = cards_of(charge.card.gateway)
        if keeper is None or charge.card.state != SavedCard.State.ACTIVE:
            return Outcome(Result.FAILED, detail="no card", data={"words": "카드를 더는 쓸 수 없어요."})
        try:
            keeper.charge(key=cards.key_of(charge.card), order=as_checkout(charge.order), attempt=effect.key)
        except ConfirmRefused as refusal:
            return Outcome(Result.FAILED, detail=refusal.code, data={"words": refusal.words})
        except GatewayError as refusal:
            if refusal.known or refusal.status == 0:
                raise
        return self._look(charge)

    def ask(self, effect: Effect) -> Outcome:
        charge = self._charge(effect)
        return self._is_over(effect, charge) or self._look(charge)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        failed = outcome.result in (Result.UNKNOWN, Result.AGAIN)
        auto_charges.record(
            charge_id=effect.ids["charge"],
            try_no=effect.ids["try_no"],
            words=outcome.data.get("words", ""),
            attempt=outcome.data.get("attempt", ""),
            is_silent=failed and effect.failures + 1 >= effects.FAILURES_UNTIL_PARKED,
            at=at,
        )

    def _charge(self, effect: Effect) -> AutoCharge:
        return AutoCharge.objects.select_related("card", "order__advertiser", "order__created_by").get(pk=effect.ids["charge"])

    def _is_over(self, effect: Effect, charge: AutoCharge) -> Outcome | None:
        if charge.try_no != effect.ids["try_no"] or charge.state not in AutoCharge.OPEN:
            return Outcome(Result.DONE, detail="nothing to charge")
        return None

    def _look(self, charge: AutoCharge) -> Outcome:
        remote = get_gateway(charge.card.gateway).fetch(ref=charge.order.order_id)
        if remote.was_taken:
            services.sync_order(order_id=charge.order.order_id, at=timezone.now())
            return Outcome(Result.DONE)
        if remote.state is RemoteState.FAILED and remote.attempt != charge.failed_attempt:
            words = remote.failure or "카드사에서 승인하지 않았어요."
            return Outcome(Result.FAILED, detail="declined", data={"words": words, "attempt": remote.attempt})
        return Outcome(Result.UNKNOWN, detail="not in the gateway's book yet")


@effects.handler("payments.delete_card")
class DeleteCard:
    """Let the gateway forget a card. Deleting again does no harm: gone is gone."""

    def send(self, effect: Effect) -> Outcome:
        card = SavedCard.objects.get(pk=effect.ids["card"])
        keeper = cards_of(card.gateway)
        if card.state == SavedCard.State.REMOVING:
            if keeper is None:
                return Outcome(Result.AGAIN, detail="no contract for cards")
            keeper.delete(key=cards.key_of(card))
        return Outcome(Result.DONE)

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if outcome.result is Result.DONE:
            cards.removed(card_id=effect.ids["card"], at=at)


@shared_task(name="payments.auto_top_up")
def auto_top_up() -> None:
    """Begin the charges of lines that were crossed, and forget the cards of accounts that were closed."""
    services.look_at_all(at=timezone.now())
    cards.remove_of_closed(at=timezone.now())


@shared_task(name="payments.announce_offers")
def announce_offers() -> None:
    """Tell those who agreed to news of the bonuses that have begun."""
    announcing.announce(at=timezone.now())


@shared_task(name="payments.remind_accounts")
def remind_accounts() -> None:
    """Tell teams whose virtual account ends within a day."""
    accounts.remind(at=timezone.now())


@effects.handler("payments.tax_document")
class IssueDocument:
    """Issue one tax document. Its number was made before the call and never changes; after a silence it is looked for by it."""

    def send(self, effect: Effect) -> Outcome:
        document = TaxDocument.objects.select_related("corrects").get(pk=effect.ids["document"])
        if document.state != TaxDocument.State.WAITING or document.try_no != effect.ids["try_no"]:
            return Outcome(Result.DONE, detail="nothing to issue")
        if document.corrects and document.corrects.state != TaxDocument.State.ISSUED:
            return Outcome(Result.PENDING, detail="what it takes back is not issued yet", after=timedelta(minutes=10))
        if number := document.buyer["number"]:
            standing = standing_of(number)
            if standing.state in CLOSED:
                return Outcome(
                    Result.FAILED, detail="buyer closed", data={"failure": f"국세청에 {CLOSED[standing.state]} 사업자로 나와요."}
                )
        try:
            issued = get_issuer().issue(documents.wire_of(document))
        except GatewayError as refusal:
            if not refusal.known or refusal.status == 0:
                raise
            return Outcome(Result.FAILED, detail=refusal.code, data={"failure": f"발행 회사가 거절했어요({refusal.code})."})
        return Outcome(Result.DONE, data={"number": issued.number})

    def ask(self, effect: Effect) -> Outcome:
        document = TaxDocument.objects.select_related("corrects").get(pk=effect.ids["document"])
        found = get_issuer().find(documents.wire_of(document))
        return self.send(effect) if found is None else Outcome(Result.DONE, data={"number": found.number})

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        ids = {"document_id": effect.ids["document"], "try_no": effect.ids["try_no"], "at": at}
        if "number" in outcome.data:
            documents.record(nts_number=outcome.data["number"], **ids)
        elif "failure" in outcome.data:
            documents.record(failure=outcome.data["failure"], **ids)


@shared_task(name="payments.settlements")
def settlements() -> None:
    """Take what gateways tell of their settlements, four days later: by then every movement of a day is listed."""
    on = day_of(timezone.now()) - SETTLED_AFTER
    for name in settings.PAYMENT_GATEWAYS:
        try:
            services.fetch_settlement(gateway=name, on=on, at=timezone.now())
        except (GatewayError, services.SettlementUnbelievable, services.SettlementOutside) as refusal:
            logger.warning("The settlement of %s at %s was not taken: %s", on, name, refusal)


@shared_task(name="payments.documents")
def plan_documents() -> None:
    """Make the tax documents that are due."""
    services.plan_documents(at=timezone.now())


@shared_task(name="payments.insured_limit")
def insured_limit() -> None:
    """Say when prepaid credits come near to what is insured."""
    insurance.warn(at=timezone.now())


@shared_task(name="payments.sweep")
def sweep() -> None:
    """Ask about the orders whose moment has come, and free the bonus that waited in vain."""
    services.sweep(at=timezone.now())
    services.release_given_up(at=timezone.now())


@shared_task(name="payments.reconcile")
def reconcile() -> None:
    """Compare the last hours with every gateway's book, on the gateway's clock."""
    _compare(RECONCILE_BACK)


@shared_task(name="payments.reconcile_daily")
def reconcile_daily() -> None:
    """Compare the last two days once more, so that hours in which nobody compared are not lost."""
    _compare(RECONCILE_BACK_DAILY)


def _compare(back: timedelta) -> None:
    until = clock.real_now()
    for name in every_book():
        try:
            report = services.reconcile(gateway_name=name, since=until - back, until=until, at=timezone.now())
        except GatewayError as silence:
            logger.warning("Gateway %s could not be compared: %s", name, silence.code)
        else:
            if not report.is_clean:
                logger.warning("Gateway %s: %s differences wait", name, len(report.open))
