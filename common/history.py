"""
What a row was before and who changed it why: django-pghistory's tables, filled by triggers in the transaction of the change.

    @remembered("kind", "is_active", name="광고주 변경 이력")
    class Advertiser(models.Model): ...

    with acting(by=user, reason="…"):
        membership.save()

History is append-only, so nothing personal may go into it: name only columns that are neither personal nor secret.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import pghistory
from django.db import models

from common.guards import append_only

M = TypeVar("M", bound=type[models.Model])


def remembered(*fields: str, name: str) -> Callable[[M], M]:
    """
    Class decorator: every new row and every change of these columns is kept in `<Model>Event`, with who did it.

    fields: columns to keep.   name: what people call such a line.
    """

    def decorate(model: M) -> M:
        tracked: M = pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            fields=list(fields),
            model_name=f"{model.__name__}Event",
            context_field=pghistory.ContextJSONField(),
            context_id_field=None,  # type: ignore[arg-type]  # the context itself is in the row
            meta={"triggers": append_only(), "verbose_name": name, "verbose_name_plural": name},
        )(model)
        return tracked

    return decorate


def acting(*, by_id: int | None, reason: str = "") -> AbstractContextManager[Any]:
    """Whoever changes rows inside this block is written beside them. by_id: number of the user; None for the clock."""
    block: AbstractContextManager[Any] = pghistory.context(by=by_id, reason=reason)
    return block
