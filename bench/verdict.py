"""
What must be true after a storm, read from three books that know nothing of each other: the product's database, the card
company's book, and what the clients were told. `town.connect` was called before this module is imported.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import httpx
from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from advertisers import services as advertisers
from advertisers.models import Advertiser
from bench.clients import Tally
from bench.processes import WEBS, Machine
from campaigns import services as campaigns
from campaigns import tasks as campaign_tasks
from campaigns.models import BEFORE_THE_START, LIVE, BudgetSlot, Campaign, Participation
from campaigns.models import State as CampaignState
from common import clock, effects, handlers
from common.errors import DomainError
from common.models import Effect, InboundWebhook
from common.provider import GatewayError
from credits import selectors as balances
from credits.models import Account, Entry, Kind, Posting
from identity.models import User
from payments import services as payments
from payments import tasks as payment_tasks
from payments.models import PaymentOrder, ReconciliationItem, Refund

LIMIT_SECONDS = 600  # every row is final so long after the last operation
POLL_SECONDS = 1.0
STRIDE_SECONDS = 20  # how far the clock is put on at a time
LONGEST_AHEAD = 720  # and in all: what the last visitor left keeps its unit for ten minutes, and a few rounds follow
REASON = "폭풍이 지나가서 정리해요."
SHOWN = 10
LAST_EFFECTS = (Effect.State.DONE, Effect.State.FAILED)
LAST_REFUNDS = (Refund.State.DONE, Refund.State.DENIED, Refund.State.WITHDRAWN)
LAST_CAMPAIGNS = (CampaignState.SETTLED, CampaignState.WITHDRAWN, CampaignState.REJECTED)
LAST_WEBHOOKS = (InboundWebhook.State.DONE, InboundWebhook.State.IGNORED)
FINISHED = (Participation.State.CONFIRMED, Participation.State.REWARDED)
LAST_PARTICIPATIONS = (*FINISHED, Participation.State.EXPIRED, Participation.State.REFUSED, Participation.State.REVERSED)


def wait_until_final(*, machine: Machine, since: float, patience: float) -> int:
    """
    Wait until no row waits for anything but its buyer; how many seconds the clock was put on for it. People do what is theirs: campaigns
    are ended, refunds decided. Then the web is closed, and what a late webhook may have left is waited for as well.

    since: the last operation, on the monotonic clock.   patience: seconds in which the product's processes are left alone; after that
    this process puts its own clock on, step by step, and does what the clock's doors do. What is left after LIMIT_SECONDS, or with the
    clock LONGEST_AHEAD, `findings` names.
    """
    handlers.load()
    connection.close()  # it may be one to a database that was killed
    ahead, is_open = 0, True
    try:
        while True:
            machine.revive()
            _decide_what_waits_for_people()
            waited, is_final = time.monotonic() - since, not any(_undecided(machine))
            if (is_final and not is_open) or waited > LIMIT_SECONDS or ahead > LONGEST_AHEAD:
                return ahead
            if is_final:
                machine.end(*WEBS)
                is_open = False
            elif waited > patience:
                ahead += STRIDE_SECONDS
                clock.install(offset_seconds=ahead)
                _knock_on_the_doors()
            else:
                time.sleep(POLL_SECONDS)
    finally:
        clock.install(offset_seconds=0)


def findings(*, machine: Machine, tally: Tally) -> list[str]:
    """Everything that is wrong, in words that name the row."""
    proof = machine.manage("verify_ledger")
    found = [f"verify_ledger: {proof.stdout[-2000:]} {proof.stderr[-1000:]}"] if proof.returncode else []
    found += _undecided(machine)
    found += _left_over()
    found += _against_the_sums(machine)
    found += _against_the_clients(tally)
    found += _against_the_budgets()
    return found


def books(machine: Machine) -> dict[str, dict[str, int]]:
    """What the books say in numbers: rows by kind or state, and the money on both sides."""
    theirs = _book(machine)["totals"]
    credited, done = PaymentOrder.objects.credited(), Refund.objects.filter(state=Refund.State.DONE)
    return {
        "entries": _counted(Entry, "kind"),
        "orders": _counted(PaymentOrder, "state"),
        "refunds": _counted(Refund, "state"),
        "campaigns": _counted(Campaign, "state"),
        "participations": _counted(Participation, "state"),
        "effects": _counted(Effect, "state"),
        "webhooks": _counted(InboundWebhook, "state"),
        "money": {
            "won captured by the card company": theirs["captured"],
            "won of credited orders": _sum(credited, "amount_krw"),
            "won cancelled by the card company": theirs["cancelled"],
            "won of refunds done": _sum(done, "amount_krw"),
            "credits of orders less refunds": _sum(credited, "credits") - _sum(done, "credits"),
            "credits of the funding account": _funding(),
        },
    }


def _decide_what_waits_for_people() -> None:
    """Owners end or withdraw their campaigns; operators deny and retry refunds, book what was done elsewhere, let parked work go on."""
    at, by = timezone.now(), User.objects.get(username="operator")
    for campaign in Campaign.objects.filter(state__in=LIVE):
        with suppress(DomainError):  # somebody was first, or it is busy: the next look sees
            campaigns.end(campaign=campaign, by=by, at=at)
    for campaign in Campaign.objects.filter(state__in=(CampaignState.SUBMITTED, CampaignState.CHANGES_ASKED, *BEFORE_THE_START)):
        with suppress(DomainError):
            campaigns.withdraw(campaign=campaign, by=by, at=at, reason=REASON)
    for refund in Refund.objects.select_related("order__advertiser").filter(state=Refund.State.REQUESTED):
        with suppress(DomainError):
            payments.deny_refund(refund=refund, by=by, at=at, reason=REASON)
    for refund in Refund.objects.select_related("order__advertiser").filter(state=Refund.State.FAILED):
        with suppress(DomainError, GatewayError):
            payments.retry_refund(refund=refund, by=by, at=at, reason=REASON)
    for item in ReconciliationItem.objects.select_related("order__advertiser").filter(state=ReconciliationItem.State.OPEN):
        with suppress(DomainError):  # a refund of the same order is on its way: later
            payments.settle_item(item=item, by=by, at=at, reason=REASON)
    with transaction.atomic():
        for owner in Advertiser.objects.exclude(restricted_at=None):  # they owe; their waiting refunds may end
            advertisers.lift_restriction(advertiser=owner, at=at)
    effects.unpark(Effect.objects.filter(state=Effect.State.PARKED).values_list("pk", flat=True), at=at)


def _knock_on_the_doors() -> None:
    """What relay, worker and beat do when the time has come, here and by this process's clock."""
    effects.run_due(at=timezone.now(), clock=timezone.now)
    payment_tasks.sweep()
    payment_tasks.reconcile()
    campaign_tasks.expire_participations()
    campaign_tasks.capture()
    campaign_tasks.move()


