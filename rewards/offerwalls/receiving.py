"""
Rewards that networks tell us of. Whatever comes of a call stands in the log, written in the transaction of what it moved.

The tickets are new ones: the house account `ISSUED` pays every offerwall reward, under the key `ow:<network>:<transaction>`, so one
transaction of a network is one entry, whoever tells it how often. The row of the member is locked first; the day's sum is counted under it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from common.kst import day_from, day_of, day_until
from credits import services as credits
from credits.models import Entry, Kind
from identity import browsers
from rewards.models import Member, OfferwallCall, OfferwallReward, OfferwallSwitch
from rewards.models.offerwalls import RewardState
from rewards.offerwalls import engine
from rewards.offerwalls.engine import Told
from rewards.offerwalls.networks import NETWORKS, Network
from rewards.offerwalls.policies import DAILY_TICKETS, MOST_AT_ONCE, UNPROVED_PER_MINUTE

Outcome = OfferwallCall.Outcome
PAYS = Kind.ISSUED
UNPROVED = (Outcome.BAD_SIGNATURE, Outcome.WRONG_SENDER, Outcome.MALFORMED)
TOO_LARGE = "한 건에 바로 지급하는 티켓보다 많아요."
UNSIGNED_TOO_LARGE = "금액이 서명에 없고, 한 건에 바로 지급하는 티켓보다 많아요."
OVER_THE_DAY = "하루에 바로 받는 티켓을 넘었어요."
_Came = tuple[Outcome, OfferwallReward | None]


@dataclass(frozen=True, slots=True)
class Received:
    """What came of a call. is_logged: False for what was too much of a sender's garbage to be written down."""

    outcome: Outcome
    is_logged: bool = True


def receive(*, network: Network, told: Told, sender: str, at: datetime) -> Received:
    """
    Decide about one call, move what it moves, and write it down. Owns its transactions.

    sender: the caller's network address, as our own proxies tell it; empty when there is none.

    :raises Busy: a lock was not free in time; the caller sends it again.
    """
    began = monotonic()
    fault = _fault(network, told, sender, at=at)
    if fault in UNPROVED and _is_flooding(sender, at=at):
        return Received(fault, is_logged=False)
    try:
        with credits.busy_if_locked(), transaction.atomic(durable=True):
            outcome, reward = (fault, None) if fault else _moved(network, told, at=at)
            _log(network, told, outcome, reward, sender=sender, began=began, at=at)
    except credits.IdempotencyConflict:  # at this very moment the same transaction was paid to somebody else
        outcome = Outcome.CONFLICT
        with transaction.atomic(durable=True):
            _log(network, told, outcome, None, sender=sender, began=began, at=at)
    return Received(outcome)


def is_open(network: Network) -> bool:
    """True when we have its key and no operator closed it. One query."""
    return bool(keys_of(network)) and bool(_switched().get(network.code, True))


def open_networks() -> list[Network]:
    """Those that members may use now. One query."""
    switched = _switched()
    return [network for network in NETWORKS.values() if keys_of(network) and switched.get(network.code, True)]


def keys_of(network: Network) -> list[str]:
    """Our keys at a network, the newest first; two hold while one is changed."""
    keys: list[str] = settings.OFFERWALLS[network.code]["keys"]
    return keys


def _switched() -> dict[str, bool]:
    rows = OfferwallSwitch.objects.order_by("network", "-at", "-pk").distinct("network")
    return dict(rows.values_list("network", "is_open"))


def _fault(network: Network, told: Told, sender: str, *, at: datetime) -> Outcome | None:
    """What is wrong with the caller or its words; None when it is proved."""
    if not told.is_whole:
        return Outcome.MALFORMED
    if not engine.may_send(sender, settings.OFFERWALLS[network.code]["senders"]):
        return Outcome.WRONG_SENDER
    if not engine.is_proved(network, told, keys_of(network)):
        return Outcome.BAD_SIGNATURE
    if not is_open(network):
        return Outcome.SWITCHED_OFF
    return None if told.reverses or told.amount else Outcome.MALFORMED


def _is_flooding(sender: str, *, at: datetime) -> bool:
    """True when this sender's garbage of the last minute fills what is written down of it."""
    recent = OfferwallCall.objects.filter(sender=_hash(sender), at__gt=at - timedelta(minutes=1), outcome__in=UNPROVED)
    return recent.count() >= UNPROVED_PER_MINUTE.at(at)


