"""
The raffle of a campaign whose type enters one: prepared and paid for when it is submitted, opened when it begins, void when it is taken
back. All functions join the caller's transaction, which has locked the wallet and then the campaign.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns import types
from campaigns.models import Campaign
from campaigns.schemas import CampaignSpec
from campaigns.services import moves
from common.errors import DomainError
from credits import services as credits
from identity.models import User
from rewards import raffles
from rewards.models import Raffle
from rewards.models.raffles import State

MOST_RESERVES = 1_000
ENTRY_KEY = "participation:{}"
TOO_LATE = "응모 기간에 열지 못했어요."
CHANGED = "응모를 시작하기 전에 내용이 바뀌었어요."
TAKEN_BACK = "광고주가 캠페인을 시작하지 않았어요."


class PrizesNotHeld(DomainError):
    """The credits for its prizes are not on hold, so what it promises could not be kept."""

    code = "campaign.prizes_not_held"
    message = "경품 값 {worth}크레딧이 묶여 있지 않아 승인할 수 없어요. 광고주가 다시 제출해야 해요."


def put_up(campaign: Campaign, spec: CampaignSpec, *, by: User, at: datetime) -> None:
    """
    Hold the money of the prizes for a raffle that promises what was submitted; an earlier raffle that promised something else is void and
    its money back first. The caller saves the campaign.

    :raises InsufficientCredits: the balance is below it; nothing was written.
    """
    if campaign.raffle is not None and _is_promised(campaign.raffle, spec):
        return
    take_back(campaign, reason=CHANGED, at=at)
    campaign.raffle = None
    if not types.get(spec.type).enters_raffle:
        return
    prepared = raffles.prepare(at=at, by=by, sponsor=campaign.advertiser, prizes=_prizes(spec), **_promises(spec))
    campaign.raffle = raffles.fund_by_sponsor(raffle=prepared, at=at, actor=moves.actor_of(by))


def take_back(campaign: Campaign, *, reason: str, at: datetime) -> None:
    """The raffle that has not begun is void, and the money of its prizes is back."""
    if campaign.raffle is not None and Raffle.objects.get(pk=campaign.raffle.pk).state != State.VOID:
        raffles.void(raffle=campaign.raffle, reason=reason, at=at)


def refuse_unpaid(campaign: Campaign) -> None:
    """:raises PrizesNotHeld: the prizes are not paid for, or by credits whose payment is disputed."""
    if campaign.raffle is None:
        return
    raffle = Raffle.objects.select_related("hold").get(pk=campaign.raffle.pk)
    held = raffle.hold.open - credits.disputed_part(raffle.hold) if raffle.hold is not None else 0
    if raffle.state != State.FUNDED or held < raffle.prize_value_krw:
        raise PrizesNotHeld(worth=f"{raffle.prize_value_krw:,}")


def open_with(campaign: Campaign, *, at: datetime) -> None:
    """Take entries from now on, now that the campaign begins; a raffle whose whole time has passed is void."""
    if campaign.raffle is None:
        return
    if campaign.raffle.closes_at <= at:
        take_back(campaign, reason=TOO_LATE, at=at)
    else:
        raffles.open_joined(raffle=campaign.raffle, at=at)


def lock_wallet_for(campaign: Campaign) -> None:
    """The wallet's lock, which comes before the campaign's, where the raffle of this campaign may have to give money back."""
    if campaign.raffle_id is not None:
        credits.lock_wallet(campaign.advertiser)


def enter(*, member: int, campaign: UUID, participation: UUID, at: datetime) -> None:
    """
    The entry that a completion brings, in the transaction that confirms it. The raffle is shared last, after the slot: who holds it alone
    waits for no slot.

    :raises RaffleClosed, RaffleNotOpen, TooManyEntries: the completion is not confirmed either.
    """
    raffle = Campaign.objects.unscoped().values_list("raffle__public_id", flat=True).get(public_id=campaign)
    raffles.earn(member_id=member, raffle=raffle, chances=1, key=ENTRY_KEY.format(participation), at=at)


def take_entry_back(*, participation: UUID) -> None:
    """
    Take the entry of a participation that was fraud out of its raffle; one whose list is frozen stays as it is. Joins the caller's
    transaction, which locks no member's wallet after this.
    """
    raffles.take_back_earned(key=ENTRY_KEY.format(participation))


def _is_promised(raffle: Raffle, spec: CampaignSpec) -> bool:
    """True when the raffle is paid for and promises what this content says."""
    prizes = [prize.as_promised() for prize in _prizes(spec)]
    same = all(getattr(raffle, name) == value for name, value in _promises(spec).items())
    return raffle.state == State.FUNDED and raffle.prizes == prizes and same


def _prizes(spec: CampaignSpec) -> list[raffles.Prize]:
    return [raffles.Prize(**prize.model_dump()) for prize in spec.reward.prizes]


def _promises(spec: CampaignSpec) -> dict[str, Any]:
    """What the raffle of this content promises, beside its prizes. Whoever started in time may still finish before it closes."""
    count = sum(prize.quantity for prize in spec.reward.prizes)
    return {
        "title": spec.design.title,
        "body": spec.design.body,
        "opens_at": spec.setting.starts_at,
        "closes_at": spec.setting.ends_at + types.get(spec.type).slot_life,
        "tickets_per_entry": 0,
        "reserves": min(count, MOST_RESERVES),
        "opens_by_itself": False,
    }
