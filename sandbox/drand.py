"""
A drand chain of our own: the scheme and the answers of quicknet, signed with a key that everybody may know.

Rounds that the shifted clock has not reached are too early, as there.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from py_ecc.bls.g2_primitives import G1_to_pubkey, G2_to_signature
from py_ecc.bls.hash_to_curve import hash_to_G1
from py_ecc.optimized_bls12_381.optimized_curve import G2, multiply
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.context import sandbox_of

GENESIS, PERIOD = 1692803367, 3
DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_KEY = int.from_bytes(hashlib.sha256(b"boost sandbox drand").digest(), "big") >> 2  # below the order of the group
PUBLIC_KEY = G2_to_signature(multiply(G2, _KEY)).hex()
CHAIN_HASH = hashlib.sha256(bytes.fromhex(PUBLIC_KEY)).hexdigest()


@lru_cache(maxsize=1_000)
def signature_of(number: int) -> str:
    """The signature of a round, hex."""
    message = hash_to_G1(hashlib.sha256(number.to_bytes(8, "big")).digest(), DOMAIN, hashlib.sha256)  # type: ignore[arg-type]  # py_ecc means the maker of a hash and says a hash
    return G1_to_pubkey(multiply(message, _KEY)).hex()


async def info(request: Request) -> JSONResponse:
    """The chain."""
    if request.path_params["chain"] != CHAIN_HASH:
        return JSONResponse({"error": "chain not found"}, 404)
    return JSONResponse(
        {
            "public_key": PUBLIC_KEY,
            "period": PERIOD,
            "genesis_time": GENESIS,
            "hash": CHAIN_HASH,
            "schemeID": "bls-unchained-g1-rfc9380",
            "metadata": {"beaconID": "sandbox"},
        }
    )


async def public(request: Request) -> JSONResponse:
    """One round; 0 and "latest" are the newest."""
    if request.path_params["chain"] != CHAIN_HASH:
        return JSONResponse({"error": "chain not found"}, 404)
    newest = int((sandbox_of(request).clock.now() - GENESIS) // PERIOD) + 1
    wanted = request.path_params["number"]
    if wanted != "latest" and not wanted.isdecimal():
        return JSONResponse({"error": "failed to parse round"}, 400)
    number = int(wanted) if wanted not in ("latest", "0") else newest
    if number > newest:
        return JSONResponse({"error": "requested round is in the future"}, 425)
    signature = signature_of(number)
    randomness = hashlib.sha256(bytes.fromhex(signature)).hexdigest()
    return JSONResponse({"round": number, "randomness": randomness, "signature": signature})


ROUTES = [Route("/{chain}/info", info), Route("/{chain}/public/{number}", public)]
