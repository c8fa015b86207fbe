"""A team's program reads its balance and every line of its ledger, and nobody else's."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from advertisers import services as team
from credits.models import EntryKind
from tests.signing_in import browser

BASE = "/api/v1"


@pytest.fixture(autouse=True)
def clock(at):
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def key(minji_user, at):
    """A key of minji's with these scopes."""
    return lambda *scopes: team.make_key(membership=minji_user.memberships.get(), name="장부", scopes=list(scopes), at=at).secret


def read(secret, path):
    return Client().get(BASE + path, headers={"Authorization": f"Bearer {secret}"})


class TestBalance:
    def test_is_told_in_its_parts(self, running, key):
        assert read(key("credits.read"), "/balance").json() == {
            "available": 0, "paid": 0, "bonus": 0, "held": 1_000, "frozen": 0, "total": 1_000,
        }  # fmt: skip

    @pytest.mark.parametrize("path", ["/balance", "/credit-lines"])
    def test_asks_for_a_scope_of_its_own(self, minji, key, path):
        refused = read(key("campaigns.read", "campaigns.write"), path)
        assert (refused.status_code, refused.json()["code"]) == (403, "advertisers.scope_missing")
        assert "크레딧 조회" in refused.json()["message"]
        assert read(key("credits.read"), path).status_code == 200
        assert read(key("credits.read"), "/campaigns").status_code == 403

    def test_is_each_teams_own(self, running, eve_user, jisoo):
        assert browser(eve_user).get(f"{BASE}/balance").json()["held"] == 0
        assert browser(jisoo).get(f"{BASE}/balance").json()["held"] == 1_000
        assert browser(eve_user).get(f"{BASE}/credit-lines").json()["items"] == []


class TestLines:
    def test_say_what_changed_and_what_was_left(self, running, key):
        held, topped_up = read(key("credits.read"), "/credit-lines").json()["items"]
        assert (held["kind"], held["available"], held["held"], held["available_after"]) == ("HOLD", -1_000, 1_000, 0)
        assert (held["subject"], held["label"]) == (running.title, EntryKind.HOLD.label)
        assert (topped_up["kind"], topped_up["available"], topped_up["available_after"]) == ("TOP_UP", 1_000, 1_000)
        assert topped_up["order_id"] == "minji-order"

    def test_come_page_by_page_and_keep_their_names(self, running, key):
        secret, found, cursor = key("credits.read"), [], ""
        for _ in range(3):
            page = read(secret, f"/credit-lines?limit=1&cursor={cursor}").json()
            found += page["items"]
            cursor = page["next"]
            if not cursor:
                break
        assert [line["id"] for line in found] == [line["id"] for line in read(secret, "/credit-lines").json()["items"]]
        assert len({line["id"] for line in found}) == 2

    def test_since_a_moment(self, running, key, at):
        later = (at + timedelta(seconds=1)).isoformat().replace("+", "%2B")
        assert read(key("credits.read"), f"/credit-lines?since={later}").json()["items"] == []

    @pytest.mark.parametrize("query", ["cursor=nonsense", "limit=0", "limit=101", "since=yesterday", "since=1e9"])
    def test_nonsense_is_refused(self, minji, key, query):
        assert read(key("credits.read"), f"/credit-lines?{query}").status_code == 422

    def test_cost_the_same_however_many_they_are(self, running, launch, key):
        secret = key("credits.read")
        with CaptureQueriesContext(connection) as few:
            read(secret, "/credit-lines?limit=1")
        with CaptureQueriesContext(connection) as more:
            read(secret, "/credit-lines?limit=2")
        assert len(few) == len(more)
