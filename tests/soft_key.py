"""A passkey in software: answers a portal's questions as a phone would, for tests that need no browser."""

import json
import secrets
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from identity.models import User

HOST = "localhost"
ORIGIN = f"http://{HOST}"
FLAG = AuthenticatorData.FLAG


class SoftKey:
    """One key for one person of one house."""

    def __init__(self, *, verifies: bool = True, origin: str = ORIGIN, house: str = HOST) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._id = secrets.token_bytes(32)
        self._flags = FLAG.UP | (FLAG.UV if verifies else FLAG(0))
        self._origin = origin
        self.house = house
        self.owner = ""

    def create(self, options: dict[str, Any]) -> str:
        """The answer to the question for a new key, as the form carries it."""
        asked = options["publicKey"]
        self.owner = asked["user"]["id"]
        public = ES256.from_cryptography_key(self._key.public_key())
        attested = AttestedCredentialData.create(Aaguid.NONE, self._id, public)
        data = AuthenticatorData.create(sha256(asked["rp"]["id"].encode()), self._flags | FLAG.AT, 0, attested)
        client = self._client_data("webauthn.create", asked["challenge"])
        response = {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        }
        return json.dumps({**self._named(), "response": response, "clientExtensionResults": {"credProps": {"rk": True}}})

    def get(self, options: dict[str, Any]) -> str:
        """The answer to the question for a known key, as the form carries it."""
        asked = options["publicKey"]
        data = AuthenticatorData.create(sha256(asked["rpId"].encode()), self._flags, 1)
        client = self._client_data("webauthn.get", asked["challenge"])
        signature = self._key.sign(bytes(data) + sha256(client), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": self.owner,
        }
        return json.dumps({**self._named(), "response": response, "clientExtensionResults": {}})

    def _named(self) -> dict[str, str]:
        return {"id": websafe_encode(self._id), "rawId": websafe_encode(self._id), "type": "public-key"}

    def _client_data(self, what: str, challenge: str) -> bytes:
        return bytes(CollectedClientData.create(what, challenge, self._origin))


def register(client: Client, key: SoftKey, *, under: str = "/accounts/", name: str = "내 휴대전화") -> Any:
    """Make a passkey at the page; the answer to the form. The client's host is HOST."""
    page = client.get(f"{under}2fa/passkeys/add/")
    options = page.context["js_data"]["creation_options"]
    return client.post(f"{under}2fa/passkeys/add/", {"name": name, "credential": key.create(_plain(options))})


def sign_in_with(client: Client, key: SoftKey, *, under: str = "/accounts/", **more: str) -> Any:
    """Press the passkey's button on the login page; the answer to the form."""
    told = client.get(f"{under}2fa/passkeys/login/", headers={"X-Requested-With": "XMLHttpRequest", "Accept": "application/json"})
    return client.post(f"{under}2fa/passkeys/login/", {"credential": key.get(told.json()["request_options"]), **more})


def keep(user: User, key: SoftKey, *, name: str = "내 휴대전화") -> Authenticator:
    """Write a passkey down for somebody, without a page."""
    data = {"name": name, "credential": json.loads(key.create(question_for(user, key)))}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)


def question_for(user: User, key: SoftKey, *, challenge: str = "AAAA") -> dict[str, Any]:
    """What a portal asks for a new key, and for a known one."""
    return {
        "publicKey": {
            "rp": {"id": key.house}, "rpId": key.house, "challenge": challenge, "user": {"id": websafe_encode(user.public_id.bytes)},
        }
    }  # fmt: skip


def _plain(options: Any) -> dict[str, Any]:
    """As the page carries it: JSON."""
    found: dict[str, Any] = json.loads(json.dumps(options, default=dict))
    return found
