"""
Slack's incoming webhooks: one JSON message posted to a secret address, answered by "ok" in plain text.

Wire format: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (`text`; `&`, `<` and `>` are escaped, a link is
`<address|words>`). Refusals are words in plain text: invalid_payload 400, invalid_token 403, no_service 404, channel_is_archived 410.
"""

from urllib.parse import urlsplit

from django.conf import settings

from common.provider import GatewayError, ProviderClient

LONGEST = 3_000
TOO_MANY = 429


def is_connected() -> bool:
    """True when operators' alerts go to a Slack channel as well."""
    return bool(settings.SLACK_WEBHOOK_URL)


def send(*, title: str, body: str, link: str = "") -> None:
    """
    Post one message to the operators' channel.

    link: an address outside of Slack that the message leads to.

    :raises GatewayError: known=True when Slack refused it, code its own word, or RATE_LIMITED when it came too soon; known=False after
        a silence.
    """
    text = f"*{_escaped(title)}*\n{_escaped(body)}"[:LONGEST]
    if link:
        text += f"\n<{_escaped(link)}|열어 보기>"
    parts = urlsplit(settings.SLACK_WEBHOOK_URL)
    client = ProviderClient(name="slack", base_url=f"{parts.scheme}://{parts.netloc}")
    answer = client.call("POST", parts.path, json={"text": text})
    if answer.status_code == TOO_MANY:
        raise GatewayError(known=True, code="RATE_LIMITED", status=TOO_MANY)
    if answer.status_code >= 500:
        raise GatewayError(known=False, code="SLACK_BROKEN", status=answer.status_code)
    if answer.status_code != 200 or answer.text.strip() != "ok":
        raise GatewayError(known=answer.status_code != 200, code=_word(answer.text), status=answer.status_code)


def _word(text: str) -> str:
    """Slack's own word, when it is one."""
    word = text.strip()[:40]
    return word if word.replace("_", "").isalnum() else "NO_WORD"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
