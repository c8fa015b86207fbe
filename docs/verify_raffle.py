"""
Repeat the draw of a Luckffle raffle from its public record, with Python alone and none of Luckffle's code.

    python verify_raffle.py record.json

Prints every check and ends with 0 when all hold, with 1 when one does not. With the package py_ecc installed it also checks that the
public value carries drand's signature; without it, compare the round with https://api.drand.sh yourself. Format: docs/raffles.md.
"""

import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from typing import Any


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


def checks(record: dict[str, Any]) -> Iterator[tuple[str, bool | None]]:
    promise, listed, drawn, value = record["commitment"], record["list"], record["draw"], record["public_value"]
    rules, entries = json.loads(promise["rules"]), listed["entries"]
    seed, root = bytes.fromhex(drawn["seed"]), bytes.fromhex(listed["root"])
    places = sum(prize["quantity"] for prize in rules["prizes"]) + rules["reserves"]
    ends = [0] + [entry["last"] for entry in entries]
    yield "the rules are those that were promised", sha256(promise["rules"].encode()).hex() == promise["rules_hash"]
    yield "the rules are of this raffle", rules["raffle"] == record["raffle"] and rules["algorithm"] == "luckffle-raffle-1"
    yield "the secret seed is the one that was promised", sha256(seed).hex() == promise["seed_hash"]
    yield "the public value is the one that was promised", rules["public_value"] == {key: value[key] for key in rules["public_value"]}
    yield "the public value is drand's", sha256(bytes.fromhex(drawn["signature"])).hex() == drawn["randomness"]
    yield "its signature is drand's", signed(value, drawn["signature"])
    yield "the numbers have no gap", all(entry["first"] == end + 1 <= entry["last"] for end, entry in zip(ends, entries, strict=False))
    yield "the list is the one that was frozen", root_of([sha256(b"\x00" + canonical(entry)) for entry in entries]) == root
    again = draw(seed, root, bytes.fromhex(drawn["randomness"]), entries, places)
    yield "the same numbers are drawn again", again == drawn["chosen"] == [winner["number"] for winner in record["winners"]]


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        results = list(checks(json.load(file)))
    for sentence, holds in results:
        sys.stdout.write({True: "yes      ", False: "NO       ", None: "not asked"}[holds] + f" {sentence}\n")
    sys.exit(any(holds is False for _, holds in results))
