"""The content of a campaign on its row: what was submitted, and what its type declares. All functions join the caller's transaction."""

from datetime import datetime

from pydantic import BaseModel

from advertisers.models import Advertiser
from campaigns import audience, gifts, images, pricing, targeting, types
from campaigns.models import Audience, Campaign, CampaignVersion
from campaigns.schemas import CampaignSpec, Pacing
from campaigns.services import moves, versions
from campaigns.types.base import CampaignType
from common.errors import DomainError
from rewards import policies as reward_policies


class AlreadyOver(DomainError):
    code = "campaign.already_over"
    message = "종료 시각이 이미 지났어요. 기간을 다시 정해 주세요."
    http_status = 422


class NoRaffleInDemo(DomainError):
    """Prizes of an account that is there to try the product with: members would wait for what nobody hands over."""

    code = "campaign.no_raffle_in_demo"
    message = "데모 계정에서는 래플 캠페인을 제출할 수 없어요. 다른 유형으로 해 보세요."
    http_status = 403


class PriceBelowReward(DomainError):
    code = "campaign.price_below_reward"
    message = "티켓 {tickets}장을 주려면 단가가 {lowest}크레딧 이상이어야 해요."
    http_status = 422


class StepsDoNotAddUp(DomainError):
    code = "campaign.steps_do_not_add_up"
    message = "단계를 모두 더하면 {credits}크레딧에 티켓 {tickets}장이에요. 참여 1건 단가와 티켓을 같게 적어 주세요."
    http_status = 422


class StepBelowReward(DomainError):
    code = "campaign.step_below_reward"
    message = (
        "{number}번 단계는 티켓 {tickets}장에 {credits}크레딧이에요. 단계마다 티켓이 한 장 이상이고, 단가가 티켓 값보다 적지 않아야 해요."
    )
    http_status = 422


def refuse_wrong_steps(declared: CampaignType, details: BaseModel, *, unit_price: int, tickets: int, ticket_cost: int) -> None:
    """:raises StepsDoNotAddUp, StepBelowReward: the steps of a mission that earns step by step do not make up the whole."""
    parts = declared.parts(details, unit_price, tickets) if declared.parts else ()
    whole = (sum(part.credits for part in parts), sum(part.tickets for part in parts))
    if parts and whole != (unit_price, tickets):
        raise StepsDoNotAddUp(credits=f"{whole[0]:,}", tickets=f"{whole[1]:,}")
    for part in parts:
        if part.tickets < 1 or part.credits < part.tickets * ticket_cost:
            raise StepBelowReward(number=part.number, tickets=f"{part.tickets:,}", credits=f"{part.credits:,}")


def refuse_what_cannot_run(advertiser: Advertiser, spec: CampaignSpec, *, at: datetime) -> None:
    """
    Wallet locked: restricting and closing an account wait for it, so what is read here holds until the end.

    :raises AccountRestricted, AlreadyOver, PriceBelowReward, PriceOutsideType, GiftChanged, NotYourImage, ImageTurnedDown, NotYourList,
        StepsDoNotAddUp, StepBelowReward, NoRaffleInDemo: it may not be submitted.
    """
    refuse_account(advertiser)
    if spec.setting.ends_at <= at:
        raise AlreadyOver
    declared = types.get(spec.type)
    if advertiser.is_demo and declared.enters_raffle:
        raise NoRaffleInDemo
    pricing.refuse_outside(declared, declared.read(spec.details), unit_price=spec.credit.unit_price, at=at)
    lowest = spec.reward.tickets * reward_policies.TICKET_COST_KRW.at(at)
    if spec.credit.unit_price < lowest:
        raise PriceBelowReward(tickets=spec.reward.tickets, lowest=f"{lowest:,}")
    refuse_wrong_steps(
        declared,
        declared.read(spec.details),
        unit_price=spec.credit.unit_price,
        tickets=spec.reward.tickets,
        ticket_cost=reward_policies.TICKET_COST_KRW.at(at),
    )
    gifts.refuse_changed(list(spec.reward.prizes))
    images.refuse_unusable(advertiser, spec.design.image)
    audience.refuse_foreign(advertiser, spec.setting.exclusions)


def refuse_account(advertiser: Advertiser) -> None:
    """:raises AccountRestricted: an operator or a money rule stopped new spending. The wallet is locked."""
    now = Advertiser.objects.get(pk=advertiser.pk)
    if now.is_restricted or not now.is_active:
        raise moves.AccountRestricted


def write_down(campaign: Campaign, spec: CampaignSpec, *, at: datetime) -> None:
    """
    Copy a content, and what its type declares, onto the row; the caller saves it.

    at: when the content was submitted. What a ticket costs stays as agreed then, and for good once units were poured.
    """
    declared = types.get(spec.type)
    campaign.type, campaign.title, campaign.body, campaign.landing_url = (
        spec.type,
        spec.design.title,
        spec.design.body,
        spec.design.landing_url,
    )
    campaign.details, campaign.spec = spec.details, spec.model_dump(mode="json")
    campaign.dwell_seconds = declared.verifier.required_seconds(declared.read(spec.details))
    campaign.slot_life_seconds, campaign.is_daily = int(declared.slot_life.total_seconds()), declared.is_daily
    campaign.reward_tickets, campaign.unit_price = spec.reward.tickets, spec.credit.unit_price
    if campaign.poured_on is None:
        campaign.ticket_cost = reward_policies.TICKET_COST_KRW.at(at)
    campaign.budget_credits, campaign.daily_cap_credits = spec.credit.budget, spec.credit.daily_cap
    campaign.starts_at, campaign.ends_at = spec.setting.starts_at, spec.setting.ends_at
    hours = (spec.setting.hour_from, spec.setting.hour_until)
    campaign.pace_from, campaign.pace_until = hours if spec.setting.pacing == Pacing.EVEN else (0, 0)
    narrowed = targeting.is_targeted(campaign.spec["setting"], campaign.details)
    campaign.is_targeted = declared.chooses or narrowed or campaign.audience == Audience.PLUS


def put_live(campaign: Campaign, version: CampaignVersion) -> None:
    """Copy what an approved version changes onto the running content. What grew meanwhile, budget and end, stays as it is."""
    write_down(
        campaign, versions.read(versions.merged(versions.whole(campaign.spec), version.spec, version.changes)), at=version.submitted_at
    )
    campaign.save()


def keep_in_step(campaign: Campaign) -> None:
    """Write what took effect at once, budget, cap and end, into the whole content too; the caller saves `spec` with them."""
    campaign.spec["credit"] |= {"budget": campaign.budget_credits, "daily_cap": campaign.daily_cap_credits}
    campaign.spec["setting"] |= {"ends_at": campaign.ends_at.isoformat()}
