"""What everybody may see of a raffle, for the page, the app, and whoever checks it. Format: docs/raffles.md."""

import json
from collections.abc import Iterator
from typing import Any

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


def proofs_of(raffle: Raffle, member: Member) -> dict[str, Any]:
    """A member's own entries, each with its proof that it is in the list. Before the closing there are no numbers and no proofs."""
    holder = fairness.holder_of(
        salt=bytes.fromhex(sealed.unseal(raffle.sealed_salt)), raffle=str(raffle.public_id), member=str(member.public_id)
    )
    own = list(RaffleEntry.objects.filter(raffle=raffle, member_id=member.pk).order_by("entered_at", "pk"))
    places: dict[str, tuple[int, fairness.Line]] = {}
    leaves: list[bytes] = []
    if raffle.state in FROZEN and own:
        lines = drawing.lines_of(raffle)
        leaves = [line.leaf() for line in lines]
        places = {line.entry: (index, line) for index, line in enumerate(lines) if line.holder == holder}
    return {"holder": holder, "entries": [_own_entry(entry, places, leaves) for entry in own]}


def _own_entry(entry: RaffleEntry, places: dict[str, tuple[int, fairness.Line]], leaves: list[bytes]) -> dict[str, Any]:
    shown: dict[str, Any] = {"entry": str(entry.public_id), "chances": entry.chances, "tickets": entry.tickets, "line": None, "path": []}
    if place := places.get(str(entry.public_id)):
        index, line = place
        shown |= {"line": line.public(), "path": [list(step) for step in fairness.path_of(leaves, index)]}
    return shown


def _round_time(raffle: Raffle) -> str:
    return moment(drand.time_of(raffle.public_round)) if raffle.public_round else ""
