"""Files of numbers and reports by mail through the API: the rows of the pages, for the team alone, made once for one intent."""

import csv
import io
import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from advertisers import services as team
from advertisers.models import ApiKey, ReportRecipient
from campaigns.models import Export, ReportSchedule
from campaigns.services import counting
from common import effects, handlers
from common.models import Effect
from tests.campaigns.test_participation import complete
from tests.signing_in import browser

EXPORTS, REPORTS = "/api/v1/exports", "/api/v1/report-schedules"
WISH = {"what": "DAYS", "form": "csv"}


@pytest.fixture(autouse=True)
def _a_place_for_files(settings, tmp_path):
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "private": backend}
    handlers.load()


@pytest.fixture(autouse=True)
def _now(at):
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def program(minji_user, at):
    """Minji's program calls with a key of these scopes."""

    def make(*scopes):
        secret = team.make_key(membership=minji_user.memberships.get(), name="x", scopes=[str(one) for one in scopes], at=at).secret

        def call(method, path, body=None, key="intent-0001"):
            sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
            headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}
            return getattr(Client(), method)(path, headers=headers, **sent)

        return call

    return make


@pytest.fixture
def call(program):
    return program(ApiKey.Scope.CAMPAIGNS_READ, ApiKey.Scope.CAMPAIGNS_WRITE)


class TestExports:
    def test_is_asked_for_watched_and_fetched(self, running, suji, call, at):
        complete(suji, running, at)
        counting.count(at=at)
        made = call("post", EXPORTS, {**WISH, "campaign": str(running.public_id)})
        assert (made.status_code, made.json()["state"], made.json()["download"]) == (201, "WAITING", "")
        state = f"{EXPORTS}/{made.json()['id']}"
        assert call("get", f"{state}/file").status_code == 404
        effects.run_due(at=at)
        told = call("get", state).json()
        assert (told["state"], told["done"], told["total"], told["rows"]) == ("DONE", 1, 1, 1)
        assert (told["first"], told["last"], told["campaign"]) == ("2026-11-19", "2026-11-25", str(running.public_id))
        file = call("get", told["download"])
        assert file["Content-Disposition"] == 'attachment; filename="boost-days-2026-11-19-2026-11-25.csv"'
        (row,) = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
        assert (row["참여 완료"], row["집행 크레딧"]) == ("1", "10")

    def test_one_key_is_one_file_and_another_body_is_a_conflict(self, running, call):
        first, again = call("post", EXPORTS, WISH).json(), call("post", EXPORTS, WISH).json()
        assert first == again
        for other in ({"form": "xlsx"}, {"what": "HOURS"}, {"campaign": str(running.public_id)}, {"first": "2026-11-20"}):
            answer = call("post", EXPORTS, WISH | other)
            assert (answer.status_code, answer.json()["code"]) == (409, "campaign.export_conflict")
        assert Export.objects.count() == Effect.objects.filter(kind="campaigns.export").count() == 1

    def test_one_call_after_midnight_finds_the_file_of_before(self, running, call, at):
        first = call("post", EXPORTS, WISH).json()
        with time_machine.travel(at + timedelta(days=1), tick=False):
            assert call("post", EXPORTS, WISH).json()["id"] == first["id"]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"what": "DAYS"}, 422),
            ({"what": "YEARS", "form": "csv"}, 422),
            (WISH | {"first": "2026-11-20", "last": "2026-11-10"}, 422),
            (WISH | {"what": "HOURS", "first": "2026-10-01", "last": "2026-11-10"}, 422),
            (WISH | {"campaign": "00000000-0000-4000-8000-000000000000"}, 404),
            (WISH | {"made_by": 1}, 422),
        ],
    )
    def test_what_cannot_be_made_is_refused_and_writes_nothing(self, running, call, body, status):
        assert call("post", EXPORTS, body).status_code == status
        assert not Export.objects.exists()

    def test_comes_page_by_page_newest_first(self, running, call):
        numbers = [call("post", EXPORTS, WISH, key=f"intent-000{n}").json()["id"] for n in range(3)]
        page = call("get", f"{EXPORTS}?limit=2").json()
        rest = call("get", f"{EXPORTS}?limit=2&cursor={page['next']}").json()
        assert [row["id"] for row in page["items"] + rest["items"]] == numbers[::-1]
        assert rest["next"] == ""

    def test_strangers_find_nothing_and_keys_without_the_scope_are_told(self, running, call, program, eve_user, at):
        number = call("post", EXPORTS, WISH).json()["id"]
        effects.run_due(at=at)
        eve = browser(eve_user)
        assert [eve.get(f"{EXPORTS}/{number}{end}").status_code for end in ("", "/file")] == [404, 404]
        assert eve.get(EXPORTS).json()["items"] == []
        other = program(ApiKey.Scope.CREDITS_READ)
        assert other("get", EXPORTS).json()["code"] == other("post", EXPORTS, WISH).json()["code"] == "advertisers.scope_missing"


