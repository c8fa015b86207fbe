"""Missions of several steps: what each step asks for, how it is proved, and what of the price and the tickets it brings."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic_core import PydanticCustomError

from campaigns import landing
from campaigns.types.base import Evidence, Verdict


class Way(StrEnum):
    """How a step is proved. PICTURE: a person looks.   WORD: compared at once.   LINK: an address, and a person looks.
    KEPT: our clock looks whether the address of the step before is still there; nobody sends anything."""

    PICTURE = "PICTURE"
    WORD = "WORD"
    LINK = "LINK"
    KEPT = "KEPT"


@dataclass(frozen=True, slots=True)
class Part:
    """
    One step.

    number: from 1.   title: Korean, what to do.   guide: Korean, what must be seen.   credits: of the unit price.   after_days: days
    after the step before was verified, until which it is closed.   word: the answer, in any spelling of `plain`.   tries: wrong or
    refused ones that end it.
    """

    number: int
    title: str
    guide: str
    way: Way
    credits: int
    tickets: int
    after_days: int = 0
    word: str = ""
    tries: int = 3

    @property
    def is_sent(self) -> bool:
        """True when the member sends something for it."""
        return self.way != Way.KEPT


def plain(text: str) -> str:
    """A word as it is compared: without spaces, in one case."""
    return "".join(text.split()).casefold()


def shares(whole: int, percents: tuple[int, ...]) -> tuple[int, ...]:
    """Split a number by percents that add up to 100, at least one each where it reaches; the first takes what is left over."""
    rest = [max(1, whole * percent // 100) for percent in percents[1:]]
    return (whole - sum(rest), *rest)


Parts = Callable[[Any, int, int], tuple[Part, ...]]


class StepsVerified:
    """Every step is judged in the way that it declares. parts: of the type."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def required_seconds(self, details: Any) -> int:
        return 0

    def judge(self, details: Any, evidence: Evidence) -> Verdict:
        part = next((one for one in self.parts(details, 0, 0) if one.number == evidence.step), None)
        if part is None:
            return Verdict()
        if part.way == Way.PICTURE:
            return Verdict(needs_a_look=evidence.pictures > 0)
        if part.way == Way.WORD:
            return Verdict(is_enough=bool(plain(evidence.text)) and plain(evidence.text) == plain(part.word))
        if part.way == Way.KEPT:
            return Verdict(is_enough=evidence.is_kept)
        try:
            landing.checked(evidence.text)
        except PydanticCustomError as refusal:
            return Verdict(incomplete=refusal.message())
        return Verdict(needs_a_look=True)
