"""Doors the effects knock on for gifticons: the coupon itself, its message, and what became of it."""

import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from common import effects
from common.effects import Outcome, Result
from common.models import Effect
from common.provider import GatewayError
from identity import phones
from rewards.gifticons import deposit, importing, outcomes, sending
from rewards.gifticons.ordering import ISSUE
from rewards.gifticons.supplier import CouponState, Found, Good, Refusal, Wish, get_supplier
from rewards.models import GifticonOrder, Member
from rewards.models.gifticons import OPEN_STATES, OrderState

logger = logging.getLogger(__name__)
SOON, LATER = timedelta(seconds=30), timedelta(minutes=10)
SETTLED_THERE = timedelta(minutes=1)  # the supplier allows itself 15 s; what it has not made by then it will not make
PATIENCE = 5  # questions without an answer, about a quarter of an hour, before operators hear of it
NOT_SOLD = "지금은 팔지 않는 상품이에요."
DEARER = "가격이 크게 바뀌어 발급을 멈췄어요."
NOT_MADE = "공급사에서 발급하지 못했어요."
TITLE = "럭플 선물"


@effects.handler(ISSUE)
class IssueGifticon:
    """
    Order one coupon under its one tr_id. HELD says that the supplier certainly has nothing, so it may be sent; in every other open state
    there may be a coupon, so it is only looked up. Lost, doubled, late or out of order, it does no harm.
    """

    def send(self, effect: Effect) -> Outcome:
        order = _order(effect)
        if order.state != OrderState.HELD:
            return self.ask(effect)
        try:
            good = get_supplier().good(code=order.gifticon.code)
        except GatewayError as trouble:
            return _held(trouble) if trouble.code != Refusal.GONE else _failed(NOT_SOLD, is_gone=True)
        if not good.is_sold:
            return _failed(NOT_SOLD, is_gone=True)
        if sending.is_too_dear(order, good, at=timezone.now()):
            return _failed(DEARER)
        return self._issue(order, good)

    def _issue(self, order: GifticonOrder, good: Good) -> Outcome:
        if not sending.begin(order, cost_krw=good.cost_krw, at=timezone.now()):
            return Outcome(Result.UNKNOWN, detail="somebody else has begun")
        phone = Member.objects.values_list("user__phone", flat=True).get(pk=order.member_id)
        digits = "".join(filter(str.isdigit, phones.local(phone)))
        wish = Wish(
            tr_id=order.tr_id, code=good.code, phone=digits, title=TITLE, message=f"럭플에서 교환한 {order.gifticon.name} 쿠폰이에요."
        )
        try:
            pin = get_supplier().issue(wish)
        except GatewayError as trouble:
            return _after(trouble)
        return Outcome(Result.DONE, data={"end": OrderState.DELIVERED, "pin": pin})

    def ask(self, effect: Effect) -> Outcome:
        order = _order(effect)
        if order.state == OrderState.HELD:
            return self.send(effect)
        if order.state not in OPEN_STATES:
            return Outcome(Result.DONE, detail="it has its end")
        try:
            found = self._looked_up(order)
        except GatewayError as trouble:
            return _silence(effect, trouble)
        if found is None or not _is_there(found):
            return _failed(NOT_MADE)
        until = found.valid_until.isoformat() if found.valid_until else ""
        return Outcome(Result.DONE, data={"end": OrderState.ISSUED, "until": until})

    def _looked_up(self, order: GifticonOrder) -> Found | None:
        """What the supplier has under the order's tr_id, once nothing more can come of it. :raises GatewayError: it does not say."""
        supplier = get_supplier()
        found = supplier.find(tr_id=order.tr_id)
        if _is_there(found):
            return found
        supplier.cancel(tr_id=order.tr_id)  # whatever might still come of it, or was charged without a coupon
        return supplier.find(tr_id=order.tr_id)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        is_silent = outcome.result is Result.UNKNOWN or "silence" in outcome.data
        sending.record(_order(effect), outcome.data, is_silent=is_silent, at=at)
        _warn(effect, outcome, at=at)


