"""The whole refund policy as one table: every row is asked of the quote and of the request, which must say the same."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from advertisers.models import Advertiser
from common.errors import DomainError
from common.kst import day_of
from credits import services as ledger
from identity.models import StepUpGrant, User
from payments import policy, services
from payments.gateways.base import CancelState, RemoteCancel
from payments.models import Package, PaymentOrder, Refund
from payments.services import cancels
from tests.credits.book import nothing_written
from tests.signing_in import browser, step_up

PAID_AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
DAY, US = timedelta(days=1), timedelta(microseconds=1)
CLOSED, NOTHING = "payments.refund_window_closed", "payments.nothing_to_refund"
LATE_TOO, NO_SUCH_DAY = "payments.withdrawal_over", "payments.known_on_wrong"
RESTRICTED, DISPUTED, UNPAID = "payments.account_restricted", "payments.order_disputed", "payments.refund_not_possible"


@dataclass
class Case:
    """
    100,000 credits (10,000 won VAT) and what happened since. Each step is done in order, an hour apart.

    steps: ("spend" | "hold" | "free" | "wait" | "done" | "deny" | "withdraw", credits).   expect: (credits, vat, bonus, promotion) that may
    be refunded at most, or the code of the refusal.   known: days from the payment to the day on which the buyer knew that the goods are
    not as shown.
    """

    name: str
    expect: tuple[int, int, int, int] | str
    steps: tuple[tuple[str, int], ...] = ()
    age: timedelta = DAY
    bonus: int = 0
    bonus_days: int = 90
    marks: frozenset[str] = field(default_factory=frozenset)
    known: int | None = None
    paid_at: datetime = PAID_AT


FULL, WITH_BONUS = (100_000, 10_000, 0, 0), (100_000, 10_000, 10_000, 0)
AGES = [
    Case("at once", FULL, age=timedelta(0)),
    Case("a microsecond", FULL, age=US),
    Case("six days", FULL, age=6 * DAY),
    Case("the last second", FULL, age=7 * DAY - timedelta(seconds=1)),
    Case("the last microsecond", FULL, age=7 * DAY - US),
    Case("seven days", CLOSED, age=7 * DAY),
    Case("seven days and a second", CLOSED, age=7 * DAY + timedelta(seconds=1)),
    Case("thirty days", CLOSED, age=30 * DAY),
    Case("a year", CLOSED, age=365 * DAY),
]
USED = [
    Case("one used", (99_999, 10_000, 0, 0), (("spend", 1),)),
    Case("thirty thousand used", (70_000, 7_000, 0, 0), (("spend", 30_000),)),
    Case("used in two parts", (70_000, 7_000, 0, 0), (("spend", 10_000), ("spend", 20_000))),
    Case("ten left", (10, 1, 0, 0), (("spend", 99_990),)),
    Case("five left, VAT rounds up", (5, 1, 0, 0), (("spend", 99_995),)),
    Case("four left, VAT rounds down", (4, 0, 0, 0), (("spend", 99_996),)),
    Case("one left", (1, 0, 0, 0), (("spend", 99_999),)),
    Case("all used", NOTHING, (("spend", 100_000),)),
    Case("all used and late", CLOSED, (("spend", 100_000),), age=8 * DAY),
]
HELD = [
    Case("part held", (60_000, 6_000, 0, 0), (("hold", 40_000),)),
    Case("all held", NOTHING, (("hold", 100_000),)),
    Case("all but one held", (1, 0, 0, 0), (("hold", 99_999),)),
    Case("held and used", (40_000, 4_000, 0, 0), (("spend", 30_000), ("hold", 30_000))),
    Case("held by two campaigns", (50_000, 5_000, 0, 0), (("hold", 20_000), ("hold", 30_000))),
    Case("held and free again", FULL, (("hold", 100_000), ("free", 100_000))),
    Case("held, half of it free again", (50_000, 5_000, 0, 0), (("hold", 100_000), ("free", 50_000))),
]
EARLIER = [
    Case("another one waits", (80_000, 8_000, 0, 0), (("wait", 20_000),)),
    Case("another one waits for everything", NOTHING, (("wait", 100_000),)),
    Case("two wait", (50_000, 5_000, 0, 0), (("wait", 20_000), ("wait", 30_000))),
    Case("one waits, some is used", (50_000, 5_000, 0, 0), (("wait", 20_000), ("spend", 30_000))),
    Case("some went back", (80_000, 8_000, 0, 0), (("done", 20_000),)),
    Case("all went back", NOTHING, (("done", 100_000),)),
    Case("the VAT of the last five went with the others", (5, 0, 0, 0), (("done", 99_995),)),
    Case("three thirds give all the VAT", (33_334, 3_333, 0, 0), (("done", 33_333), ("done", 33_333))),
    Case("a denied one counts for nothing", FULL, (("deny", 50_000),)),
    Case("a withdrawn one counts for nothing", FULL, (("withdraw", 50_000),)),
    Case("denied, and late by now", CLOSED, (("deny", 50_000),), age=7 * DAY),
    Case("one went back, one waits, some is held", (40_000, 4_000, 0, 0), (("done", 20_000), ("wait", 20_000), ("hold", 20_000))),
]
BONUS = [
    Case("unused bonus goes back whole", WITH_BONUS, bonus=10_000),
    Case("one of the bonus used", (99_999, 10_000, 9_999, 1), (("spend", 1),), bonus=10_000),
    Case("half of the bonus used", (95_454, 9_545, 5_000, 4_546), (("spend", 5_000),), bonus=10_000),
    Case("all of the bonus used", (90_909, 9_091, 0, 9_091), (("spend", 10_000),), bonus=10_000),
    Case("bonus and half of the paid used", (45_454, 4_545, 0, 4_546), (("spend", 60_000),), bonus=10_000),
    Case("one paid credit left after the bonus", NOTHING, (("spend", 109_999),), bonus=10_000),
    Case("two left", (1, 0, 0, 1), (("spend", 109_998),), bonus=10_000),
    Case("everything used", NOTHING, (("spend", 110_000),), bonus=10_000),
    Case("held bonus counts as used", (90_909, 9_091, 0, 9_091), (("hold", 10_000),), bonus=10_000),
    Case("held bonus that is free again", WITH_BONUS, (("hold", 10_000), ("free", 10_000)), bonus=10_000),
    Case("expired bonus is neither taken nor charged", FULL, bonus=10_000, bonus_days=0),
    Case("half went back before", (50_000, 5_000, 5_000, 0), (("done", 50_000),), bonus=10_000),
    Case("half waits", (50_000, 5_000, 5_000, 0), (("wait", 50_000),), bonus=10_000),
    Case("half went back, the rest of the bonus used", (45_454, 4_545, 0, 4_546), (("done", 50_000), ("spend", 5_000)), bonus=10_000),
    Case("a bonus as large as the payment", (100_000, 10_000, 100_000, 0), bonus=100_000),
    Case("a bonus as large as the payment, used", (50_000, 5_000, 0, 50_000), (("spend", 100_000),), bonus=100_000),
    Case("a bonus of one", (100_000, 10_000, 1, 0), bonus=1),
    Case("a bonus of one, used", (99_999, 10_000, 0, 1), (("spend", 1),), bonus=1),
    Case("with bonus, late", CLOSED, bonus=10_000, age=7 * DAY),
]
STATES = [
    Case("not paid", UNPAID, marks=frozenset({"unpaid"})),
    Case("restricted", RESTRICTED, marks=frozenset({"restricted"})),
    Case("restricted and late", RESTRICTED, marks=frozenset({"restricted"}), age=8 * DAY),
    Case("restricted with nothing left", RESTRICTED, (("spend", 100_000),), marks=frozenset({"restricted"})),
    Case("disputed", DISPUTED, marks=frozenset({"disputed"})),
    Case("disputed and late", DISPUTED, marks=frozenset({"disputed"}), age=8 * DAY),
    Case("restricted and disputed", RESTRICTED, marks=frozenset({"restricted", "disputed"})),
]
MOMENTS = {
    "just before midnight in Seoul": datetime(2026, 11, 25, 14, 59, 59, tzinfo=UTC),
    "midnight in Seoul": datetime(2026, 11, 25, 15, 0, tzinfo=UTC),
    "midnight in London": datetime(2026, 11, 26, 0, 0, tzinfo=UTC),
    "midnight in New York": datetime(2026, 11, 26, 5, 0, tzinfo=UTC),
    "over the new year": datetime(2026, 12, 28, 15, 0, tzinfo=UTC),
    "over a leap day": datetime(2028, 2, 25, 3, 0, tzinfo=UTC),
    "over the end of summer time in New York": datetime(2026, 10, 29, 5, 59, 59, tzinfo=UTC),
    "over its beginning": datetime(2027, 3, 10, 7, 0, tzinfo=UTC),
}
BOUNDARIES = [
    Case(f"{name}, {when}", expect, age=7 * DAY + shift, paid_at=moment)
    for name, moment in MOMENTS.items()
    for when, shift, expect in (("the last second", -timedelta(seconds=1), FULL), ("seven days", timedelta(0), CLOSED))
]
HALF_A_DAY = timedelta(hours=12)  # from noon in Seoul to the end of the day
NOT_AS_SHOWN = [  # 전자상거래법 17③: three months from the supply, thirty days from knowing it
    Case("not as shown, known the same day", FULL, age=HALF_A_DAY - US, known=0),
    Case("not as shown, ten days after the window", FULL, age=17 * DAY, known=3),
    Case("not as shown, the thirtieth day after knowing, its last moment", FULL, age=40 * DAY + HALF_A_DAY - US, known=10),
    Case("not as shown, thirty days after knowing are over", LATE_TOO, age=40 * DAY + HALF_A_DAY, known=10),
    Case("not as shown, the last moment of the third month", FULL, age=92 * DAY + HALF_A_DAY - US, known=90),
    Case("not as shown, three months are over", LATE_TOO, age=92 * DAY + HALF_A_DAY, known=90),
    Case("not as shown, known after three months", LATE_TOO, age=93 * DAY, known=93),
    Case("not as shown, known before it was paid", NO_SUCH_DAY, age=3 * DAY, known=-1),
    Case("not as shown, known tomorrow", NO_SUCH_DAY, age=3 * DAY, known=4),
    Case("not as shown, a month that is shorter", FULL, age=90 * DAY + HALF_A_DAY - US, known=80, paid_at=PAID_AT + 5 * DAY),
    Case("not as shown, a shorter month is over", LATE_TOO, age=90 * DAY + HALF_A_DAY, known=80, paid_at=PAID_AT + 5 * DAY),
    Case("not as shown, some used", (70_000, 7_000, 0, 0), (("spend", 30_000),), age=20 * DAY, known=10),
    Case("not as shown, all used", NOTHING, (("spend", 100_000),), age=20 * DAY, known=10),
    Case("not as shown, with bonus", WITH_BONUS, age=20 * DAY, known=10, bonus=10_000),
    Case("not as shown, disputed", DISPUTED, age=20 * DAY, known=10, marks=frozenset({"disputed"})),
    Case("not as shown, restricted", RESTRICTED, age=20 * DAY, known=10, marks=frozenset({"restricted"})),
]
TABLE = [*AGES, *USED, *HELD, *EARLIER, *BONUS, *STATES, *BOUNDARIES, *NOT_AS_SHOWN]


@pytest.fixture
def package(db):
    return Package.objects.create(credits=100_000)


def build(case: Case, minji: Advertiser, user: User, package: Package) -> PaymentOrder:
    """The order with its lots, and everything that happened since."""
    is_paid = "unpaid" not in case.marks
    paid = {
        "state": "PAID", "captured_krw": 110_000, "policy": policy.policy_at(case.paid_at), "paid_at": case.paid_at,
        "credited_at": case.paid_at,
    }  # fmt: skip
    order = PaymentOrder.objects.create(
        order_id="BOMATRIX0001", key="matrix", advertiser=minji, created_by=user, package=package, gateway="portone",
        credits=100_000, bonus_credits=case.bonus, vat_krw=10_000, amount_krw=110_000, created_at=case.paid_at,
        **(paid if is_paid else {}),
    )  # fmt: skip
    if not is_paid:
        return order
    with transaction.atomic():
        ledger.top_up(advertiser=minji, credits=100_000, order_id=order.order_id, gateway="portone", key="top-up", at=case.paid_at)
        if case.bonus:
            ends = case.paid_at + timedelta(days=case.bonus_days, seconds=1)
            ledger.grant_bonus(advertiser=minji, credits=case.bonus, order_id=order.order_id, key="bonus", at=case.paid_at, expires_at=ends)
    for number, (step, credits) in enumerate(case.steps):
        STEPS[step](order, user, credits, f"step:{number}", case.paid_at + timedelta(minutes=number))
    return order


def hold(order, user, credits, key, at):
    with transaction.atomic():
        return ledger.place_hold(
            advertiser=order.advertiser, credits=credits, subject="campaign:x", subject_label="가을 캠페인", key=key, at=at
        )


def spend(order, user, credits, key, at):
    placed = hold(order, user, credits, key, at)
    with transaction.atomic():
        ledger.capture(hold=placed, credits=credits, reward_cost=0, key=f"{key}:capture", at=at)


def free(order, user, credits, key, at):
    with transaction.atomic():
        ledger.release(hold=order.advertiser.holds.get(), credits=credits, key=key, at=at)


def wait(order, user, credits, key, at):
    return services.request_refund(order=order, credits=credits, reason="바뀌었어요", by=user, at=at, key=key)


def done(order, user, credits, key, at):
    refund = wait(order, user, credits, key, at)
    Refund.objects.filter(pk=refund.pk).update(decided_by=user, decided_at=at)
    with transaction.atomic():
        ledger.lock_wallet(order.advertiser)
        cancel = RemoteCancel(id=key, state=CancelState.SUCCEEDED, amount_krw=refund.amount_krw, at=at)
        cancels.finish(refund, order, cancel, at=at)
        order.cancelled_krw += refund.amount_krw
        order.save()


def deny(order, user, credits, key, at):
    services.deny_refund(refund=wait(order, user, credits, key, at), by=user, at=at, reason="다시 확인해 주세요")


def withdraw(order, user, credits, key, at):
    services.withdraw_refund(refund=wait(order, user, credits, key, at), by=user, at=at)


STEPS = {"hold": hold, "spend": spend, "free": free, "wait": wait, "done": done, "deny": deny, "withdraw": withdraw}


def mark(case: Case, order: PaymentOrder) -> None:
    if "restricted" in case.marks:
        Advertiser.objects.filter(pk=order.advertiser_id).update(restricted_reason="받을 금액이 있어요.", restricted_at=case.paid_at)
    if "disputed" in case.marks:
        PaymentOrder.objects.filter(pk=order.pk).update(state="DISPUTED")
        with transaction.atomic():
            ledger.mark_disputed(advertiser=order.advertiser, order_id=order.order_id, key="dispute", at=case.paid_at)


def test_the_table_has_sixty_rows_and_says_nothing_twice():
    assert len(TABLE) >= 60
    assert len({case.name for case in TABLE}) == len(TABLE)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_ref_03_quote_and_request_follow_the_table(minji, minji_user, package, case):
    order = build(case, minji, minji_user, package)
    mark(case, order)
    order = PaymentOrder.objects.select_related("advertiser").get(pk=order.pk)
    at = case.paid_at + case.age
    known_on = None if case.known is None else day_of(case.paid_at) + timedelta(days=case.known)

    quote = services.quote_refund(order=order, at=at, known_on=known_on)

    def request(credits):
        return services.request_refund(
            order=order, credits=credits, reason="바뀌었어요", by=minji_user, at=at, key=f"asked:{credits}", known_on=known_on
        )

    if isinstance(case.expect, str):
        assert quote.refusal is not None
        assert quote.refusal.code == case.expect
        before = Refund.objects.count()
        with nothing_written(), pytest.raises(DomainError) as refusal:
            request(max(1, quote.most.credits))
        assert (refusal.value.code, Refund.objects.count()) == (case.expect, before)
        return
    most = quote.most
    assert (most.credits, most.vat_krw, most.bonus, most.promotion) == case.expect
    with nothing_written(), pytest.raises(services.RefundTooMuch):
        request(most.credits + 1)
    made = request(most.credits)
    assert (made.credits, made.vat_krw, made.bonus, made.promotion, made.amount_krw) == (*case.expect, case.expect[0] + case.expect[1])


def test_ref_03_after_the_window_the_page_asks_when_the_difference_was_known_and_leads_to_a_request(
    minji, minji_user, package, monkeypatch
):
    order = build(Case("page", FULL), minji, minji_user, package)
    now, page = PAID_AT + 17 * DAY, reverse("payments:order-refund", args=[order.order_id])
    monkeypatch.setattr(timezone, "now", lambda: now)
    client = browser(minji_user)
    step_up(client, minji_user, StepUpGrant.Purpose.REFUND)

    assert "표시·광고와 다른 상품이었나요?" in client.get(page).content.decode()
    for never in ("2027-01-01", "9999-12-31"):
        assert client.get(page, {"known_on": never}).context["quote"].refusal.code == NO_SUCH_DAY
    shown = client.get(page, {"known_on": "2026-12-01"})
    assert (shown.context["quote"].most.credits, "2026.12.01에 안 청약철회" in shown.content.decode()) == (100_000, True)

    wish = {"credits": "40,000", "reason": "다른 이유가 있어요", "memo": "광고와 달라요", "known_on": "2026-12-01", "key": str(uuid4())}
    assert client.post(page, wish).status_code == 302
    made = Refund.objects.get()
    assert (made.credits, made.known_on.isoformat(), made.state) == (40_000, "2026-12-01", "REQUESTED")
