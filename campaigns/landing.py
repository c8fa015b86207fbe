"""
Which landing addresses may be shown to members: https, a public DNS name, nothing that hides where it leads.

`checked` looks at the text only. `look` opens the page once, at an address that was found to be public and is then called by number, so
that a name cannot answer with another one in between; it follows no redirect.
"""

import http.client
import re
import threading
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from common import outside, transactions
from common.errors import DomainError
from common.outside import checked

__all__ = ["Finding", "Found", "LandingGone", "checked", "look", "refuse_gone"]

SECONDS = 5
MOST_BYTES = 1_000_000
AGENT = "BoostLandingCheck/1.0"
_SIGN_IN = re.compile(r"(?i)(^|[/._-])(log-?in|sign-?in|auth|member/login)([/._-]|$)")


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
    Open the page once and say what was found. url: as somebody wrote it and `checked` let it pass.

    :raises RuntimeError: inside a transaction (a bug).
    """
    if transactions.inside():
        raise RuntimeError("network calls are made outside transactions")
    url = outside.on_the_wire(url)
    parts = urlsplit(url)
    path = urlsplit(settings.LANDING_STAND_IN_URL).path + (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = _stand_in() if settings.LANDING_STAND_IN_URL else outside.pinned(parts.netloc, seconds=SECONDS)
    except outside.NotPublic:
        return Finding(Found.NOT_PUBLIC)
    except OSError:
        return Finding(Found.UNREACHABLE)
    watch = threading.Timer(SECONDS, outside.hang_up, [connection])  # a page that comes in drops keeps every single wait short
    watch.start()
    try:
        connection.request("GET", path, headers={"Host": parts.netloc, "User-Agent": AGENT, "Accept": "text/html,*/*"})
        answer = connection.getresponse()
        answer.read(MOST_BYTES)
    except (OSError, http.client.HTTPException, ValueError):  # ValueError: a certificate for another name
        return Finding(Found.UNREACHABLE)
    finally:
        watch.cancel()
        connection.close()
    return _judged(url, answer.status, answer.headers.get("Location", ""))


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


def _stand_in() -> http.client.HTTPConnection:
    """Where there is no internet, the sandbox plays every advertiser's page."""
    parts = urlsplit(settings.LANDING_STAND_IN_URL)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
