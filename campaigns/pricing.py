"""
What a participation costs at least, what we suggest and what is in it. The declarations of the types hold the first values; a
dated row of a type (`campaigns.price.<KEY>`) replaces single figures from a moment on, and what was submitted before keeps its price.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from campaigns import types
from campaigns.types.base import CampaignType
from common import dated
from common.errors import DomainError


class PriceOutsideType(DomainError):
    """The unit price is not one that the type allows with these options."""

    code = "campaign.price_outside_type"
    message = "{name} 유형의 단가는 {lowest}크레딧부터 {highest}크레딧까지 정할 수 있어요."
    http_status = 422


@dataclass(frozen=True, slots=True)
class Extra:
    """One chosen option. credits: in all, for every time it was chosen."""

    label: str
    credits: int


@dataclass(frozen=True, slots=True)
class Price:
    """
    Credits per confirmed participation, whole won, extras included.

    base: the lowest without extras.   lowest: base and every extra.   included: Korean, what is in it.
    """

    base: int
    lowest: int
    suggested: int
    highest: int
    included: tuple[str, ...]
    extras: tuple[Extra, ...]

    def allows(self, unit_price: int) -> bool:
        """True when a campaign may run at this unit price."""
        return self.lowest <= unit_price <= self.highest


def _first_values(declared: CampaignType) -> dict[str, int]:
    rule = declared.price
    return {"lowest": rule.lowest, "suggested": rule.suggested, **{option.code: option.credits for option in rule.options}}


_TABLES = {
    declared.key: dated.define(f"campaigns.price.{declared.key}", default=_first_values(declared), label=f"{declared.name} 단가표")
    for declared in types.all_types()
}


def price_of(declared: CampaignType, details: BaseModel | None, *, at: datetime) -> Price:
    """The price of a type with these details (None: nothing is chosen yet) at a moment. One query."""
    return _price(declared, details, _table(declared, at=at))


def price_list(*, at: datetime) -> tuple[tuple[CampaignType, Price], ...]:
    """Every type that may be chosen, with what it costs before anything is chosen: the wizard's own prices. One query."""
    offered = types.offered_types()
    said = dated.values_at(_TABLES.values(), at)
    tables = {key: said[setting.name] for key, setting in _TABLES.items()}
    return tuple((declared, _price(declared, None, {**_first_values(declared), **tables.get(declared.key, {})})) for declared in offered)


def _price(declared: CampaignType, details: BaseModel | None, table: dict[str, Any]) -> Price:
    extras = _extras(declared, details, table) if details is not None else ()
    more = sum(extra.credits for extra in extras)
    lowest = min(table["lowest"] + more, declared.price.highest)
    whole = declared.adds_up(details) if details is not None else None
    suggested = min(max(whole[0] if whole else table["suggested"] + more, lowest), declared.price.highest)
    return Price(
        base=table["lowest"],
        lowest=lowest,
        suggested=suggested,
        highest=declared.price.highest,
        included=declared.price.included,
        extras=extras,
    )


def refuse_outside(declared: CampaignType, details: BaseModel, *, unit_price: int, at: datetime) -> None:
    """:raises PriceOutsideType: the type does not allow this unit price with these details at this moment."""
    price = price_of(declared, details, at=at)
    if not price.allows(unit_price):
        raise PriceOutsideType(name=declared.name, lowest=f"{price.lowest:,}", highest=f"{price.highest:,}")


def _table(declared: CampaignType, *, at: datetime) -> dict[str, Any]:
    """First values with the dated row's figures over them; a type registered after this module was read has first values only."""
    first = _first_values(declared)
    setting = _TABLES.get(declared.key)
    return {**first, **(setting.at(at) if setting is not None else {})}


def _extras(declared: CampaignType, details: BaseModel, table: dict[str, Any]) -> tuple[Extra, ...]:
    chosen = ((option, option.count(details)) for option in declared.price.options)
    return tuple(Extra(label=option.label, credits=table[option.code] * count) for option, count in chosen if count)
