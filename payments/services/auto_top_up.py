"""
Automatic top-up by a kept card, behind a switch: one crossing of the line is one charge, never beyond the monthly limit. PAY-15, PAY-16.

The clock looks at every setting; under the wallet's lock it looks again and writes order, charge and effect in one commit. The next
charge may begin when this one ended and the line was crossed again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from advertisers import services as advertisers
from advertisers.access import PAYERS
from advertisers.models import Advertiser, Membership
from advertisers.notifications import tell_team
from common import dated
from common.errors import DomainError
from common.kst import day_from, day_of
from credits import services as ledger
from identity.events import Event, Fact
from identity.models import User
from payments import events, insurance
from payments.models import AutoCharge, AutoTopUp, Package, PaymentOrder, Refund, SavedCard
from payments.services import auto_charges, limits, offers, orders
from payments.services.payers import OverTopUpLimit
from payments.services.refusals import (
    AccountRestricted,
    AutoTopUpOff,
    MonthlyLimitTooSmall,
    NoCardKept,
    PackageNotOffered,
    PriceChanged,
)

SWITCH = dated.define("payments.auto_top_up", default=False, label="자동 충전을 받음")
State = AutoCharge.State


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What the form said. shown_krw: the price of the package that stood on the page.
    """

    package: Package
    shown_krw: int
    below_credits: int
    monthly_limit_krw: int


def gateways(*, at: datetime) -> list[str]:
    """The gateways whose contract allows to charge kept cards for credits; none while the switch is off."""
    if not SWITCH.at(at):
        return []
    return [name for name, allowed in limits.RECURRING.items() if allowed.at(at)]


def agree(*, advertiser: Advertiser, wish: Wish, by: User, at: datetime) -> AutoTopUp:
    """
    Switch automatic top-up on as the form says, or change what was agreed to. `by` answers for every charge from now on.

    :raises AutoTopUpOff: the house does not offer it.   :raises NoCardKept: no card is registered.
    :raises PackageNotOffered, PriceChanged: the package is not sold so.   :raises MonthlyLimitTooSmall: not even one charge fits in.
    :raises AccountRestricted: the account may not top up.   :raises OverTopUpLimit: more than this member may pay for alone in a month.
    """
    if not gateways(at=at):
        raise AutoTopUpOff
    with transaction.atomic(durable=True):
        ledger.lock_wallet(advertiser)
        now = Advertiser.objects.get(pk=advertiser.pk)
        if now.is_restricted or not now.is_active:
            raise AccountRestricted
        if not SavedCard.objects.owned_by(advertiser).active().exists():
            raise NoCardKept
        package = Package.objects.get(pk=wish.package.pk)
        if not package.is_offered:
            raise PackageNotOffered
        if package.amount_krw != wish.shown_krw:
            raise PriceChanged
        if wish.monthly_limit_krw < package.amount_krw:
            raise MonthlyLimitTooSmall(least=f"{package.amount_krw:,}")
        _refuse_beyond_role(advertiser, wish, by=by, at=at)
        setting, _ = AutoTopUp.objects.select_for_update(of=("self",)).update_or_create(
            advertiser=advertiser,
            defaults={
                "package": package,
                "amount_krw": package.amount_krw,
                "below_credits": wish.below_credits,
                "monthly_limit_krw": wish.monthly_limit_krw,
                "is_on": True,
                "is_armed": True,
                "agreed_by": by,
                "agreed_at": at,
                "stopped_at": None,
                "stop_reason": "",
            },
        )
        facts = {"below": setting.below_credits, "amount": setting.amount_krw, "limit": setting.monthly_limit_krw}
        _tell(setting, events.AUTO_ON, facts, key=at.isoformat(), at=at)
        return setting


def stop(*, advertiser: Advertiser, by: User, at: datetime) -> None:
    """A member stops it. A charge that is under way ends by itself. A repeat changes nothing."""
    with transaction.atomic(durable=True):
        ledger.lock_wallet(advertiser)
        setting = AutoTopUp.objects.select_for_update(of=("self",)).filter(advertiser=advertiser, is_on=True).first()
        if setting is not None:
            setting.is_on, setting.stopped_at, setting.stop_reason = False, at, ""
            setting.save(update_fields=["is_on", "stopped_at", "stop_reason"])
            _tell(setting, events.AUTO_OFF, {"who": by.get_full_name()}, key=at.isoformat(), at=at)


def look(*, setting: AutoTopUp, at: datetime) -> AutoCharge | None:
    """Begin a charge if the line was crossed and nothing speaks against it; the charge, or None."""
    if not gateways(at=at):
        return None
    with transaction.atomic(durable=True):
        row = _locked(setting)
        _close_what_failed(row, at=at)
        if not row.is_on or _stops(row, at=at):
            return None
        if auto_charges.has_enough(row):
            if not row.is_armed:
                row.is_armed = True
                row.save(update_fields=["is_armed"])
            return None
        if not row.is_armed or row.charges.filter(state__in=AutoCharge.OPEN).exists() or not _may_pay(row, at=at):
            return None
        return _begin(row, at=at)


def look_at_all(*, at: datetime) -> int:
    """Look at everybody who has it on, or whose charge is open; how many charges began. Each in a transaction of its own."""
    settings = AutoTopUp.objects.filter(is_on=True) | AutoTopUp.objects.filter(charges__state__in=AutoCharge.OPEN)
    found = settings.distinct().select_related("advertiser").order_by("pk")
    return sum(look(setting=setting, at=at) is not None for setting in found.iterator(chunk_size=200))


