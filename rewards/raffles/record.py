"""What everybody may see of a raffle, for the page, the app, and whoever checks it. Format: docs/raffles.md."""

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet

from common import sealed
from rewards.models import Member, Raffle, RaffleEntry, RaffleWinner
from rewards.models.raffles import State
from rewards.raffles import drand, drawing, fairness
from rewards.raffles.rules import moment

FROZEN = (State.CLOSED, State.DRAWN, State.FINISHED)


def written(raffle: Raffle) -> Iterator[str]:
    """The whole public record as pieces of JSON: the list of entries can be long, and nobody has to hold it all."""
    facts = summary_of(raffle)
    frozen = facts.pop("list")
    yield f"{_json(facts)[:-1]}, "
    if frozen is None:
        yield '"list": null}'
        return
    yield f'"list": {_json(frozen)[:-1]}, "entries": ['
    for place, line in enumerate(drawing.each_line(raffle)):
        yield f"{', ' if place else ''}{_json(line.public())}"
    yield "]}}"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def summary_of(raffle: Raffle) -> dict[str, Any]:
    """The public record without the single entries, JSON-ready. The seed only after the draw, the list only after the closing."""
    promise, draw = raffle.commitment, getattr(raffle, "draw", None)
    return {
        "algorithm": fairness.ALGORITHM,
        "raffle": str(raffle.public_id),
        "state": raffle.state,
        "void_reason": raffle.void_reason,
        "commitment": {
            "seed_hash": promise.seed_hash,
            "rules": promise.rules,
            "rules_hash": promise.rules_hash,
            "made_at": moment(promise.made_at),
        },
        "public_value": {"source": "drand", **drand.chain(), "round": raffle.public_round, "made_at": _round_time(raffle)},
        "list": {"root": raffle.root, "numbers": raffle.numbers} if raffle.root and raffle.state in FROZEN else None,
        "draw": draw
        and {
            "seed": draw.seed,
            "signature": draw.signature,
            "randomness": draw.randomness,
            "chosen": draw.chosen,
            "drawn_at": moment(draw.drawn_at),
        },
        "winners": winners_of(raffle),
        "events": events_of(raffle),
    }


def events_of(raffle: Raffle) -> list[dict[str, str]]:
    """What happened, in order."""
    rows = raffle.events.order_by("at", "pk")
    return [{"at": moment(row.at), "what": row.get_kind_display(), "detail": row.detail} for row in rows]


def winners_of(raffle: Raffle) -> list[dict[str, Any]]:
    """Winners and reserves in the order drawn, their names masked."""
    rows = list(RaffleWinner.objects.filter(raffle=raffle).select_related("entry").order_by("place"))
    names = dict(Member.objects.filter(pk__in=[row.member_id for row in rows]).values_list("pk", "nickname"))
    return [
        {
            "place": row.place,
            "number": row.number,
            "entry": str(row.entry.public_id),
            "state": row.state,
            "word": row.get_state_display(),
            "prize": raffle.prize_of(row.prize_rank)["name"] if row.prize_rank else "",
            "name": masked(names.get(row.member_id, "")),
        }
        for row in rows
    ]


def masked(name: str) -> str:
    """The first letter and stars, so that a winner knows the own name and nobody else does."""
    return f"{name[0]}{'*' * max(1, len(name) - 1)}" if name else "(탈퇴)"


def entries_of(raffle: Raffle, member: Member) -> QuerySet[RaffleEntry]:
    """A member's own entries in the order in which they came; their numbers are given at the closing."""
    return RaffleEntry.objects.filter(raffle=raffle, member_id=member.pk).order_by("entered_at", "pk")


def proofs_of(raffle: Raffle, member: Member, entries: Iterable[RaffleEntry]) -> dict[str, Any]:
    """
    Some of a member's own entries, each with its proof that it is in the list. Before the closing there are no numbers and no proofs.

    However many they are, the list is read and hashed once.
    """
    holder = fairness.holder_of(
        salt=bytes.fromhex(sealed.unseal(raffle.sealed_salt)), raffle=str(raffle.public_id), member=str(member.public_id)
    )
    own = list(entries)
    tree = _tree(raffle.pk, raffle.root) if raffle.state in FROZEN and own else None
    return {"holder": holder, "entries": [_own_entry(entry, holder, tree) for entry in own]}


@dataclass(frozen=True, slots=True)
class _Tree:
    """A frozen list. firsts: the first number of each line, in order.   levels: of its hashes."""

    firsts: Sequence[int]
    levels: Sequence[Sequence[bytes]]


@lru_cache(maxsize=4)
def _tree(raffle_id: int, root: str) -> _Tree:
    """The list that was frozen under this root: it never changes, so it is hashed once in a process."""
    lines = drawing.lines_of(Raffle.objects.get(pk=raffle_id, root=root))
    return _Tree([line.first for line in lines], fairness.levels_of([line.leaf() for line in lines]))


def _own_entry(entry: RaffleEntry, holder: str, tree: _Tree | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"entry": str(entry.public_id), "chances": entry.chances, "tickets": entry.tickets, "line": None, "path": []}
    if tree is not None and entry.first and entry.last:
        path = fairness.path_of(tree.levels, bisect_left(tree.firsts, entry.first))
        line = fairness.Line(entry.first, entry.last, shown["entry"], holder)
        shown |= {"line": line.public(), "path": [list(step) for step in path]}
    return shown


def _round_time(raffle: Raffle) -> str:
    return moment(drand.time_of(raffle.public_round)) if raffle.public_round else ""
