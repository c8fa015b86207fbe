"""
Which landing addresses may be shown to members: https, a public DNS name, nothing that hides where it leads.

This looks at the text only; resolving and opening the page is the landing check's work.
"""

import re
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

LONGEST = 500
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_PRIVATE_TOPS = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private"}  # networks of houses and firms
    | {"test", "invalid", "example", "onion", "arpa", "alt"}  # reserved, RFC 2606, 6761 and 9476
)
# Names of public services that answer with whatever address is written into the name, or with the loopback address.
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
