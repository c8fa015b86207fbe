"""Who may call: the secret key, as the user name of Basic authentication with an empty password."""

from __future__ import annotations

import base64
import binascii
import hmac

from sandbox.context import Sandbox
from sandbox.toss.errors import TossError


def require(sandbox: Sandbox, authorization: str) -> str:
    """
    Let the owner of the secret key pass, and return the key.

    :raises TossError: anybody else; nothing is said about why.
    """
    scheme, _, value = authorization.partition(" ")
    if scheme != "Basic":
        raise TossError("UNAUTHORIZED_KEY")
    try:
        key, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise TossError("INCORRECT_BASIC_AUTH_FORMAT") from error
    if not colon or password:
        raise TossError("INCORRECT_BASIC_AUTH_FORMAT")
    if not hmac.compare_digest(key.encode(), sandbox.settings.toss_secret_key.encode()):
        raise TossError("UNAUTHORIZED_KEY")
    return key
