"""Two operators press the same button in the same moment: what one press would have done is done, once, and both are told something."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.messages import api as messages
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone

from backoffice import rights
from identity.models import User
from payments import services as payments
from payments.models import BankDeposit, BankPayout, BankTransfer, PaymentOrder, Refund, UnallocatedMoney
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at
from tests.campaigns.racing import together
from tests.house import allowed, deeds
from tests.house.restoring import Kept
from tests.house.test_audit_crawl import OWN, acts
from tests.house.world import TRACES, World, undone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1200)]

KOREAN = re.compile("[가-힣]")
LOOKS = {"identity_accesslog"}
FIRST = re.compile(r"^\s*(?:INSERT|UPDATE|DELETE)|FOR (?:NO KEY )?UPDATE|pg_advisory", re.IGNORECASE)
OF_THE_VISIT = re.compile("|".join(sorted(TRACES)))
PATIENCE = 20.0  # seconds; whoever is done lets the other go at once

SETTLE_CLAIM = "backoffice/advertisers/advertiser/<path:object_id>/settle_claim/"  # nobody in the house owes anything
# Deeds that are no decision about something that waits: each press is one of its own, and two of them are two.
LOOK = "a look at personal data, or a question: each leaves a row of its own"
EDIT = "an edit of a form: the last save stays, and the history keeps both"
OWN_LOOK = "what somebody looked at in a dry run is theirs alone: nobody else can take it over, and they only once"
WISH = "something new: two operators who want it want two, and a second person decides or nothing has gone out"
EACH_COUNTS = {
    **dict.fromkeys(
        (
            "backoffice/advertisers/advertiser/<path:object_id>/act_as/",
            "backoffice/advertisers/membership/<path:object_id>/show_contact/",
            "backoffice/identity/user/<path:object_id>/show_contact/",
            "backoffice/identity/withdrawnperson/<path:object_id>/show_kept/",
            "backoffice/rewards/member/<path:object_id>/show_contact/",
            "backoffice/prize-taxes/statements/<int:year>/download/",
            "backoffice/lists/<slug:name>/export/",
            "backoffice/payments/paymentorder/<path:object_id>/ask_gateway/",
        ),
        LOOK,
    ),
    **dict.fromkeys(
        (
            "backoffice/backoffice/cannedreply/add/",
            "backoffice/backoffice/cannedreply/<path:object_id>/change/",
            "backoffice/campaigns/policyrule/add/",
            "backoffice/campaigns/policyrule/<path:object_id>/change/",
            "backoffice/campaigns/reviewreason/add/",
            "backoffice/campaigns/reviewreason/<path:object_id>/change/",
            "backoffice/inquiries/faq/add/",
            "backoffice/inquiries/faq/<path:object_id>/change/",
            "backoffice/inquiries/guide/<path:object_id>/change/",
            "backoffice/inquiries/notice/add/",
            "backoffice/inquiries/notice/<path:object_id>/change/",
            "backoffice/gifticons/goods/<uuid:public_id>/change/",
            "backoffice/payments/package/<path:object_id>/change/",
            "backoffice/payments/suretypolicy/<path:object_id>/change/",
        ),
        EDIT,
    ),
    **dict.fromkeys(
        (
            "backoffice/advertisers/advertiser/<path:object_id>/give_credits/",
            SETTLE_CLAIM,
            "backoffice/inquiries/<uuid:public_id>/note/",
            "backoffice/payments/offer/add/",
            "backoffice/pushes/new/",
            "backoffice/pushes/<uuid:public_id>/try/",
            "backoffice/raffles/new/",
        ),
        WISH,
    ),
    "backoffice/imports/<slug:kind>/take/": OWN_LOOK,
}


@dataclass(frozen=True, slots=True)
class More:
    """A decision that the house has nothing to decide about by itself. before: brings it about.   sent: the form."""

    before: Callable[[World], Any]
    address: Callable[[World], str]
    sent: dict[str, Any]


def _failed_refund(world: World) -> Refund:
    """The card company does not take it back, and there is an account to send it to."""
    at = timezone.now()
    Refund.objects.filter(pk=world.refund.pk).update(state=Refund.State.FAILED, decided_by=world.people["finance"], decided_at=at)
    payments.register_account(
        advertiser=world.advertiser, bank="088", number="110222222222", by=world.people["minji"], at=at - timedelta(days=2)
    )
    return Refund.objects.select_related("order__advertiser").get(pk=world.refund.pk)


def _asked(world: World) -> BankTransfer:
    asked = payments.ask_transfer(refund=_failed_refund(world), by=world.people["finance"], reason="오래된 거래예요", at=timezone.now())
    return BankTransfer.objects.select_related("refund__order__advertiser").get(pk=asked.pk)


def _agreed(world: World) -> BankTransfer:
    asked = _asked(world)
    payments.approve_transfer(transfer=asked, by=world.people["operator"], at=timezone.now())
    return BankTransfer.objects.select_related("refund__order__advertiser").get(pk=asked.pk)


def _begun(world: World) -> None:
    payments.start_transfer(transfer=_agreed(world), by=User.objects.get(username="boram"), at=timezone.now())


def _sent_payout(world: World) -> None:
    payout = BankPayout.objects.get(public_id=world.team["bank/payouts/"])
    payments.start_payout(payout=payout, by=User.objects.get(username="boram"), at=timezone.now())


def _begun_by_a_colleague(world: World) -> None:
    payments.start_transfer(transfer=_agreed(world), by=world.people["finance"], at=timezone.now())


def _payout_of_a_colleague(world: World) -> None:
    payout = BankPayout.objects.get(public_id=world.team["bank/payouts/"])
    payments.start_payout(payout=payout, by=hire("dami", rights.FINANCE), at=timezone.now())


def _matched_deposit(world: World) -> None:
    """A large deposit of our own account whose order was found: the first yes asks for a second."""
    order = PaymentOrder.objects.get(key="world:bank")
    payments.match_deposit(
        deposit=BankDeposit.objects.get(number="WORLD-1"), order_id=order.order_id, by=world.people["finance"], at=timezone.now()
    )


def of_the_refund(name: str) -> Callable[[World], str]:
    return lambda world: at(name, world.refund.public_id)


def of_the_operator(name: str) -> Callable[[World], str]:
    return lambda world: at(name, world.people["operator"].pk)


def _nothing(world: World) -> None:
    return None


WHY = {"reason": "확인해 보니 그래야 해요"}
DIALOG = {"_form_submitted": "True", **WHY}
MORE = {
    "backoffice/refunds/<uuid:public_id>/send-by-bank/": More(_failed_refund, of_the_refund("transfer-ask"), WHY),
    "backoffice/refunds/<uuid:public_id>/approve-transfer/": More(_asked, of_the_refund("transfer-approve"), {}),
    "backoffice/refunds/<uuid:public_id>/start-transfer/": More(_agreed, of_the_refund("transfer-start"), {}),
    "backoffice/refunds/<uuid:public_id>/finish-transfer/": More(_begun, of_the_refund("transfer-finish"), {"transfer_no": "NH-1"}),
    "backoffice/refunds/<uuid:public_id>/take-over-transfer/": More(
        _begun_by_a_colleague, of_the_refund("transfer-take-over"), {**WHY, "holder": "finance"}
    ),
    "backoffice/refunds/<uuid:public_id>/call-off-transfer/": More(_asked, of_the_refund("transfer-call-off"), WHY),
    "backoffice/bank/payouts/<uuid:public_id>/finish/": More(
        _sent_payout, lambda world: at("payout-finish", world.team["bank/payouts/"]), {"transfer_no": "NH-2"}
    ),
    "backoffice/bank/payouts/<uuid:public_id>/take-over/": More(
        _payout_of_a_colleague, lambda world: at("payout-take-over", world.team["bank/payouts/"]), {**WHY, "holder": "dami"}
    ),
    "backoffice/payments/unallocatedmoney/<path:object_id>/allocate/": More(
        _matched_deposit, lambda world: at("payments_unallocatedmoney_allocate", UnallocatedMoney.objects.latest("pk").pk), DIALOG
    ),
    "backoffice/identity/user/<path:object_id>/set_roles/": More(
        _nothing, of_the_operator("identity_user_set_roles"), {**DIALOG, "roles": ["support"]}
    ),
    "backoffice/identity/user/<path:object_id>/set_networks/": More(
        _nothing, of_the_operator("identity_user_set_networks"), {**DIALOG, "networks": "203.0.113.0/24"}
    ),
    "backoffice/identity/user/<path:object_id>/let_go/": More(_nothing, of_the_operator("identity_user_let_go"), DIALOG),
}
# What answers a POST and decides nothing.
NO_DECISION = {"backoffice/pushes/count/", "backoffice/search/", "backoffice/<app_label>/", "backoffice/imports/<slug:kind>/look/"}


class AtTheLock:
    """
    Holds a client before its first lock or write until the other has come as far: both have read what was true before, so that a
    decision which does not look again under its lock is made twice.
    """

    def __init__(self, meeting: threading.Barrier) -> None:
        self.meeting, self.has_met = meeting, False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not self.has_met and FIRST.search(sql) and not OF_THE_VISIT.search(sql):
            self.has_met = True
            with suppress(threading.BrokenBarrierError):  # the other has been refused already
                self.meeting.wait(PATIENCE)
        return execute(sql, params, many, context)


class Desks:
    """Two operators with every right, each at a desk of their own. said: what both were told."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people = [hire(name, rights.ADMIN) for name in ("boram", "chanho")]
        self.cookies = [enter(person).cookies for person in self.people]
        self.said: list[str] = []
        self.rows = Kept()

    def prepare(self, pattern: str) -> None:
        """Bring the world to where there is something to decide."""
        if pattern in MORE:
            MORE[pattern].before(self.world)
        else:
            deeds.prepare(self.world, pattern)

    def press(self, number: int, pattern: str) -> HttpResponse:
        """One of them presses."""
        client = Client(raise_request_exception=False)
        client.handler = self.world._handler
        client.cookies.update(self.cookies[number])
        if pattern in MORE:
            return client.post(MORE[pattern].address(self.world), MORE[pattern].sent)
        sent = deeds.sent(self.world, pattern)
        if "key" in sent.get("data", ()):
            sent["data"] = sent["data"] | {"key": str(uuid4())}  # every page that is opened has a key of its own
        return client.post(self.world.address(pattern), **sent)

    def press_together(self, pattern: str) -> list[Any]:
        """Both press, as late as possible; their answers."""
        meeting = threading.Barrier(2)

        def one(number: int) -> Any:
            try:
                with connection.execute_wrapper(AtTheLock(meeting)):
                    return self.press(number, pattern)
            finally:
                meeting.abort()

        return together([lambda number=number: one(number) for number in (0, 1)])


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def desks(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desks]:
    people = Desks(world)
    add = messages.add_message

    def heard(request: HttpRequest, level: int, message: str, *args: Any, **kwargs: Any) -> None:
        people.said.append(str(message))
        add(request, level, message, *args, **kwargs)

    monkeypatch.setattr(messages, "add_message", heard)
    monkeypatch.setattr("django.contrib.messages.add_message", heard)
    try:
        yield people
    finally:
        people.rows.forget()