def charged_this_month_krw(setting: AutoTopUp, *, at: datetime) -> int:
    """Won of charges begun since the first of the KST month that were made, or may have been."""
    begins_at = day_from(day_of(at).replace(day=1))
    counted = setting.charges.exclude(state=State.FAILED).filter(started_at__gte=begins_at)
    return int(counted.aggregate(n=Sum("order__amount_krw", default=0))["n"])


def _locked(setting: AutoTopUp) -> AutoTopUp:
    """Lock the wallet, then the setting, and read it again. Joins the caller's transaction."""
    ledger.lock_wallet(setting.advertiser)
    rows = AutoTopUp.objects.select_for_update(of=("self",)).select_related("advertiser", "package", "agreed_by")
    return rows.get(pk=setting.pk)


def _close_what_failed(setting: AutoTopUp, *, at: datetime) -> None:
    """A charge nobody could say the end of, or that was given back before it was credited: by now the order knows."""
    for charge in setting.charges.select_related("order").filter(state__in=AutoCharge.OPEN):
        is_over = charge.order.state in (PaymentOrder.State.FAILED, PaymentOrder.State.ABANDONED)
        if is_over and (charge.state == State.UNKNOWN or charge.order.captured_krw):
            charge.failure = charge.order.failure or "결제되지 않았어요."
            auto_charges.end(charge, State.FAILED, at=at)
            auto_charges.stop(setting, "결제가 이루어지지 않았어요.", at=at)


def _stops(setting: AutoTopUp, *, at: datetime) -> bool:
    """Stop it where going on would not be what was agreed to; True when it was stopped."""
    advertiser, package = setting.advertiser, setting.package
    back = Refund.objects.owned_by(advertiser).counted().filter(requested_at__gte=setting.agreed_at)
    why = ""
    if not advertiser.is_active:
        why = "계정을 닫았어요."
    elif not package.is_offered or package.amount_krw != setting.amount_krw:
        why = "고른 상품의 가격이 바뀌었거나 더 이상 팔지 않아요."
    elif not Membership.objects.acting().of(advertiser).filter(user=setting.agreed_by, role__in=PAYERS).exists():
        why = "동의한 구성원이 이제 충전할 수 없어요."
    elif back.exists():
        why = "환불을 요청해서 멈췄어요."
    elif PaymentOrder.objects.owned_by(advertiser).filter(state=PaymentOrder.State.DISPUTED).exists():
        why = "카드사가 이의를 확인하고 있어요."
    elif not SavedCard.objects.owned_by(advertiser).active().exists():
        why = "등록한 카드가 없어요."
    if why:
        auto_charges.stop(setting, why, at=at)
    return bool(why)


def _may_pay(setting: AutoTopUp, *, at: datetime) -> bool:
    """False while something passing speaks against it; what the team can change is told, once a month."""
    if setting.advertiser.is_restricted or ledger.MONEY_STOPPED.at(at):
        return False
    if charged_this_month_krw(setting, at=at) + setting.amount_krw > setting.monthly_limit_krw:
        month = f"{day_of(at):%Y-%m}"
        _tell(setting, events.AUTO_LIMIT, {"limit": setting.monthly_limit_krw}, key=f"limit:{month}", at=at)
        return False
    try:
        insurance.refuse_over_limit(setting.package.credits, at=at)
    except DomainError:
        return False
    return True


def _begin(setting: AutoTopUp, *, at: datetime) -> AutoCharge | None:
    """Write order, charge and effect for this crossing; the key is made here, before any call."""
    advertiser, package = setting.advertiser, setting.package
    allowed = gateways(at=at)
    card = SavedCard.objects.owned_by(advertiser).active().filter(gateway__in=allowed).first()
    if card is None:
        auto_charges.stop(setting, "등록한 카드의 결제사가 지금은 자동 결제를 받지 않아요.", at=at)
        return None
    try:
        limits.refuse_outside(advertiser=advertiser, gateway=card.gateway, method="CARD", amount_krw=package.amount_krw, at=at)
    except DomainError as refusal:
        auto_charges.stop(setting, str(refusal), at=at)
        return None
    setting.crossing += 1
    setting.is_armed = False
    setting.save(update_fields=["crossing", "is_armed"])
    order = orders.write_down(
        advertiser=advertiser, package=package, bonuses=offers.bonuses_for(package=package, advertiser=advertiser, at=at),
        by=setting.agreed_by, at=at, key=f"auto:{advertiser.public_id}:{setting.crossing}", gateway=card.gateway, method=PaymentOrder.AUTO,
    )  # fmt: skip
    order.opened_by, order.window_opened_at = setting.agreed_by, at
    order.save(update_fields=["opened_by", "window_opened_at"])
    charge = AutoCharge.objects.create(setting=setting, crossing=setting.crossing, order=order, card=card, started_at=at)
    auto_charges.send(charge, at=at)
    return charge


def _refuse_beyond_role(advertiser: Advertiser, wish: Wish, *, by: User, at: datetime) -> None:
    """Charges are made on the word of one member: all that a month allows must be within that member's own limit."""
    limit = advertisers.limits_for(advertiser=advertiser, user=by).top_up
    if limit is not None and wish.monthly_limit_krw > limit:
        raise OverTopUpLimit(left=limit)


def _tell(setting: AutoTopUp, event: Event, facts: Mapping[str, Fact], *, key: str, at: datetime) -> None:
    name = f"auto:{setting.pk}:{key}:{event.kind}"
    tell_team(event, advertiser=setting.advertiser, facts=facts, url=auto_charges.PAGE, key=name, at=at)
