"""Reads and proves a call as its network's data says. Knows no database and no network by name."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlencode

from rewards.offerwalls.networks import SORTED_QUERY, Network, Proof

LONGEST = 300
LONGEST_TRANSACTION = 100
MOST_TICKETS = 1_000_000
_NEVER_KEPT = frozenset({"ip", "adid", "gaid", "idfa", "ifa", "ifv", "uuid", "advertising_id", "mac_address"})


@dataclass(frozen=True, slots=True)
class Told:
    """
    One call in our words; nothing is believed yet. Texts are as they came, because signatures are over them.

    reverses: transaction of the reward that is taken back; empty for a reward.   parameters: everything that came.
    """

    member: str
    transaction: str
    tickets: str
    campaign: str
    reverses: str
    signature: str
    parameters: Mapping[str, str]

    @property
    def amount(self) -> int | None:
        """Tickets as a number; None when it is none that could be."""
        if not (self.tickets.isascii() and self.tickets.isdigit() and len(self.tickets) <= 7):
            return None
        return int(self.tickets) if 0 < int(self.tickets) <= MOST_TICKETS else None

    @property
    def is_whole(self) -> bool:
        """Nothing that is needed is missing or too long for the book."""
        return bool(self.member and self.transaction and self.signature) and len(self.transaction) <= LONGEST_TRANSACTION


def read(network: Network, parameters: Mapping[str, str], headers: Mapping[str, str]) -> Told:
    """The caller's parameters in our words."""
    found = {ours: _word(parameters, theirs) for ours, theirs in network.names.items()}
    proof = network.proof
    return Told(
        member=found["member"],
        transaction=found["transaction"],
        tickets=found["tickets"],
        campaign=found.get("campaign", ""),
        reverses=found.get("reverses", ""),
        signature=_word(headers if proof.in_header else parameters, proof.name),
        parameters=parameters,
    )


def is_proved(network: Network, told: Told, keys: Iterable[str]) -> bool:
    """True when one of our keys makes this signature; every one is compared, whatever came before."""
    offered = told.signature.lower()
    right = [hmac.compare_digest(offered.encode(), signature(network.proof, told, key).encode()) for key in keys]
    return any(right)


def signature(proof: Proof, told: Told, key: str) -> str:
    """The right signature, lower-case hex."""
    message = message_of(proof, told, key).encode()
    if proof.digest == "md5":
        return hashlib.md5(message, usedforsecurity=False).hexdigest()
    return hmac.new(key.encode(), message, {"hmac-md5": "md5", "hmac-sha256": "sha256"}[proof.digest]).hexdigest()


def message_of(proof: Proof, told: Told, key: str) -> str:
    """What is signed."""
    if proof.message == SORTED_QUERY:
        return urlencode(sorted(told.parameters.items()))
    facts = {"member": told.member, "transaction": told.transaction, "tickets": told.tickets, "campaign": told.campaign, "key": key}
    return proof.message.format_map(facts)


def may_send(sender: str, networks: Iterable[str]) -> bool:
    """False for an address outside the networks that are named; where none is named any may send."""
    allowed = list(networks)
    if not allowed:
        return True
    return bool(sender) and any(ip_address(sender) in ip_network(one) for one in allowed)


def kept(network: Network, parameters: Mapping[str, str]) -> str:
    """What came, for the log: without proofs and numbers of people's devices."""
    hidden = _NEVER_KEPT | ({network.proof.name} if not network.proof.in_header else set())
    shown = [f"{name[:40]}={value[:LONGEST]}" for name, value in parameters.items() if name.lower() not in hidden]
    return "&".join(shown).replace("\x00", "")[:2_000]


def _word(parameters: Mapping[str, str], name: str) -> str:
    return str(parameters.get(name, "")).replace("\x00", "")[:LONGEST]
