"""Who may call: the API secret, or a token got with it."""

from __future__ import annotations

import hmac
import secrets

from sandbox.context import Sandbox
from sandbox.portone.errors import ApiError

ACCESS_SECONDS = 30 * 60
REFRESH_SECONDS = 24 * 60 * 60


def require(sandbox: Sandbox, authorization: str) -> None:
    """
    Let the owner of the API secret, or of a living access token, pass.

    :raises ApiError: anybody else; nothing is said about why.
    """
    scheme, _, value = authorization.partition(" ")
    if scheme == "PortOne" and _is_secret(sandbox, value):
        return
    if scheme == "Bearer" and _is_alive(sandbox, value, kind="access"):
        return
    raise ApiError("UNAUTHORIZED")


def require_store(sandbox: Sandbox, store_id: object) -> None:
    """
    A call may name only the store its secret belongs to.

    :raises ApiError: it names another.
    """
    if store_id is not None and store_id != sandbox.settings.store_id:
        raise ApiError("FORBIDDEN")


def login(sandbox: Sandbox, api_secret: str) -> dict[str, str]:
    """
    Issue a token pair.

    :raises ApiError: not the API secret.
    """
    if not _is_secret(sandbox, api_secret):
        raise ApiError("UNAUTHORIZED")
    return _issue(sandbox)


def refresh(sandbox: Sandbox, token: str) -> dict[str, str]:
    """
    Exchange a refresh token for a new pair.

    :raises ApiError: unknown, expired, or replaced by a later login.
    """
    if not _is_alive(sandbox, token, kind="refresh"):
        raise ApiError("UNAUTHORIZED")
    return _issue(sandbox)


def _issue(sandbox: Sandbox) -> dict[str, str]:
    access, renewal = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    now = sandbox.clock.now()
    with sandbox.book.write():
        # Source: PortOne API 1.16.0: a new login or refresh ends every earlier refresh token of the same user at once.
        sandbox.book.run("DELETE FROM tokens WHERE kind = 'refresh' OR expires_at < ?", now)
        sandbox.book.run("INSERT INTO tokens VALUES (?, 'access', ?)", access, now + ACCESS_SECONDS)
        sandbox.book.run("INSERT INTO tokens VALUES (?, 'refresh', ?)", renewal, now + REFRESH_SECONDS)
    return {"accessToken": access, "refreshToken": renewal}


def _is_secret(sandbox: Sandbox, value: str) -> bool:
    return hmac.compare_digest(value.encode(), sandbox.settings.api_secret.encode())


def _is_alive(sandbox: Sandbox, token: str, *, kind: str) -> bool:
    found = sandbox.book.row("SELECT expires_at FROM tokens WHERE token = ? AND kind = ?", token, kind)
    return found is not None and float(found["expires_at"]) >= sandbox.clock.now()
