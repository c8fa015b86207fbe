"""
One call of an advertiser's own server: judged before it is made, short, and never led elsewhere.

Only the status of the answer counts; its body is not read, so that neither its size nor its speed matters. 2xx is a yes.
"""

import http.client
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from pydantic_core import PydanticCustomError

from common import outside, transactions

SECONDS = 15  # for the whole call
AGENT = "BoostWebhooks/1.0"
GONE = 410


class Word(StrEnum):
    """What became of a call."""

    OK = "OK"
    REFUSED = "REFUSED"
    REDIRECT = "REDIRECT"
    TIMEOUT = "TIMEOUT"
    NO_CONNECTION = "NO_CONNECTION"
    CERTIFICATE = "CERTIFICATE"
    UNKNOWN_NAME = "UNKNOWN_NAME"
    NOT_PUBLIC = "NOT_PUBLIC"
    UNREADABLE = "UNREADABLE"


WORDS = {
    Word.OK: "받았어요",
    Word.REFUSED: "2xx가 아닌 상태로 답했어요",
    Word.REDIRECT: "다른 주소로 넘기려고 했어요. 따라가지 않으니 받는 주소를 바로 적어 주세요",
    Word.TIMEOUT: "15초 안에 답하지 않았어요",
    Word.NO_CONNECTION: "서버에 연결되지 않아요",
    Word.CERTIFICATE: "인증서를 확인할 수 없어요",
    Word.UNKNOWN_NAME: "주소의 이름을 찾을 수 없어요",
    Word.NOT_PUBLIC: "인터넷에 공개된 서버가 아니에요",
    Word.UNREADABLE: "알아볼 수 없는 답이에요",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """status: HTTP, 0 without an answer."""

    word: Word
    status: int
    took_ms: int

    @property
    def arrived(self) -> bool:
        return self.word == Word.OK

    @property
    def is_gone(self) -> bool:
        """The receiver wants nothing more, ever. Source: Standard Webhooks, 410."""
        return self.status == GONE


def is_trusted(url: str) -> bool:
    """True for receivers that stand in for the internet where there is none: the sandbox's. Production trusts nobody."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" in settings.WEBHOOK_TRUSTED_ORIGINS


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """
    Send one message. url: as it was saved.

    :raises RuntimeError: inside a transaction (a bug).
    """
    if transactions.inside():
        raise RuntimeError("network calls are made outside transactions")
    began = time.monotonic()
    word, status = _posted(url, body, headers)
    return Answer(word, status, int((time.monotonic() - began) * 1_000))


def _posted(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[Word, int]:
    parts = urlsplit(outside.on_the_wire(url))
    try:
        connection = _connection(parts, trusted=is_trusted(url))
    except outside.NotPublic:
        return Word.NOT_PUBLIC, 0
    except OSError:
        return Word.UNKNOWN_NAME, 0
    over = threading.Event()
    watch = threading.Timer(SECONDS, _end, [connection, over])
    watch.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {"User-Agent": AGENT, "Content-Type": "application/json", **headers})
        status = connection.getresponse().status
    except ssl.SSLCertVerificationError:
        return Word.CERTIFICATE, 0
    except TimeoutError:
        return Word.TIMEOUT, 0
    except OSError:
        return (Word.TIMEOUT if over.is_set() else Word.NO_CONNECTION), 0
    except (http.client.HTTPException, ValueError):
        return (Word.TIMEOUT if over.is_set() else Word.UNREADABLE), 0
    finally:
        watch.cancel()
        connection.close()
    return _judged(status), status


def _end(connection: http.client.HTTPConnection, over: threading.Event) -> None:
    over.set()
    outside.hang_up(connection)


def _connection(parts: SplitResult, *, trusted: bool) -> http.client.HTTPConnection:
    """
    :raises NotPublic: the host, or any of its addresses, is not for everybody.   :raises OSError: the name is not known.
    """
    if trusted:
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        outside.checked(parts.geturl())
    except PydanticCustomError:  # a row from where plain addresses were trusted, or from before a name was known to lead anywhere
        raise outside.NotPublic(parts.netloc) from None
    return outside.pinned(parts.netloc, seconds=SECONDS)


def _judged(status: int) -> Word:
    if 200 <= status < 300:
        return Word.OK
    return Word.REDIRECT if 300 <= status < 400 else Word.REFUSED
