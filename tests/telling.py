"""
What reached people of the events of the registry: the notice, and the mail as the sandbox's inbox has it.

A test brings an event about by its real cause and then says `arrived("payments.paid")`. `tests/house/test_events_told.py` reads these
words: every event of the registry must have such a test.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as product

from common import effects, handlers
from common.models import Effect
from identity.events import MAIL, defined
from identity.models import Notification
from tests.sandbox_process import SandboxProcess

BY = ("identity.mail", "identity.sms")


@pytest.fixture(scope="session")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(data=tmp_path_factory.mktemp("inbox") / "sandbox.sqlite3") as process:
        yield process


@pytest.fixture
def arrived(inbox: SandboxProcess, settings: Any, at: datetime) -> Callable[..., None]:
    """Let the messages that are due leave, and see that the events' notices are there and their mails arrived."""
    handlers.load()
    inbox.reset()
    settings.SANDBOX_ORIGIN, settings.EMAIL_BACKEND = inbox.base_url, "common.messaging.InboxEmailBackend"

    def arrived(*kinds: str) -> None:
        later = at + timedelta(days=3 * 366)
        for effect in Effect.objects.filter(kind__in=BY, state=Effect.State.NEW).order_by("pk"):
            effects.work(effect.pk, at=later)
        mails = inbox.control("GET", "/inbox", channel="MAIL", to="")["messages"]
        for kind in kinds:
            notices = Notification.objects.filter(kind=kind, user__isnull=False).select_related("user")
            assert notices, f"nobody was told {kind}"
            for notice in notices:
                assert notice.in_app
                assert not {"{", "}"} & set(notice.title + notice.body)
                if MAIL in defined()[kind].default:
                    _mailed(notice, mails)

    return arrived


def _mailed(notice: Notification, mails: list[dict[str, Any]]) -> None:
    assert notice.user is not None
    mine = [mail for mail in mails if mail["to"] == notice.user.email and notice.title in mail["subject"] and notice.body in mail["body"]]
    assert mine, (notice.kind, [mail["subject"] for mail in mails])
    if notice.url:
        assert f"{product.PORTAL_ORIGINS['advertiser']}{notice.url}" in mine[0]["body"]
