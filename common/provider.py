"""HTTP calls to suppliers: always a timeout, never inside a transaction, and a clear word on what is known afterwards."""

import logging
from typing import Any

import requests

from common import transactions

logger = logging.getLogger(__name__)


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

        :raises GatewayError: known=True when no connection was made, known=False after any other silence.
        """
        if transactions.inside():
            raise RuntimeError("network calls are made outside transactions")
        kwargs.setdefault("timeout", (5, self.read_timeout))
        try:
            return self.session.request(method, self.base_url + path, headers=headers, allow_redirects=False, **kwargs)
        except requests.ConnectTimeout as exc:
            raise GatewayError(known=True, code="CONNECT_TIMEOUT") from exc
        except requests.ConnectionError as exc:
            refused = "NewConnectionError" in repr(exc) or "Connection refused" in str(exc)
            raise GatewayError(known=refused, code="CONNECTION_FAILED") from exc
        except requests.RequestException as exc:
            raise GatewayError(known=False, code=type(exc).__name__.upper()) from exc