def _moved(network: Network, told: Told, *, at: datetime) -> _Came:
    member = _locked_member(told.member)
    if told.reverses:
        return _taken_back(network, told, at=at)
    known = OfferwallReward.objects.filter(network=network.code, transaction=told.transaction).first()
    if known is not None:
        is_same = member is not None and (known.member_id, known.tickets) == (member.pk, told.amount)
        return (Outcome.REPEATED if is_same else Outcome.CONFLICT), known
    if member is None or not member.is_active:
        return Outcome.UNKNOWN_MEMBER, None
    return _rewarded(network, told, member, at=at)


def _locked_member(public_id: str) -> Member | None:
    """The member behind the number that we gave to the network, locked: their rewards are decided one after the other."""
    try:
        number = UUID(public_id)
    except ValueError:
        return None
    return Member.objects.select_for_update(no_key=True).filter(public_id=number).first()


def _rewarded(network: Network, told: Told, member: Member, *, at: datetime) -> _Came:
    """A new reward: paid at once, or kept for a person to look at. The network has told us and need not do it again."""
    tickets, proof = told.amount or 0, network.proof
    why = _why_to_wait(member, tickets, is_signed=proof.covers_tickets, at=at)
    reward = OfferwallReward(
        network=network.code, transaction=told.transaction, member_id=member.pk, tickets=tickets, campaign=told.campaign[:100],
        is_signed=proof.covers_tickets, state=RewardState.HELD if why else RewardState.PAID, why=why, received_at=at,
    )  # fmt: skip
    if not why:
        reward.entry = pay(reward, at=at)
    reward.save(force_insert=True)
    return (Outcome.HELD if why else Outcome.PAID), reward


def _why_to_wait(member: Member, tickets: int, *, is_signed: bool, at: datetime) -> str:
    if tickets > MOST_AT_ONCE.at(at):
        return TOO_LARGE if is_signed else UNSIGNED_TOO_LARGE
    return OVER_THE_DAY if _paid_today(member, at=at) + tickets > DAILY_TICKETS.at(at) else ""


def _paid_today(member: Member, *, at: datetime) -> int:
    """
    Tickets of this KST day that were paid at once; those that a person decided about count for nobody's day. Calls wait for each other
    here, so one that came a moment later may have been written already: the whole day counts, not what was before this call.
    """
    today = day_of(at)
    rows = OfferwallReward.objects.filter(member_id=member.pk, received_at__gte=day_from(today), received_at__lt=day_until(today))
    rows = rows.filter(decided_at=None)
    return int(rows.filter(entry__isnull=False).aggregate(sum=Sum("tickets"))["sum"] or 0)


def pay(reward: OfferwallReward, *, at: datetime, actor: str = "") -> Entry:
    """ISSUED → the member's wallet. Joins the caller's transaction."""
    label = NETWORKS[reward.network].label
    return credits.grant(
        member_id=reward.member_id, amount=reward.tickets, kind=PAYS, key=key_of(reward), at=at, actor=actor, reason=f"{label} 적립"
    )


def key_of(reward: OfferwallReward) -> str:
    """The ledger's key of a reward."""
    return f"ow:{reward.network}:{reward.transaction}"


def _taken_back(network: Network, told: Told, *, at: datetime) -> _Came:
    """The network takes a reward back: what is left of its tickets goes, the rest is our loss."""
    rows = OfferwallReward.objects.select_for_update(of=("self",), no_key=True).select_related("entry")
    reward = rows.filter(network=network.code, transaction=told.reverses).first()
    if reward is None:
        return Outcome.UNKNOWN_REWARD, None
    if reward.state == RewardState.HELD:
        reward.state, reward.decided_at, reward.reason = RewardState.REFUSED, at, "오퍼월이 취소했어요."
        reward.save(update_fields=["state", "decided_at", "reason"])
        return Outcome.TAKEN_BACK, reward
    if reward.state != RewardState.PAID or reward.entry is None:
        return Outcome.REPEATED, reward
    words = f"{network.label} 적립 취소"
    actor = f"offerwall:{network.code}"
    reward.reversal = credits.reverse(entry=reward.entry, key=f"{key_of(reward)}:reversed", at=at, actor=actor, reason=words)
    reward.state = RewardState.REVERSED
    reward.save(update_fields=["state", "reversal"])
    return Outcome.TAKEN_BACK, reward


def _log(
    network: Network, told: Told, outcome: Outcome, reward: OfferwallReward | None, *, sender: str, began: float, at: datetime
) -> None:
    OfferwallCall.objects.create(
        network=network.code, outcome=outcome, transaction=told.transaction[:100], reward=reward,
        query=engine.kept(network, told.parameters), sender=_hash(sender), took_ms=int((monotonic() - began) * 1000), at=at,
    )  # fmt: skip


def _hash(sender: str) -> str:
    return browsers.keyed("offerwall", sender or "unknown")
