"""
Gifticons in the reward step: prizes that are chosen from the catalogue, and what a member gets for the tickets. The catalogue decides what
a chosen prize is called and worth.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from common.errors import DomainError
from rewards.models import Gifticon

LONGEST_NAME = 60
EXAMPLES = 3
MOST_LISTED = 300  # in one list to choose from; programs read all of them


class GiftChanged(DomainError):
    """A prize was chosen from the catalogue, and is not there like this any more."""

    code = "campaign.gift_changed"
    message = "‘{name}’ 경품은 지금 고를 수 없거나 값이 바뀌었어요. 리워드 단계에서 다시 골라 주세요."
    http_status = 422


@dataclass(frozen=True, slots=True)
class Reach:
    """What a member can have for tickets. missions: completions of this campaign that bring enough of them."""

    name: str
    tickets: int
    missions: int


def on_sale() -> QuerySet[Gifticon]:
    """What may be chosen as a prize, by brand."""
    return Gifticon.objects.on_sale().exclude(stock=0).select_related("brand").order_by("brand__name", "face_krw", "name")


def choices(*, also: Iterable[Any] = ()) -> list[tuple[str, str]]:
    """For a list to choose from: prizes of one's own, then the catalogue as far as a list is readable. also: chosen before. Two queries."""
    shown = {str(gift.public_id): gift for gift in on_sale()[:MOST_LISTED]}
    chosen = _found({str(number) for number in also if number and str(number) not in shown})
    return [("", "직접 적기"), *((key, f"{name_of(gift)} · {gift.face_krw:,}원") for key, gift in {**chosen, **shown}.items())]


def name_of(gift: Gifticon) -> str:
    """As winners read it."""
    return f"{gift.brand.name} {gift.name}"[:LONGEST_NAME]


def filled_in(prizes: list[Any]) -> list[Any]:
    """The rows of a reward step, those from the catalogue with its name and market value. One query where one was chosen."""
    found = _found({str(row["gift"]) for row in prizes if isinstance(row, dict) and row.get("gift")})
    return [
        {**row, "name": name_of(gift), "value_krw": gift.face_krw}
        if isinstance(row, dict) and (gift := found.get(str(row.get("gift"))))
        else row
        for row in prizes
    ]


def gone(prizes: list[Any]) -> list[Any]:
    """Those rows whose gifticon is not to be had any more."""
    chosen = [row for row in prizes if isinstance(row, dict) and row.get("gift")]
    found = _found({str(row["gift"]) for row in chosen})
    return [row for row in chosen if str(row["gift"]) not in found]


def changed(prizes: list[Any]) -> str:
    """The name of the first prize from the catalogue that is not there like this; empty when all are. One query where one was chosen."""
    chosen = [prize for prize in prizes if prize.gift is not None]
    found = _found({str(prize.gift) for prize in chosen})
    for prize in chosen:
        gift = found.get(str(prize.gift))
        is_there = gift is not None and (gift.stock is None or gift.stock >= prize.quantity)
        if gift is None or not is_there or (name_of(gift), gift.face_krw) != (prize.name, prize.value_krw):
            return str(prize.name)
    return ""


def refuse_changed(prizes: list[Any]) -> None:
    """:raises GiftChanged: see there."""
    if name := changed(prizes):
        raise GiftChanged(name=name)


def within_reach(tickets: int, *, at: datetime) -> list[Reach]:
    """What a member gets for the tickets of this mission, the cheapest first; nothing while no tickets are chosen. One query."""
    if not tickets:
        return []
    offered = Gifticon.objects.offered(at).exclude(stock=0).select_related("brand").order_by(F("tickets"), "pk")[:EXAMPLES]
    return [Reach(name_of(gift), gift.tickets, -(-gift.tickets // tickets)) for gift in offered]  # type: ignore[attr-defined]


def _found(numbers: set[str]) -> dict[str, Gifticon]:
    known = {UUID(number) for number in numbers if _is_number(number)}
    if not known:
        return {}
    return {str(gift.public_id): gift for gift in Gifticon.objects.on_sale().select_related("brand").filter(public_id__in=known)}


def _is_number(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
