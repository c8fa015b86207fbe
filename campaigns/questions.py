"""What may be asked about campaigns, by a page, a file, a report or the API: one shape for all of them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from advertisers.models import Advertiser
from campaigns import types
from campaigns.models import Campaign, Export, ReportSchedule
from common.errors import DomainError
from common.kst import FIRST_DAY, day_from, day_until
from common.schemas import Day, FormWhole, Input

MOST_DAYS = 366
USUAL_DAYS = 7
PRESETS = (7, 30, 90)


class CampaignUnknown(DomainError):
    """The campaign that was asked about is nobody's, or somebody else's."""

    code = "campaign.unknown"
    message = "캠페인을 찾을 수 없어요."
    http_status = 404


@dataclass(frozen=True, slots=True)
class Period:
    """KST days from the first to the last, both of them in it."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def since(self) -> datetime:
        """Its first moment."""
        return day_from(self.first)

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return day_until(self.last)

    @property
    def before(self) -> "Period":
        """As many days right before it."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @classmethod
    def ending(cls, on: date, *, days: int) -> "Period":
        return cls(on - timedelta(days=days - 1), on)


class AnalyticsIn(Input):
    """
    first, last: KST days; without them the last seven.   campaign: one campaign, else all.   type: campaigns of one type, else all.
    compare: "before" also tells the same number of days right before.
    """

    first: Day | None = None
    last: Day | None = None
    campaign: UUID | None = None
    type: str = ""
    compare: Literal["", "before"] = ""

    @field_validator("last")
    @classmethod
    def _ends_after_it_begins(cls, last: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("first")
        if first is not None and last is not None:
            if last < first:
                raise PydanticCustomError("period_backwards", "시작일과 같거나 뒤인 날을 골라 주세요.")
            if (last - first).days >= MOST_DAYS:
                raise PydanticCustomError("period_too_long", f"한 번에 {MOST_DAYS}일까지 볼 수 있어요.")
        return last

    @field_validator("type")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value and not types.is_known(value):
            raise PydanticCustomError("type_unknown", "고를 수 있는 유형이 아니에요.")
        return value

    def period(self, *, today: date) -> Period:
        """The days that are asked about. A missing end is today, a missing beginning the usual number of days before the end."""
        last = self.last or max(today, self.first or today)
        first = self.first or last - timedelta(days=USUAL_DAYS - 1)
        return Period(max(first, last - timedelta(days=MOST_DAYS - 1), FIRST_DAY), last)


class FileIn(AnalyticsIn):
    """A question whose answer comes as a file. what: its rows.   form: csv or xlsx."""

    what: Export.What
    form: Export.Form

    @property
    def question(self) -> AnalyticsIn:
        """What is asked, without the file."""
        return AnalyticsIn.model_validate(self.model_dump(include=set(AnalyticsIn.model_fields)))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one advertiser's campaigns. campaign, type: only those; empty for all."""

    advertiser: Advertiser
    period: Period
    campaign: Campaign | None = None
    type: str = ""
    compares: bool = False


def question_of(asked: AnalyticsIn, *, advertiser: Advertiser, today: date) -> Question:
    """
    The question behind an answer of a form or a call. One query, when it is about one campaign.

    :raises CampaignUnknown: it is about a campaign that is not this advertiser's.
    """
    campaign = None
    if asked.campaign is not None:
        campaign = Campaign.objects.owned_by(advertiser).filter(public_id=asked.campaign).first()
        if campaign is None:
            raise CampaignUnknown
    period = asked.period(today=today)
    return Question(advertiser=advertiser, period=period, campaign=campaign, type=asked.type, compares=asked.compare == "before")


Weekday = Annotated[FormWhole, Field(ge=0, le=6)]
DayOfMonth = Annotated[FormWhole, Field(ge=1, le=28)]
Hour = Annotated[FormWhole, Field(ge=0, le=23)]


class ReportIn(Input):
    """
    When a report goes out. weekday: 0 for Monday, for weekly ones.   day: of the month, for monthly ones.   hour: of the day in Seoul.
    recipient: an address of the team that gets reports; without one the person themselves.
    """

    every: ReportSchedule.Every
    weekday: Weekday = 0
    day: DayOfMonth = 1
    hour: Hour = 9
    recipient: UUID | None = None


class CalendarIn(Input):
    """What to change of a calendar; what is not named stays."""

    weekday: Weekday | None = None
    day: DayOfMonth | None = None
    hour: Hour | None = None
