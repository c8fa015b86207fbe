"""What a team may ask of campaigns that were approved: changes for later, and one deed for many."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from campaigns.models import PlannedChange
from campaigns.schemas import LARGEST_BUDGET, Moment
from common.schemas import Input, Whole


class Deed(StrEnum):
    """What may be done to many campaigns at once."""

    PAUSE = "pause"
    RESUME = "resume"
    END = "end"
    RAISE = "raise"
    EXTEND = "extend"


class PlanWish(Input):
    """A change for later. credits: added for RAISE, the new daily cap for CAP, not said for the others.   due_at: a cap at 0:00 KST."""

    kind: PlannedChange.Kind
    due_at: Moment
    credits: Annotated[Whole, Field(ge=0, le=LARGEST_BUDGET, validate_default=True)] = 0

    @field_validator("credits")
    @classmethod
    def _belongs_to_the_kind(cls, value: int, info: ValidationInfo) -> int:
        kind = info.data.get("kind")
        needs = kind in (PlannedChange.Kind.RAISE, PlannedChange.Kind.CAP)
        if needs and value == 0:
            raise PydanticCustomError("credits_needed", "크레딧을 적어 주세요.")
        if kind is not None and not needs and value > 0:
            raise PydanticCustomError("credits_not_needed", "이 변경에는 크레딧을 적지 않아요.")
        return value


class BulkWish(Input):
    """One deed for many campaigns. credits: added to each budget, for raise.   ends_at: the new end of each, for extend."""

    deed: Deed
    campaigns: Annotated[list[UUID], Field(min_length=1, max_length=100)]
    credits: Annotated[Whole, Field(ge=0, le=LARGEST_BUDGET)] = 0
    ends_at: Moment | None = None

    @model_validator(mode="after")
    def _has_what_the_deed_needs(self) -> "BulkWish":
        if (self.deed == Deed.RAISE) != (self.credits > 0):
            raise PydanticCustomError("bulk_credits", "예산을 늘릴 때만 더할 크레딧을 적어 주세요.")
        if (self.deed == Deed.EXTEND) != (self.ends_at is not None):
            raise PydanticCustomError("bulk_end", "종료를 늦출 때만 새 종료 시각을 적어 주세요.")
        return self
