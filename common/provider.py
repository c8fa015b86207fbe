"""HTTP calls to suppliers: always a timeout, never inside a transaction, and a clear word on what is known afterwards."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from common import transactions

logger = logging.getLogger(__name__)

# Calls to one supplier that one process may have open: half of the web's threads, and all that worker or relay have. Those who need a
# silent supplier then wait or hear at once that it does not answer, and nobody else notices.
CALLS_AT_ONCE = 4
_open_calls: Counter[str] = Counter()
_counting = threading.Lock()


class GatewayError(Exception):
    """
    A supplier did not do what we asked.

    known: True when it refused for certain and nothing happened there; False after silence, when it must be asked again
    and never repeated under a new key.   code: the supplier's own word, safe to log.   status: HTTP status or 0.
    """

    def __init__(self, *, known: bool, code: str, status: int = 0) -> None:
        self.known, self.code, self.status = known, code, status
        super().__init__(f"{code} (HTTP {status}, {'refused' if known else 'outcome unknown'})")


class ProviderClient:
    """
    One supplier's HTTP door.

    base_url: without a trailing slash.   read_timeout: seconds; connecting is given 5.
    """

    def __init__(self, *, name: str, base_url: str, headers: dict[str, str] | None = None, read_timeout: float = 10) -> None:
        self.name, self.base_url, self.read_timeout = name, base_url, read_timeout
        self.session = requests.Session()
        self.session.headers.update(headers or {})

    def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **kwargs: Any) -> requests.Response:
        """
        Send one request and return the answer whatever its status.

        :raises GatewayError: known=True when no connection was made, because none could be or because CALLS_AT_ONCE are open;
            known=False after any other silence.
        """
        if transactions.inside():
            raise RuntimeError("network calls are made outside transactions")
        kwargs.setdefault("timeout", (5, self.read_timeout))
        with _one_of_few(self.name):
            try:
                return self.session.request(method, self.base_url + path, headers=headers, allow_redirects=False, **kwargs)
            except requests.ConnectTimeout as exc:
                raise GatewayError(known=True, code="CONNECT_TIMEOUT") from exc
            except requests.ConnectionError as exc:
                refused = "NewConnectionError" in repr(exc) or "Connection refused" in str(exc)
                raise GatewayError(known=refused, code="CONNECTION_FAILED") from exc
            except requests.RequestException as exc:
                raise GatewayError(known=False, code=type(exc).__name__.upper()) from exc


@contextmanager
def _one_of_few(name: str) -> Iterator[None]:
    """
    Count a call to this supplier while it is open.

    :raises GatewayError: CALLS_AT_ONCE are open already, so this one is not made.
    """
    with _counting:
        if _open_calls[name] >= CALLS_AT_ONCE:
            raise GatewayError(known=True, code="TOO_MANY_CALLS")
        _open_calls[name] += 1
    try:
        yield
    finally:
        with _counting:
            _open_calls[name] -= 1
