"""
Our own pages as a buyer reads them, without the network and without a trace: whoever looks at what stands behind the sign-in is made
inside a transaction that is undone.
"""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.test import Client

from advertisers import opening
from common import portals, rehearsal
from identity.models import User

_UNSEEN = re.compile(r"<(script|style|template|svg)\b.*?</\1>|<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. source: its HTML."""

    status: int
    source: str

    @property
    def text(self) -> str:
        """What stands on it, in one line."""
        return text_of(self.source)

    @property
    def footer(self) -> str:
        """What stands in the last footer."""
        return text_of(self.source.rpartition("<footer")[2]) if "<footer" in self.source else ""

    @property
    def rows(self) -> list[str]:
        """What stands in each row of its tables."""
        return [text_of(row) for row in _ROW.findall(self.source)]


def text_of(source: str) -> str:
    """HTML without its tags, spaces as one."""
    return " ".join(html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", source))).split())


class Pages:
    """A browser of somebody who has just signed up. Each page is read once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._read: dict[str, Page] = {}

    def __getitem__(self, path: str) -> Page:
        """The page at a path of the advertiser portal, query included."""
        if path not in self._read:
            answer = self._client.get(path, secure=settings.SECURE_SSL_REDIRECT)
            body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
            self._read[path] = Page(status=answer.status_code, source=body.decode(errors="replace"))
        return self._read[path]


@contextmanager
def opened() -> Iterator[Pages]:
    """Read pages; whatever was written for it is gone afterwards."""
    with rehearsal.undone():
        host = urlsplit(settings.PORTAL_ORIGINS[portals.ADVERTISER]).hostname
        client = Client(raise_request_exception=False, SERVER_NAME=host or "localhost")
        client.force_login(_buyer())
        client.cookies[portals.session_cookie(portals.ADVERTISER)] = client.cookies.pop(settings.SESSION_COOKIE_NAME).value
        yield Pages(client)


def _buyer() -> User:
    with transaction.atomic():
        user = User.objects.create(kind=User.Kind.ADVERTISER, username="card-review-reader", name="심사")
        opening.add_owner(advertiser=opening.open_personal(name="심사"), user=user)
    return user
