"""Drafts by the JSON doors: the same rows and the same schemas as in the wizard."""

import json
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from advertisers import services as team
from campaigns.models import Campaign, Draft
from credits import selectors as credits
from tests.campaigns.test_app_api import refusal
from tests.campaigns.test_team_api import BASE, post
from tests.campaigns.writing import press
from tests.signing_in import browser


@pytest.fixture(autouse=True)
def clock(at):
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def client(minji_user):
    return browser(minji_user)


WHOLE = {
    "type": "VISIT",
    "design": {"title": "API로 쓰는 캠페인", "landing_url": "https://coffee.example.com/"},
    "details": {"dwell_seconds": 10},
    "reward": {"tickets": 1},
    "credit": {"unit_price": 10, "budget": 300, "daily_cap": 100},
    "setting": {"starts_at": "2026-11-25T18:00:00+09:00", "ends_at": "2026-12-02T00:00:00+09:00"},
}


def patch(client, draft_id, body):
    return client.patch(f"{BASE}/drafts/{draft_id}", json.dumps(body), content_type="application/json")


def begun(client, body=None, key="intent-0001"):
    answer = post(client, "/drafts", body or WHOLE, key=key)
    assert answer.status_code == 201, answer.content.decode()
    return answer.json()


class TestBeginning:
    def test_int_04_the_same_key_finds_the_same_draft_and_another_body_is_a_conflict(self, client):
        first, again = begun(client), begun(client)
        assert first == again
        assert refusal(post(client, "/drafts", {**WHOLE, "reward": {"tickets": 2}})) == (409, "campaign.draft_conflict")
        assert Draft.objects.count() == 1

    def test_a_part_is_enough_and_what_is_left_is_listed(self, client):
        shown = begun(client, {"type": "VISIT", "design": {"title": "반만 쓴 캠페인"}})
        assert shown["design"] == {"title": "반만 쓴 캠페인"}
        assert [(one["part"], one["field"]) for one in shown["open"]][:2] == [("design", "landing_url"), ("details", "dwell_seconds")]
        assert all(one["message"] for one in shown["open"])

    @pytest.mark.parametrize(
        "part, fields, place",
        [
            ("design", {"title": "가"}, "design.title"),
            ("design", {"colour": "red"}, "design.colour"),
            ("design", {"landing_url": "http://coffee.example.com"}, "design.landing_url"),
            ("details", {"dwell_seconds": "10"}, "details.dwell_seconds"),
            ("credit", {"unit_price": 10, "budget": 5}, "credit.budget"),
            ("setting", {"weekdays": ["MON", "NEVER"]}, "setting.weekdays.1"),
        ],
    )
    def test_what_is_sent_must_be_good_by_itself(self, client, part, fields, place):
        answer = post(client, "/drafts", {"type": "VISIT", part: fields})
        assert answer.status_code == 422
        assert place in [field["field"] for field in answer.json()["detail"]["fields"]]
        assert Draft.objects.count() == 0

    @pytest.mark.parametrize("body", [{}, {"type": "NOPE"}, {"type": None}, {"type": "VISIT", "owner": 1}, {"type": "VISIT", "design": []}])
    def test_no_type_or_an_unknown_field_writes_nothing(self, client, body):
        assert post(client, "/drafts", body).status_code == 422
        assert Draft.objects.count() == 0