def written(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """How many rows came or went, by table."""
    found = {table: after[table] - before[table] for table in before if after[table] != before[table]}
    # Who looked is written down for every page; where it is all that a deed leaves, it is the deed's own.
    return {table: rows for table, rows in found.items() if table not in TRACES} or {table: found[table] for table in LOOKS & set(found)}


def done_twice(desks: Desks, patterns: Iterable[str]) -> list[str]:
    """Every deed of which two presses at once do more than one press does, or after which somebody is told nothing; a sentence each."""
    found: list[str] = []
    for pattern in patterns:
        desks.prepare(pattern)
        before = desks.rows.counts()
        with undone():
            desks.press(0, pattern)
            once = written(before, desks.rows.counts())
        desks.said.clear()
        answers = desks.press_together(pattern)
        both = written(before, desks.rows.counts())
        found += _faults(pattern, once, both, answers, list(desks.said))
        desks.rows.put_back()
    return found


def _faults(pattern: str, once: dict[str, int], both: dict[str, int], answers: list[Any], said: list[str]) -> Iterator[str]:
    words = [answer if isinstance(answer, Exception) else answer.status_code for answer in answers]
    if not all(word in (200, 302, 409, 422) for word in words):
        yield f"{pattern} answers {words}"
    elif not once:
        yield f"{pattern} changes nothing"
    elif both != once:
        yield f"{pattern} is done twice: {once} became {both}, {said}"
    elif sum(KOREAN.search(words) is not None for words in said) < sum(answer.status_code == 302 for answer in answers):
        yield f"{pattern} tells somebody nothing: {words}, {said}"


def decisions() -> list[str]:
    """Every button behind which something is decided; an address that is new is here by itself."""
    return [pattern for pattern in acts() if pattern not in EACH_COUNTS] + list(MORE)


UNLOCKED = [
    "backoffice/money-switch/stop/",
    "backoffice/proof/run/",
    "backoffice/review/<uuid:public_id>/lock/",
    "backoffice/review/<uuid:public_id>/flag/",
    "backoffice/raffles/<uuid:public_id>/fund/",
    "backoffice/inquiries/<uuid:public_id>/answer/",
]


class TestTwoOperators:
    def test_pressing_at_once_do_it_once_and_both_are_told(self, desks: Desks) -> None:
        faults = done_twice(desks, decisions())
        assert not faults, "\n".join(faults)

    def test_do_it_twice_when_nothing_is_locked(self, desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
        """The judge can say no: each of these rests on another lock."""
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **kwargs: rows)
        for module in ("raffles", "running", "switches"):
            monkeypatch.setattr(f"backoffice.services.{module}.take_turn", lambda subject: None)
        faults = "\n".join(done_twice(desks, UNLOCKED))
        assert [pattern for pattern in UNLOCKED if f"{pattern} is done twice" not in faults] == []


class TestEveryDecision:
    def test_is_raced_or_says_why_each_press_counts(self) -> None:
        answering = {pattern for pattern, methods in allowed.table().items() if pattern.startswith("backoffice/") and "post" in methods}
        quiet = {
            pattern for pattern in answering if pattern.startswith(OWN) or "<path:object_id>" not in pattern and pattern.count("/") == 3
        }
        lists = {pattern for pattern in answering if pattern.endswith(("<path:object_id>/", "/history/"))}
        assert answering - quiet - lists - set(MORE) - NO_DECISION - set(EACH_COUNTS) == set()
        assert set(EACH_COUNTS) - set(acts()) == {SETTLE_CLAIM}
