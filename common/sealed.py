"""
Encrypting single values for the database: AES-256-GCM, keys by environment, rotatable.

FIELD_KEYS lists the keys, newest first: the first one seals, every one opens what it sealed. Losing a key loses what it sealed.
"""

import base64
import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE_BYTES = 12


def seal(text: str, *, keys: Sequence[str] | None = None) -> str:
    """Encrypt a text under the newest key. Sealing the same text twice gives different results. keys: others than FIELD_KEYS."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + _ciphers(keys)[0].encrypt(nonce, text.encode(), None)).decode()


def unseal(sealed: str, *, keys: Sequence[str] | None = None) -> str:
    """
    Decrypt what `seal` made under any of the keys.

    :raises ValueError: it was changed, or its key is gone.
    """
    raw = base64.urlsafe_b64decode(sealed)
    for cipher in _ciphers(keys):
        try:
            return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
        except InvalidTag:
            continue
    raise ValueError("no key opens this value")


def _ciphers(keys: Sequence[str] | None) -> list[AESGCM]:
    return [AESGCM(hashlib.sha256(key.encode()).digest()) for key in (settings.FIELD_KEYS if keys is None else keys)]