@effects.handler(outcomes.MESSAGE)
class SendMessage:
    """The same coupon by message, to the member's own number. After a silence nobody can say whether it went out; pressing again may."""

    def send(self, effect: Effect) -> Outcome:
        try:
            get_supplier().resend(tr_id=_order(effect).tr_id)
        except GatewayError as refusal:
            if refusal.known and refusal.status:  # it said no, and would say so again
                return Outcome(Result.FAILED, detail=refusal.code)
            raise
        return Outcome(Result.DONE)

    def ask(self, effect: Effect) -> Outcome:
        return Outcome(Result.DONE, detail="the supplier does not tell whether it sent")

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if outcome.result is Result.DONE:
            outcomes.deliver(_order(effect))


@effects.handler(outcomes.WATCH)
class WatchGifticon:
    """Look what became of a coupon: some days before its last day, to remind, and after it."""

    def send(self, effect: Effect) -> Outcome:
        order = _order(effect)
        if not order.is_usable:
            return Outcome(Result.DONE, detail="it has its end")
        try:
            found = get_supplier().find(tr_id=order.tr_id)
        except GatewayError as trouble:
            return _silence(effect, trouble)
        return Outcome(Result.DONE, data={"state": found.state.value if found else CouponState.CANCELLED.value})

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)  # reading changes nothing there

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if "state" in outcome.data:
            outcomes.observe(_order(effect), CouponState(outcome.data["state"]), at=at)
        _warn(effect, outcome, at=at)


@effects.handler(importing.READ)
class ReadGoods:
    """One page of the supplier's catalogue. Reading changes nothing there, so it may be read again."""

    def send(self, effect: Effect) -> Outcome:
        return Outcome(Result.DONE, data={"goods": get_supplier().goods(page=effect.ids["page"])})

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if "goods" in outcome.data:
            importing.take_page(run_id=effect.ids["run"], page=effect.ids["page"], goods=outcome.data["goods"], at=at)


@shared_task(name="rewards.gifticon_catalogue")
def read_catalogue() -> None:
    """Every night: what the supplier sells."""
    importing.start(by=None, at=timezone.now())


@shared_task(name="rewards.gifticon_deposit")
def read_deposit() -> None:
    """Every morning: what is left of our deposit, beside our book."""
    try:
        deposit.read(at=timezone.now())
    except (GatewayError, deposit.BookMoves) as trouble:
        logger.warning("The deposit of gifticons was not compared: %s", trouble.code)


def _order(effect: Effect) -> GifticonOrder:
    return GifticonOrder.objects.select_related("gifticon__brand").get(pk=effect.ids["order"])


def _is_there(found: Found | None) -> bool:
    return found is not None and found.state is not CouponState.CANCELLED


def _after(trouble: GatewayError) -> Outcome:
    """What an answer to the order itself teaches us."""
    if trouble.code in (Refusal.BALANCE_SHORT, Refusal.NO_ACCESS) or (trouble.known and trouble.status == 0):
        return _held(trouble)
    if trouble.known:
        return _failed(NOT_SOLD if trouble.code == Refusal.GONE else NOT_MADE, is_gone=trouble.code == Refusal.GONE, detail=trouble.code)
    logger.warning("The supplier of gifticons left an order open: %s", trouble.code)
    return Outcome(Result.UNKNOWN, detail=trouble.code, after=SETTLED_THERE)


def _held(trouble: GatewayError) -> Outcome:
    """Certainly nothing happened there: the same order later."""
    is_ours = trouble.code in (Refusal.BALANCE_SHORT, Refusal.NO_ACCESS)
    return Outcome(
        Result.PENDING, detail=trouble.code, data={"end": OrderState.HELD, "code": trouble.code}, after=LATER if is_ours else SOON
    )


def _silence(effect: Effect, trouble: GatewayError) -> Outcome:
    """Asking changes nothing there, so an outage is no failure, however long: it is asked again, at least every ten minutes."""
    return Outcome(Result.PENDING, detail=trouble.code, data={"silence": trouble.code}, after=min(effect.attempts * SETTLED_THERE, LATER))


def _warn(effect: Effect, outcome: Outcome, *, at: datetime) -> None:
    if "silence" in outcome.data and effect.attempts > PATIENCE:
        sending.warn(outcome.data["silence"], at=at)


def _failed(why: str, *, is_gone: bool = False, detail: str = "") -> Outcome:
    return Outcome(Result.DONE, detail=detail or why, data={"end": OrderState.FAILED, "why": why, "is_gone": is_gone})
