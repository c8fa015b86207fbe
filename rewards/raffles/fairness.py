"""
The arithmetic of a fair draw. Pure: bytes in, numbers out. `docs/raffles.md` says the same in words.

Algorithm `luckffle-raffle-1`. The list of entries is a Merkle tree as in RFC 6962, section 2.1. A number is drawn from the top bits of
HMAC-SHA256(seed, root + public value + counter); what lies above the last number is thrown away, so that every number is equally likely.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALGORITHM = "luckffle-raffle-1"


@dataclass(frozen=True, slots=True)
class Line:
    """
    One entry as it is published.

    first, last: its numbers, both included, from 1.   entry: its public id.   holder: who holds it, under another name in every raffle.
    """

    first: int
    last: int
    entry: str
    holder: str

    def leaf(self) -> bytes:
        """Hash of the line in the tree."""
        return hashlib.sha256(b"\x00" + canonical(self.public())).digest()

    def public(self) -> dict[str, Any]:
        """The line, JSON-ready."""
        return {"first": self.first, "last": self.last, "entry": self.entry, "holder": self.holder}


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8: the same value gives the same bytes everywhere."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def holder_of(*, salt: bytes, raffle: str, member: str) -> str:
    """The name of a member in one raffle, hex. salt: the raffle's own, secret."""
    return hmac.new(salt, f"{raffle}:{member}".encode(), hashlib.sha256).hexdigest()


def levels_of(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """
    The whole tree, from the leaves up to the root alone. A hash without a partner goes up as it is, which is the tree of RFC 6962 read from
    below. Of no leaves there is one level with the hash of nothing.
    """
    levels = [list(leaves) or [hashlib.sha256().digest()]]
    while len(below := levels[-1]) > 1:
        levels.append([_node(*below[at : at + 2]) if at + 1 < len(below) else below[at] for at in range(0, len(below), 2)])
    return levels


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Merkle root; of no leaves the hash of nothing."""
    return levels_of(leaves)[-1][0]


def path_of(levels: Sequence[Sequence[bytes]], index: int) -> list[tuple[str, str]]:
    """
    Proof that the leaf at `index` is in the tree: (side, hash in hex) from the leaf up; side is where the other hash stands, "L" or "R".

    levels: of `levels_of`, made once for however many proofs.

    :raises IndexError: there is no such leaf.
    """
    if not 0 <= index < len(levels[0]):
        raise IndexError(index)
    path = []
    for level in levels[:-1]:
        other = index ^ 1
        if other < len(level):
            path.append(("L" if other < index else "R", level[other].hex()))
        index //= 2
    return path


def climb(leaf: bytes, path: Sequence[tuple[str, str]]) -> bytes:
    """The root that a leaf and its proof lead to."""
    reached = leaf
    for side, other in path:
        reached = _node(bytes.fromhex(other), reached) if side == "L" else _node(reached, bytes.fromhex(other))
    return reached


def drawn_numbers(*, seed: bytes, root: bytes, public_value: bytes, count: int) -> Iterator[int]:
    """Numbers from 1 to `count`, each as likely as any other, without end; the same number may come again."""
    bits = (count - 1).bit_length()
    counter = 0
    while True:
        digest = hmac.new(seed, root + public_value + counter.to_bytes(8, "big"), hashlib.sha256).digest()
        candidate = int.from_bytes(digest, "big") >> (256 - bits)
        counter += 1
        if candidate < count:
            yield candidate + 1


def choose(*, lines: Sequence[Line], seed: bytes, root: bytes, public_value: bytes, places: int) -> list[tuple[int, Line]]:
    """
    Winners and reserves in the order drawn: (number, line). Nobody is chosen twice; fewer holders than places fill fewer places.

    lines: all entries, their numbers without a gap from 1 to the last.
    """
    holders = len({line.holder for line in lines})
    chosen: list[tuple[int, Line]] = []
    taken: set[str] = set()
    numbers = drawn_numbers(seed=seed, root=root, public_value=public_value, count=lines[-1].last) if lines else iter(())
    while len(chosen) < min(places, holders):
        number = next(numbers)
        line = _holding(lines, number)
        if line.holder not in taken:
            taken.add(line.holder)
            chosen.append((number, line))
    return chosen


def _holding(lines: Sequence[Line], number: int) -> Line:
    """The line that a number belongs to."""
    low, high = 0, len(lines) - 1
    while low < high:
        middle = (low + high) // 2
        if lines[middle].last < number:
            low = middle + 1
        else:
            high = middle
    return lines[low]


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
