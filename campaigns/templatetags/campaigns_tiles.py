"""What campaigns offers to pages of other apps."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import template
from django.core.paginator import Paginator
from django.template import Context

from advertisers.access import SPENDERS
from advertisers.models import Advertiser
from advertisers.todo import FirstStep
from campaigns import banners, dashboard, history, missions, pricing, types
from campaigns.dashboard import Board
from campaigns.services import versions
from rewards.models import Member

register = template.Library()

MISSIONS_PER_PAGE = 20


@register.simple_tag
def campaigns_board(advertiser: Advertiser, at: datetime) -> Board:
    """Everything that the dashboard says of an advertiser's campaigns, for the tiles below. Four queries."""
    return dashboard.board(advertiser, at=at)


@register.inclusion_tag("campaigns/tiles/today.html")
def today_tile(board: Board) -> dict[str, Any]:
    """Today in four figures against yesterday at the same hour. No query."""
    return {"board": board}


@register.inclusion_tag("campaigns/tiles/trend.html")
def trend_tile(board: Board) -> dict[str, Any]:
    """Credits and completions of the last days, drawn and as a table. No query."""
    return {"board": board, "days": board.days[::-1]}


@register.inclusion_tag("campaigns/tiles/running.html", takes_context=True)
def running_campaigns_tile(context: Context, board: Board) -> dict[str, Any]:
    """Where all campaigns stand, and the newest live ones with their day, their week and what they come to. No query."""
    membership = getattr(context.get("request"), "membership", None)
    return {"board": board, "may_spend": membership is not None and membership.role in SPENDERS}


@register.simple_tag
def first_campaign_steps(advertiser: Advertiser, board: Board, has_credits: bool) -> tuple[FirstStep, ...]:
    """What a new advertiser does until the first campaign runs. At most one query."""
    return dashboard.first_steps(advertiser, board, has_credits=has_credits)


@register.simple_tag
def type_prices(at: datetime) -> list[dict[str, Any]]:
    """What a participation of each type costs before anything is chosen, by the wizard's price function; for public pages. One query."""
    return [{"type": declared, "price": price} for declared, price in pricing.price_list(at=at)]


@register.inclusion_tag("campaigns/tiles/type_list.html")
def type_list(prices: list[dict[str, Any]]) -> dict[str, Any]:
    """Those as cards. No query."""
    return {"prices": prices}


@register.inclusion_tag("campaigns/tiles/type_table.html")
def type_table(prices: list[dict[str, Any]]) -> dict[str, Any]:
    """Those as a table with what is in a price and what is charged when. No query."""
    return {"prices": prices}


@register.filter
def lowest_price(prices: list[dict[str, Any]]) -> int:
    """The smallest of them."""
    return int(min(row["price"].lowest for row in prices))


@register.simple_tag
def review_hours(at: datetime) -> int:
    """Within how many business hours a campaign that is handed in now is reviewed. One query."""
    return versions.REVIEW_HOURS.at(at)


@register.simple_tag
def campaign_types(keys: Iterable[str]) -> str:
    """Where credits that are kept for some types may be used, in words; a type that is not declared any more by its key. No query."""
    names = [types.get(key).name if types.is_known(key) else key for key in keys]
    return f"{', '.join(names)} 캠페인에서만 쓸 수 있어요"


@register.inclusion_tag("campaigns/tiles/missions.html", takes_context=True)
def missions_tile(context: Context, member: Member | None, at: datetime) -> dict[str, Any]:
    """Today's missions for a member, or for somebody who is not signed in. At most five queries, however many missions there are."""
    request = context["request"]
    page = Paginator(missions.offered(at), MISSIONS_PER_PAGE).get_page(request.GET.get("page"))
    member_id = member.pk if member is not None else None
    done, earned = missions.done_today(member_id=member_id, at=at) if member_id is not None else (0, 0)
    cards = missions.cards(page.object_list, member_id=member_id, at=at)
    return {"request": request, "page": page, "cards": cards, "member": member, "done": done, "earned": earned}


@register.inclusion_tag("campaigns/tiles/waiting.html")
def waiting_tickets_tile(member: Member) -> dict[str, Any]:
    """Tickets of the member that wait until somebody has looked. One query."""
    count, tickets = history.waiting_of(member.pk)
    return {"count": count, "tickets": tickets}


@register.inclusion_tag("campaigns/tiles/earnable.html")
def earnable_tile(member: Member | None, at: datetime) -> dict[str, Any]:
    """What may still be earned now, by the first 200 missions. At most six queries."""
    count, tickets = missions.earnable(member_id=member.pk if member is not None else None, at=at)
    return {"count": count, "tickets": tickets, "member": member}


@register.inclusion_tag("campaigns/tiles/banners.html", takes_context=True)
def banners_tile(context: Context, member: Member | None, at: datetime) -> dict[str, Any]:
    """
    What operators put up for this person at this moment. viewer, banner_picture: in the context of a preview, for whom it is drawn and
    where the pictures are found. One query.
    """
    viewer = context.get("viewer") or banners.viewer_of(context["request"], member, at=at)
    return {"banners": banners.shown(viewer, at=at, picture=context.get("banner_picture") or banners.picture_url)}
