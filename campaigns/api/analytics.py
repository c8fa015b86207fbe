"""The numbers of the analytics page for programs: the same question, the same answer."""

from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router

from campaigns import analytics
from campaigns.analytics import Answer, Figures, Group, People
from campaigns.api.team_auth import READS, TeamRequest
from campaigns.questions import AnalyticsIn, question_of
from campaigns.stats import Counts
from common.kst import day_of
from common.schemas import Output

router = Router(tags=["성과"])


class CountsOut(Output):
    """
    listed, read: times a card was on a list, a page open.   started: of them went, sent, confirmed, refused, expired, reversed, running.
    credits, tickets: of the confirmed ones.
    """

    listed: int
    read: int
    started: int
    went: int
    sent: int
    confirmed: int
    refused: int
    expired: int
    reversed: int
    running: int
    credits: int
    tickets: int


class FiguresOut(Output):
    """provisional: what of the counts may still change by itself; all zeros once they are final."""

    counts: CountsOut
    provisional: CountsOut
    is_final: bool


class AnalyticsDayOut(Output):
    """One KST day."""

    on: date
    counts: CountsOut
    is_final: bool


class CampaignFiguresOut(Output):
    """before: in as many days right before, null unless compared."""

    id: UUID
    title: str
    type: str
    figures: FiguresOut
    before: CountsOut | None


class TypeFiguresOut(Output):
    """The same by type."""

    type: str
    name: str
    figures: FiguresOut
    before: CountsOut | None


class StepOut(Output):
    """One step of the funnel. lost: how many of the step before went no further."""

    label: str
    number: int
    lost: int


class RefusalOut(Output):
    """Why participations did not count."""

    why: str
    number: int


class PeopleRowOut(Output):
    """value: of the trait, empty for who never proved or said it."""

    value: str
    label: str
    started: int
    confirmed: int


class PeopleOut(Output):
    """
    Who started on the days that are over, by AGE, SEX, REGION or SYSTEM. A row is a sum of groups of ten people or more in one campaign on
    one day; others: everybody else, together.
    """

    trait: str
    rows: list[PeopleRowOut]
    others_started: int
    others_confirmed: int


class AnalyticsOut(Output):
    """first, last: KST days, both in it.   hours: of the day in Seoul, 0 to 23.   as_of: when it was counted last."""

    first: date
    last: date
    total: FiguresOut
    before: CountsOut | None
    days: list[AnalyticsDayOut]
    campaigns: list[CampaignFiguresOut]
    types: list[TypeFiguresOut]
    hours: list[CountsOut]
    funnel: list[StepOut]
    refusals: list[RefusalOut]
    people: list[PeopleOut]
    as_of: datetime | None


@router.get("/analytics", auth=READS, response=AnalyticsOut, summary="기간의 성과")
def analytics_answer(request: TeamRequest, asked: Query[AnalyticsIn]) -> AnalyticsOut:
    """Everything that the analytics page shows, for the last seven days or the ones that are asked for, at most 366."""
    question = question_of(asked, advertiser=request.auth.advertiser, today=day_of(timezone.now()))
    return shown(analytics.answer(question))


def shown(answer: Answer) -> AnalyticsOut:
    return AnalyticsOut(
        first=answer.question.period.first,
        last=answer.question.period.last,
        total=_figures(answer.total),
        before=_counts(answer.before) if answer.before is not None else None,
        days=[AnalyticsDayOut(on=day.on, counts=_counts(day.counts), is_final=day.is_final) for day in answer.days],
        campaigns=[_campaign(group) for group in answer.campaigns],
        types=[_type(group) for group in answer.types],
        hours=[_counts(counts) for counts in answer.hours],
        funnel=[StepOut(label=step.label, number=step.number, lost=step.lost) for step in answer.funnel],
        refusals=[RefusalOut(why=why, number=number) for why, number in answer.refusals],
        people=[_people(one) for one in answer.people],
        as_of=answer.as_of,
    )


def _counts(counts: Counts) -> CountsOut:
    return CountsOut(**asdict(counts))


def _figures(figures: Figures) -> FiguresOut:
    return FiguresOut(counts=_counts(figures.counts), provisional=_counts(figures.open), is_final=figures.is_final)


def _before(group: Group) -> CountsOut | None:
    return _counts(group.before) if group.before is not None else None


def _campaign(group: Group) -> CampaignFiguresOut:
    figures, before = _figures(group.figures), _before(group)
    return CampaignFiguresOut(id=UUID(group.key), title=group.label, type=group.type, figures=figures, before=before)


def _type(group: Group) -> TypeFiguresOut:
    return TypeFiguresOut(type=group.key, name=group.label, figures=_figures(group.figures), before=_before(group))


def _people(one: People) -> PeopleOut:
    rows = [PeopleRowOut(value=value, label=label, started=started, confirmed=confirmed) for value, label, started, confirmed in one.rows]
    return PeopleOut(trait=one.trait, rows=rows, others_started=one.others[0], others_confirmed=one.others[1])
