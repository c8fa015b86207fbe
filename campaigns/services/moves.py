"""Moving a campaign from state to state: the one way, used by every service here. All functions join the caller's transaction."""

from datetime import datetime
from typing import Any

from campaigns.models import MOVES, Campaign, CampaignEvent, State
from campaigns.services import outgoing
from common.errors import DomainError
from credits import services as credits
from identity.models import User

Kind = CampaignEvent.Kind


class MoveRefused(DomainError):
    code = "campaign.move_refused"
    message = "지금 상태에서는 할 수 없는 일이에요. 화면을 새로 고친 뒤 상태를 확인해 주세요."


class CampaignLocked(DomainError):
    code = "campaign.locked"
    message = "운영팀이 잠근 캠페인이에요. 이유: {reason}"


class AccountRestricted(DomainError):
    code = "campaign.account_restricted"
    message = "계정이 제한되어 새 캠페인을 진행하거나 예산을 늘릴 수 없어요. 고객센터에 문의해 주세요."
    http_status = 403


class ReasonMissing(DomainError):
    code = "campaign.reason_missing"
    message = "이유를 적어 주세요."
    http_status = 422


def lock(campaign: Campaign) -> Campaign:
    """
    The row, fresh and locked. The advertiser's wallet is locked before it where money moves too.

    :raises Busy: somebody else holds it for longer than lock_timeout.
    """
    with credits.busy_if_locked():
        return Campaign.objects.select_for_update(of=("self",)).select_related("hold", "advertiser", "raffle__hold").get(pk=campaign.pk)


def move(
    campaign: Campaign, to: State, *, by: User | None, at: datetime, reason: str = "", data: dict[str, Any] | None = None, **facts: Any
) -> None:
    """
    Change the state, the facts that change with it, and the history. `campaign` follows in memory. data: of the line of history.

    :raises MoveRefused: the table has no such transition from where the campaign is now.
    """
    origins = [origin for origin, targets in MOVES.items() if to in targets]
    before = campaign.state
    changed = {"state": to, "state_changed_at": at, **facts}
    if before not in origins or Campaign.objects.filter(pk=campaign.pk, state=before).update(**changed) != 1:
        raise MoveRefused(state=before, to=to.value)  # somebody else got there first
    for name, value in changed.items():
        setattr(campaign, name, value)
    record(campaign, Kind.MOVED, by=by, at=at, reason=reason, from_state=before, to_state=to, data=data or {})


def record(campaign: Campaign, kind: Kind, *, by: User | None, at: datetime, reason: str = "", **facts: Any) -> CampaignEvent:
    """Write one line of the campaign's history. facts: from_state, to_state, data."""
    line = CampaignEvent.objects.create(campaign=campaign, kind=kind, by=by, at=at, reason=reason, **facts)
    if kind == Kind.MOVED:
        outgoing.state_changed(campaign, line)
    return line


def refuse_when_locked(campaign: Campaign) -> None:
    """:raises CampaignLocked: an operator stopped it; the advertiser can neither resume nor end it."""
    if campaign.is_locked:
        raise CampaignLocked(reason=campaign.locked_reason)


def stated(reason: str) -> str:
    """
    The reason, which must say something.

    :raises ReasonMissing: it is empty.
    """
    if not (text := reason.strip()):
        raise ReasonMissing
    return text


def actor_of(by: User | None) -> str:
    """Who acted, for the ledger: an id, never a name."""
    return f"user:{by.pk}" if by is not None else "clock"
