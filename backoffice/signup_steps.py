"""How far people get while they sign up, by kind and week. The counts carry no personal data."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum
from django.db.models.functions import TruncWeek

from advertisers.models import Advertiser, SignupStepCount
from advertisers.signup import steps

WEEKS = 8


@dataclass(frozen=True, slots=True)
class Reached:
    """How many finished one step. left: percent of those of the step before who did not; None at the first step or without anybody."""

    count: int
    left: int | None


@dataclass(frozen=True, slots=True)
class Week:
    """One week that begins on a Monday; `monday` is None for all of them together.   through: percent who made an account."""

    monday: date | None
    reached: tuple[Reached, ...]

    @property
    def through(self) -> int | None:
        """Percent of those who finished the first step and made an account."""
        first, last = self.reached[0].count, self.reached[-1].count
        return round(last * 100 / first) if first else None


@dataclass(frozen=True, slots=True)
class Funnel:
    """One kind of sign-up. titles: of its steps, in order.   weeks: newest first.   total: of the weeks shown."""

    label: str
    titles: tuple[str, ...]
    weeks: tuple[Week, ...]
    total: Week


def funnels(*, on: date) -> tuple[Funnel, ...]:
    """Both kinds over the last eight weeks, the running one included. One query."""
    this_monday = on - timedelta(days=on.weekday())
    mondays = [this_monday - timedelta(weeks=number) for number in range(WEEKS)]
    rows = SignupStepCount.objects.filter(day_on__gte=mondays[-1], day_on__lte=on).annotate(week=TruncWeek("day_on"))
    counts: defaultdict[tuple[str, date | None, str], int] = defaultdict(int)
    for kind, week, step, count in rows.values_list("kind", "week", "step").annotate(n=Sum("finished")).order_by():
        counts[kind, week, step] += count
        counts[kind, None, step] += count
    return tuple(_funnel(Advertiser.Kind(kind), counts, mondays) for kind in steps.STEPS)


def _funnel(kind: Advertiser.Kind, counts: dict[tuple[str, date | None, str], int], mondays: list[date]) -> Funnel:
    def week_of(monday: date | None) -> Week:
        return Week(monday, tuple(_reached([counts[kind, monday, step.slug] for step in steps.steps_of(kind)])))

    titles = tuple(step.name for step in steps.steps_of(kind))
    return Funnel(str(kind.label), titles, tuple(week_of(monday) for monday in mondays), week_of(None))


def _reached(counts: list[int]) -> Iterator[Reached]:
    before: int | None = None
    for count in counts:
        yield Reached(count, max(0, round((before - count) * 100 / before)) if before else None)
        before = count
