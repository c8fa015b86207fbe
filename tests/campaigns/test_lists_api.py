"""What programs page through: confirmed participations, statements, and what was sent to their own servers."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from advertisers import services as team
from campaigns import confirmed
from campaigns.models import Participation
from credits import statements
from credits.services.closing import close_finished_days
from tests.advertisers.receivers import endpoint, happens
from tests.campaigns.test_invalidating import finish, invalidate
from tests.signing_in import browser

BASE = "/api/v1"
LATER = timedelta(minutes=5)


@pytest.fixture
def key(minji_user, at):
    """A key of minji's with these scopes."""
    return lambda *scopes: team.make_key(membership=minji_user.memberships.get(), name="목록", scopes=list(scopes), at=at).secret


def read(secret, path, at, **query):
    with time_machine.travel(at, tick=False):
        return Client().get(BASE + path, query, headers={"Authorization": f"Bearer {secret}"})


def many(campaign, model, count, at, *, first=0):
    """Rows of confirmed participations, one a second."""
    template = Participation.objects.filter(pk=model.pk).values().get()
    Participation.objects.bulk_create(
        Participation(
            **{
                **template,
                "member_id": 1_000_000 + number,
                "public_id": uuid.UUID(int=number + 1),
                "person_key": f"{number:064d}",
                "confirmed_at": at + timedelta(seconds=number // 7),
            }
        )
        for number in range(first, first + count)
    )


@pytest.mark.tampers
class TestConversions:
    @pytest.fixture
    def one(self, running, at):
        _, number = finish(running, at)
        return Participation.objects.get(public_id=number)

    def test_int_09_pages_through_all_of_them_while_new_ones_come(self, running, one, key, at):
        """Several confirmed in one second, some that come while somebody reads: each exactly once, and in order."""
        Participation.objects.filter(pk=one.pk).update(state="STARTED", confirmed_at=None, grant_entry_id=None)
        many(running, one, 300, at)
        Participation.objects.exclude(pk=one.pk).update(state="REWARDED", grant_entry_id=1)
        secret, seen, cursor, now = key("campaigns.read"), [], "", at + LATER
        while True:
            page = read(secret, f"/campaigns/{running.public_id}/conversions", now, cursor=cursor, limit=50).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next"]
            if page["is_end"]:
                break
            many(running, one, 3, at + LATER, first=300 + len(seen))  # confirmed just now
            Participation.objects.filter(member_id__gte=1_000_300).update(state="REWARDED", grant_entry_id=1)
            now += timedelta(seconds=1)
        later = read(secret, f"/campaigns/{running.public_id}/conversions", now + LATER * 2, cursor=cursor, limit=100).json()
        seen += [item["id"] for item in later["items"]]
        rows = Participation.objects.filter(confirmed_at__isnull=False).order_by("confirmed_at", "public_id")
        assert seen == [str(number) for number in rows.values_list("public_id", flat=True)]
        assert len(seen) == len(set(seen)) > 300

    def test_int_09_the_last_half_minute_is_left_out(self, running, one, key, at):
        path = f"/campaigns/{running.public_id}/conversions"
        moment = one.confirmed_at + confirmed.SETTLES_AFTER
        secret = key("campaigns.read")
        assert read(secret, path, moment - timedelta(seconds=1)).json()["items"] == []
        assert read(secret, path, moment).json()["items"] == [
            {"id": str(one.public_id), "confirmed_at": "2026-11-25T03:00:30Z", "credits": 10, "is_valid": True}
        ]

    def test_int_09_a_page_costs_the_same_wherever_it_lies(self, running, one, key, at):
        many(running, one, 500, at)
        Participation.objects.exclude(pk=one.pk).update(state="REWARDED", grant_entry_id=1)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE campaigns_participation")
            cursor.execute("SET LOCAL enable_seqscan = off")
            with CaptureQueriesContext(connection) as asked:
                confirmed.settled(running, after=(at + timedelta(seconds=40), confirmed.LOWEST), at=at + LATER, limit=10)
            cursor.execute("EXPLAIN " + asked[0]["sql"])
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "confirmed_at" in plan
        assert "Index" in plan

    def test_says_which_do_not_count_any_more(self, running, one, key, operator, at):
        invalidate(running, [one.public_id], operator, at + LATER)
        [item] = read(key("campaigns.read"), f"/campaigns/{running.public_id}/conversions", at + LATER).json()["items"]
        assert (item["id"], item["is_valid"]) == (str(one.public_id), False)

    def test_begins_where_it_is_asked_to(self, running, one, key, at):
        path = f"/campaigns/{running.public_id}/conversions"
        for since, found in ((one.confirmed_at, 1), (one.confirmed_at + timedelta(seconds=1), 0)):
            assert len(read(key("campaigns.read"), path, at + LATER, since=since.isoformat()).json()["items"]) == found

    def test_is_each_teams_own_and_its_places_are_of_one_campaign(self, running, launch, one, key, eve_user, minji, at):
        path = f"/campaigns/{running.public_id}/conversions"
        assert browser(eve_user).get(BASE + path).status_code == 404
        assert read(key("credits.read"), path, at).status_code == 403
        assert read(key("campaigns.read"), path, at, cursor="nonsense").status_code == 422


class TestStatements:
    def test_page_through_months_and_lines(self, running, key, minji, at):
        close_finished_days(at=at + timedelta(days=40))
        secret, now = key("credits.read"), at + timedelta(days=40)
        listed = read(secret, "/statements", now, limit=1).json()
        [newest] = listed["items"]
        [older] = read(secret, "/statements", now, limit=1, cursor=listed["next"]).json()["items"]
        months = statements.months_of(minji)
        assert [newest["period"], older["period"]] == [month.period.name for month in months[:2]]
        first = read(secret, "/statements/2026-11", now, limit=1).json()
        second = read(secret, "/statements/2026-11", now, limit=1, cursor=first["next"]).json()
        assert [page["items"][0]["kind"] for page in (first, second)] == ["TOP_UP", "HOLD"]
        assert (first["opening"], first["closing"], second["next"]) == (0, 1_000, "")
        assert [page["items"][0]["left"] for page in (first, second)] == [1_000, 1_000]

    def test_of_days_that_are_not_closed_are_not_there(self, running, key, at):
        assert read(key("credits.read"), "/statements/2027-01", at).status_code == 404
        assert read(key("credits.read"), "/statements/nonsense", at).status_code == 404
        assert read(key("campaigns.read"), "/statements", at).json()["code"] == "advertisers.scope_missing"


class TestWebhooks:
    @pytest.fixture
    def told(self, minji, minji_user, settings, at):
        settings.WEBHOOK_TRUSTED_ORIGINS = ["http://127.0.0.1:9"]
        row = endpoint(minji, minji_user, "http://127.0.0.1:9/", at=at).endpoint
        for number in range(3):
            happens(minji, f"low:{number}", at=at)
        return row

    def test_int_03_are_listed_and_sent_again_by_a_program(self, told, key, at):
        secret = key("webhooks.read", "webhooks.write")
        [shown] = read(secret, "/webhook-endpoints", at).json()
        assert (shown["id"], shown["state"], shown["waiting"]) == (str(told.public_id), "ON", 3)
        assert "secret" not in str(shown)
        path = f"/webhook-endpoints/{told.public_id}/deliveries"
        first = read(secret, path, at, limit=2).json()
        rest = read(secret, path, at, limit=2, cursor=first["next"]).json()
        assert [item["sequence"] for item in first["items"] + rest["items"]] == [3, 2, 1]
        number = rest["items"][0]["id"]
        told.deliveries.update(state="PARKED", ended_at=at)
        for _ in range(2):
            answer = Client().post(f"{BASE}/webhook-deliveries/{number}/replay", headers={"Authorization": f"Bearer {secret}"})
            assert (answer.status_code, answer.json()["state"]) == (200, "WAITING")
        assert told.deliveries.filter(state="WAITING").count() == 1

    def test_int_06_a_key_that_only_reads_is_told_which_scope_is_missing(self, told, key):
        number = told.deliveries.first().public_id
        answer = Client().post(f"{BASE}/webhook-deliveries/{number}/replay", headers={"Authorization": f"Bearer {key('webhooks.read')}"})
        assert (answer.status_code, "웹훅 다시 보내기" in answer.json()["message"]) == (403, True)

    def test_are_each_teams_own_and_not_for_weak_roles(self, told, eve_user, jisoo):
        path = f"{BASE}/webhook-endpoints/{told.public_id}/deliveries"
        assert browser(eve_user).get(path).status_code == 404
        assert browser(eve_user).get(f"{BASE}/webhook-endpoints").json() == []
        assert browser(jisoo).get(path).status_code == 403
