"""
Passkeys, kept and judged by allauth: what they are called, whom they belong to, and what is said when one does not fit.

A passkey stays in its owner's device and carries our public number of the person, never the row's. It works at the portal of its owner's
kind alone.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import InvalidSignature
from django import forms
from django.core.exceptions import ValidationError
from fido2.utils import websafe_decode

from identity import browsers
from identity.backends import KIND_OF_PORTAL
from identity.models import User

NAME_LENGTH = 40
_NAME = {"required": "이름을 적어 주세요.", "max_length": f"이름은 {NAME_LENGTH}자까지 적을 수 있어요."}
_REFUSED = "패스키를 확인하지 못했어요. 다시 눌러 주세요."
_NOTHING_CAME = {"required": "패스키가 오지 않았어요. 다시 눌러 주세요.", "invalid": _REFUSED}
# What the library raises over text that no browser sends.
_MALFORMED = (TypeError, ValueError, KeyError, AttributeError, IndexError, struct.error, InvalidSignature)


def passkeys_of(user: User) -> list[Authenticator]:
    """A person's passkeys, oldest first."""
    return list(Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).order_by("created_at", "pk"))


def number_of(passkey: Authenticator) -> str:
    """What names a passkey in an address: neither a count nor anything that opens a door."""
    return browsers.keyed("passkey", str(passkey.pk))[:32]


@contextmanager
def _in_our_words() -> Iterator[None]:
    """:raises ValidationError: the key does not fit, or never was one."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError(_REFUSED, code="passkey") if error.code == "incorrect_code" else error from error
    except _MALFORMED as error:
        raise ValidationError(_REFUSED, code="passkey") from error


def _name_field(label: str, help_text: str = "") -> forms.CharField:
    attrs = {"autocomplete": "off", "maxlength": str(NAME_LENGTH)}
    return forms.CharField(
        label=label, help_text=help_text, max_length=NAME_LENGTH, widget=forms.TextInput(attrs=attrs), error_messages=_NAME
    )


class _CredentialForm(forms.Form):
    """Shared by the forms that take what a device answered: text that was made up is refused like a key that does not fit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"].error_messages.update(_NOTHING_CAME)

    def clean(self) -> Any:
        """A new key is judged here."""
        with _in_our_words():
            return super().clean()


class AddPasskeyForm(_CredentialForm, AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey, and what to call it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["passwordless"]  # every key here is one to sign in with: the page asks the device for nothing less
        self.fields["name"] = _name_field("이름", "어느 기기인지 알아볼 수 있게 적어 두세요.")
        self.fields["name"].required = False


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    """Another name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = _name_field("이름")


class _AnswerForm(_CredentialForm):
    """Shared by the forms that take a known key's answer."""

    def clean_credential(self) -> Authenticator:
        with _in_our_words():
            return self._judge()

    def _judge(self) -> Authenticator:
        return super().clean_credential()  # type: ignore[misc,no-any-return]


class PasskeyAgainForm(_AnswerForm, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """The passkey of somebody who is signed in, before something sensitive."""


class PasskeySecondForm(_AnswerForm, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The passkey of somebody whose password was right."""


class PasskeyLoginForm(_AnswerForm, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey alone: it says who comes."""

    def _judge(self) -> Authenticator:
        credential = self.cleaned_data["credential"]
        auth.parse_authentication_response(credential)
        number = UUID(bytes=websafe_decode(credential["response"]["userHandle"]))
        kind = KIND_OF_PORTAL.get(context.request.portal)
        owner = User.objects.filter(public_id=number, kind=kind, is_active=True).first()
        if owner is None:
            raise ValueError("nobody of this portal has this number")
        found: Authenticator = auth.complete_authentication(owner, credential)
        return found
