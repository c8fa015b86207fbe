"""
The advertisers' doors to the price list and to automatic top-up. They tell how it stands; what may be charged is agreed to on the page,
by a person.
"""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field

from advertisers.access import membership_of
from common.schemas import Output
from payments import selectors
from payments.models import Package

router = Router(tags=["충전"])
Won = Annotated[int, Field(description="원, 부가세 포함")]


class AutoTopUpOut(Output):
    """
    is_offered: the house offers it now.   cards: masked, in the order in which they are charged.   stop_reason: why it stopped by itself.
    charged_krw: begun this month in Korea.   is_charging: a charge has not ended.
    """

    is_offered: bool
    is_on: bool
    below_credits: int | None
    charge_krw: Won | None
    monthly_limit_krw: Won | None
    charged_krw: Won
    is_charging: bool
    cards: list[str]
    stopped_at: datetime | None
    stop_reason: str


class PackageOut(Output):
    """One thing that may be bought. title: its name.   amount_krw: what the card is charged."""

    title: str
    credits: int
    bonus_credits: int
    vat_krw: Annotated[int, Field(description="원")]
    amount_krw: Won


@router.get("/packages", response=list[PackageOut], summary="충전 상품")
def packages(request: HttpRequest) -> list[PackageOut]:
    """What is on sale, smallest first. Everybody in the team may read it."""
    return [
        PackageOut(
            title=package.title,
            credits=package.credits,
            bonus_credits=package.bonus_credits,
            vat_krw=package.vat_krw,
            amount_krw=package.amount_krw,
        )
        for package in Package.objects.offered()
    ]


@router.get("/auto-top-up", response=AutoTopUpOut, summary="자동 충전 상태")
def auto_top_up(request: HttpRequest) -> AutoTopUpOut:
    """Everybody in the team may read it."""
    state = selectors.auto_top_up_of(membership_of(request).advertiser, at=timezone.now(), shown=1)
    setting = state.setting
    return AutoTopUpOut(
        is_offered=state.is_offered,
        is_on=state.is_on,
        below_credits=setting.below_credits if setting else None,
        charge_krw=setting.amount_krw if setting else None,
        monthly_limit_krw=setting.monthly_limit_krw if setting else None,
        charged_krw=state.charged_krw,
        is_charging=any(charge.state in charge.OPEN for charge in state.charges),
        cards=[card.name for card in state.cards],
        stopped_at=setting.stopped_at if setting else None,
        stop_reason=setting.stop_reason if setting else "",
    )
