"""The advertisers' door to confirmed participations: which, when and for how much; who they were is nobody's business but ours."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from campaigns import access, confirmed
from campaigns.api.advertiser import PER_PAGE, PageQuery
from campaigns.api.team_auth import READS, TeamRequest
from campaigns.schemas import Moment
from common import cursors
from common.schemas import FormWhole, Output

router = Router(tags=["캠페인"])


class ConversionOut(Output):
    """id: as webhooks name it.   credits: its price.   is_valid: false when it was invalidated since and its credits came back."""

    id: UUID
    confirmed_at: datetime
    credits: int
    is_valid: bool


class Conversions(Output):
    """next: goes on behind the last item, today and later: keep it to ask for what is new.   is_end: nothing follows yet."""

    items: list[ConversionOut]
    next: str
    is_end: bool


class ConversionsQuery(PageQuery):
    """limit: more than of other lists, for who reads everything.   since: confirmed at or after this moment; a cursor goes before it."""

    limit: Annotated[FormWhole, Field(ge=1, le=1_000)] = PER_PAGE
    since: Moment | None = None


@router.get("/campaigns/{campaign_id}/conversions", auth=READS, response=Conversions, summary="확정된 참여")
def conversion_list(request: TeamRequest, campaign_id: UUID, page: Query[ConversionsQuery]) -> Conversions:
    """
    Confirmed participations, the oldest first. New ones come at the end and never in between, so that nothing is missed or read twice;
    the last half minute is left out.
    """
    campaign = access.get_campaign(request, campaign_id)
    name = f"conversions:{campaign.pk}"
    after = _place(page.cursor, of=name) if page.cursor else (page.since or confirmed.FIRST[0], confirmed.LOWEST)
    found = confirmed.settled(campaign, after=after, at=timezone.now(), limit=page.limit + 1)
    items = [_shown(row) for row in found[: page.limit]]
    moment, number = found[: page.limit][-1].place if items else after
    following = cursors.place([moment.isoformat(), str(number)], of=name)
    return Conversions(items=items, next=following, is_end=len(found) <= page.limit)


def _place(cursor: str, *, of: str) -> confirmed.Place:
    moment, number = cursors.after(cursor, of=of)
    return datetime.fromisoformat(moment), UUID(number)


def _shown(row: confirmed.Confirmed) -> ConversionOut:
    return ConversionOut(id=row.public_id, confirmed_at=row.confirmed_at, credits=row.credits, is_valid=row.is_valid)
