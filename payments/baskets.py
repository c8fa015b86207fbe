"""Which packages fill a gap. Amounts are fixed, so a gap is filled by one package, or by a few that are paid for one after the other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from payments.models import Package

MOST_TUNED = 4  # payments among which the closest sum is looked for


@dataclass(frozen=True, slots=True)
class Basket:
    """packages: to pay for, largest first, with how often.   credits: in all, at least the gap.   amount_krw: to pay, VAT included."""

    packages: tuple[tuple[Package, int], ...]

    @property
    def credits(self) -> int:
        return sum(package.credits * times for package, times in self.packages)

    @property
    def amount_krw(self) -> int:
        return sum(package.amount_krw * times for package, times in self.packages)

    @property
    def payments(self) -> int:
        """How many times somebody has to pay."""
        return sum(times for _, times in self.packages)

    @property
    def first(self) -> Package:
        """The one to begin with."""
        return self.packages[0][0]


def baskets(offered: Sequence[Package], *, gap: int) -> tuple[Basket, ...]:
    """
    The ways to fill a gap of so many credits: the smallest single package that is enough, and the set that comes closest where that is
    less.

    offered: smallest first; none of them, no way.
    """
    if not offered or gap <= 0:
        return ()
    single = next((package for package in offered if package.credits >= gap), None)
    closest = _closest(offered, gap)
    if single is None:
        return (closest,)
    alone = Basket(((single, 1),))
    return (alone, closest) if closest.credits < alone.credits else (alone,)


def _closest(offered: Sequence[Package], gap: int) -> Basket:
    """The set with the smallest sum, and of those the fewest payments, among a few; in front of a large gap stand largest packages."""
    largest = offered[-1]
    sets = [chosen for number in range(1, MOST_TUNED + 1) for chosen in combinations_with_replacement(offered, number)]
    ways = [
        (before * largest.credits + sum(package.credits for package in chosen), before + len(chosen), before, chosen)
        for before in {0, max(0, gap // largest.credits - 1)}
        for chosen in sets
    ]
    _, _, before, best = min((way for way in ways if way[0] >= gap), key=lambda way: way[:2])
    counted = Counter(package.pk for package in best)
    counted[largest.pk] += before
    return Basket(tuple((package, counted[package.pk]) for package in reversed(offered) if counted[package.pk]))
