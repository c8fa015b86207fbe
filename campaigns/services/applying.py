"""Missions whose advertiser chooses: members apply, and only the chosen may start. An application takes no unit of the budget."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from campaigns import targeting
from campaigns.models import Application, Campaign
from campaigns.services import keeping, moves, telling
from campaigns.services.participation import MissionClosed
from common.errors import DomainError
from common.kst import SEOUL
from identity.models import User

LONGEST = 300


class NothingToApplyFor(DomainError):
    code = "application.not_asked"
    message = "신청을 받지 않는 미션이에요."


class ApplicationEmpty(DomainError):
    code = "application.empty"
    message = "신청하는 이유를 10자부터 300자까지 적어 주세요."
    http_status = 422


class ReviewsLimited(DomainError):
    code = "application.limited"
    message = "지우고 되돌리지 않은 후기가 있어 {until}까지 체험 후기를 신청할 수 없어요."
    http_status = 403


class AllChosen(DomainError):
    code = "application.all_chosen"
    message = "예산으로 고를 수 있는 {units}명을 모두 골랐어요. 더 고르려면 예산을 늘려 주세요."


class AlreadyChosen(DomainError):
    code = "application.already_chosen"
    message = "이미 고른 회원이에요. 고른 것은 되돌릴 수 없어요."


def apply(*, member: int, campaign: UUID, text: str, device: str, at: datetime) -> Application:
    """
    Ask to be chosen; asking again returns the first application as it stands. text: why, 10 to 300 characters.

    :raises MissionClosed: there is nothing to take part in now.   :raises NothingToApplyFor: everybody may start.
    :raises NotForYou: the mission is for others.   :raises ApplicationEmpty: too short or too long; nothing was written.
    :raises ReviewsLimited: a review of theirs was deleted and not brought back.
    """
    if known := Application.objects.filter(campaign__public_id=campaign, member_id=member).first():
        return known
    row = Campaign.objects.unscoped().offered(at).filter(public_id=campaign).first()
    if row is None:
        raise MissionClosed
    if not row.declared.chooses:
        raise NothingToApplyFor
    if until := keeping.limited_until(member_id=member, at=at):
        raise ReviewsLimited(until=f"{until.astimezone(SEOUL):%Y-%m-%d}")
    targeting.refuse_outside(row, member_id=member, device=device, at=at, is_applying=True)
    words = text.strip()
    if not 10 <= len(words) <= LONGEST:
        raise ApplicationEmpty
    try:
        with transaction.atomic(durable=True):
            return Application.objects.create(campaign=row, member_id=member, text=words, applied_at=at)
    except IntegrityError:  # pressed twice at once
        return Application.objects.get(campaign=row, member_id=member)


def choose(*, application: Application, is_chosen: bool, by: User, at: datetime, handover: str = "") -> Application:
    """
    Choose a member, or not. Of the budget's units as many may be chosen; what was chosen stays, and only its handover may change.

    handover: for the chosen member, e.g. the code to order with.

    :raises AllChosen: the budget buys no more.   :raises AlreadyChosen: a chosen member may not be turned down.
    """
    with transaction.atomic(durable=True):
        campaign = moves.lock(application.campaign)
        row = Application.objects.select_for_update().get(pk=application.pk)
        if row.is_chosen and not is_chosen:
            raise AlreadyChosen
        is_new = is_chosen and not row.is_chosen
        if is_new and Application.objects.filter(campaign=campaign, state=Application.State.CHOSEN).count() >= campaign.units:
            raise AllChosen(units=campaign.units)
        row.state = Application.State.CHOSEN if is_chosen else Application.State.NOT_CHOSEN
        row.handover, row.decided_by, row.decided_at = handover.strip()[:LONGEST] if is_chosen else "", by, at
        row.save(update_fields=["state", "handover", "decided_by", "decided_at"])
        if is_new:
            telling.chosen(row.member_id, campaign, key=f"application:{row.public_id}:chosen", at=at)
        return row
