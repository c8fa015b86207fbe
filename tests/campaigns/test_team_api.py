"""The advertisers' JSON doors."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine

from campaigns import services
from campaigns.models import Campaign, CampaignEvent
from campaigns.services import counting
from credits import selectors as credits
from tests import factories
from tests.campaigns.test_app_api import refusal
from tests.campaigns.test_participation import complete
from tests.signing_in import browser

BASE = "/api/v1"


@pytest.fixture(autouse=True)
def clock(at):
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def body(at):
    return {
        "type": "VISIT",
        "design": {"title": "API로 만든 캠페인", "body": "", "landing_url": "https://coffee.example.com/"},
        "details": {"dwell_seconds": 10},
        "reward": {"tickets": 1},
        "credit": {"unit_price": 10, "budget": 300, "daily_cap": 300},
        "setting": {"starts_at": at.isoformat(), "ends_at": (at + timedelta(days=3)).isoformat()},
    }


def post(client, path, body=None, key="intent-0001"):
    data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return client.post(BASE + path, headers={"Idempotency-Key": key} if key else {}, **data)


class TestSubmit:
    def test_holds_the_budget_and_tells_the_campaign(self, minji, minji_user, body):
        answer = post(browser(minji_user), "/campaigns", body)
        assert answer.status_code == 201
        assert (answer.json()["state"], answer.json()["held"], answer.json()["captured"]) == ("SUBMITTED", 300, 0)
        assert credits.balance(minji).held == 300

    def test_sent_again_under_its_key_is_the_same_campaign_and_other_content_a_conflict(self, minji, minji_user, body):
        client = browser(minji_user)
        first, again = post(client, "/campaigns", body), post(client, "/campaigns", body)
        assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
        body["design"]["title"] = "다른 제목"
        assert refusal(post(client, "/campaigns", body)) == (409, "campaign.submission_conflict")
        assert (Campaign.objects.count(), credits.balance(minji).held) == (1, 300)

    @pytest.mark.parametrize("key", ["", "short", "가나다라마바사아자", "a" * 61, "has space 1"])
    def test_without_a_good_key_writes_nothing(self, minji, minji_user, body, key):
        answer = browser(minji_user).post(
            f"{BASE}/campaigns", data=json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key} if key else {}
        )
        assert answer.status_code == 422
        assert (Campaign.objects.count(), credits.balance(minji).held) == (0, 0)

    def test_says_how_much_is_missing(self, minji, minji_user, body):
        body["credit"] |= {"budget": 5_000, "daily_cap": 5_000}
        answer = post(browser(minji_user), "/campaigns", body)
        assert refusal(answer) == (409, "credits.insufficient")
        assert answer.json()["detail"] == {"unit": "CREDIT", "shortfall": 4_000}
        assert Campaign.objects.count() == 0

    def test_a_reporter_and_a_browser_without_csrf_are_refused(self, minji, minji_user, jisoo, body):
        assert refusal(post(browser(jisoo), "/campaigns", body)) == (403, "common.forbidden")
        client = browser(minji_user)
        client.handler.enforce_csrf_checks = True
        assert refusal(post(client, "/campaigns", body)) == (403, "common.forbidden")
        assert Campaign.objects.count() == 0

    def test_a_field_of_the_row_cannot_be_slipped_in(self, minji, minji_user, body):
        for place, name, value in [
            (body, "state", "RUNNING"),
            (body, "is_locked", False),
            (body["credit"], "captured_credits", -5),
            (body["design"], "public_id", "x"),
            (body["details"], "is_daily", False),
            (body["reward"], "unit_price", 0),
            (body["setting"], "submitted_at", "2020-01-01T00:00:00Z"),
        ]:
            place[name] = value
            answer = post(browser(minji_user), "/campaigns", body)
            assert refusal(answer) == (422, "common.invalid")
            del place[name]
        assert Campaign.objects.count() == 0

    @pytest.mark.parametrize("budget", [True, "300", 300.0, -300, 0, 2**31, 2**63, 10**30, None, [300], {"$gt": 0}])
    def test_a_budget_that_is_no_whole_number_in_bounds_is_refused_beside_its_field(self, minji, minji_user, body, budget):
        body["credit"]["budget"] = budget
        answer = post(browser(minji_user), "/campaigns", body)
        expected = (409, "credits.insufficient") if budget == 2**31 else (422, "common.invalid")
        assert refusal(answer) == expected
        if expected[0] == 422:
            assert {field["field"] for field in answer.json()["detail"]["fields"]} <= {"credit.budget", "credit.daily_cap"}
        assert (Campaign.objects.count(), credits.balance(minji).held) == (0, 0)


class TestBulk:
    """Budgets and ends of many at once: all of them, or none."""

    def rows(self, submit, operator, at):
        return [services.approve(campaign=submit(key=key, budget=200), by=operator, at=at) for key in ("a", "b", "c")]

    def ask(self, client, rows, key="intent-0001", **wish):
        return post(client, "/campaign-bulk", {"campaigns": [str(row.public_id) for row in rows], **wish}, key=key)

    def test_raises_every_budget_once_for_a_key_or_none(self, submit, operator, minji, minji_user, at):
        rows, client = self.rows(submit, operator, at), browser(minji_user)
        assert self.ask(client, rows, deed="raise", credits=100).json() == {"done": 3}
        assert self.ask(client, rows, deed="raise", credits=100).json() == {"done": 3}
        assert refusal(self.ask(client, rows, key="intent-0002", deed="raise", credits=60)) == (409, "campaign.bulk_refused")
        assert set(Campaign.objects.values_list("budget_credits", flat=True)) == {300}
        assert credits.balance(minji).available == 100

    def test_lets_all_end_later_or_none_and_names_what_stands_in_the_way(self, submit, operator, minji_user, at):
        rows, client = self.rows(submit, operator, at), browser(minji_user)
        ends = at + timedelta(days=20)
        assert self.ask(client, rows, deed="extend", ends_at=ends.isoformat()).json() == {"done": 3}
        assert set(Campaign.objects.values_list("ends_at", flat=True)) == {ends}
        services.end(campaign=rows[1], by=minji_user, at=at)
        answer = self.ask(client, rows, deed="extend", ends_at=(ends + timedelta(days=1)).isoformat())
        assert refusal(answer) == (409, "campaign.bulk_refused")
        assert [one["id"] for one in answer.json()["detail"]["refused"]] == [str(rows[1].public_id)]
        assert set(Campaign.objects.values_list("ends_at", flat=True)) == {ends}


class TestRead:
    def test_tells_counts_and_never_who_took_part(self, running, minji_user, suji, at):
        complete(suji, running, at)
        services.start(member=factories.MemberFactory().pk, campaign=running.public_id, device="ios/safari", at=at)
        client = browser(minji_user)
        days = client.get(f"{BASE}/campaigns/{running.public_id}/days").json()
        assert days == [{"on": "2026-11-25", "started": 2, "returned": 0, "confirmed": 1, "credits": 10}]
        everything = "".join(
            client.get(BASE + path).content.decode()
            for path in ("/campaigns", f"/campaigns/{running.public_id}", f"/campaigns/{running.public_id}/days", "/campaign-types")
        )
        for secret in (suji.nickname, suji.user.phone, suji.user.username, str(suji.public_id), "member", "person", "device", "ios/safari"):
            assert secret not in everything

    def test_tells_the_hours_of_a_day_as_the_page_shows_them(self, running, minji_user, eve_user, suji, at):
        complete(suji, running, at)
        counting.count(at=at)
        url = f"{BASE}/campaigns/{running.public_id}/hours"
        (hour,) = browser(minji_user).get(url + "?on=2026-11-25").json()
        assert (hour["started"], hour["confirmed"], hour["credits"], hour["running"]) == (1, 1, 10, 0)
        assert browser(minji_user).get(url + "?on=2026-11-24").json() == []
        assert browser(minji_user).get(url + "?on=gestern").status_code == 422
        assert browser(eve_user).get(url + "?on=2026-11-25").status_code == 404

    def test_no_schema_of_the_advertisers_api_knows_a_member(self, client, db):
        schemas = client.get(f"{BASE}/openapi.json").json()["components"]["schemas"]
        names = {name for schema in schemas.values() for name in schema.get("properties", {})}
        assert names & {"member", "member_id", "nickname", "phone", "person_key", "device", "participation", "birth_year"} == set()

    def test_another_teams_campaign_is_not_found_anywhere(self, running, eve_user):
        client, before = browser(eve_user), Campaign.objects.values().get()
        assert client.get(f"{BASE}/campaigns").json() == {"items": [], "next": ""}
        path = f"/campaigns/{running.public_id}"
        for suffix in ("", "/days"):
            assert refusal(client.get(BASE + path + suffix)) == (404, "common.not_found")
        for verb in ("pause", "resume", "end", "withdraw"):
            assert refusal(post(client, f"{path}/{verb}")) == (404, "common.not_found")
        assert refusal(post(client, f"{path}/raise-budget", {"credits": 100})) == (404, "common.not_found")
        assert Campaign.objects.values().get() == before

    @pytest.mark.parametrize("path", ["/campaigns", "/campaign-types", f"/campaigns/{UUID(int=7)}", f"/campaigns/{UUID(int=7)}/days"])
    def test_strangers_are_asked_to_sign_in(self, client, path, suji):
        assert refusal(client.get(BASE + path)) == (401, "common.sign_in")
        client.force_login(suji.user)
        assert refusal(client.get(BASE + path)) == (401, "common.sign_in")

    def test_the_list_comes_page_by_page_with_one_query(self, submit, minji_user, django_assert_num_queries, clock):
        for number in range(5):
            submit(key=f"k{number}", budget=100, title=f"캠페인 {number}")
        client, seen, cursor = browser(minji_user), [], ""
        while True:
            page = client.get(f"{BASE}/campaigns?limit=2&cursor={cursor}").json()
            seen += [item["title"] for item in page["items"]]
            cursor = page["next"]
            if not cursor:
                break
        assert seen == [f"캠페인 {number}" for number in (4, 3, 2, 1, 0)]


class TestMoves:
    def test_pause_resume_raise_and_end(self, launch, minji, minji_user):
        campaign = launch(budget=300)
        client, path = browser(minji_user), f"/campaigns/{campaign.public_id}"
        assert post(client, f"{path}/pause").json()["state"] == "PAUSED"
        assert post(client, f"{path}/resume").json()["state"] == "RUNNING"
        raised = post(client, f"{path}/raise-budget", {"credits": 100})
        assert (raised.status_code, raised.json()["budget"], raised.json()["held"]) == (200, 400, 400)
        assert post(client, f"{path}/raise-budget", {"credits": 100}).json()["budget"] == 400
        assert post(client, f"{path}/end").json()["state"] == "ENDED"
        assert refusal(post(client, f"{path}/resume")) == (409, "campaign.move_refused")

    def test_withdraw_gives_the_hold_back(self, submitted, minji, minji_user):
        answer = post(browser(minji_user), f"/campaigns/{submitted.public_id}/withdraw")
        assert (answer.json()["state"], answer.json()["held"], credits.balance(minji).available) == ("WITHDRAWN", 0, 1_000)

    def test_a_reporter_moves_nothing(self, running, jisoo):
        before = CampaignEvent.objects.count()
        for verb in ("pause", "resume", "end", "withdraw"):
            assert refusal(post(browser(jisoo), f"/campaigns/{running.public_id}/{verb}")) == (403, "common.forbidden")
        assert CampaignEvent.objects.count() == before

    def test_what_an_operator_locked_says_why(self, running, operator, minji_user, at):
        services.lock(campaign=running, by=operator, at=at, reason="주소 확인")
        answer = post(browser(minji_user), f"/campaigns/{running.public_id}/end")
        assert refusal(answer) == (409, "campaign.locked")
        assert "주소 확인" in answer.json()["message"]

    def test_an_address_that_knows_no_such_verb_says_so_in_korean(self, client, db):
        answer = client.get(f"{BASE}/campaigns/{uuid4()}/pause")
        assert refusal(answer) == (405, "common.method")
        assert answer.headers["Allow"] == "POST"
        assert refusal(client.get(f"{BASE}/nothing-here")) == (404, "common.not_found")
