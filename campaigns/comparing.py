"""Now against before, in the words of pages and mails."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """Against what was before. direction: as `{% delta %}` has it.   text: empty while there is nothing to compare with."""

    text: str
    direction: str


def change(now: int, before: int) -> Change:
    """How much more or less than before, in percent."""
    if not before:
        return Change("", "flat")
    if now == before:
        return Change("변동 없음", "flat")
    return Change(f"{tenths(abs(now - before) * 1_000 // before)}%", "up" if now > before else "down")


def points(now: int, before: int) -> Change:
    """The same for two shares in tenths of a percent."""
    if not (now and before):
        return Change("", "flat")
    return Change("변동 없음", "flat") if now == before else Change(f"{tenths(abs(now - before))}%p", "up" if now > before else "down")


def tenths(number: int) -> str:
    """A number of tenths with one decimal place: 906 → "90.6", 1000 → "100"."""
    return f"{number // 10:,}.{number % 10}" if number % 10 else f"{number // 10:,}"
