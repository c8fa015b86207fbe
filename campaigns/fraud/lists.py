"""
Lists of networks and devices, imported from a file of our own form: one line each, a kind and a value.

    # boost traffic list 1
    VPN 203.0.113.0/24
    CARRIER 198.51.100.0/22     # many honest people behind one address
    EMULATOR sdk_gphone
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network

from django.db import connection, transaction

from campaigns.models import AgentMark, NetworkRange, TrafficList
from campaigns.models.fraud import OF_DEVICES, OF_NETWORKS
from common.errors import DomainError
from identity.models import User

FIRST_LINE = "# boost traffic list 1"
MOST_LINES = 200_000
WIDEST = {4: 8, 6: 16}  # a network wider than this would hold a part of the world
SHORTEST_MARK, LONGEST_MARK = 3, 80


class ListRefused(DomainError):
    """The file is not of our form; nothing was taken over."""

    code = "traffic_list.refused"
    message = "목록을 들여오지 않았어요. {why}"
    http_status = 422


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says. networks, marks: (value, kind), without doubles."""

    digest: str
    networks: tuple[tuple[str, str], ...]
    marks: tuple[tuple[str, str], ...]

    @property
    def lines(self) -> int:
        return len(self.networks) + len(self.marks)


def read(raw: bytes) -> Read:
    """
    The lines of a file.

    :raises ListRefused: it is not ours, or a line is wrong; the first wrong one is named.
    """
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ListRefused(why="UTF-8 글자로 저장한 파일이어야 해요.") from None
    if not lines or lines[0].strip() != FIRST_LINE:
        raise ListRefused(why=f"첫 줄이 ‘{FIRST_LINE}’이어야 해요.")
    if len(lines) > MOST_LINES:
        raise ListRefused(why=f"{MOST_LINES:,}줄까지 들여올 수 있어요.")
    networks: dict[str, str] = {}
    marks: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        kind, _, value = line.partition(" #")[0].strip().partition(" ")
        if not kind or kind.startswith("#"):
            continue
        if kind in OF_NETWORKS:
            networks[_network(value.strip(), number)] = kind
        elif kind in OF_DEVICES:
            marks[_mark(value.strip(), number)] = kind
        else:
            raise ListRefused(why=f"{number}번째 줄의 종류 ‘{kind[:20]}’을 몰라요.")
    return Read(hashlib.sha256(raw).hexdigest(), tuple(networks.items()), tuple(marks.items()))


def take_over(*, name: str, content: Read, by: User | None, at: datetime) -> TrafficList:
    """
    Put a list in the place of the one of the same name, in one transaction: no start ever meets half of it.

    :raises ListRefused: the very same list holds already.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"campaigns.traffic_list.{name}"])  # two operators: one turn
        newest = TrafficList.objects.filter(name=name).order_by("-pk").first()
        if newest is not None and newest.digest == content.digest:
            raise ListRefused(why="같은 내용의 목록을 이미 들여왔어요.")
        for old in TrafficList.objects.select_for_update().filter(name=name):
            old.networks.all().delete()
            old.marks.all().delete()
        made = TrafficList.objects.create(name=name, digest=content.digest, lines=content.lines, imported_at=at, imported_by=by)
        NetworkRange.objects.bulk_create(
            (NetworkRange(list=made, network=network, kind=kind) for network, kind in content.networks), batch_size=1_000
        )
        AgentMark.objects.bulk_create((AgentMark(list=made, mark=mark, kind=kind) for mark, kind in content.marks), batch_size=1_000)
    return made


def _network(text: str, number: int) -> str:
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        raise ListRefused(why=f"{number}번째 줄의 ‘{text[:40]}’은 주소나 대역이 아니에요.") from None
    if found.prefixlen < WIDEST[found.version]:
        raise ListRefused(why=f"{number}번째 줄의 대역이 너무 넓어요.")
    return str(found)


def _mark(text: str, number: int) -> str:
    if not SHORTEST_MARK <= len(text) <= LONGEST_MARK:
        raise ListRefused(why=f"{number}번째 줄의 글자는 {SHORTEST_MARK}자부터 {LONGEST_MARK}자까지예요.")
    return text
