"""
Calling addresses that somebody else wrote: of landing pages, of webhook receivers.

`checked` looks at the text only: https, a public DNS name, nothing that hides where it leads. `pinned` asks for the name once, refuses
when any of its addresses is not public, and connects to one that was judged, so that a name cannot answer with another in between.
"""

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
from urllib.parse import urlsplit

from django.utils.encoding import iri_to_uri
from pydantic_core import PydanticCustomError

LONGEST = 500
HTTPS = 443
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_PRIVATE_TOPS = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private"}  # networks of houses and firms
    | {"test", "invalid", "example", "onion", "arpa", "alt"}  # reserved, RFC 2606, 6761 and 9476
)
# Names of public services that answer with whatever address is written into the name, or with the loopback address.
_REBINDING = ("nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me", "traefik.me")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotPublic(OSError):
    """A name leads to an address that is not for everybody."""


def checked(url: str) -> str:
    """
    The address in one spelling (host in lower-case ASCII), or a refusal with its Korean sentence.

    :raises PydanticCustomError: for use inside schemas. Source: house policy on addresses that others write.
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
    has_public_top = is_name and (top.isalpha() or top.startswith("xn--")) and len(top) >= 2 and top not in _PRIVATE_TOPS
    if not has_public_top or any(host == name or host.endswith("." + name) for name in _REBINDING):
        raise PydanticCustomError("landing_host", "인터넷에 공개된 사이트 주소를 적어 주세요.")
    return host


def on_the_wire(url: str) -> str:
    """
    The address as servers are asked for it: every letter in ASCII, what is encoded already stays. Who reads it reads the one that was
    written (RFC 3987, 3.1).
    """
    parts = urlsplit(url)
    with contextlib.suppress(UnicodeError):  # a host that is no name is refused where it is looked up
        parts = parts._replace(netloc=parts.netloc.encode("idna").decode("ascii"))
    return iri_to_uri(parts.geturl())


def address_of(host: str) -> str:
    """
    An address of a host, found by one question.

    :raises NotPublic: any of its addresses is not for everybody.   :raises OSError: the name is not known.
    """
    addresses = {str(found[4][0]) for found in socket.getaddrinfo(host, HTTPS, type=socket.SOCK_STREAM)}
    if not addresses or not all(is_public(address) for address in addresses):
        raise NotPublic(host)
    return min(addresses, key=lambda address: (":" in address, address))


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


class _PinnedConnection(http.client.HTTPSConnection):
    """HTTPS to one address of a host, with the certificate checked against the host's name."""

    def __init__(self, host: str, address: str, *, seconds: float) -> None:
        self.address, self.context = address, ssl.create_default_context()
        super().__init__(host, timeout=seconds, context=self.context)

    def connect(self) -> None:
        plain = socket.create_connection((self.address, HTTPS), timeout=self.timeout)
        secured = self.context.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock = secured  # from here on `hang_up` can end it, a handshake that comes in drops too
        secured.do_handshake()


def pinned(host: str, *, seconds: float) -> http.client.HTTPConnection:
    """
    A connection to a host, not yet made, to the address that was judged. seconds: the longest single wait.

    :raises NotPublic, OSError: as `address_of`.
    """
    return _PinnedConnection(host, address_of(host), seconds=seconds)


def hang_up(connection: http.client.HTTPConnection) -> None:
    """End whatever a connection waits for: what comes in drops keeps every single wait short. For a timer."""
    with contextlib.suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
