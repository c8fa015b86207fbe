"""An operator looks through an advertiser's eyes: sees what the owner sees, changes nothing anywhere, and leaves a line for each page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from advertisers.models import Membership
from backoffice import rights, visits
from backoffice.models import ActAsSession
from common import portals
from config import visits as gate
from identity.models import AccessLog, Notification
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, press
from tests.house import allowed, deeds
from tests.house.test_access_matrix import of_portal
from tests.house.world import TRACES, World, rows_of, rows_of_all_tables, undone, writes_so_far, written_since
from tests.signing_in import browser
from tests.telling import arrived, inbox  # noqa: F401  (fixtures)

DASHBOARD, HISTORY = "/dashboard/", "/my-page/team/history/"
SEEN = frozenset({*TRACES, "backoffice_actassession"})


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def boram(db: None):
    return hire("boram", rights.SUPPORT)


def look(advertiser, operator, *, since=None) -> Client:
    """A browser in which the operator looks at the advertiser's pages."""
    _, token = visits.start(advertiser=advertiser, by=operator, reason="화면이 다르다고 해요", at=since or timezone.now())
    client = Client()
    assert client.post(f"/visits/{token}/").status_code == 302
    return client


class TestALook:
    def test_ops_15_begins_with_a_reason_in_the_back_office_and_opens_by_a_link_once(self, minji, boram):
        desk = enter(boram)
        url = at("advertisers_advertiser_act_as", minji.pk)
        press(desk, url, reason="")
        assert ActAsSession.objects.count() == 0
        link = urlsplit(press(desk, url, reason="화면이 다르다고 해요")["Location"]).path
        client = Client()
        page = client.get(link)
        assert "민지네 커피의 화면을 볼게요" in page.text
        assert client.get(DASHBOARD).status_code == 302, "looking at the link opens nothing"
        assert client.post(link).headers["Location"] == DASHBOARD
        assert client.get(DASHBOARD).status_code == 200
        assert Client().post(link).status_code == 404
        assert Client().get(link).status_code == 404

    def test_ops_15_shows_the_owners_pages_under_a_banner_and_writes_each_down(self, minji, boram):
        client = look(minji, boram)
        for address in (DASHBOARD, "/my-page/credit/", "/campaigns/"):
            page = client.get(address)
            assert page.status_code == 200, address
            assert "민지네 커피의 화면을 보고 있어요" in page.text
            assert "boram 담당" in page.text
        lines = AccessLog.objects.filter(action="account.visited")
        assert {(line.actor, line.subject, line.reason) for line in lines} == {
            (boram, f"advertiser:{minji.public_id}", "화면이 다르다고 해요")
        }
        assert [line.door for line in lines.order_by("pk")][::2] == ["advertisers:dashboard", "campaigns:list"]
        assert lines.count() == 3

    def test_ops_15_is_told_to_the_owner_who_sees_it_in_the_history(self, minji, minji_user, boram, arrived):  # noqa: F811
        look(minji, boram)
        arrived("backoffice.visit")
        notice = Notification.objects.get(user=minji_user, kind="backoffice.visit")
        assert notice.body.startswith("boram 담당 · 화면이 다르다고 해요")
        page = browser(minji_user).get(HISTORY)
        assert "운영팀이 본 기록" in page.text
        assert "화면이 다르다고 해요" in page.text

    def test_ops_15_ends_by_itself_by_a_press_and_with_the_operators_right(self, minji, boram, monkeypatch):
        client = look(minji, boram)
        ActAsSession.objects.update(ends_at=timezone.now() - timedelta(seconds=1), started_at=timezone.now() - timedelta(minutes=31))
        assert client.get(DASHBOARD).status_code == 302
        client = look(minji, boram)
        boram.groups.clear()
        assert client.get(DASHBOARD).status_code == 302
        boram.groups.set([rights.ensure_groups()[rights.SUPPORT]])
        client = look(minji, boram)
        answer = client.post("/visits/leave/")
        assert f"/backoffice/advertisers/advertiser/{minji.pk}/change/" in answer.text
        assert "Location" not in answer.headers, "the room is on another host, where the form rule lets no form lead"
        assert client.get(DASHBOARD).status_code == 302
        assert AccessLog.objects.filter(action="account.visit_ended", actor=boram).count() == 1

    def test_needs_the_right_and_an_owner(self, minji, minji_user, desk_of_finance):
        assert press(desk_of_finance, at("advertisers_advertiser_act_as", minji.pk), reason="궁금해요").status_code == 403
        with pytest.raises(visits.MayNotVisit):
            visits.start(advertiser=minji, by=minji_user, reason="저예요", at=timezone.now())
        Membership.objects.filter(user=minji_user).update(is_active=False)
        with pytest.raises(visits.NobodyToSee):
            visits.start(advertiser=minji, by=hire("sora", rights.SUPPORT), reason="궁금해요", at=timezone.now())
        assert ActAsSession.objects.count() == 0

    def test_begins_by_no_old_link(self, minji, boram):
        _, token = visits.start(advertiser=minji, by=boram, reason="궁금해요", at=timezone.now() - timedelta(minutes=3))
        assert Client().post(f"/visits/{token}/").status_code == 404

    def test_shows_no_other_advertiser(self, minji, eve, boram):
        assert "이브 상사" not in look(minji, boram).get(DASHBOARD).text


