"""What may be asked of what was approved: a team's changes for later and one deed for many; operators' banners and fixed places."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from pydantic import AwareDatetime, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from campaigns.models import Banner, PlannedChange, System, Viewers
from campaigns.schemas import LARGEST_BUDGET, Moment
from common import outside
from common.schemas import FormWhole, Input, Whole


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


class BannerWish(Input):
    """
    A banner of the first page. Of mission, raffle, notice and address the one counts that `leads_to` names.   shown_*: half-open.
    place: the smaller, the earlier.
    """

    title: Annotated[str, Field(min_length=2, max_length=60)]
    alt: Annotated[str, Field(min_length=2, max_length=120)]
    leads_to: Banner.LeadsTo
    mission: UUID | None = None
    raffle: UUID | None = None
    notice: UUID | None = None
    address: Annotated[str, Field(max_length=outside.LONGEST)] = ""
    viewers: Viewers = Viewers.EVERYBODY
    system: System = System.ANY
    place: Annotated[FormWhole, Field(ge=1, le=10)]
    shown_from: AwareDatetime
    shown_until: AwareDatetime

    @field_validator("mission", "raffle", "notice", mode="after")
    @classmethod
    def _is_what_it_leads_to(cls, value: UUID | None, info: ValidationInfo) -> UUID | None:
        if value is None and info.data.get("leads_to") == str(info.field_name).upper():
            raise PydanticCustomError("banner_target", "연결할 곳을 골라 주세요.")
        return value

    @field_validator("address", mode="after")
    @classmethod
    def _is_on_the_list(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("leads_to") != Banner.LeadsTo.ADDRESS:
            return ""
        address = outside.checked(value)
        if urlsplit(address).netloc not in settings.BANNER_HOSTS:
            raise PydanticCustomError("banner_host", "허용한 사이트의 주소만 쓸 수 있어요.")
        return address

    @field_validator("shown_until")
    @classmethod
    def _ends_later(cls, value: datetime, info: ValidationInfo) -> datetime:
        begins = info.data.get("shown_from")
        if begins is not None and value <= begins:
            raise PydanticCustomError("banner_reversed", "그만 보이는 때는 시작보다 늦어야 해요.")
        return value

    model_config = ConfigDict(validate_default=True)


class SlotWish(Input):
    """A fixed place of a campaign in the members' list. shown_*: half-open."""

    campaign: UUID
    place: Annotated[FormWhole, Field(ge=1, le=20)]
    shown_from: AwareDatetime
    shown_until: AwareDatetime
    reason: Annotated[str, Field(min_length=2, max_length=200)]

    @field_validator("shown_until")
    @classmethod
    def _ends_later(cls, value: datetime, info: ValidationInfo) -> datetime:
        begins = info.data.get("shown_from")
        if begins is not None and value <= begins:
            raise PydanticCustomError("slot_reversed", "끝은 시작보다 늦어야 해요.")
        return value
