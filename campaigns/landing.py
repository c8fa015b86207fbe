"""
Which landing addresses may be shown to members: https, a public DNS name, nothing that hides where it leads.

`checked` looks at the text only. `look` opens the page once, at an address that was found to be public and is then called by number, so
that a name cannot answer with another one in between; it follows no redirect.
"""

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from pydantic_core import PydanticCustomError

from common import transactions
from common.errors import DomainError

LONGEST = 500
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_PRIVATE_TOPS = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private"}  # networks of houses and firms
    | {"test", "invalid", "example", "onion", "arpa", "alt"}  # reserved, RFC 2606, 6761 and 9476
)
# Names of public services that answer with whatever address is written into the name, or with the loopback address.
SECONDS = 5
MOST_BYTES = 1_000_000
AGENT = "BoostLandingCheck/1.0"
_SIGN_IN = re.compile(r"(?i)(^|[/._-])(log-?in|sign-?in|auth|member/login)([/._-]|$)")
_REBINDING = ("nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me", "traefik.me")


def checked(url: str) -> str:
    """
    The address in one spelling (host in lower-case ASCII), or a refusal with its Korean sentence.

    :raises PydanticCustomError: for use inside schemas. Source: house policy on addresses that members are sent to.
    """
    if len(url) > LONGEST:
        raise PydanticCustomError("landing_too_long", "주소는 {longest}자까지 적을 수 있어요.", {"longest": LONGEST})
    if "\\" in url or any(character.isspace() or not character.isprintable() for character in url):
        raise PydanticCustomError("landing_characters", "주소에 쓸 수 없는 글자가 들어 있어요.")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise PydanticCustomError("landing_format", "주소 형식이 맞지 않아요. https://로 시작하는 주소를 적어 주세요.") from None
    if parts.scheme.lower() != "https" or not url[8:9].strip("/"):
        raise PydanticCustomError("landing_scheme", "https://로 시작하는 주소만 쓸 수 있어요.")
    if "@" in parts.netloc:
        raise PydanticCustomError("landing_userinfo", "주소에 아이디나 비밀번호를 넣을 수 없어요.")
    if ":" in parts.netloc or "[" in parts.netloc:
        raise PydanticCustomError("landing_port", "포트 번호나 IP 주소가 들어 있는 주소는 쓸 수 없어요.")
    host = _public_name(parts.netloc)
    return f"https://{host}{url[8 + len(parts.netloc) :] or '/'}"


def _public_name(netloc: str) -> str:
    """The host in lower-case ASCII when it looks like a public DNS name."""
    try:
        host = netloc.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise PydanticCustomError("landing_host", "인터넷에 공개된 사이트 주소를 적어 주세요.") from None
    labels = host.split(".")
    top = labels[-1]
    is_name = len(labels) >= 2 and len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
    is_public = is_name and (top.isalpha() or top.startswith("xn--")) and len(top) >= 2 and top not in _PRIVATE_TOPS
    if not is_public or any(host == name or host.endswith("." + name) for name in _REBINDING):
        raise PydanticCustomError("landing_host", "인터넷에 공개된 사이트 주소를 적어 주세요.")
    return host


class LandingGone(DomainError):
    """Nobody should be sent there."""

    code = "campaign.landing_gone"
    message = "연결 주소를 확인해 주세요. {why}"
    http_status = 422


class Found(StrEnum):
    """What was found behind a landing address."""

    OPEN = "OPEN"
    GONE = "GONE"
    MOVED = "MOVED"
    NEEDS_LOGIN = "NEEDS_LOGIN"
    FAILED = "FAILED"
    UNREACHABLE = "UNREACHABLE"
    NOT_PUBLIC = "NOT_PUBLIC"


