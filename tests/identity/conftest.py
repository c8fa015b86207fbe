"""The outside world of identity: a sandbox on a real socket, the inbox people read, and the queue at work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from common import effects, handlers
from identity.agencies import get_agency
from identity.models import IdentityCheck
from tests.sandbox_process import SandboxProcess

LAUNCHED = re.compile(r"\b(\d{6})\b")


class Outside:
    """What somebody outside can do and see: read their phone and mailbox, and script what goes wrong."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox

    def messages(self, *, channel: str = "SMS", to: str = "") -> list[dict[str, Any]]:
        """Newest first. to: 01012345678 or a mail address."""
        found: list[dict[str, Any]] = self.sandbox.control("GET", "/inbox", channel=channel, to=to)["messages"]
        return found

    def digits(self, to: str) -> str:
        """The code in the newest SMS to a number."""
        return LAUNCHED.findall(self.messages(to=to)[0]["body"])[0]

    def link(self, to: str) -> str:
        """The path of the link in the newest mail to an address."""
        return re.findall(r"https?://[^/\s]+(/\S+)", self.messages(channel="MAIL", to=to)[0]["body"])[0]

    def window(self, check: IdentityCheck) -> None:
        """The browser opens the agency's window."""
        window = get_agency(check.provider).window(
            ref=check.ref, return_url="https://boost.example/r/", fail_url="https://boost.example/f/"
        )
        self.sandbox.control("POST", "/identities", {"request": window.parameters} if window.parameters else {"form": window.fields})

    def decides(self, check: IdentityCheck, person: str, **answer: Any) -> dict[str, str]:
        """Somebody says who they are in the window, or leaves it (""); what travels back. answer: lies of the server."""
        body = {"person": person, "answer": answer}
        path = f"/identities/{check.ref}/finish"
        doc = self.sandbox.control("POST", path, body, base_url=self.sandbox.base_url)
        callback: dict[str, str] = doc.get("callback", {})
        return callback

    def fault(self, **rule: Any) -> None:
        self.sandbox.control("POST", "/faults", rule)

    def works(self, *, at: datetime | None = None) -> int:
        """Let the relay do what is due."""
        return effects.run_due(at=at or timezone.now())


@pytest.fixture(scope="session")
def identity_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(data=tmp_path_factory.mktemp("identity-sandbox") / "sandbox.sqlite3") as process:
        yield process


@pytest.fixture
def outside(identity_sandbox: SandboxProcess, settings: Any) -> Outside:
    """An empty outside world that the product's settings point to."""
    handlers.load()
    identity_sandbox.reset()
    point_at(settings, identity_sandbox)
    return Outside(identity_sandbox)


def point_at(settings: Any, sandbox: SandboxProcess) -> None:
    """Let the product meet this sandbox."""
    settings.SANDBOX_ORIGIN = sandbox.base_url
    settings.SMS_CHANNEL = "common.solapi.SolapiSms"
    settings.EMAIL_BACKEND = "common.messaging.InboxEmailBackend"
    settings.SOLAPI_BASE_URL = f"{sandbox.base_url}/solapi"
    settings.PORTONE_BASE_URL = sandbox.portone_url
    settings.PORTONE_SDK_URL = f"{sandbox.portone_url}/browser-sdk.js"
    settings.PORTONE_BROWSER_HOSTS = [sandbox.base_url]
    settings.INICIS_IDENTITY_URL = f"{sandbox.base_url}/inicis"
    settings.INICIS_RESULT_ORIGINS = [sandbox.base_url]
    settings.TAX_OFFICE_URL = f"{sandbox.base_url}/tax-office"
    settings.DRAND_URL = f"{sandbox.base_url}/drand"
    settings.NOTION_API_URL = f"{sandbox.base_url}/notion/v1"
    settings.NOTION_FILE_ORIGINS = [sandbox.base_url]
    settings.NOTION_EMBED_STAND_IN = f"{sandbox.base_url}/notion"
