"""One press for many campaigns of a team: every one of them, or none."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from advertisers.models import Advertiser
from campaigns.models import Campaign
from campaigns.services import budget, edits, moves, running
from campaigns.wishes import Deed
from common.errors import Busy, DomainError
from credits import services as credits
from identity.models import User

MOST = 100


class BulkRefused(DomainError):
    """refused: [{id, title, why}] of every campaign that stands in the way."""

    code = "campaign.bulk_refused"
    message = "캠페인 {count}개 때문에 아무것도 바꾸지 않았어요. {first}"

    def __init__(self, *, refused: list[dict[str, str]]) -> None:
        first = refused[0]
        super().__init__(refused=refused, count=len(refused), first=f"‘{first['title']}’: {first['why']}")


class NotYours(DomainError):
    code = "campaign.not_yours"
    message = "고른 캠페인 가운데 이 팀의 것이 아닌 캠페인이 있어요. 아무것도 바꾸지 않았어요."
    http_status = 404


class NothingChosen(DomainError):
    code = "campaign.nothing_chosen"
    message = "캠페인을 하나 이상, {most}개까지 골라 주세요."
    http_status = 422


def do_to_all(
    *,
    advertiser: Advertiser,
    campaigns: Sequence[UUID],
    deed: Deed,
    by: User,
    at: datetime,
    key: str,
    credits_: int = 0,
    ends_at: datetime | None = None,
) -> int:
    """
    Pause, resume or end the campaigns, add `credits_` to each budget, or let each end at `ends_at`; how many there were.

    key: one per intent, for what is raised.

    :raises NothingChosen: none, or too many.   :raises NotYours: one is not the team's.   :raises BulkRefused: one of them cannot.
    """
    wanted = sorted(set(campaigns))
    if not 0 < len(wanted) <= MOST:
        raise NothingChosen(most=MOST)
    refused: list[dict[str, str]] = []
    with transaction.atomic(durable=True):
        credits.lock_wallet(advertiser)
        for row in _locked(advertiser, wanted):
            try:
                _step(deed, credits_=credits_, ends_at=ends_at, key=key)(row, by=by, at=at)
            except Busy:
                raise
            except DomainError as refusal:  # the whole transaction is undone below, so the others are tried for the sake of the list
                refused.append({"id": str(row.public_id), "title": row.title, "why": str(refusal)})
        if refused:
            raise BulkRefused(refused=refused)
    return len(wanted)


def _locked(advertiser: Advertiser, wanted: list[UUID]) -> list[Campaign]:
    """The campaigns, locked in the order of their rows. The wallet is locked."""
    mine = Campaign.objects.owned_by(advertiser).filter(public_id__in=wanted).order_by("pk")
    rows = [moves.lock(row) for row in mine]
    if len(rows) != len(wanted):
        raise NotYours
    return rows


def _step(deed: Deed, *, credits_: int, ends_at: datetime | None, key: str) -> Callable[..., Any]:
    """What to do to one campaign whose lock is held."""
    if deed == Deed.RAISE:
        return lambda row, *, by, at: budget.raise_locked(
            campaign=row, credits=credits_, by=by, at=at, key=f"campaign:{row.public_id}:raise:bulk:{key}"
        )
    if deed == Deed.EXTEND:
        if ends_at is None:
            raise ValueError("a new end is needed")
        return lambda row, *, by, at: edits.extend_locked(row, ends_at=ends_at, by=by, at=at)
    return {Deed.PAUSE: running.pause_locked, Deed.RESUME: running.resume_locked, Deed.END: running.end_locked}[deed]
