"""
The week before the demo opens: top-ups, campaigns in every state, members taking part, refunds. Told in order of time, one call of
a service after the other; what was told before is recognised by its key or its state, so an interrupted telling goes on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import F

from advertisers.models import Advertiser
from backoffice.demo import buyer
from backoffice.demo.people import DAYS_BACK
from campaigns import services as campaigns
from campaigns import tokens
from campaigns.models import LIVE, Campaign, Participation, State
from campaigns.schemas import CampaignSpec
from campaigns.services import counting, counting_people
from campaigns.types.visit import BEAT_SECONDS
from common import dated, effects, handlers
from common.kst import day_from, day_of
from common.provider import GatewayError
from credits import selectors as balances
from credits import services as ledger
from credits.models import Kind
from identity.models import ApprovalRequest, User
from payments import services as payments
from payments.models import Package, PaymentOrder, Refund, SavedCard, SuretyPolicy
from payments.statements import StatementLine
from rewards import gifticons, raffles
from rewards.gifticons import deposit, importing
from rewards.gifticons.rules import NEEDS_IDENTITY
from rewards.models import Gifticon, GifticonDeposit, GifticonOrder, Member, Raffle

DEVICE = "android/chrome"
DWELL_SECONDS = 15
FIRST_VISIT, VISITING = timedelta(hours=8), timedelta(hours=13)  # members come between 08:00 and 21:00
HANGS_BACK = 9  # every ninth member starts and never confirms
LAST_REFUND = "demo:refund:returned"

Act = Callable[[datetime], Any]


def is_told() -> bool:
    """True when the last thing of the story has happened."""
    return Refund.objects.filter(key=LAST_REFUND).exclude(state=Refund.State.REQUESTED).exists()


def tell(*, at: datetime) -> bool:
    """
    Let the week happen up to `at`; False when it did already. The people are there, and the sandbox answers.

    :raises GatewayError: the sandbox cannot be reached; what happened so far stays.
    """
    if is_told():
        return False
    handlers.load()
    payments.ensure_packages()
    _insure(day_of(at))
    week = _Week(at=at)
    for moment, _, act in sorted(week.acts(), key=lambda planned: planned[:2]):
        if moment <= at:
            act(moment)
    ledger.close_finished_days(at=at)
    week_long = timedelta(days=DAYS_BACK)  # counted at once, as the clock has done every minute of it
    counting.recount(since=day_from(day_of(at)) - week_long, until=at, at=at)
    counting_people.count_people(at=at, back=week_long)
    return True


@dataclass(frozen=True, slots=True)
class _Plan:
    """
    One campaign of the demo.

    starts, ends: days from today.   visits: members who start on each of its days.
    """

    key: str
    owner: str
    title: str
    body: str
    path: str
    price: int
    budget: int
    daily_cap: int
    submitted: int
    starts: int
    ends: int
    visits: tuple[int, ...] = ()
    tickets: int = 2


_PLANS = (
    _Plan("beans", "owner", "가을 원두 둘러보기", "이번 가을에 볶은 원두 세 가지를 소개해요.", "beans",
          120, 60_000, 20_000, submitted=-6, starts=-6, ends=-3, visits=(25, 30, 35)),
    _Plan("latte", "owner", "흑임자 라떼 구경하기", "새로 나온 음료의 이야기를 읽어 보세요.", "latte",
          100, 400_000, 30_000, submitted=-4, starts=-4, ends=14, visits=(32, 36, 41, 38, 27)),
    _Plan("books", "neighbour", "이 주의 새 책", "서점지기가 고른 새 책 다섯 권이에요.", "books",
          80, 150_000, 12_000, submitted=-5, starts=-5, ends=20, visits=(22, 25, 19, 28, 24, 18)),
    _Plan("sale", "owner", "주말 원두 세일", "주말 이틀만 여는 할인 소식이에요.", "sale",
          150, 90_000, 45_000, submitted=-3, starts=-2, ends=5, visits=(17, 21)),
    _Plan("class", "owner", "홈카페 수업 안내", "집에서 내리는 커피 수업을 열어요.", "class",
          200, 100_000, 20_000, submitted=-1, starts=1, ends=15),
    _Plan("club", "neighbour", "겨울 독서 모임", "한 달에 한 권, 함께 읽어요.", "club",
          100, 50_000, 10_000, submitted=-1, starts=1, ends=30),
    _Plan("gift", "neighbour", "책 선물 상자", "선물하기 좋은 책을 상자에 담았어요.", "gift",
          100, 40_000, 10_000, submitted=-2, starts=0, ends=10),
    _Plan("event", "owner", "선착순 이벤트", "지금 바로 눌러 보세요!", "event",
          100, 30_000, 10_000, submitted=-4, starts=-3, ends=3),
    _Plan("winter", "owner", "겨울 블렌드 미리보기", "첫눈 오는 날에 나올 원두예요.", "winter",
          110, 77_000, 11_000, submitted=-2, starts=2, ends=20),
)  # fmt: skip
_RAFFLES = (
    ("주말 커피 래플", (raffles.Prize(name="아메리카노 쿠폰", quantity=3, value_krw=4_500),), -4, -2),
    ("노이즈캔슬링 헤드폰", (raffles.Prize(name="노이즈캔슬링 헤드폰", quantity=1, value_krw=45_000),), -1, 2),
)
DEPOSIT_KRW = 5_000_000  # what the sandbox's book begins with
GIVEN_TICKETS = 800
_RUN = ("beans", "latte", "books", "sale")


class _Week:
    """The plan of the week. A moment is (day from today, hour, minute) in Seoul."""

    def __init__(self, *, at: datetime) -> None:
        self.at = at
        self.first_on = day_of(Member.objects.order_by("pk").values_list("created_at", flat=True)[:1].get())
        self.today = self.first_on + timedelta(days=DAYS_BACK)
        self.users = {user.username: user for user in User.objects.exclude(kind=User.Kind.MEMBER)}
        self.advertisers = {name: Advertiser.objects.get(memberships__user=self.users[name]) for name in ("owner", "neighbour")}
        self.members = list(Member.objects.order_by("pk").values_list("pk", flat=True))
        self.plans = {plan.key: plan for plan in _PLANS}

    def acts(self) -> Iterator[tuple[datetime, int, Act]]:
        """(moment, number, what happens)."""
        told = (self._money(), self._shop(), self._campaigns(), self._visits(), self._raffles(), self._takings())
        for number, (moment, act) in enumerate(chain.from_iterable(told)):
            yield moment, number, act

    def _moment(self, day: int, hour: int = 0, minute: int = 0) -> datetime:
        return day_from(self._on(day)) + timedelta(hours=hour, minutes=minute)

    def _on(self, day: int) -> date:
        return self.today + timedelta(days=day)

    # ---- money -----------------------------------------------------------------------------------------------------------

    def _money(self) -> Iterator[tuple[datetime, Act]]:
        for day, hour, owner, credits, card in (
            (-6, 9, "owner", 500_000, "SHINHAN_CARD"),
            (-5, 9, "neighbour", 300_000, "KOOKMIN_CARD"),
            (-4, 9, "owner", 1_000_000, "HYUNDAI_CARD"),
            (-3, 10, "neighbour", 100_000, "KOOKMIN_CARD"),
            (-2, 9, "neighbour", 3_000_000, "SAMSUNG_CARD"),
        ):
            yield self._moment(day, hour), self._pay(owner, credits, card)
        yield self._moment(-2, 8, 50), self._fail_to_pay("neighbour", 500_000)
        yield self._moment(-1, 9), self._pay_in("neighbour", 300_000, deposit_krw=300_000)  # without the VAT
        yield self._moment(-1, 10), self._pay_in("owner", 500_000)
        yield self._moment(-1, 10, 20), self._send_to_our_account("owner", 3_000_000)
        yield self._moment(-1, 10, 30), self._charge_by_itself("neighbour", 100_000)
        yield self._moment(-1, 11), self._ask_back("demo:refund:waiting", "owner", 1_000_000, 200_000, "광고 계획이 줄었어요")
        yield self._moment(-1, 13), self._ask_back("demo:refund:large", "neighbour", 3_000_000, 1_500_000, "예산이 다음 분기로 미뤄졌어요")
        yield self._moment(-1, 15), self._first_yes("demo:refund:large")
        yield self._moment(-1, 16), self._ask_back(LAST_REFUND, "neighbour", 100_000, 100_000, "잘못 충전했어요")
        yield self.at, self._return(LAST_REFUND)

    def _pay(self, owner: str, credits: int, card: str) -> Act:
        def act(at: datetime) -> None:
            key = f"demo:order:{owner}:{credits}"
            buyer.pay(advertiser=self.advertisers[owner], credits=credits, by=self.users[owner], at=at, key=key, card=card)
            _work(at)

        return act

    def _fail_to_pay(self, owner: str, credits: int) -> Act:
        def act(at: datetime) -> None:
            key = f"demo:order:{owner}:declined"
            buyer.fail_to_pay(advertiser=self.advertisers[owner], credits=credits, by=self.users[owner], at=at, key=key)

        return act

    def _pay_in(self, owner: str, credits: int, *, deposit_krw: int = 0) -> Act:
        def act(at: datetime) -> None:
            key = f"demo:order:{owner}:account"
            order = buyer.ask_for_account(advertiser=self.advertisers[owner], credits=credits, by=self.users[owner], at=at, key=key)
            if deposit_krw:
                buyer.pay_in(order=order, amount_krw=deposit_krw, at=at + timedelta(minutes=20))
            _work(at)

        return act

    def _send_to_our_account(self, owner: str, credits: int) -> Act:
        """A large sum by transfer; an operator has brought the statement, and nobody has said yet whose the money is."""

        def act(at: datetime) -> None:
            key = f"demo:order:{owner}:bank"
            order = buyer.ask_for_our_account(advertiser=self.advertisers[owner], credits=credits, by=self.users[owner], at=at, key=key)
            line = StatementLine("20260001-0001", at + timedelta(minutes=30), order.amount_krw, f"부스트 {order.depositor}")
            payments.take_statement(lines=[line], by=self.users["finance"], at=at + timedelta(hours=1))
            _work(at)

        return act

    def _charge_by_itself(self, owner: str, credits: int) -> Act:
        """Agree to automatic top-up, where the house and the payment company have switched it on."""

        def act(at: datetime) -> None:
            advertiser, by = self.advertisers[owner], self.users[owner]
            if payments.auto_gateways(at=at)[:1] != ["portone"] or SavedCard.objects.owned_by(advertiser).active().exists():
                return
            buyer.keep_card(advertiser=advertiser, by=by, at=at)
            package = Package.objects.offered().get(credits=credits)
            wish = payments.AutoTopUpWish(
                package=package, shown_krw=package.amount_krw, below_credits=credits // 2, monthly_limit_krw=3 * package.amount_krw
            )
            payments.agree_to_auto_top_up(advertiser=advertiser, wish=wish, by=by, at=at)
            _work(at)

        return act

    def _ask_back(self, key: str, owner: str, paid: int, credits: int, reason: str) -> Act:
        def act(at: datetime) -> None:
            order = PaymentOrder.objects.get(key=f"demo:order:{owner}:{paid}")
            payments.request_refund(order=order, credits=credits, reason=reason, by=self.users[owner], at=at, key=key)
            _work(at)

        return act

    def _first_yes(self, key: str) -> Act:
        def act(at: datetime) -> None:
            refund = Refund.objects.get(key=key)
            if not ApprovalRequest.objects.filter(subject=f"refund:{refund.public_id}").exists():
                payments.approve_refund(refund=refund, by=self.users["operator"], at=at)

        return act

    def _return(self, key: str) -> Act:
        def act(at: datetime) -> None:
            payments.approve_refund(refund=Refund.objects.get(key=key), by=self.users["finance"], at=at)
            _work(at)

        return act

    # ---- campaigns -------------------------------------------------------------------------------------------------------

    def _campaigns(self) -> Iterator[tuple[datetime, Act]]:
        for plan in _PLANS:
            yield self._moment(plan.submitted, 9, 30), self._submit(plan)
        operator = self.users["operator"]
        for key in (*_RUN, "winter"):
            plan = self.plans[key]
            yield self._moment(plan.submitted, 10), self._decide(key, lambda row, at: campaigns.approve(campaign=row, by=operator, at=at))
        why = "무엇을 광고하는지 알 수 없어요. 가게와 상품을 적고 다시 제출해 주세요."
        yield (
            self._moment(-4, 10, 10),
            self._decide("event", lambda row, at: campaigns.reject(campaign=row, by=operator, at=at, reason=why)),
        )
        how = "상자에 담는 책을 안내에 적어 주세요."
        yield (
            self._moment(-2, 10, 10),
            self._decide("gift", lambda row, at: campaigns.ask_changes(campaign=row, by=operator, at=at, reason=how)),
        )
        yield self._moment(-1, 21, 30), self._pause("sale")

    def _submit(self, plan: _Plan) -> Act:
        def act(at: datetime) -> None:
            starts_at = self._moment(plan.starts)
            campaigns.submit_campaign(
                advertiser=self.advertisers[plan.owner],
                spec=CampaignSpec.model_validate(
                    {
                        "design": {"title": plan.title, "body": plan.body, "landing_url": f"https://{plan.owner}.example.com/{plan.path}"},
                        "details": {"dwell_seconds": DWELL_SECONDS},
                        "reward": {"tickets": plan.tickets},
                        "credit": {"unit_price": plan.price, "budget": plan.budget, "daily_cap": plan.daily_cap},
                        "setting": {"starts_at": starts_at, "ends_at": self._moment(plan.ends)},
                    }
                ),
                by=self.users[plan.owner],
                at=at,
                key=f"demo:campaign:{plan.key}",
            )
            _work(at)

        return act

    def _decide(self, key: str, decision: Callable[[Campaign, datetime], Campaign]) -> Act:
        def act(at: datetime) -> None:
            if (row := _campaign(key)).state == State.SUBMITTED:
                decision(row, at)
                _work(at)

        return act

    def _pause(self, key: str) -> Act:
        def act(at: datetime) -> None:
            if (row := _campaign(key)).state == State.RUNNING:
                campaigns.pause(campaign=row, by=self.users["owner"], at=at)

        return act

    # ---- members ---------------------------------------------------------------------------------------------------------

    def _visits(self) -> Iterator[tuple[datetime, Act]]:
        for place, key in enumerate(_RUN):
            plan = self.plans[key]
            for day, visits in enumerate(plan.visits, plan.starts):
                opens = self._moment(day) + (FIRST_VISIT if day > plan.submitted else timedelta(hours=11))
                for visit in range(visits):
                    member = self.members[(place * 37 + day * 23 + visit) % len(self.members)]
                    moment = opens + VISITING / visits * visit / (1 if day > plan.submitted else 2)
                    if moment + timedelta(minutes=2) <= self.at:
                        yield moment, self._visit(key, member, confirms=visit % HANGS_BACK != HANGS_BACK - 1)

    def _visit(self, key: str, member: int, *, confirms: bool) -> Act:
        def act(at: datetime) -> None:
            row = _campaign(key)
            before = Participation.objects.filter(member_id=member, campaign=row, period_on=day_of(at))
            if before.exclude(state=Participation.State.STARTED).exists():
                return
            campaigns.show(member=member, listed=[row.public_id], read=[row.public_id], at=at)
            others = [row.public_id] if member % 3 == 0 else []
            campaigns.show(member=member + 1, listed=[row.public_id], read=others, at=at)  # somebody who passed by
            taking = campaigns.start(member=member, campaign=row.public_id, device=DEVICE, at=at)
            if not confirms:
                return
            token = tokens.read(taking.token(at=at), device=DEVICE)
            opened_at = at + timedelta(seconds=6)
            campaigns.open_landing(member=member, token=token, at=opened_at)
            back_at = opened_at + timedelta(seconds=DWELL_SECONDS + member % 7)
            campaigns.confirm(member=member, token=token, beats=DWELL_SECONDS // (BEAT_SECONDS + 1), at=back_at)

        return act

    def _shop(self) -> Iterator[tuple[datetime, Act]]:
        """The supplier's catalogue and our deposit there; the demo member has tickets enough for a coffee, and a coupon already."""
        yield self._moment(-6, 8), self._stock_the_shop
        yield self._moment(-1, 12), self._exchange

    def _stock_the_shop(self, at: datetime) -> None:
        if Gifticon.objects.exists():
            return
        if not GifticonDeposit.objects.exists():
            self._pay_the_supplier(at)
        run = importing.start(by=self.users["operator"], at=at)
        _work(at + timedelta(minutes=10))
        run.refresh_from_db()
        if run.state != run.State.READY:
            raise GatewayError(known=True, code="CATALOGUE_NOT_READ")
        with transaction.atomic():
            importing.apply(run=run, with_jumps=True, by=self.users["operator"], at=at)

    def _pay_the_supplier(self, at: datetime) -> None:
        with transaction.atomic():
            deposit.note_deposit(amount_krw=DEPOSIT_KRW, reason="첫 예치금", by=self.users["finance"], at=at)
            why = "체험에서는 본인확인 없이 교환해요."
            by_id = self.users["operator"].pk
            dated.change(name=NEEDS_IDENTITY.name, value=False, effective_from=at, reason=why, by_id=by_id, at=at)

    def _exchange(self, at: datetime) -> None:
        member = Member.objects.order_by("pk")[0]
        with transaction.atomic():
            ledger.grant(
                member_id=member.pk,
                amount=GIVEN_TICKETS,
                kind=Kind.ISSUED,
                key="demo:tickets",
                at=at,
                actor="operator",
                reason="체험용 티켓",
            )
        item = Gifticon.objects.offered(at).order_by(F("tickets"), "pk").first()
        if item is not None and not GifticonOrder.objects.of(member.pk).exists():
            gifticons.exchange(member=member, gifticon=item.public_id, tickets=item.tickets, key="demo", at=at)  # type: ignore[attr-defined]  # annotated by `offered`
            _work(at)

    def _raffles(self) -> Iterator[tuple[datetime, Act]]:
        """One that was drawn, one that is open; every fifth member enters."""
        for title, prizes, opens, closes in _RAFFLES:
            yield self._moment(opens, 9), self._prepare(title, prizes, closes_at=self._moment(closes, 21))
            for place, member in enumerate(self.members[::5]):
                if (moment := self._moment(opens, 22) + timedelta(minutes=place)) <= self.at:
                    yield moment, self._enter(title, member, chances=1 + place % 2)

    def _prepare(self, title: str, prizes: tuple[raffles.Prize, ...], *, closes_at: datetime) -> Act:
        def act(at: datetime) -> None:
            if Raffle.objects.filter(title=title).exists():
                return
            with transaction.atomic():
                made = raffles.prepare(
                    title=title, prizes=prizes, opens_at=at, closes_at=closes_at, at=at, by=self.users["operator"], reserves=2
                )
            raffles.fund(raffle=made, by=self.users["finance"], at=at)
            raffles.open_raffle(raffle=made, at=at)

        return act

    def _enter(self, title: str, member: int, *, chances: int) -> Act:
        def act(at: datetime) -> None:
            if balances.member_tickets(member) >= chances:
                raffle = Raffle.objects.get(title=title)
                raffles.enter(member=Member.objects.get(pk=member), raffle=raffle.public_id, chances=chances, key="demo", at=at)

        return act

    def _takings(self) -> Iterator[tuple[datetime, Act]]:
        """What the clock does: units of those who hung back return, credits are taken, what is over ends."""
        for day in range(-DAYS_BACK, 1):
            for hour in (0, 6, 12, 15, 18, 22):
                yield self._moment(day, hour, 1), _let_the_clock_act
        yield self.at, _let_the_clock_act


