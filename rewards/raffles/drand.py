"""
The public value: a round of drand's quicknet, which nobody can choose or know beforehand.

Its signature is checked against the chain's public key, which is a setting, so whoever answers us need not be trusted.
Source: drand HTTP API, GET /<chain>/public/<round>; scheme bls-unchained-g1-rfc9380.
"""

import hashlib
import math
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from py_ecc.bls.g2_primitives import pubkey_to_G1, signature_to_G2, subgroup_check
from py_ecc.bls.hash_to_curve import hash_to_G1
from py_ecc.fields import optimized_bls12_381_FQ12 as FQ12
from py_ecc.optimized_bls12_381.optimized_curve import G2, neg
from py_ecc.optimized_bls12_381.optimized_pairing import final_exponentiate, pairing
from pydantic import BaseModel, ConfigDict, ValidationError

from common.provider import GatewayError, ProviderClient

# py_ecc raises the limit a hundredfold when it is imported; a deeply nested JSON body at any door would then overrun the stack and end
# the process. Its arithmetic does well with Python's own.
sys.setrecursionlimit(1_000)

DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_SIGNATURE_BYTES = 48


class _Round(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    round: int
    signature: str


@dataclass(frozen=True, slots=True)
class PublicValue:
    """round: its number.   signature: 48 bytes, hex.   randomness: SHA-256 of the signature, hex."""

    round: int
    signature: str
    randomness: str


def chain() -> dict[str, str]:
    """Which chain, for those who check: its hash and its public key."""
    return {"chain_hash": settings.DRAND_CHAIN_HASH, "public_key": settings.DRAND_PUBLIC_KEY}


def round_at(moment: datetime) -> int:
    """The first round that is made at or after an aware moment."""
    since = moment.timestamp() - settings.DRAND_GENESIS
    return max(1, math.ceil(since / settings.DRAND_PERIOD_SECONDS) + 1)


def time_of(number: int) -> datetime:
    """When a round is made."""
    return datetime.fromtimestamp(settings.DRAND_GENESIS + (number - 1) * settings.DRAND_PERIOD_SECONDS, UTC)


def fetch(number: int) -> PublicValue:
    """
    A round with a true signature.

    :raises GatewayError: it is not there yet (code NOT_YET), nobody answered, or what was answered is not of this round or not signed.
    """
    client = ProviderClient(name="drand", base_url=settings.DRAND_URL)
    answer = client.call("GET", f"/{settings.DRAND_CHAIN_HASH}/public/{number}")
    if answer.status_code in (404, 425):
        raise GatewayError(known=True, code="NOT_YET", status=answer.status_code)
    if answer.status_code != 200:
        raise GatewayError(known=True, code="DRAND_TROUBLE", status=answer.status_code)
    try:
        found = _Round.model_validate_json(answer.content)
    except ValidationError as exc:
        raise GatewayError(known=True, code="UNREADABLE", status=200) from exc
    if found.round != number or not is_signed(number, found.signature):
        raise GatewayError(known=True, code="NOT_SIGNED", status=200)
    return PublicValue(number, found.signature, hashlib.sha256(bytes.fromhex(found.signature)).hexdigest())


def is_signed(number: int, signature: str) -> bool:
    """True when the chain's key signed this round: e(public key, H(round)) = e(generator, signature)."""
    try:
        raw = bytes.fromhex(signature)
        point = pubkey_to_G1(raw) if len(raw) == _SIGNATURE_BYTES else None  # type: ignore[arg-type]  # py_ecc names its types after the other scheme
        key = signature_to_G2(bytes.fromhex(settings.DRAND_PUBLIC_KEY))  # type: ignore[arg-type]
    except ValueError:
        return False
    if point is None or not subgroup_check(point):
        return False
    digest = hashlib.sha256(number.to_bytes(8, "big")).digest()
    message = hash_to_G1(digest, DOMAIN, hashlib.sha256)  # type: ignore[arg-type]  # py_ecc means the maker of a hash and says a hash
    product = pairing(key, message, final_exponentiate=False) * pairing(neg(G2), point, final_exponentiate=False)
    return bool(final_exponentiate(product) == FQ12.one())
