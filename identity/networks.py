"""From where an operator may come in: each may have a list of networks, and one without comes from everywhere."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from identity.models import AllowedNetwork, User


def may_come_from(user: User, address: str) -> bool:
    """Whether this person may come in from this network address. One query."""
    networks = list(AllowedNetwork.objects.filter(user=user).values_list("network", flat=True))
    return not networks or is_in(address, networks)


def is_in(address: str, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks; what is no address lies nowhere."""
    try:
        here = ip_address(address)
    except ValueError:
        return False
    return any(here in ip_network(network) for network in networks)