_WORDS = {
    Found.OPEN: "페이지가 잘 열려요.",
    Found.GONE: "페이지를 찾을 수 없어요({status}). 열리는 주소로 바꿔 주세요.",
    Found.MOVED: "다른 주소로 넘어가요: {target}. 회원이 도착하는 주소를 바로 적는 편이 좋아요.",
    Found.NEEDS_LOGIN: "로그인해야 볼 수 있는 페이지예요. 누구나 볼 수 있는 주소인지 확인해 주세요.",
    Found.FAILED: "페이지가 오류로 답해요({status}). 회원에게도 같은 화면이 보일 수 있어요.",
    Found.UNREACHABLE: "페이지가 응답하지 않아요. 주소를 다시 확인해 주세요.",
    Found.NOT_PUBLIC: "인터넷에 공개된 서버가 아니에요. 누구나 열 수 있는 주소로 바꿔 주세요.",
}
_STOPPING = frozenset({Found.GONE, Found.NOT_PUBLIC})  # nobody should be sent there


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one look. status: HTTP, 0 without an answer.   target: where a redirect leads, its host only."""

    found: Found
    status: int = 0
    target: str = ""

    @property
    def sentence(self) -> str:
        return _WORDS[self.found].format(status=self.status, target=self.target)

    @property
    def is_fine(self) -> bool:
        return self.found == Found.OPEN

    @property
    def stops(self) -> bool:
        """True when a campaign must not be submitted with it."""
        return self.found in _STOPPING


def look(url: str) -> Finding:
    """
    Open the page once and say what was found. url: as `checked` returns it.

    :raises RuntimeError: inside a transaction (a bug).
    """
    if transactions.inside():
        raise RuntimeError("network calls are made outside transactions")
    parts = urlsplit(url)
    path = urlsplit(settings.LANDING_STAND_IN_URL).path + (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = _stand_in() if settings.LANDING_STAND_IN_URL else _pinned(parts.netloc)
    except OSError:
        return Finding(Found.UNREACHABLE)
    if connection is None:
        return Finding(Found.NOT_PUBLIC)
    watch = threading.Timer(SECONDS, _hang_up, [connection])  # a page that comes in drops keeps every single wait short
    watch.start()
    try:
        connection.request("GET", path, headers={"Host": parts.netloc, "User-Agent": AGENT, "Accept": "text/html,*/*"})
        answer = connection.getresponse()
        answer.read(MOST_BYTES)
    except (OSError, http.client.HTTPException, ValueError):  # ValueError: a certificate for another name, or a path with odd letters
        return Finding(Found.UNREACHABLE)
    finally:
        watch.cancel()
        connection.close()
    return _judged(url, answer.status, answer.headers.get("Location", ""))


def _hang_up(connection: http.client.HTTPConnection) -> None:
    """Time is over for the whole look; whoever reads gets an end."""
    with contextlib.suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)


def refuse_gone(url: str) -> Finding:
    """
    Look, and let pass what is there.

    :raises LandingGone: the page is not found, or not public.
    """
    finding = look(url)
    if finding.stops:
        raise LandingGone(why=finding.sentence)
    return finding


def _judged(url: str, status: int, location: str) -> Finding:
    if status in (404, 410):
        return Finding(Found.GONE, status)
    if status in (401, 403):
        return Finding(Found.NEEDS_LOGIN, status)
    if 300 <= status < 400 and location:
        target = urlsplit(urljoin(url, location))
        if _SIGN_IN.search(target.path):
            return Finding(Found.NEEDS_LOGIN, status)
        here = urlsplit(url).netloc
        return Finding(Found.OPEN, status) if target.netloc == here else Finding(Found.MOVED, status, (target.hostname or "")[:100])
    return Finding(Found.OPEN if status < 400 else Found.FAILED, status)


class _PinnedConnection(http.client.HTTPSConnection):
    """HTTPS to one address of a host, with the certificate checked against the host's name."""

    def __init__(self, host: str, address: str) -> None:
        self.address, self.context = address, ssl.create_default_context()
        super().__init__(host, timeout=SECONDS, context=self.context)

    def connect(self) -> None:
        plain = socket.create_connection((self.address, 443), timeout=SECONDS)
        self.sock = self.context.wrap_socket(plain, server_hostname=self.host)


def _pinned(host: str) -> http.client.HTTPConnection | None:
    """
    A connection to the first address of a host; None when any of its addresses is not public.

    :raises OSError: the name is not known.
    """
    addresses = {str(found[4][0]) for found in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    if not addresses or not all(is_public(address) for address in addresses):
        return None
    return _PinnedConnection(host, sorted(addresses, key=lambda address: ":" in address)[0])


def is_public(address: str) -> bool:
    """True for an address anybody on the internet may reach; what wraps another address is judged by the one inside."""
    found = ipaddress.ip_address(address.split("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if found in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    return found.is_global and not found.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _stand_in() -> http.client.HTTPConnection:
    """Where there is no internet, the sandbox plays every advertiser's page."""
    parts = urlsplit(settings.LANDING_STAND_IN_URL)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
