"""The goals of bench/goals.toml, and whether a run reached them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Book

GOALS = Path(__file__).resolve().parent / "goals.toml"
WRONG = "wrong counts"  # as `over`: how many of the counts after the loads were not what they must be


@dataclass(frozen=True)
class Goal:
    """over, under: names of loads.   at_least, at_most: bounds of their ratio; exactly one is set."""

    name: str
    why: str
    over: str
    under: str
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"{self.name}: a goal has one bound")

    def is_reached(self, ratio: float) -> bool:
        return ratio >= self.at_least if self.at_least is not None else ratio <= (self.at_most or 0.0)

    @property
    def bound(self) -> str:
        """As people read it."""
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


@dataclass(frozen=True)
class Judged:
    """A goal and what a run reached; without one of its loads it is neither reached nor missed, it is not measured."""

    goal: Goal
    ratio: float | None

    @property
    def is_missed(self) -> bool:
        return self.ratio is not None and not self.is_reached

    @property
    def is_reached(self) -> bool:
        return self.ratio is not None and self.goal.is_reached(self.ratio)


def read(path: Path = GOALS) -> list[Goal]:
    """:raises TypeError, ValueError: the file says something that no goal has."""
    return [Goal(**entry) for entry in tomllib.loads(path.read_text())["goal"]]


def judge(goals: list[Goal], book: Book) -> list[Judged]:
    """Every goal with its ratio."""
    return [Judged(goal, _ratio(goal, book)) for goal in goals]


def _ratio(goal: Goal, book: Book) -> float | None:
    if goal.over == WRONG:
        return len(book.findings) / book.checks if book.checks else None
    return book.ratio(goal.over, goal.under) if {goal.over, goal.under} <= book.series.keys() else None
