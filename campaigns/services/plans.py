"""Changes that a team plans for a later moment: pause, resume, more budget, another daily cap. The clock carries them out."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from advertisers.access import SPENDERS
from advertisers.models import Advertiser, Membership
from campaigns import events, locks
from campaigns.models import Campaign, PlannedChange
from campaigns.services import budget, caps, desk, moves, running
from common.errors import Busy, DomainError
from common.kst import day_from, day_of
from credits import services as credits
from identity.models import User

Kind, State = PlannedChange.Kind, PlannedChange.State
MAKER_GONE = "예약한 사람이 지금은 캠페인을 집행할 수 없어요."


class PlanRefused(DomainError):
    code = "campaign.plan_refused"
    message = "이 변경은 예약할 수 없어요. {why}"
    http_status = 422


class PlanUnknown(DomainError):
    code = "campaign.plan_unknown"
    message = "이 팀에는 그런 예약이 없어요."
    http_status = 404


def plan(*, campaign: Campaign, kind: PlannedChange.Kind, credits_: int, due_at: datetime, by: User, at: datetime) -> PlannedChange:
    """
    Plan a change. credits_: see the model.   due_at: a new daily cap begins with a KST day, the others at any later moment.

    :raises PlanRefused: the moment has passed or lies after the end, a cap not at 0:00, or the same is planned for then already.
    :raises CapOutOfRange: see there.   :raises MoveRefused: it is not approved, or over.   :raises CampaignLocked: an operator stopped it.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        if row.state not in locks.APPROVED:
            raise moves.MoveRefused(state=row.state, to="planned")
        moves.refuse_when_locked(row)
        if not at < due_at < row.ends_at:
            raise PlanRefused(why="지금부터 종료 전까지의 시각을 골라 주세요.")
        if kind == Kind.CAP:
            caps.refuse_outside(row, credits_)
            if due_at != day_from(day_of(due_at)):
                raise PlanRefused(why="하루 예산은 날짜가 바뀌는 0시부터만 바꿀 수 있어요.")
        try:
            with transaction.atomic():
                made = PlannedChange.objects.create(campaign=row, kind=kind, credits=credits_, due_at=due_at, made_by=by, made_at=at)
        except IntegrityError as exc:
            raise PlanRefused(why="같은 시각에 같은 변경을 이미 예약했어요.") from exc
        moves.record(row, moves.Kind.PLANNED, by=by, at=at, data=_facts(made))
        return made


def cancel(*, advertiser: Advertiser, public_id: UUID, by: User, at: datetime) -> PlannedChange:
    """
    Take a planned change back.

    :raises PlanUnknown: there is none of this team.   :raises PlanRefused: it was carried out or taken back already.
    """
    with transaction.atomic(durable=True):
        made = PlannedChange.objects.owned_by(advertiser).select_for_update(of=("self",)).filter(public_id=public_id).first()
        if made is None:
            raise PlanUnknown
        if not made.is_waiting:
            raise PlanRefused(why="이미 처리한 예약이에요.")
        _close(made, State.CANCELLED, at=at)
        moves.record(made.campaign, moves.Kind.PLANNED, by=by, at=at, data={**_facts(made), "cancelled": True})
        return made


def carry_out(*, planned: PlannedChange, at: datetime) -> PlannedChange:
    """
    Do what was planned, as its maker would by hand; a refusal closes it with the reason and tells the team. Called twice, it is done once.

    :raises Busy: somebody holds the campaign; the clock tries again.
    """
    try:
        with transaction.atomic(durable=True):
            credits.lock_wallet(planned.campaign.advertiser)
            row = moves.lock(planned.campaign)
            made = _locked(planned)
            if made.is_waiting and made.due_at <= at:
                _do(row, made, at=at)
                _close(made, State.DONE, at=at)
            return made
    except Busy:
        raise
    except DomainError as refusal:
        return _refused(planned, str(refusal), at=at)


def _do(campaign: Campaign, made: PlannedChange, *, at: datetime) -> None:
    """Wallet and campaign are locked."""
    by = made.made_by
    if not Membership.objects.acting().of(campaign.advertiser).filter(user=by, role__in=SPENDERS).exists():
        raise PlanRefused(why=MAKER_GONE)
    if made.kind == Kind.PAUSE:
        running.pause_locked(campaign, by=by, at=at)
    elif made.kind == Kind.RESUME:
        running.resume_locked(campaign, by=by, at=at)
    elif made.kind == Kind.RAISE:
        key = f"campaign:{campaign.public_id}:raise:plan:{made.public_id}"
        budget.raise_locked(campaign=campaign, credits=made.credits, by=by, at=at, key=key)
    else:
        moves.refuse_when_locked(campaign)
        if campaign.state not in locks.APPROVED:
            raise moves.MoveRefused(state=campaign.state, to="capped")
        caps.set_cap(campaign, made, on=day_of(made.due_at), at=at)


def _refused(planned: PlannedChange, why: str, *, at: datetime) -> PlannedChange:
    with transaction.atomic(durable=True):
        made = _locked(planned)
        if not made.is_waiting:
            return made
        _close(made, State.REFUSED, at=at, outcome=why)
        facts = {"change": made.get_kind_display(), "reason": why}
        desk.tell(made.campaign, events.PLAN_REFUSED, facts, at=at, key=f"plan:{made.public_id}")
        return made


def _locked(planned: PlannedChange) -> PlannedChange:
    rows = PlannedChange.objects.select_for_update(of=("self",)).select_related("campaign__advertiser", "made_by")
    return rows.get(pk=planned.pk)


def _close(made: PlannedChange, state: PlannedChange.State, *, at: datetime, outcome: str = "") -> None:
    made.state, made.done_at, made.outcome = state, at, outcome[:300]
    made.save(update_fields=["state", "done_at", "outcome"])


def _facts(made: PlannedChange) -> dict[str, object]:
    return {"plan": made.kind, "credits_planned": made.credits, "due_at": made.due_at.isoformat()}
