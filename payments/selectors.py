"""Read models of the payment pages. Nothing here locks or writes."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum

from advertisers.models import Advertiser
from common.errors import DomainError
from common.kst import day_from, day_of
from credits import selectors as balances
from payments import policy, services
from payments.gateways.names import HOUSE_BANK
from payments.models import AutoCharge, AutoTopUp, BankDeposit, Package, PaymentOrder, Refund, SavedCard, TaxDocument, VirtualAccount
from payments.services import documents, refunds

MOST_GUESSED = 500


@dataclass(frozen=True, slots=True)
class Month:
    """What an advertiser paid and got back since the first of the month in Korea, in won."""

    paid_krw: int
    vat_krw: int
    refunded_krw: int
    refunds: int


def month_of(advertiser: Advertiser, *, at: datetime) -> Month:
    """Sums of the present month. Two queries."""
    since = day_from(day_of(at).replace(day=1))
    paid = (
        PaymentOrder.objects.owned_by(advertiser)
        .credited()
        .filter(paid_at__gte=since)
        .aggregate(paid=Sum("amount_krw"), vat=Sum("vat_krw"))
    )
    back = Refund.objects.owned_by(advertiser).filter(state=Refund.State.DONE, done_at__gte=since)
    amounts = list(back.values_list("amount_krw", flat=True))
    return Month(paid_krw=paid["paid"] or 0, vat_krw=paid["vat"] or 0, refunded_krw=sum(amounts), refunds=len(amounts))


def orders_of(advertiser: Advertiser) -> QuerySet[PaymentOrder]:
    """Every order of an advertiser, newest first, with what went back (`refunded_krw`)."""
    return (
        PaymentOrder.objects.owned_by(advertiser)
        .annotate(refunded_krw=Sum("refunds__amount_krw", filter=Q(refunds__state=Refund.State.DONE), default=0))
        .order_by("-created_at", "-pk")
    )


def refunds_of(advertiser: Advertiser) -> QuerySet[Refund]:
    """Every refund of an advertiser, newest first."""
    return Refund.objects.owned_by(advertiser).select_related("order").order_by("-requested_at", "-pk")


@dataclass(frozen=True, slots=True)
class Refundable:
    """What of one top-up may be asked back now, and until when."""

    order: PaymentOrder
    most: policy.Terms
    until: datetime


def refundable_now(advertiser: Advertiser, *, at: datetime) -> list[Refundable]:
    """
    What may be asked back at this moment, the newest top-up first: what was paid last goes back first, and stays refundable longest.
    Three queries, however many there are.
    """
    if advertiser.is_restricted:
        return []
    states = [PaymentOrder.State.PAID, PaymentOrder.State.PART_REFUNDED]
    rows = PaymentOrder.objects.owned_by(advertiser).filter(state__in=states, paid_at__gt=at - policy.LONGEST_REFUND_WINDOW)
    counted = Prefetch("refunds", queryset=Refund.objects.counted(), to_attr="counted_refunds")
    orders = list(rows.prefetch_related(counted).order_by("-paid_at", "-pk"))
    lots = balances.lots_of_orders([order.order_id for order in orders])
    found = []
    for order in orders:
        until = order.refundable_until
        top_up = refunds.top_up_from(order, lots[order.order_id], order.counted_refunds, at=at)  # type: ignore[attr-defined]
        most = policy.most_refundable(top_up)
        if until is not None and at < until and most.credits:
            found.append(Refundable(order, most, until))
    return found


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of the payment history. days_left: whole days in which a refund may still be asked for, or None when it is over."""

    order: PaymentOrder
    refunded_krw: int
    days_left: int | None
    may_be_refunded: bool


