"""
KG Inicis unified identity (sa.inicis.com, service 03) without PortOne between. Source: manual.inicis.com/sa.

1. The browser posts a form to Inicis.   2. Inicis posts back through the browser: an address, a number, a token.
3. Our server asks that address, if it is one of Inicis' own.   4. The answer is encrypted with SEED under the token.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.decrepit.ciphers.algorithms import SEED
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from django.conf import settings

from common.provider import GatewayError, ProviderClient
from identity import phones
from identity.agencies.base import NotBelieved, NotVerified, Person, Window

SERVICE = "03"  # the legal identity check; the only one that tells sex and nationality
DONE = "0000"
_BLOCK_BITS = 128


class InicisIdentity:
    """See identity.agencies.base.Agency. The result can be fetched once."""

    repeatable = False

    def new_ref(self) -> str:
        """mTxId, at most 20 bytes."""
        return secrets.token_hex(10)

    def window(self, *, ref: str, return_url: str, fail_url: str) -> Window:
        """A form that the page posts to Inicis."""
        return Window(
            hosts=("{0.scheme}://{0.netloc}".format(urlsplit(settings.INICIS_IDENTITY_URL)),),
            action=f"{settings.INICIS_IDENTITY_URL}/id/auth",
            fields={
                "mid": settings.INICIS_IDENTITY_MID,
                "reqSvcCd": SERVICE,
                "mTxId": ref,
                "authHash": auth_hash(ref),
                "flgFixedUser": "N",
                "reservedMsg": "isUseToken=Y",
                "successUrl": return_url,
                "failUrl": fail_url,
            },
        )

    def fetch(self, *, ref: str, callback: Mapping[str, str], started_at: datetime) -> Person:
        """
        Ask Inicis who it was, at the address the callback names.

        :raises NotVerified: the person did not get through.   :raises NotBelieved: a foreign address, another try, unreadable.
        :raises GatewayError: Inicis could not be asked.
        """
        code = callback.get("resultCode", "")
        if code != DONE:
            raise NotVerified(code if code.isalnum() and code.isascii() else "NO_RESULT")
        token, tx_id = _token(callback.get("token", "")), callback.get("txId", "")
        origin, path = _own_address(callback.get("authRequestUrl", ""))
        answer = _ask(origin, path, tx_id)
        if answer.get("resultCode") != DONE:
            raise NotVerified(str(answer.get("resultCode", "NO_RESULT")))
        if answer.get("mTxId") != ref or answer.get("txId") != tx_id or answer.get("svcCd") != SERVICE:
            raise NotBelieved("OTHER_TRY")
        return _person(answer, token)


def auth_hash(ref: str) -> str:
    """SHA-256 of mid, mTxId and the API key."""
    text = f"{settings.INICIS_IDENTITY_MID}{ref}{settings.INICIS_IDENTITY_API_KEY}"
    return hashlib.sha256(text.encode()).hexdigest()


def decrypt(text: str, token: bytes) -> str:
    """
    Open one field: SEED-128, CBC, PKCS#7, the token as key.

    :raises NotBelieved: it was not made with this token.
    """
    try:
        opener = Cipher(SEED(token), modes.CBC(settings.INICIS_IDENTITY_SEED_IV.encode())).decryptor()
        padded = opener.update(base64.b64decode(text, validate=True)) + opener.finalize()
        unpadder = padding.PKCS7(_BLOCK_BITS).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except (ValueError, binascii.Error):
        raise NotBelieved("NOT_DECRYPTED") from None


def _token(text: str) -> bytes:
    try:
        token = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        token = b""
    if len(token) != _BLOCK_BITS // 8:
        raise NotBelieved("BAD_TOKEN")
    return token


def _own_address(url: str) -> tuple[str, str]:
    """(origin, path) of an address at Inicis: scheme and host are compared whole, and nothing else may stand in it."""
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        raise NotBelieved("FOREIGN_ADDRESS") from None
    if origin not in settings.INICIS_RESULT_ORIGINS or "\\" in url or not parts.path.startswith("/") or parts.query or parts.fragment:
        raise NotBelieved("FOREIGN_ADDRESS")
    return origin, parts.path


def _ask(origin: str, path: str, tx_id: str) -> dict[str, Any]:
    client = ProviderClient(name="inicis-identity", base_url=origin, headers={"Accept": "application/json"}, read_timeout=5)
    body = {"mid": settings.INICIS_IDENTITY_MID, "txId": tx_id[:40]}
    answer = client.call("POST", path, json=body, headers={"Content-Type": "application/json;charset=utf-8"})
    if answer.status_code != 200:
        raise GatewayError(known=False, code="IDENTITY_NOT_READ", status=answer.status_code)
    try:
        found = answer.json()
    except ValueError:
        raise GatewayError(known=False, code="UNREADABLE", status=200) from None
    if not isinstance(found, dict):
        raise GatewayError(known=False, code="UNREADABLE", status=200)
    return found


def _person(answer: Mapping[str, Any], token: bytes) -> Person:
    def opened(name: str) -> str:
        value = answer.get(name) or ""
        return decrypt(value, token) if isinstance(value, str) and value else ""

    def short(name: str) -> str:
        """One letter, in the clear or encrypted: the documents disagree."""
        value = str(answer.get(name) or "")
        return opened(name) if len(value) > 1 else value

    ci, birthday = opened("userCi"), opened("userBirthday")
    if not ci:
        raise NotVerified("NO_CI")
    try:
        birth_on = date.fromisoformat(f"{birthday[:4]}-{birthday[4:6]}-{birthday[6:8]}")
    except ValueError:
        raise NotBelieved("NO_BIRTHDAY") from None
    sex = short("userGender")
    return Person(
        ci=ci,
        name=opened("userName").strip(),
        birth_on=birth_on,
        phone=phones.normalise(opened("userPhone")) or "",
        sex=sex if sex in ("M", "F") else "",
        is_foreigner={"0": False, "1": True}.get(short("isForeign")),
    )
