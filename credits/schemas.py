"""What pages may say about credits."""

from typing import Annotated

from annotated_types import Ge, Le

from common.schemas import FormWhole, Input


class WarningLine(Input):
    """Below how many days left to warn. days: 0: never; empty: as the house does."""

    days: Annotated[FormWhole, Ge(0), Le(90)] | None = None
