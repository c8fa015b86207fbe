"""
What becomes of one automatic charge: credited, refused by a card, given up. Every function joins a transaction in which the wallet is
locked; beginning a charge is in `auto_top_up`.
"""

from datetime import datetime

from advertisers.notifications import tell_team
from common import effects
from credits import selectors as balances
from credits import services as ledger
from payments import events
from payments.models import AutoCharge, AutoTopUp, PaymentOrder, SavedCard

State = AutoCharge.State
PAGE = "/my-page/auto-top-up/"


def has_enough(setting: AutoTopUp) -> bool:
    """True when free and held credits together reach the line. One query."""
    balance = balances.balance(setting.advertiser)
    return balance.available + balance.held >= setting.below_credits


def after_credit(order: PaymentOrder, *, at: datetime) -> None:
    """An order has its credits: a charge of it is done, and a line that was left behind may be crossed again."""
    setting = AutoTopUp.objects.select_for_update(of=("self",)).filter(advertiser=order.advertiser_id).first()
    if setting is None:
        return
    AutoCharge.objects.filter(order=order).exclude(state=State.DONE).update(state=State.DONE, ended_at=at, failure="")
    if has_enough(setting) and not setting.is_armed:
        setting.is_armed = True
        setting.save(update_fields=["is_armed"])


def record(*, charge_id: int, try_no: int, words: str = "", attempt: str = "", is_silent: bool = False, at: datetime) -> None:
    """
    Write how a try ended. Joins the closing transaction of its effect; an older try, or one that ended, changes nothing.

    words: why this card certainly paid nothing.   attempt: the gateway's name for the refused attempt.
    is_silent: nobody will say any more; the order is still asked about, and nothing is charged before it is known.
    """
    setting = AutoTopUp.objects.select_related("advertiser").get(charges=charge_id)
    ledger.lock_wallet(setting.advertiser)
    charges = AutoCharge.objects.select_for_update(of=("self",)).select_related("setting__advertiser", "card__advertiser", "order")
    charge = charges.get(pk=charge_id)
    if charge.try_no != try_no or charge.state not in AutoCharge.OPEN:
        return
    if words:
        charge.failed_attempt = attempt[:100]
        go_on(charge, words, at=at)
    elif is_silent and charge.state == State.WAITING:
        end(charge, State.UNKNOWN, at=at)
        stop(charge.setting, "결제사에서 결과를 듣지 못했어요. 결제됐다면 곧 충전해 드려요.", at=at)


def go_on(charge: AutoCharge, words: str, *, at: datetime) -> None:
    """A card certainly paid nothing: charge the next one, or stop and say why. The same order, so that nothing can be paid twice."""
    charge.failure = words[:200]
    tried = charge.card
    following = SavedCard.objects.owned_by(tried.advertiser).active().filter(registered_at__gt=tried.registered_at).first()
    if following is None or not charge.setting.is_on:
        end(charge, State.FAILED, at=at)
        stop(charge.setting, f"등록한 카드로 결제하지 못했어요. {words}", at=at)
        return
    charge.card, charge.try_no = following, charge.try_no + 1
    charge.save(update_fields=["card", "try_no", "failure", "failed_attempt"])
    send(charge, at=at)


def send(charge: AutoCharge, *, at: datetime) -> None:
    """Lead the order to the gateway of the charge's card and write the effect that charges it."""
    order = PaymentOrder.objects.select_for_update().get(pk=charge.order_id)
    order.gateway, order.state, order.failure = charge.card.gateway, PaymentOrder.State.WINDOW_OPEN, ""
    order.save(update_fields=["gateway", "state", "failure"])
    order.windows.get_or_create(gateway=order.gateway, defaults={"opened_at": at})
    effects.add("payments.auto_charge", key=key_of(charge), at=at, charge=charge.pk, try_no=charge.try_no)


def key_of(charge: AutoCharge) -> str:
    """The key of one try, made before the call; it never changes."""
    return f"auto:{charge.order.order_id}:{charge.try_no}"


def end(charge: AutoCharge, state: str, *, at: datetime) -> None:
    """Note how it ended, for now or for good."""
    charge.state, charge.ended_at = state, at
    charge.save(update_fields=["state", "ended_at", "failure", "failed_attempt"])


def stop(setting: AutoTopUp, reason: str, *, at: datetime) -> None:
    """Switch automatic top-up off by itself and tell the team why. A repeat changes nothing."""
    row = AutoTopUp.objects.select_for_update(of=("self",)).get(pk=setting.pk)
    if not row.is_on:
        return
    row.is_on, row.stopped_at, row.stop_reason = False, at, reason[:200]
    row.save(update_fields=["is_on", "stopped_at", "stop_reason"])
    tell_team(
        events.AUTO_STOPPED,
        advertiser=row.advertiser,
        facts={"reason": row.stop_reason},
        url=PAGE,
        key=f"auto:{row.pk}:{row.crossing}:{at.isoformat()}:stopped",
        at=at,
    )