def _undecided(machine: Machine) -> Iterator[str]:
    """Rows that are not final."""
    for effect in Effect.objects.exclude(state__in=LAST_EFFECTS)[:SHOWN]:
        yield f"effect {effect.pk} {effect.kind} {effect.key} is {effect.state}: {effect.detail}"
    for refund in Refund.objects.exclude(state__in=LAST_REFUNDS)[:SHOWN]:
        yield f"refund {refund.public_id} is {refund.state}"
    for webhook in InboundWebhook.objects.exclude(state__in=LAST_WEBHOOKS)[:SHOWN]:
        yield f"webhook {webhook.pk} is {webhook.state}"
    for campaign in Campaign.objects.exclude(state__in=LAST_CAMPAIGNS)[:SHOWN]:
        yield f"campaign {campaign.public_id} is {campaign.state}"
    for taking in Participation.objects.exclude(state__in=LAST_PARTICIPATIONS)[:SHOWN]:
        yield f"participation {taking.public_id} is {taking.state} until {taking.expires_at}"
    yield from islice(_against_the_card_company(machine), SHOWN)


def _left_over() -> Iterator[str]:
    """Nothing is held or frozen any more, and nobody has a difference to look into."""
    for account in Account.objects.filter(kind__in=(Kind.HELD, Kind.FROZEN)).exclude(balance=0)[:SHOWN]:
        yield f"account {account.pk} still has {account.balance} {account.kind}"
    for item in ReconciliationItem.objects.filter(state=ReconciliationItem.State.OPEN)[:SHOWN]:
        yield f"difference {item.pk} {item.kind} of {item.ref} waits: {item.differences}"


