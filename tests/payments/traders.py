"""
Advertisers who do everything at once with money: pay by card at two companies and into accounts (now and then the wrong sum, or twice),
spend, ask for money back; while persons at the companies' consoles cancel behind our back and card holders complain.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from django.db import connection, transaction

from common import effects
from common.errors import DomainError
from credits import services as ledger
from identity.models import User
from payments import services
from payments.gateways.base import PayoutAccount
from payments.models import PaymentOrder, ReconciliationItem, Refund, UnallocatedMoney
from payments.services import windows
from tests.payments.conftest import Till
from tests.payments.toss_buyer import TossBuyer

BACK_TO = PayoutAccount(bank="088", number="110123456789", holder="김민지")
REASON = "폭풍이 지나가서 정리해요."
ROUNDS = 20


def now() -> datetime:
    return datetime.now(UTC)


class Trader(threading.Thread):
    """One advertiser, who trades until told after how many steps to stop. done, refused: steps by name, shared by all."""

    def __init__(self, till: Till, *, seed: int, done: Counter[str], faults: list[str]) -> None:
        super().__init__(daemon=True)
        self.till, self.toss, self.random = till, TossBuyer(till.buyer.sandbox), Random(seed)
        self.steps: float = math.inf
        self.made, self.done, self.faults = 0, done, faults

    def run(self) -> None:
        acts = (self.card, self.toss_card, self.account, self.spend, self.refund, self.console, self.complaint)
        try:
            while self.made < self.steps:
                act = self.random.choices(acts, weights=(4, 3, 4, 4, 4, 2, 1))[0] if self.made > 2 else self.card
                self.made += 1
                self._try(act)
        finally:
            connection.close()

    def _try(self, act: Callable[[], bool]) -> None:
        try:
            if act():
                self.done[act.__name__] += 1
        except DomainError:
            self.done["refused"] += 1
        except Exception as fault:  # noqa: BLE001 - the test looks at it
            self.faults.append(f"{act.__name__}: {fault!r}")

    def card(self) -> bool:
        """Pay by card at the first company; who looks first is chance."""
        order = self.till.order(self.random.choice((100_000, 300_000, 1_000_000)), at=now())
        self.till.buyer.pays(order, paid_at=now())
        return services.sync_order(order_id=order.order_id, at=now()).is_credited

    def toss_card(self) -> bool:
        """Pay the same way at the second."""
        order = windows.switch(order=self.till.order(self.random.choice((100_000, 500_000)), at=now()))
        services.open_window(order=order, at=now())
        back = self.toss.agrees(order)
        return services.sync_order(order_id=order.order_id, at=now(), source=services.Source.RETURN, said=back).is_credited

    def account(self) -> bool:
        """Pay into an account: what was asked for, another sum, or twice."""
        order = self.till.order(100_000, at=now(), method="VIRTUAL_ACCOUNT")
        self.till.buyer.enters(order)
        self.till.buyer.act(order, "approve")
        services.sync_order(order_id=order.order_id, at=now())
        fate = self.random.random()
        self.till.buyer.act(order, "deposit", **({"amount": 99_000} if fate < 0.2 else {}))
        services.sync_order(order_id=order.order_id, at=now())
        if fate > 0.8:
            self.till.buyer.act(order, "deposit", amount=110_000)
            services.sync_order(order_id=order.order_id, at=now())
        return True

    def spend(self) -> bool:
        """Hold something and use a part of it up."""
        self.till.made += 1
        name = f"{self.till.advertiser.pk}:{self.till.made}"
        with transaction.atomic():
            subject = {"subject": f"spending:{name}", "subject_label": "가을 캠페인"}
            hold = ledger.place_hold(advertiser=self.till.advertiser, credits=60_000, key=f"hold:{name}", at=now(), **subject)
            ledger.capture(hold=hold, credits=35_000, reward_cost=0, key=f"{name}:capture", at=now())
            ledger.release(hold=hold, credits=25_000, key=f"{name}:release", at=now())
        return True

    def refund(self) -> bool:
        """Ask for a part of a card payment back."""
        order = self._one_of_mine()
        if order is None:
            return False
        self.till.refund(order, self.random.randrange(1, 40_000), at=now(), key=f"refund:{self.till.advertiser.pk}:{self.made}")
        return True

    def console(self) -> bool:
        """Somebody cancels at the company, and we hear of it."""
        order = self._one_of_mine()
        if order is None:
            return False
        door = "payments" if order.gateway == "portone" else "toss/payments"
        action = "console-cancel" if order.gateway == "portone" else "desk-cancel"
        answer = self.till.buyer.sandbox.request("POST", f"/_control/{door}/{order.order_id}/{action}", json={"amount": 11_000})
        if answer.status_code == 200:
            services.sync_order(order_id=order.order_id, at=now())
        return answer.status_code == 200

    def complaint(self) -> bool:
        """A card holder complains, and later the company decides for us."""
        order = self._one_of_mine(gateway="portone")
        if order is None:
            return False
        self.till.buyer.act(order, "dispute")
        services.sync_order(order_id=order.order_id, at=now())
        self.till.buyer.act(order, "resolve-dispute")
        services.sync_order(order_id=order.order_id, at=now())
        return True

    def _one_of_mine(self, **facts: str) -> PaymentOrder | None:
        mine = PaymentOrder.objects.filter(advertiser=self.till.advertiser, **facts).exclude(credited_at=None)
        cards = list(mine.exclude(method="VIRTUAL_ACCOUNT").select_related("advertiser"))
        return self.random.choice(cards) if cards else None


class Desk(threading.Thread):
    """Operators and the relay, until told to stop: say yes to refunds, decide about deposits and differences, carry out what is due."""

    def __init__(self, first: User, second: User, faults: list[str]) -> None:
        super().__init__(daemon=True)
        self.first, self.second, self.faults, self.over = first, second, faults, threading.Event()

    def run(self) -> None:
        try:
            while not self.over.is_set():
                self.work()
                self.over.wait(0.05)
        except Exception as fault:  # noqa: BLE001 - the test looks at it
            self.faults.append(f"desk: {fault!r}")
        finally:
            connection.close()

    def work(self) -> int:
        """One round; how much was decided."""
        return effects.run_due(at=now(), limit=20) + self._refunds() + self._deposits() + self._differences()

    def _refunds(self) -> int:
        waiting = Refund.objects.select_related("order__advertiser").filter(state=Refund.State.REQUESTED)
        made = 0
        for refund in waiting:
            made += _said(lambda refund=refund: services.approve_refund(refund=refund, by=self.first, at=now()))
            made += _said(lambda refund=refund: services.approve_refund(refund=refund, by=self.second, at=now()))
        return made

    def _deposits(self) -> int:
        rows = UnallocatedMoney.objects.select_related("order__advertiser").filter(state__in=UnallocatedMoney.OPEN_STATES)
        return sum(
            _said(lambda row=row: services.allocate(row=row, by=self.first, at=now(), reason=REASON))
            or _said(lambda row=row: services.send_back(row=row, account=BACK_TO, by=self.first, at=now(), reason=REASON))
            for row in rows
        )

    def _differences(self) -> int:
        items = ReconciliationItem.objects.select_related("order__advertiser").filter(state=ReconciliationItem.State.OPEN)
        items = items.exclude(kind=ReconciliationItem.Kind.DISPUTE)
        return sum(_said(lambda item=item: services.settle_item(item=item, by=self.first, at=now(), reason=REASON)) for item in items)

    def finish(self, tills: list[Till]) -> None:
        """What is left when nobody trades any more; everything is looked at once more."""
        self.over.set()
        self.join(timeout=60)
        for _ in range(ROUNDS):
            for order in PaymentOrder.objects.filter(advertiser__in=[till.advertiser for till in tills]):
                services.sync_order(order_id=order.order_id, at=now())
            for refund in Refund.objects.select_related("order__advertiser").filter(state=Refund.State.REQUESTED):
                if refund.order.advertiser.is_restricted:
                    services.deny_refund(refund=refund, by=self.first, at=now(), reason=REASON)
            for item in ReconciliationItem.objects.filter(state="OPEN", kind="DISPUTE").select_related("order__advertiser"):
                _said(lambda item=item: services.settle_item(item=item, by=self.first, at=now(), reason=REASON))
            if not self.work():
                return


def _said(call: Callable[[], object]) -> int:
    """1 when it was decided, 0 when the desk was told why not."""
    try:
        call()
    except DomainError:
        return 0
    return 1
