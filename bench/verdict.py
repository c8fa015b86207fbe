"""
What must be true after a storm, read from three books that know nothing of each other: the product's database, the card
company's book, and what the clients were told. `town.connect` was called before this module is imported.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
from django.db import connection
from django.db.models import F, Q, Sum
from django.utils import timezone

from bench.clients import Tally
from bench.processes import Machine
from campaigns import services as campaigns
from campaigns.models import LIVE, BudgetSlot, Campaign, Participation
from campaigns.models import State as CampaignState
from common.models import Effect, InboundWebhook
from credits import selectors as balances
from credits.models import Account
from identity.models import User
from payments.models import PaymentOrder, Refund

POLL_SECONDS = 1.0
DECIDED_REFUNDS = (Refund.State.REQUESTED, Refund.State.DONE, Refund.State.DENIED, Refund.State.WITHDRAWN)
LAST_EFFECTS = (Effect.State.DONE, Effect.State.FAILED)


def wait_until_final(*, deadline: float, end_everything: bool) -> float:
    """
    Wait until no row waits for anything but a person; seconds that took. What is left over then, `findings` names.

    deadline: on the monotonic clock.   end_everything: end the campaigns that run, so that their holds are settled too.
    """
    started = time.monotonic()
    connection.close()  # it may be one to a database that was killed
    if end_everything:
        by = User.objects.get(username="operator")
        for campaign in Campaign.objects.filter(state__in=LIVE):
            campaigns.end(campaign=campaign, by=by, at=timezone.now())
    while any(_undecided()) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return time.monotonic() - started


def findings(*, machine: Machine, tally: Tally) -> list[str]:
    """Everything that is wrong, in words that name the row."""
    proof = machine.manage("verify_ledger")
    found = [f"verify_ledger: {proof.stdout[-2000:]} {proof.stderr[-1000:]}"] if proof.returncode else []
    found += _undecided()
    found += _against_the_card_company(machine)
    found += _against_the_clients(tally)
    found += _against_the_budgets()
    return found


def _undecided() -> Iterator[str]:
    """Rows that still wait for a machine."""
    for effect in Effect.objects.exclude(state__in=LAST_EFFECTS)[:10]:
        yield f"effect {effect.pk} {effect.kind} {effect.key} is {effect.state}: {effect.detail}"
    for refund in Refund.objects.exclude(state__in=DECIDED_REFUNDS)[:10]:
        yield f"refund {refund.public_id} is {refund.state}"
    for webhook in InboundWebhook.objects.exclude(state__in=(InboundWebhook.State.DONE, InboundWebhook.State.IGNORED))[:10]:
        yield f"webhook {webhook.pk} is {webhook.state}"
    for campaign in Campaign.objects.filter(state=CampaignState.ENDED)[:10]:
        yield f"campaign {campaign.public_id} ended and is not settled"


def _against_the_card_company(machine: Machine) -> Iterator[str]:
    """Per payment: what the ledger took in and gave back is what the card company took and gave back."""
    book = httpx.get(f"{machine.sandbox_url}/_control/book", timeout=60, trust_env=False).json()
    orders = PaymentOrder.objects.in_bulk(field_name="order_id")
    done = Refund.objects.filter(state=Refund.State.DONE)
    returned = dict(done.values_list("order__order_id").annotate(Sum("amount_krw")))
    for payment in book["payments"]:
        order = orders.pop(payment["payment_id"], None)
        if order is None:
            yield f"the card company knows payment {payment['payment_id']}, we do not"
            continue
        credited = order.amount_krw if order.state in PaymentOrder.CREDITED else 0
        if credited != payment["captured"]:
            yield f"order {order.order_id}: we credited {credited}, the card company took {payment['captured']}"
        if returned.get(order.order_id, 0) != payment["cancelled"] or payment["undecided"]:
            yield f"order {order.order_id}: we returned {returned.get(order.order_id, 0)}, the card company {payment['cancelled']}"
    for order in orders.values():
        if order.state in PaymentOrder.CREDITED:
            yield f"order {order.order_id} is {order.state}, and the card company never heard of it"
    net = sum(order.credits for order in PaymentOrder.objects.filter(state__in=PaymentOrder.CREDITED))
    back = sum(refund.credits for refund in done)
    funding = Account.objects.filter(kind__startswith="FUNDING").aggregate(total=Sum("balance"))["total"] or 0
    if abs(funding) != net - back:
        yield f"the funding account holds {funding}, orders less refunds are {net - back}"


def _against_the_clients(tally: Tally) -> Iterator[str]:
    """What somebody was told is what is written, once."""
    for order in PaymentOrder.objects.filter(order_id__in=tally.paid).exclude(state__in=PaymentOrder.CREDITED):
        yield f"order {order.order_id} was paid and is {order.state}"
    done = Q(state__in=(Participation.State.CONFIRMED, Participation.State.REWARDED))
    told = Participation.objects.filter(done).values_list("member_id", "campaign_id")
    campaigns_of = dict(Campaign.objects.values_list("public_id", "pk"))
    written = set(told)
    names = {str(public): pk for public, pk in campaigns_of.items()}
    for member, mission in sorted(tally.confirmed):
        if (member, names.get(mission)) not in written:
            yield f"member {member} was told that mission {mission} is done, and it is not"
    tickets = Participation.objects.filter(done).values("member_id").annotate(sum=Sum("tickets"))
    for row in tickets:
        if balances.member_tickets(row["member_id"]) != row["sum"]:
            yield f"member {row['member_id']} earned {row['sum']} tickets and has {balances.member_tickets(row['member_id'])}"


def _against_the_budgets() -> Iterator[str]:
    """No campaign gave away more than its budget, and what it gave away was charged exactly."""
    for row in BudgetSlot.objects.filter(confirmed__gt=F("taken"))[:10]:
        yield f"slot {row.pk} confirmed {row.confirmed} of {row.taken}"
    sums = dict(BudgetSlot.objects.values_list("campaign_id").annotate(Sum("confirmed_credits")))
    for campaign in Campaign.objects.select_related("hold"):
        spent = sums.get(campaign.pk) or 0
        if spent > campaign.budget_credits:
            yield f"campaign {campaign.public_id} spent {spent} of {campaign.budget_credits}"
        if campaign.state == CampaignState.SETTLED and campaign.captured_credits != spent:
            yield f"campaign {campaign.public_id} spent {spent} and was charged {campaign.captured_credits}"
