"""What the members' portal and the app say about what was shown."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from common.schemas import Input


class SeenIn(Input):
    """Numbers of the missions whose cards a member had on the screen, and whose page was open."""

    listed: Annotated[list[UUID], Field(max_length=50)] = []
    read: Annotated[list[UUID], Field(max_length=50)] = []

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.listed and not self.read:
            raise PydanticCustomError("nothing_seen", "본 미션을 하나 이상 알려 주세요.")
        return self