@pytest.fixture
def desk_of_finance(db: None) -> Client:
    return enter(hire("dami", rights.FINANCE))


def deeds_done(world: World, patterns: list[str]) -> list[str]:
    """Every deed that a looking operator got through the door, or that changed a row."""
    found = []
    client = look(world.advertiser, world.people["admin"])
    for pattern in patterns:
        with undone():
            deeds.prepare(world, pattern)
            sent = deeds.sent(world, pattern)
            before, written = rows_of_all_tables(but=SEEN), writes_so_far(but=SEEN)
            status = client.post(world.address(pattern), **sent).status_code
            changed = [table for table, rows in rows_of(written_since(written, but=SEEN)).items() if rows != before[table]]
            if status not in (403, 404, 405) or changed:
                found.append(f"POST /{pattern} answered {status} and changed {changed}")
    return found


def all_deeds() -> list[str]:
    """Every address of the advertiser portal where a person does something: machines sign for themselves."""
    table = allowed.table()
    ours = [each for each in of_portal(portals.ADVERTISER) if {"POST", "post"} & set(table.get(each, {}))]
    return [each for each in ours if not each.startswith(("api/", "postbacks/", "payments/webhooks/", "messages/"))]


@pytest.mark.timeout(900)
class TestEveryDeed:
    def test_ops_15_of_the_portal_is_refused_and_changes_nothing(self, world: World) -> None:
        assert len(all_deeds()) > 60
        faults = deeds_done(world, all_deeds())
        assert not faults, "\n".join(faults)

    def test_is_named_when_the_gate_lets_it_through(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gate, "_READS", frozenset({"GET", "HEAD", "POST"}))
        (fault,) = deeds_done(world, ["my-page/profile/"])
        assert fault.startswith("POST /my-page/profile/ answered 302 and changed ['advertisers_advertiser")

    def test_that_was_refused_is_written_down(self, minji, boram):
        client = look(minji, boram)
        assert client.post("/my-page/profile/", {"name": "바꿨어요"}).status_code == 403
        assert AccessLog.objects.get(action="account.visit_refused").door == "advertisers:profile"
        minji.refresh_from_db()
        assert minji.name == "민지네 커피"

    def test_of_the_owners_own_account_is_not_even_shown(self, minji, boram):
        client = look(minji, boram)
        for address in ("/accounts/sessions/", "/accounts/2fa/", "/accounts/password/"):
            assert client.get(address).status_code == 403, address
