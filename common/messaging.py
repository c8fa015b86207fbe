"""
Channels by which a message leaves the house. They speak addresses and text; who is told what is decided above.

Mail goes through Django's EMAIL_BACKEND. SMS goes through the class named by settings.SMS_CHANNEL; the one of the house is
common.solapi. Outside production both can be pointed at the sandbox, in whose inbox people and tests read them.
"""

import logging
import smtplib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.module_loading import import_string

from common.provider import GatewayError, ProviderClient

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlimTalk:
    """Words that Kakao approved. template: its number there.   variables: what is filled in."""

    template: str
    variables: Mapping[str, str]


class SmsChannel(Protocol):
    """
    Sends one short message, says after a silence whether the supplier has it, and later what became of it.

    to: E.164.   ref: our id of the message; a repeat carries the same one.   alimtalk: goes instead of the text to whoever has KakaoTalk,
    where the house has a channel there.   status_of: the supplier's code, empty when it does not know
    the message.   sent_at: about when it was sent.   All raise GatewayError.
    """

    def send(self, *, to: str, text: str, ref: str, alimtalk: AlimTalk | None = None) -> None: ...
    def was_taken(self, *, to: str, ref: str) -> bool: ...
    def status_of(self, *, to: str, ref: str, sent_at: datetime) -> str: ...


class LogOnlySms:
    """Writes that a message would have gone out; neither number nor text reaches the log."""

    def send(self, *, to: str, text: str, ref: str, alimtalk: AlimTalk | None = None) -> None:
        logger.info("SMS %s of %s characters kept here: no channel is connected", ref, len(text))

    def was_taken(self, *, to: str, ref: str) -> bool:
        return False

    def status_of(self, *, to: str, ref: str, sent_at: datetime) -> str:
        return "4000"  # nobody waits for what never left


class InboxEmailBackend(BaseEmailBackend):
    """A mail backend that puts messages into the sandbox's inbox."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            for to in message.recipients():
                _to_inbox(channel="MAIL", to=to, subject=str(message.subject), body=str(message.body))
        return len(email_messages)


def sms_channel() -> SmsChannel:
    """The configured channel."""
    channel: SmsChannel = import_string(settings.SMS_CHANNEL)()
    return channel


def send_mail(*, to: str, subject: str, text: str, html: str, ref: str) -> None:
    """
    Send one mail. A repeat with the same ref carries the same Message-ID, so that mail programs show it once.

    :raises GatewayError: known=True when the server refused it, known=False when it is not certain that it was not taken.
    """
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    message = EmailMultiAlternatives(subject=subject, body=text, to=[to], headers={"Message-ID": f"<{ref}@{host}>"})
    message.attach_alternative(html, "text/html")
    try:
        message.send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPConnectError, ConnectionRefusedError) as exc:
        raise GatewayError(known=True, code=type(exc).__name__) from exc
    except (smtplib.SMTPException, OSError) as exc:
        raise GatewayError(known=False, code=type(exc).__name__) from exc


def _to_inbox(**message: Any) -> None:
    client = ProviderClient(name="inbox", base_url=settings.SANDBOX_ORIGIN, read_timeout=3)
    answer = client.call("POST", "/_control/inbox", json=message)
    if answer.status_code != 200:
        raise GatewayError(known=True, code="INBOX_REFUSED", status=answer.status_code)
