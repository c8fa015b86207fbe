"""
Repeat the draw of a Luckffle raffle from its public record, with Python alone and none of Luckffle's code.

    python3 -I verify_raffle.py record.json

Prints every check, the winners and one sentence at the end; ends with 0 when all checks hold, with 1 when one does not. With the package
py_ecc installed it also checks that the public value carries drand's signature; without it the last sentence says where to compare it.
Format: docs/raffles.md.
"""

import hashlib
import hmac
import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

# The only chains that are believed, by hash: drand's quicknet, and the one of Luckffle's sandbox, which is for practice.
QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
PRACTICE = "cac583138598200b62ac713a46a003190682fb1592f998437d3962f9ab63d936"
KEYS = {
    QUICKNET: (
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
        "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    PRACTICE: (
        "b5d9a4c9221a3a428afe306bb0a2c51d5c36e0569f66c1c221e3b14f13b75b37fc61d5f2c4ad2da5d3995290bb4833f2"
        "16d4149d1fd3205b3a13b7f8552de6961c71097d34ba14194da4c87f3d0baca7fea53257210f688bc161a96cec897b7a"
    ),
}
GENESIS, PERIOD_SECONDS = 1692803367, 3  # of both


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """Merkle tree hash of RFC 6962, section 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    middle = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + root_of(leaves[:middle]) + root_of(leaves[middle:]))


def draw(seed: bytes, root: bytes, public_value: bytes, entries: list[dict[str, Any]], places: int) -> list[int]:
    holder_of: dict[int, str] = {}
    for entry in entries:
        holder_of.update(dict.fromkeys(range(entry["first"], entry["last"] + 1), entry["holder"]))
    count, places = len(holder_of), min(places, len(set(holder_of.values())))
    chosen: list[int] = []
    seen: set[str] = set()
    counter = 0
    while len(chosen) < places:
        digest = hmac.new(seed, root + public_value + counter.to_bytes(8, "big"), hashlib.sha256).digest()
        number = (int.from_bytes(digest, "big") >> (256 - (count - 1).bit_length())) + 1
        counter += 1
        if number <= count and holder_of[number] not in seen:
            seen.add(holder_of[number])
            chosen.append(number)
    return chosen


def signed(value: dict[str, Any], signature: str) -> bool | None:
    """True or False, None without py_ecc."""
    try:
        from py_ecc.bls.g2_primitives import pubkey_to_G1, signature_to_G2, subgroup_check
        from py_ecc.bls.hash_to_curve import hash_to_G1
        from py_ecc.fields import optimized_bls12_381_FQ12 as FQ12
        from py_ecc.optimized_bls12_381.optimized_curve import G2, neg
        from py_ecc.optimized_bls12_381.optimized_pairing import final_exponentiate, pairing
    except ImportError:
        return None
    made: Any = {"key": bytes.fromhex(value["public_key"]), "signature": bytes.fromhex(signature), "hash": hashlib.sha256}
    point = pubkey_to_G1(made["signature"])
    message = hash_to_G1(sha256(value["round"].to_bytes(8, "big")), b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_", made["hash"])
    left = pairing(signature_to_G2(made["key"]), message, final_exponentiate=False)
    return bool(subgroup_check(point) and final_exponentiate(left * pairing(neg(G2), point, final_exponentiate=False)) == FQ12.one())


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def made_at(number: int) -> datetime:
    """When a round is made."""
    return datetime.fromtimestamp(GENESIS + (number - 1) * PERIOD_SECONDS, timezone.utc)  # noqa: UP017 (older Pythons too)


def entry_of(entries: list[dict[str, Any]], number: int) -> str:
    return next((entry["entry"] for entry in entries if entry["first"] <= number <= entry["last"]), "")


def prizes_fit(prizes: list[str], winners: list[dict[str, Any]]) -> bool:
    """The first ones have the prizes in their order; who waited has one that somebody let go, the earlier place first; the rest waits."""
    first, rest = winners[: len(prizes)], winners[len(prizes) :]
    heirs = [winner for winner in rest if winner["state"] != "RESERVE"]
    freed = Counter(winner["prize"] for winner in winners if winner["state"] == "LAPSED")
    return (
        [winner["prize"] for winner in first] == prizes[: len(first)]
        and all(winner["state"] != "RESERVE" for winner in first)
        and rest[: len(heirs)] == heirs
        and not Counter(winner["prize"] for winner in heirs) - freed
        and all(winner["prize"] == "" for winner in rest[len(heirs) :])
    )


def checks(record: dict[str, Any]) -> Iterator[tuple[str, bool | None]]:
    promise, listed, drawn, value = record["commitment"], record["list"], record["draw"], record["public_value"]
    rules, entries, winners = json.loads(promise["rules"]), listed["entries"], record["winners"]
    seed, root, closes_at = bytes.fromhex(drawn["seed"]), bytes.fromhex(listed["root"]), moment(rules["closes_at"])
    prizes = [prize["name"] for prize in rules["prizes"] for _ in range(prize["quantity"])]
    ends = [0] + [entry["last"] for entry in entries]
    yield "the rules are those that were promised", sha256(promise["rules"].encode()).hex() == promise["rules_hash"]
    yield "the rules are of this raffle", rules["raffle"] == record["raffle"] and rules["algorithm"] == "luckffle-raffle-1"
    yield "the promise was made before the list was closed", moment(promise["made_at"]) < closes_at
    yield "the secret seed is the one that was promised", sha256(seed).hex() == promise["seed_hash"]
    yield "the public value is the one that was promised", rules["public_value"] == {key: value[key] for key in rules["public_value"]}
    yield f"the public value is of {chain_of(value)}", KEYS.get(value["chain_hash"]) == value["public_key"]
    yield "nobody could know it before the list was closed", closes_at < made_at(value["round"]) == moment(value["made_at"])
    yield "the public value is the hash of its signature", sha256(bytes.fromhex(drawn["signature"])).hex() == drawn["randomness"]
    yield "its signature is the chain's", signed(value, drawn["signature"])
    yield "the numbers have no gap", all(entry["first"] == end + 1 <= entry["last"] for end, entry in zip(ends, entries, strict=False))
    yield "the numbers are as many as were published", listed["numbers"] == ends[-1]
    yield "the list is the one that was frozen", root_of([sha256(b"\x00" + canonical(entry)) for entry in entries]) == root
    again = draw(seed, root, bytes.fromhex(drawn["randomness"]), entries, len(prizes) + rules["reserves"])
    yield "the same numbers are drawn again", again == drawn["chosen"] == [winner["number"] for winner in winners]
    yield "the places are in the order drawn", [winner["place"] for winner in winners] == list(range(1, len(again) + 1))
    yield "each winner is the entry with that number", [winner["entry"] for winner in winners] == [entry_of(entries, one) for one in again]
    yield "each prize is the one that was promised for its place", prizes_fit(prizes, winners)


def chain_of(value: dict[str, Any]) -> str:
    return {QUICKNET: "drand's quicknet", PRACTICE: "the practice chain"}.get(value["chain_hash"], "a chain that we know")


def verdict(record: dict[str, Any], results: list[bool | None]) -> str:
    """The last sentence."""
    if any(holds is False for holds in results):
        return "The draw does NOT hold."
    value, said = record["public_value"], "The draw holds."
    if value["chain_hash"] == PRACTICE:
        said += " It is PRACTICE: everybody knows the key of its chain, so it proves nothing about a real raffle."
    if None in results:
        where = f"https://api.drand.sh/{value['chain_hash']}/public/{value['round']}"
        said += f" The signature was NOT checked: install py_ecc, or compare signature and randomness with {where}"
    return said


def lines(record: dict[str, Any]) -> Iterator[tuple[str, bool | None]]:
    """What is printed, line by line, and whether it holds."""
    results: list[bool | None] = []
    try:
        for sentence, holds in checks(record):
            results.append(holds)
            yield {True: "yes      ", False: "NO       ", None: "not asked"}[holds] + f" {sentence}", holds
        for winner in record["winners"]:
            prize = winner["prize"] or "in reserve"
            yield f"place {winner['place']}: number {winner['number']}, entry {winner['entry']}, {prize} ({winner['state']})", None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as fault:
        results.append(False)
        yield f"NO        the record is whole and drawn ({type(fault).__name__}: {fault})", False
    yield verdict(record, results), None


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        printed = list(lines(json.load(file)))
    sys.stdout.write("".join(f"{line}\n" for line, _ in printed))
    sys.exit(any(holds is False for _, holds in printed))
