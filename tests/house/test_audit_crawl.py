"""Every deed in the back office and every look at personal data there leaves a row that says who."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from django.contrib.admin.models import LogEntry

from backoffice import history
from campaigns.models import CampaignEvent
from common import portals
from identity import access_log, phones
from identity.models import AccessLog, User
from tests.house import allowed, deeds
from tests.house.test_access_matrix import of_portal
from tests.house.world import World, ask, undone, word_for

# One's own account: what happens there is a line of the access log of signing in (identity), and no act on anybody else.
OWN = ("backoffice/login/", "backoffice/logout/", "backoffice/account/", "backoffice/2fa/", "backoffice/search/")
# Each kind of call that leaves a row, and a deed that has no other: notes in services, in rooms of their own, and after another app's.
CALLS = (
    ("backoffice.services.running.note", "backoffice/proof/run/"),
    ("backoffice.services.keep", "backoffice/evidence/<uuid:evidence_id>/approve/"),
    ("backoffice.views.inquiries.keep", "backoffice/inquiries/<uuid:public_id>/take/"),
    ("backoffice.push_services.note", "backoffice/pushes/<uuid:public_id>/stop/"),
    ("backoffice.gifticon_services.note", "backoffice/gifticons/markups/set/"),
    ("backoffice.content_services.note", "backoffice/content/copies/<uuid:public_id>/drop/"),
    ("backoffice.demo_accounts.note", "backoffice/advertisers/advertiser/<path:object_id>/end_demo/"),
)
OURS = ("backoffice/content/pictures/", "backoffice/banners/")  # pictures of our own guides and banners, which everybody will see
FILES = re.compile(r"^(image/|application/pdf|application/octet-stream)")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def traces_of(person: User) -> int:
    """How many rows say that this operator did or looked at something."""
    kept = sum(model.objects.filter(pgh_context__by=person.pk).count() for model in history.tables().values())  # type: ignore[attr-defined]
    return (
        kept
        + LogEntry.objects.filter(user=person).count()
        + AccessLog.objects.filter(actor=person).count()
        + CampaignEvent.objects.filter(by=person).count()
    )


def deeds_without_trace(world: World, patterns: list[str]) -> list[str]:
    """Every deed that the table lets an operator do and that leaves no row naming the operator."""
    found = []
    for pattern in patterns:
        may = allowed.table()[pattern]["POST"]
        with undone():
            deeds.prepare(world, pattern)
            sent = deeds.sent(world, pattern)
            for who in may:
                with undone():
                    before = traces_of(world.people[who])
                    answer = ask(world, who, "POST", world.address(pattern), **sent)
                    if word_for(answer) in ("200", "->") and traces_of(world.people[who]) > before:
                        break
            else:
                found.append(f"POST /{pattern} leaves no trace of {', '.join(may)}")
    return found


def acts() -> list[str]:
    """The addresses of the back office where something is done to others."""
    table = allowed.table()
    return [each for each in of_portal(portals.BACKOFFICE) if "POST" in table.get(each, {}) and not each.startswith(OWN)]


def secrets(world: World) -> tuple[str, ...]:
    """Contacts as they are, which operators see for a reason only."""
    people = [world.people[name] for name in ("minji", "jisoo", "eve", "suji", "hana")]
    contacts = {contact for person in people for contact in (person.email, person.phone, phones.local(person.phone)) if contact}
    return tuple(sorted(contacts))


def looks_without_trace(world: World, patterns: list[str]) -> list[str]:
    """Every page and file on which an operator reads a contact or opens what a person sent in, and no row says so."""
    found, told = [], secrets(world)
    for pattern in patterns:
        with undone():
            before = AccessLog.objects.count()
            answer = ask(world, "admin", "GET", world.address(pattern))
            body = answer.getvalue().decode(errors="replace")
            is_file = FILES.match(answer.headers.get("Content-Type", "")) is not None and not pattern.startswith(OURS)
            if (is_file or any(contact in body for contact in told)) and AccessLog.objects.count() == before:
                found.append(f"GET /{pattern} shows personal data and leaves no trace")
    return found


def doors() -> list[str]:
    return [each for each in of_portal(portals.BACKOFFICE) if "GET" in allowed.table().get(each, {}) and not each.startswith(OWN)]


@pytest.mark.timeout(900)
class TestEveryDeed:
    def test_leaves_a_row_that_says_who(self, world: World) -> None:
        assert len(acts()) > 60
        faults = deeds_without_trace(world, acts())
        assert not faults, "\n".join(faults)

    def test_is_named_when_its_call_is_gone(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """One call of each kind that leaves a row, wherever it is written down: without it the crawl names the deed, and with it not."""
        for call, pattern in CALLS:
            assert deeds_without_trace(world, [pattern]) == [], call
            with monkeypatch.context() as without:
                without.setattr(call, lambda **kept: None)
                who = ", ".join(allowed.table()[pattern]["POST"])
                assert deeds_without_trace(world, [pattern]) == [f"POST /{pattern} leaves no trace of {who}"], call

    def test_is_named_when_nobody_said_who_acts_and_no_note_stands_beside(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """The rows of history name a person only inside `acting`; until it is gone too, they are enough."""
        pattern = "backoffice/payments/suretypolicy/<path:object_id>/change/"
        monkeypatch.setattr("backoffice.services.note", lambda **kept: None)
        monkeypatch.setattr("django.contrib.admin.options.ModelAdmin.log_change", lambda *kept: None)
        assert deeds_without_trace(world, [pattern]) == []
        monkeypatch.setattr("backoffice.admin.sureties.acting", lambda **kept: nullcontext())
        monkeypatch.setattr("backoffice.site.acting", lambda **kept: nullcontext())
        assert len(deeds_without_trace(world, [pattern])) == 1


@pytest.mark.timeout(900)
class TestEveryLook:
    def test_at_personal_data_leaves_a_row(self, world: World) -> None:
        faults = looks_without_trace(world, doors())
        assert not faults, "\n".join(faults)

    def test_is_named_when_its_note_is_gone(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(access_log, "note", lambda **kept: None)
        pattern = "backoffice/papers/<uuid:public_id>/file/"
        assert looks_without_trace(world, [pattern]) == [f"GET /{pattern} shows personal data and leaves no trace"]
