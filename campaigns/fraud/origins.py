"""
Where a request comes from: its address, its neighbourhood and what the device says of itself. The address is read once, for the lists
of networks, and never kept; what is kept are keyed hashes.
"""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from django.http import HttpRequest

from campaigns.models import Doubt
from identity.browsers import address_of, keyed

LONGEST_AGENT = 400
LENGTH = 32
INTEGRITY = "X-Device-Integrity"  # the app says "rooted" or "emulator" here


@dataclass(frozen=True, slots=True)
class Place:
    """address: as text, empty when unknown.   address_key, network_key, agent_key: hashes, empty where nothing is known."""

    address: str = ""
    agent: str = ""
    address_key: str = ""
    network_key: str = ""
    agent_key: str = ""


NOWHERE = Place()

WORDS = {
    Doubt.VPN: "VPN을 쓰고 있어요",
    Doubt.PROXY: "프록시를 쓰고 있어요",
    Doubt.HOSTING: "서버 네트워크로 접속했어요",
    Doubt.EMULATOR: "에뮬레이터에서 실행하고 있어요",
    Doubt.ROOTED: "루팅하거나 탈옥한 기기예요",
    Doubt.BOT: "자동 프로그램으로 접속했어요",
}


def place_of(request: HttpRequest) -> Place:
    """The place of a member's request. An address of no open network says nothing: everybody behind a proxy of ours would share it."""
    address = address_of(request)
    if address and not ip_address(address).is_global:
        address = ""
    agent = request.headers.get("User-Agent", "")[:LONGEST_AGENT].replace("\x00", "")
    claims = [word for word in ("rooted", "emulator") if word in request.headers.get(INTEGRITY, "").lower()]
    return place(address, " ".join([agent, *(f"[{word}]" for word in claims)]).strip())


def place(address: str, agent: str) -> Place:
    """The hashes for an address and a description. A description alone names nobody, so its hash needs the address."""
    if not address:
        return Place(agent=agent)
    return Place(
        address=address,
        agent=agent,
        address_key=_hash("address", address),
        network_key=_hash("network", neighbourhood(address)),
        agent_key=_hash("agent", f"{address} {agent}"),
    )


def neighbourhood(address: str) -> str:
    """The /24 of IPv4, the /48 of IPv6."""
    length = 24 if ip_address(address).version == 4 else 48
    return str(ip_network(f"{address}/{length}", strict=False))


def _hash(what: str, text: str) -> str:
    return keyed(f"origin.{what}", text)[:LENGTH]
