"""
Policies with dates. A default is declared in code by the app that owns the rule; rows override it from a moment on.

    REFUND_WINDOW_HOURS = dated.define("payments.refund_window_hours", default=168, label="환불할 수 있는 시간")
    REFUND_WINDOW_HOURS.at(order.paid_at)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from common.models import DatedSetting

T = TypeVar("T")
_DEFINED: dict[str, "Dated[Any]"] = {}


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """One declared policy."""

    name: str
    default: T
    label: str

    def at(self, moment: datetime) -> T:
        """The value valid at an aware moment. One query."""
        rows = DatedSetting.objects.filter(name=self.name, effective_from__lte=moment).order_by("-effective_from")
        value = rows.values_list("value", flat=True).first()
        return self.default if value is None else value


def define(name: str, *, default: T, label: str) -> Dated[T]:
    """Declare a policy, once, at import."""
    setting = Dated(name=name, default=default, label=label)
    if _DEFINED.setdefault(name, setting) != setting:
        raise RuntimeError(f"the dated setting {name} is declared twice")
    return setting


def defined() -> dict[str, "Dated[Any]"]:
    """Every declared policy by name, for the operators' page."""
    return dict(_DEFINED)