def _insure(on: date) -> None:
    """Six policies of five million won each, for a year."""
    for number in range(1, 7):
        dates = {"valid_from": on - timedelta(days=30), "valid_until": on + timedelta(days=334)}
        SuretyPolicy.objects.get_or_create(number=f"100-000-DEMO-{number}", defaults={"amount_krw": 5_000_000, **dates})


def _let_the_clock_act(at: datetime) -> None:
    for row in Campaign.objects.filter(state__in=LIVE).order_by("pk"):
        campaigns.expire(campaign=row, at=at)
        campaigns.capture_due(campaign=row, at=at)
    for row in Campaign.objects.due_to_start(at).order_by("pk"):
        campaigns.begin(campaign=row, at=at)
    for row in Campaign.objects.due_to_end(at).order_by("pk"):
        campaigns.end(campaign=row, by=None, at=at)
    for row in Campaign.objects.to_settle().order_by("pk"):
        campaigns.expire(campaign=row, at=at)
        campaigns.settle(campaign=row, at=at)
    raffles.tick(at=at)
    _work(at)


def _campaign(key: str) -> Campaign:
    return Campaign.objects.get(submission_key=f"demo:campaign:{key}")


def _work(at: datetime) -> None:
    """Carry out what is due: receipts, mails, the refund."""
    while effects.run_due(at=at):
        pass