class TestReports:
    def test_is_made_seen_moved_and_ended(self, call):
        made = call("post", REPORTS, {"every": "WEEK", "weekday": 4, "hour": 7})
        assert made.status_code == 201
        row = made.json()
        assert (row["words"], row["next_at"], row["recipient"]) == ("매주 금요일 7시", "2026-11-26T22:00:00Z", None)
        assert "*" in row["to"]
        assert call("get", REPORTS).json()["items"] == [row]
        moved = call("patch", f"{REPORTS}/{row['id']}", {"hour": 8}).json()
        assert moved == row | {"hour": 8, "words": "매주 금요일 8시", "next_at": "2026-11-26T23:00:00Z"}
        assert call("delete", f"{REPORTS}/{row['id']}").status_code == 204
        assert not ReportSchedule.objects.exists()

    def test_the_same_rhythm_again_takes_its_place(self, call):
        first, second = (call("post", REPORTS, {"every": "DAY", "hour": hour}).json() for hour in (7, 8))
        assert (first["id"], second["hour"]) == (second["id"], 8)
        assert ReportSchedule.objects.count() == 1

    @pytest.mark.parametrize("wrong", [{"every": "YEAR"}, {"every": "DAY", "hour": 24}, {"every": "MONTH", "day": 29}, {"weekday": 1}, {}])
    def test_what_is_on_no_calendar_is_refused(self, call, wrong):
        assert call("post", REPORTS, wrong).status_code == 422
        assert not ReportSchedule.objects.exists()

    def test_another_rhythm_is_not_a_change(self, call):
        row = call("post", REPORTS, {"every": "DAY"}).json()
        assert call("patch", f"{REPORTS}/{row['id']}", {"every": "WEEK"}).status_code == 422
        assert ReportSchedule.objects.get().every == "DAY"

    def test_an_owner_sees_the_teams_and_everybody_else_their_own(self, call, minji, minji_user, jisoo, eve_user):
        reader = browser(jisoo)
        theirs = reader.post(REPORTS, {"every": "MONTH"}, content_type="application/json").json()
        mine = call("post", REPORTS, {"every": "MONTH"}).json()
        assert [row["id"] for row in call("get", REPORTS).json()["items"]] == [mine["id"], theirs["id"]]
        assert [row["id"] for row in reader.get(REPORTS).json()["items"]] == [theirs["id"]]
        for client in (reader, browser(eve_user)):
            assert client.delete(f"{REPORTS}/{mine['id']}").status_code == 404
        first = call("get", f"{REPORTS}?limit=1").json()
        assert call("get", f"{REPORTS}?limit=1&cursor={first['next']}").json()["items"] == [theirs]

    def test_only_the_owner_sends_one_to_an_address_and_only_after_it_said_yes(self, call, minji, minji_user, jisoo, at):
        asked = ReportRecipient.objects.create(advertiser=minji, email="reader@example.com", added_by=minji_user, added_at=at)
        body = {"every": "DAY", "recipient": str(asked.public_id)}
        assert call("post", REPORTS, body).json()["code"] == "campaign.report_reader_unknown"
        ReportRecipient.objects.update(confirmed_at=at)
        answer = browser(jisoo).post(REPORTS, body, content_type="application/json")
        assert answer.json()["code"] == "campaign.report_reader_unknown"
        assert call("post", REPORTS, body).json()["recipient"] == str(asked.public_id)

    def test_a_key_that_reads_only_changes_nothing(self, program, call):
        row = call("post", REPORTS, {"every": "DAY"}).json()
        reads = program(ApiKey.Scope.CAMPAIGNS_READ)
        own = f"{REPORTS}/{row['id']}"
        for method, path, body in (("post", REPORTS, {"every": "WEEK"}), ("patch", own, {"hour": 1}), ("delete", own, None)):
            assert reads(method, path, body).json()["code"] == "advertisers.scope_missing"
        assert ReportSchedule.objects.get().hour == 9
