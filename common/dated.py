"""
Policies with dates. A default is declared in code by the app that owns the rule; rows override it from a moment on.

    REFUND_WINDOW_HOURS = dated.define("payments.refund_window_hours", default=168, label="환불할 수 있는 시간")
    REFUND_WINDOW_HOURS.at(order.paid_at)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import IntegrityError, transaction

from common.errors import DomainError
from common.models import DatedSetting

T = TypeVar("T")
_DEFINED: dict[str, "Dated[Any]"] = {}


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """
    One declared policy. least, most: between which a whole number has to be; None: no bound. unit: the word behind the number.
    choices: the only values there are; empty: any of the default's type.
    """

    name: str
    default: T
    label: str
    least: int | None = None
    most: int | None = None
    unit: str = ""
    choices: tuple[T, ...] = ()

    def at(self, moment: datetime) -> T:
        """The value valid at an aware moment. One query."""
        rows = DatedSetting.objects.filter(name=self.name, effective_from__lte=moment).order_by("-effective_from")
        value = rows.values_list("value", flat=True).first()
        return self.default if value is None else value


def values_at(settings: "Iterable[Dated[Any]]", moment: datetime) -> dict[str, Any]:
    """The values of several policies valid at an aware moment, by name. One query."""
    defaults = {setting.name: setting.default for setting in settings}
    rows = DatedSetting.objects.filter(name__in=defaults, effective_from__lte=moment).order_by("name", "-effective_from").distinct("name")
    return defaults | dict(rows.values_list("name", "value"))


def define(
    name: str, *, default: T, label: str, least: int | None = 0, most: int | None = None, unit: str = "", choices: tuple[T, ...] = ()
) -> Dated[T]:
    """
    Declare a policy, once, at import. least, most: bounds of a number, both included; unless told otherwise none is below zero.
    choices: every value there may be.
    """
    setting = Dated(name=name, default=default, label=label, least=least, most=most, unit=unit, choices=choices)
    if _DEFINED.setdefault(name, setting) != setting:
        raise RuntimeError(f"the dated setting {name} is declared twice")
    return setting


def defined() -> dict[str, "Dated[Any]"]:
    """Every declared policy by name, for the operators' page."""
    return dict(_DEFINED)


def values(policies: Iterable[Dated[T]], *, at: datetime) -> dict[str, T]:
    """The values of several policies at a moment, by name. One query."""
    found = {policy.name: policy.default for policy in policies}
    rows = DatedSetting.objects.filter(name__in=found, effective_from__lte=at).order_by("effective_from")
    return found | dict(rows.values_list("name", "value"))


class PolicyRefused(DomainError):
    """A new value that cannot stand."""

    code = "dated.refused"
    message = "이 값으로 바꿀 수 없어요. {why}"
    http_status = 422


def change(*, name: str, value: Any, effective_from: datetime, reason: str, by_id: int, at: datetime) -> DatedSetting:
    """
    Give a declared policy a new value from a moment on. Joins the caller's transaction; rows that are there stay.

    value: JSON-ready, of the default's type.   effective_from: aware, not before `at`.

    :raises PolicyRefused: unknown name, a value of another type, out of bounds or of no choice, a moment that has passed or already has
        a value.
    """
    policy = _DEFINED.get(name)
    if policy is None:
        raise PolicyRefused(why="그런 설정은 없어요.")
    if type(value) is not type(policy.default):
        raise PolicyRefused(why=f"지금 값({policy.default!r})과 같은 형식으로 적어 주세요.")
    if policy.choices and value not in policy.choices:
        raise PolicyRefused(why=f"{', '.join(str(choice) for choice in policy.choices)} 가운데 하나여야 해요.")
    if isinstance(value, int) and policy.least is not None and value < policy.least:
        raise PolicyRefused(why=f"{policy.least:,} 이상이어야 해요.")
    if isinstance(value, int) and policy.most is not None and value > policy.most:
        raise PolicyRefused(why=f"{policy.most:,} 이하여야 해요.")
    if effective_from < at:
        raise PolicyRefused(why="지난 시각부터는 바꿀 수 없어요. 지금이나 앞으로의 시각을 골라 주세요.")
    try:
        with transaction.atomic():
            return DatedSetting.objects.create(name=name, value=value, effective_from=effective_from, reason=reason, created_by_id=by_id)
    except IntegrityError as exc:
        raise PolicyRefused(why="같은 시각에 정한 값이 이미 있어요.") from exc