class TestChanging:
    def test_int_05_a_patch_leaves_every_field_it_does_not_name(self, client):
        draft = begun(client)
        shown = patch(client, draft["id"], {"credit": {"budget": 400}}).json()
        assert shown["credit"] == {"unit_price": 10, "budget": 400, "daily_cap": 100}
        assert {part: shown[part] for part in ("design", "details", "reward", "setting")} == {
            part: draft[part] for part in ("design", "details", "reward", "setting")
        }
        assert shown["version"] == draft["version"] + 1

    def test_int_05_null_takes_a_field_out(self, client):
        draft = begun(client, {**WHOLE, "setting": {**WHOLE["setting"], "age_from": 20}})
        assert "age_from" not in patch(client, draft["id"], {"setting": {"age_from": None}}).json()["setting"]

    def test_a_version_that_is_old_is_refused_and_none_is_not_asked_for(self, client):
        draft = begun(client)
        patch(client, draft["id"], {"reward": {"tickets": 2}})
        assert refusal(patch(client, draft["id"], {"reward": {"tickets": 3}, "version": draft["version"]})) == (
            409,
            "campaign.draft_changed",
        )
        assert patch(client, draft["id"], {"reward": {"tickets": 3}}).json()["reward"] == {"tickets": 3}

    def test_what_the_wizard_writes_the_api_reads_and_the_other_way_round(self, client):
        draft = begun(client)
        row = Draft.objects.get()
        press(client, row, "reward", tickets="4")
        assert client.get(f"{BASE}/drafts/{draft['id']}").json()["reward"] == {"tickets": 4}
        patch(client, draft["id"], {"design": {"title": "API가 고친 제목"}})
        assert "API가 고친 제목" in client.get(f"/campaigns/drafts/{draft['id']}/design/").content.decode()

    def test_a_bad_field_is_refused_and_nothing_changes(self, client):
        draft = begun(client)
        answer = patch(client, draft["id"], {"credit": {"budget": True}, "reward": {"tickets": 5}})
        assert (answer.status_code, answer.json()["detail"]["fields"][0]["field"]) == (422, "credit.budget")
        assert Draft.objects.get().answers["reward"] == {"tickets": 1}


class TestSubmitting:
    def test_holds_the_budget_and_a_repeat_finds_the_campaign(self, client, minji):
        draft = begun(client)
        first, again = post(client, f"/drafts/{draft['id']}/submit", key=""), post(client, f"/drafts/{draft['id']}/submit", key="")
        assert (first.status_code, again.status_code, first.json()["id"]) == (201, 201, again.json()["id"])
        assert (Campaign.objects.count(), credits.balance(minji).held) == (1, 300)
        assert client.get(f"{BASE}/drafts/{draft['id']}").json()["campaign"] == first.json()["id"]
        assert client.get(f"{BASE}/drafts").json() == []

    def test_what_is_open_is_refused_by_its_step(self, client):
        draft = begun(client, {"type": "VISIT"})
        assert refusal(post(client, f"/drafts/{draft['id']}/submit", key="")) == (422, "campaign.draft_unfinished")
        assert Campaign.objects.count() == 0

    def test_a_submitted_draft_is_changed_no_more(self, client):
        draft = begun(client)
        post(client, f"/drafts/{draft['id']}/submit", key="")
        assert refusal(patch(client, draft["id"], {"reward": {"tickets": 2}})) == (409, "campaign.draft_submitted")
        assert refusal(client.delete(f"{BASE}/drafts/{draft['id']}")) == (409, "campaign.draft_submitted")

    def test_deleted_it_is_gone(self, client):
        draft = begun(client)
        assert client.delete(f"{BASE}/drafts/{draft['id']}").status_code == 204
        assert client.get(f"{BASE}/drafts/{draft['id']}").status_code == 404


class TestRights:
    def test_int_06_a_key_that_only_reads_is_told_which_scope_is_missing(self, client, minji, minji_user, at):
        draft = begun(client)
        key = team.make_key(membership=minji_user.memberships.get(), name="보고서", scopes=["campaigns.read"], at=at)
        reader = Client()
        headers = {"Authorization": f"Bearer {key.secret}", "Idempotency-Key": "intent-0009"}
        assert reader.get(f"{BASE}/drafts/{draft['id']}", headers=headers).status_code == 200
        answers = [
            reader.post(f"{BASE}/drafts", json.dumps(WHOLE), content_type="application/json", headers=headers),
            reader.patch(f"{BASE}/drafts/{draft['id']}", "{}", content_type="application/json", headers=headers),
            reader.delete(f"{BASE}/drafts/{draft['id']}", headers=headers),
            reader.post(f"{BASE}/drafts/{draft['id']}/submit", headers=headers),
        ]
        assert {refusal(answer) for answer in answers} == {(403, "advertisers.scope_missing")}
        assert "필요한 범위" in answers[0].json()["message"]
        assert (Draft.objects.count(), Campaign.objects.count()) == (1, 0)

    def test_another_team_finds_nothing_and_a_reporter_writes_nothing(self, client, eve_user, jisoo):
        draft = begun(client)
        theirs = browser(eve_user)
        assert patch(theirs, draft["id"], {"reward": {"tickets": 9}}).status_code == 404
        assert theirs.get(f"{BASE}/drafts").json() == []
        assert post(browser(jisoo), "/drafts", WHOLE).status_code == 403
        assert client.get(f"{BASE}/drafts/{uuid4()}").status_code == 404