def _against_the_card_company(machine: Machine) -> Iterator[str]:
    """Per payment: what we took in and gave back is what the card company took and gave back."""
    orders = PaymentOrder.objects.in_bulk(field_name="order_id")
    returned = dict(Refund.objects.filter(state=Refund.State.DONE).values_list("order__order_id").annotate(Sum("amount_krw")))
    for payment in _book(machine)["payments"]:
        order = orders.pop(payment["payment_id"], None)
        if order is None:
            yield f"the card company knows payment {payment['payment_id']}, we do not"
            continue
        credited = order.amount_krw if order.is_credited else 0
        if credited != payment["captured"]:
            yield f"order {order.order_id}: we credited {credited}, the card company took {payment['captured']}"
        if returned.get(order.order_id, 0) != payment["cancelled"] or payment["undecided"]:
            yield f"order {order.order_id}: we returned {returned.get(order.order_id, 0)}, the card company {payment['cancelled']}"
    for order in orders.values():
        if order.is_credited:
            yield f"order {order.order_id} is {order.state}, and the card company never heard of it"


def _against_the_sums(machine: Machine) -> Iterator[str]:
    """In all: captured − cancelled = Σ amounts in won, and Σ order credits − Σ refund credits = FUNDING."""
    done, credited = Refund.objects.filter(state=Refund.State.DONE), PaymentOrder.objects.credited()
    ours, theirs = _sum(credited, "amount_krw") - _sum(done, "amount_krw"), _book(machine)["totals"]["net"]
    if ours != theirs:
        yield f"we keep {ours} won, the card company says {theirs}"
    net = _sum(credited, "credits") - _sum(done, "credits")
    if _funding() != net:
        yield f"the funding account holds {_funding()}, orders less refunds are {net}"


def _against_the_clients(tally: Tally) -> Iterator[str]:
    """What somebody was told is what is written, once."""
    for order in PaymentOrder.objects.filter(order_id__in=tally.paid, credited_at=None)[:SHOWN]:
        yield f"order {order.order_id} was paid and is {order.state}"
    names = {str(public_id): pk for public_id, pk in Campaign.objects.values_list("public_id", "pk")}
    written = set(Participation.objects.filter(state__in=FINISHED).values_list("member_id", "campaign_id"))
    for member, mission in sorted(tally.confirmed):
        if (member, names.get(mission)) not in written:
            yield f"member {member} was told that mission {mission} is done, and it is not"
    for row in Participation.objects.filter(state__in=FINISHED).values("member_id").annotate(sum=Sum("tickets")):
        if balances.member_tickets(row["member_id"]) != row["sum"]:
            yield f"member {row['member_id']} earned {row['sum']} tickets and has {balances.member_tickets(row['member_id'])}"


def _against_the_budgets() -> Iterator[str]:
    """No campaign gave away more than its budget, and what it gave away was charged exactly."""
    for slot in BudgetSlot.objects.filter(Q(confirmed__gt=F("taken")) | ~Q(taken=F("returned") + F("confirmed")))[:SHOWN]:
        yield f"slot {slot.pk} gave out {slot.taken}, of which {slot.confirmed} were finished and {slot.returned} came back"
    sums = dict(BudgetSlot.objects.values_list("campaign_id").annotate(Sum("confirmed_credits")))
    for campaign in Campaign.objects.all():
        spent = sums.get(campaign.pk) or 0
        if spent > campaign.budget_credits or spent != campaign.captured_credits:
            yield f"campaign {campaign.public_id} spent {spent} of {campaign.budget_credits} and was charged {campaign.captured_credits}"


def _book(machine: Machine) -> dict[str, Any]:
    """The card company's own book."""
    return dict(httpx.get(f"{machine.sandbox_url}/_control/book", timeout=60, trust_env=False).json())


def _funding() -> int:
    """Credits that came in through the gateways and did not go back; the house's accounts keep no balance, so their lines are added up."""
    return -_sum(Posting.objects.filter(account__kind__startswith=Kind.FUNDING), "amount")


def _sum(rows: Any, column: str) -> int:
    return int(rows.aggregate(total=Sum(column))["total"] or 0)


def _counted(model: Any, column: str) -> dict[str, int]:
    return dict(model.objects.order_by(column).values_list(column).annotate(Count("pk")))
