"""What members see of offerwalls: where to go, and what came of it."""

from dataclasses import dataclass

from django.conf import settings

from rewards.models import Member, OfferwallReward
from rewards.offerwalls import receiving
from rewards.offerwalls.networks import NETWORKS

RECENT = 20


@dataclass(frozen=True, slots=True)
class Wall:
    """One way in. url: of the network's list of offers, for this member alone."""

    code: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Earned:
    """One reward as its member sees it. label: of the network."""

    row: OfferwallReward
    label: str


def walls_of(member: Member) -> list[Wall]:
    """The networks that are open and have a list of offers. The number in the address is the member's public one. One query."""
    found = []
    for network in receiving.open_networks():
        if address := settings.OFFERWALLS[network.code]["url"]:
            found.append(Wall(network.code, network.label, address.replace("{usn}", member.public_id.hex)))
    return found


def earned_by(member: Member) -> list[Earned]:
    """The newest rewards. One query."""
    rows = OfferwallReward.objects.filter(member_id=member.pk).order_by("-received_at", "-pk")[:RECENT]
    return [Earned(row, NETWORKS[row.network].label if row.network in NETWORKS else row.network) for row in rows]