def history_rows(orders: "list[PaymentOrder]", *, at: datetime) -> list[OrderRow]:
    """The lines of one page. No query."""
    rows = []
    for order in orders:
        until = order.refundable_until
        is_open = until is not None and at < until and order.state in (PaymentOrder.State.PAID, PaymentOrder.State.PART_REFUNDED)
        rows.append(
            OrderRow(
                order=order,
                refunded_krw=getattr(order, "refunded_krw", 0),
                days_left=(until - at).days if is_open and until else None,
                may_be_refunded=is_open,
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class Gain:
    """
    What one top-up would bring, and what of it would come back, before anybody pays.

    bonuses: each with how long and where it may be used.   untouched, after_bonus: the refund of everything while the bonus is unused,
    and once all of it was used.
    """

    package: Package
    bonuses: tuple[services.Bonus, ...]
    untouched: policy.Terms
    after_bonus: policy.Terms

    @property
    def bonus_credits(self) -> int:
        """All bonus together."""
        return sum(bonus.credits for bonus in self.bonuses)

    @property
    def total_credits(self) -> int:
        """Paid and bonus credits together."""
        return self.package.credits + self.bonus_credits


def gain_of(package: Package, advertiser: Advertiser, *, coupon: str, at: datetime) -> tuple[Gain, DomainError | None]:
    """What a top-up would bring at this moment, and why the coupon would not count. Two queries and two for a coupon."""
    refusal: DomainError | None = None
    try:
        bonuses = services.bonuses_for(package=package, advertiser=advertiser, at=at, coupon=coupon)
    except DomainError as refused:
        bonuses, refusal = services.bonuses_for(package=package, advertiser=advertiser, at=at), refused
    bonus = sum(each.credits for each in bonuses)
    paid = policy.TopUp(package.credits, package.vat_krw, bonus, available=package.credits, bonus_available=bonus, bonus_spent=0)
    spent = replace(paid, bonus_available=0, bonus_spent=bonus)
    return Gain(package, bonuses, policy.most_refundable(paid), policy.most_refundable(spent)), refusal


@dataclass(frozen=True, slots=True)
class RefundPromise:
    """
    What the top-up page says before anybody pays: the rule valid now, and its end if one paid now.

    valid_until: when the credits of such a payment expire.
    """

    hours: int
    until: datetime
    valid_until: datetime

    @property
    def days(self) -> int:
        """The window in whole days."""
        return self.hours // 24


@dataclass(frozen=True, slots=True)
class Way:
    """
    One means of payment for one package. refusal: why the contract does not allow it for this sum, empty when it does.
    is_confirmed: an operator looks at the deposit before it is credited, because a card could not pay as much at once.
    """

    method: str
    refusal: str
    is_confirmed: bool


def ways_for(package: Package, advertiser: Advertiser, *, gateway: str, methods: tuple[str, ...], at: datetime) -> list[Way]:
    """How this package may be paid at a gateway now, in the order of the gateway's own methods. At most four queries for each."""
    rooms = {method: services.gateway_room(advertiser=advertiser, gateway=gateway, method=method, at=at) for method in methods}
    most = rooms["CARD"].most_krw if "CARD" in rooms else None
    is_large = most is not None and package.amount_krw > most
    return [Way(method, room.refusal_of(package.amount_krw), is_confirmed=method != "CARD" and is_large) for method, room in rooms.items()]


def way_by_bank(package: Package, advertiser: Advertiser, *, gateway: str, at: datetime) -> Way | None:
    """A transfer to the house's own account, where a sum like this is led to it. At most thirteen queries."""
    if not services.takes_by_bank(advertiser=advertiser, gateway=gateway, amount_krw=package.amount_krw, at=at):
        return None
    found = services.gateway_room(advertiser=advertiser, gateway=HOUSE_BANK, method="BANK", at=at)
    return Way("BANK", found.refusal_of(package.amount_krw), is_confirmed=True)


@dataclass(frozen=True, slots=True)
class Guess:
    """A deposit of our own account and the order it may be for. why: what of it fits, in Korean."""

    deposit: BankDeposit
    order: PaymentOrder | None
    why: str


def guesses(deposits: list[BankDeposit]) -> list[Guess]:
    """For each deposit the one order whose letters stand in the sender's name, else the one that waits for its sum. One query."""
    waiting = PaymentOrder.objects.unscoped().filter(gateway=HOUSE_BANK, payment_ref="", credited_at=None)
    orders = list(waiting.select_related("advertiser").order_by("-pk")[:MOST_GUESSED])
    return [_guess(deposit, orders) for deposit in deposits]


def _guess(deposit: BankDeposit, orders: list[PaymentOrder]) -> Guess:
    name = deposit.depositor.upper().replace(" ", "")
    named = [order for order in orders if order.depositor in name]
    if len(named) == 1:
        return Guess(deposit, named[0], "입금자 이름이 맞아요.")
    same = [order for order in orders if order.amount_krw == deposit.amount_krw]
    return Guess(deposit, same[0], "이 금액을 기다리는 하나뿐인 주문이에요.") if len(same) == 1 else Guess(deposit, None, "")


def may_choose_receipt(advertiser: Advertiser, *, at: datetime) -> bool:
    """
    True where the law leaves a choice for money that does not come by card: a business, and the deposit is the moment of supply. Two
    queries.
    """
    return bool(documents.buyer_of(advertiser).number) and documents.BASIS.at(at) == documents.TOP_UP


def promise_at(at: datetime, *, gateway: str) -> RefundPromise:
    """The refund rule, and the life of the credits, of a payment made at this moment."""
    rule = policy.policy_at(at)
    until = policy.refundable_until(paid_at=at, policy=rule)
    return RefundPromise(rule["refund_window_hours"], until, policy.valid_until(gateway=gateway, paid_at=at))


def deposits_of(order: PaymentOrder) -> dict[str, Any]:
    """
    What the order page says about deposits: the account that waits for money, and what came and fitted nothing. Two queries for an order
    by virtual account, one for others.
    """
    account = None
    if order.state == PaymentOrder.State.ACCOUNT_ISSUED and not order.needs_check:
        account = VirtualAccount.objects.filter(order=order).first()
    return {"account": account, "unallocated": list(order.unallocated.select_related("became").order_by("found_at"))}


def documents_of(order: PaymentOrder) -> QuerySet[TaxDocument]:
    """Tax documents about an order, oldest first; none for a card."""
    return TaxDocument.objects.filter(order=order).order_by("pk")


@dataclass(frozen=True, slots=True)
class AutoTopUpState:
    """
    Automatic top-up as its page and the API show it. setting: what was agreed to, or None.   charged_krw: this KST month.
    is_offered: the house and a payment company allow it now.
    """

    is_offered: bool
    setting: AutoTopUp | None
    cards: list[SavedCard]
    charges: list[AutoCharge]
    charged_krw: int

    @property
    def is_on(self) -> bool:
        """True while the next crossing is charged."""
        return self.is_offered and self.setting is not None and self.setting.is_on


def auto_top_up_of(advertiser: Advertiser, *, at: datetime, shown: int = 10) -> AutoTopUpState:
    """What an advertiser agreed to, its cards and its last charges. At most seven queries."""
    setting = AutoTopUp.objects.select_related("package", "agreed_by").filter(advertiser=advertiser).first()
    charges = [] if setting is None else list(setting.charges.select_related("order", "card").order_by("-pk")[:shown])
    return AutoTopUpState(
        is_offered=bool(services.auto_gateways(at=at)),
        setting=setting,
        cards=list(SavedCard.objects.owned_by(advertiser).active()),
        charges=charges,
        charged_krw=services.charged_this_month_krw(setting, at=at) if setting else 0,
    )
