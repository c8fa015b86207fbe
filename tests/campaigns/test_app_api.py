"""Taking part through the reward app's JSON doors."""

from datetime import timedelta
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import services
from campaigns.models import BudgetSlot, Participation
from credits.models import Entry
from tests import factories
from tests.app import IPHONE, Phone, token_of


@pytest.fixture
def clock(at):
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def phone(clock, suji):
    return Phone(suji)


def refusal(answer):
    body = answer.json()
    assert set(body) == {"code", "message", "detail"}
    assert any("가" <= letter <= "힣" for letter in body["message"])
    return answer.status_code, body["code"]


def written():
    slots = BudgetSlot.objects.order_by("slot").values_list("taken", "returned", "confirmed")
    return list(Participation.objects.order_by("public_id").values()), list(slots), Entry.objects.count()


class TestVisit:
    def test_usr_01_a_stay_of_twelve_seconds_pays_at_once_and_stands_in_the_history(self, running, phone, suji, clock, at):
        answer = phone.start(running)
        started = answer.json()
        assert answer.status_code == 201
        assert (started["state"], started["tickets"], started["dwell_seconds"]) == ("STARTED", 1, 10)
        opened = phone.open(started)
        assert (opened.status_code, opened.json()["landing_url"]) == (200, "https://coffee.example.com/hello")
        clock.shift(timedelta(seconds=12))
        done = phone.confirm(started)
        assert (done.status_code, done.json()["state"]) == (200, "REWARDED")
        assert phone.get("/wallet").json()["tickets"] == 1
        (row,) = phone.get("/participations").json()["items"]
        assert (row["title"], row["state"], row["tickets"], row["on"]) == ("민지네 커피 구경하기", "REWARDED", 1, "2026-11-25")
        assert row["confirmed_at"] == "2026-11-25T03:00:12Z"
        assert BudgetSlot.objects.get().confirmed_credits == 10

    def test_usr_02_leaving_after_four_seconds_is_not_counted_and_says_what_is_missing(self, running, phone, clock):
        started = phone.start(running).json()
        phone.open(started)
        clock.shift(timedelta(seconds=4))
        before = written()
        answer = phone.confirm(started)
        assert refusal(answer) == (409, "participation.too_short")
        assert answer.json()["detail"] == {"missing_seconds": 6}
        assert written() == before
        clock.shift(timedelta(seconds=6))
        assert phone.confirm(started).status_code == 200

    def test_usr_02_done_said_by_the_client_alone_is_worth_nothing(self, running, phone, clock):
        started = phone.start(running).json()
        clock.shift(timedelta(seconds=60))
        before = written()
        assert refusal(phone.confirm(started)) == (409, "participation.not_opened")
        claims = {"token": started["token"], "dwell_seconds": 60, "opened_at": "2026-11-25T02:00:00Z", "done": True}
        answer = phone.post(f"/participations/{started['id']}/confirm", claims)
        assert refusal(answer) == (422, "common.invalid")
        assert [field["message"] for field in answer.json()["detail"]["fields"]] == ["알 수 없는 항목이에요."] * 3
        assert written() == before

    def test_usr_03_with_the_day_sold_out_it_says_when_it_opens(self, launch, clock, suji, at):
        campaign = launch(daily_cap=10)
        Phone(factories.MemberFactory()).start(campaign)
        before = written()
        answer = Phone(suji).start(campaign)
        assert refusal(answer) == (409, "mission.closed_today")
        assert answer.json()["detail"] == {"reopens_at": "2026-11-26T00:00:00+09:00", "similar": []}
        assert written() == before
        shown = Phone(suji).get(f"/missions/{campaign.public_id}").json()
        assert (shown["standing"], shown["left"], shown["token"]) == ("CLOSED_TODAY", 0, "")

    @pytest.mark.parametrize("closed", [{"budget": 20, "daily_cap": 10}, {"budget": 10}])
    def test_usr_03_closed_it_names_three_others_that_this_member_may_start(self, submit, operator, phone, at, closed):
        def run(title, **changes):
            return services.approve(campaign=submit(key=title, title=title, **{"budget": 100, **changes}), by=operator, at=at)

        wanted = run("마감", **closed)
        others = [run(f"미션 {number}") for number in range(5)]  # the list shows the newest first
        phone.start(others[4])
        stranger = Phone(factories.MemberFactory())
        for campaign in (wanted, run("다 찬 미션", budget=10)):
            assert stranger.start(campaign).status_code == 201
        services.lock(campaign=run("멈춘 미션"), by=operator, at=at, reason="확인")

        similar = phone.start(wanted).json()["detail"]["similar"]
        assert [card["title"] for card in similar] == ["미션 3", "미션 2", "미션 1"]
        assert similar == [card for card in phone.get("/missions").json()["items"] if not card["label"]][:3]
        assert phone.get(f"/missions/{wanted.public_id}").json()["similar"] == similar
        assert phone.get(f"/missions/{others[0].public_id}").json()["similar"] == []

    def test_usr_04_pressed_twice_is_one_place_and_the_same_participation(self, running, phone):
        first, second = phone.start(running), phone.start(running)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json()["id"] == second.json()["id"]
        assert BudgetSlot.objects.get().taken == 1

    def test_usr_04_a_second_device_gets_the_reason(self, running, phone, suji):
        phone.start(running)
        assert refusal(Phone(suji, agent=IPHONE).start(running)) == (409, "participation.other_device")
        assert BudgetSlot.objects.get().taken == 1

    def test_usr_04_the_same_identity_on_two_accounts_gets_the_reason(self, running, clock):
        Phone(factories.MemberFactory(person_hash="b" * 64)).start(running)
        assert refusal(Phone(factories.MemberFactory(person_hash="b" * 64)).start(running)) == (409, "participation.same_person")
        assert (Participation.objects.count(), BudgetSlot.objects.get().taken) == (1, 1)


class TestToken:
    def test_carried_to_another_device_opens_and_confirms_nothing(self, running, phone, suji, clock):
        started = phone.start(running).json()
        thief = Phone(agent=IPHONE, token=phone.token)
        before = written()
        assert refusal(thief.open(started)) == (403, "participation.token_refused")
        assert refusal(thief.confirm(started)) == (403, "participation.token_refused")
        assert written() == before

    @pytest.mark.parametrize("spoil", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.swapcase(), lambda t: "", lambda t: "가" * 20])
    def test_forged_is_refused(self, running, phone, spoil):
        started = phone.start(running).json()
        before = written()
        assert refusal(phone.open({**started, "token": spoil(started["token"])})) == (403, "participation.token_refused")
        assert written() == before

    def test_of_somebody_else_is_not_found(self, running, phone, clock):
        started = phone.start(running).json()
        phone.open(started)
        clock.shift(timedelta(seconds=12))
        other = Phone(factories.MemberFactory())
        before = written()
        for answer in (other.open(started), other.confirm(started), other.get(f"/participations/{started['id']}")):
            assert refusal(answer) == (404, "participation.not_found")
        assert other.get("/participations").json() == {"items": [], "next": ""}
        assert written() == before

    def test_in_the_address_of_another_participation_is_not_found(self, running, phone):
        started = phone.start(running).json()
        assert refusal(phone.open({**started, "id": uuid4()})) == (404, "participation.not_found")

    def test_confirmed_again_answers_the_same_and_pays_once(self, running, phone, clock, suji):
        started = phone.start(running).json()
        phone.open(started)
        clock.shift(timedelta(seconds=12))
        first = phone.confirm(started)
        before = written()
        clock.shift(timedelta(minutes=2))
        again = phone.confirm(started)
        assert (again.status_code, again.json()) == (200, first.json())
        assert written() == before


class TestBeats:
    def test_raise_the_score_and_cannot_be_made_faster_than_time_passes(self, running, phone, clock):
        started = phone.start(running).json()
        phone.open(started)
        path, beat = f"/participations/{started['id']}/beat", ""
        assert refusal(phone.post(path, {"token": started["token"]})) == (429, "participation.beat_too_early")
        for _ in range(2):
            clock.shift(timedelta(seconds=5))
            answer = phone.post(path, {"token": started["token"], "beat": beat})
            assert answer.status_code == 200
            beat = answer.json()["beat"]
        assert phone.confirm(started, beat).status_code == 200
        assert Participation.objects.values_list("beats", "score").get() == (2, 100)

    def test_of_another_participation_are_refused(self, running, phone, clock):
        mine = phone.start(running).json()
        stranger = Phone(factories.MemberFactory())
        theirs = stranger.start(running).json()
        clock.shift(timedelta(seconds=5))
        beat = stranger.post(f"/participations/{theirs['id']}/beat", {"token": theirs["token"]}).json()["beat"]
        answer = phone.post(f"/participations/{mine['id']}/beat", {"token": mine["token"], "beat": beat})
        assert refusal(answer) == (403, "participation.token_refused")


class TestWhoAsks:
    DOORS = ("/me", "/wallet", "/missions", "/participations", f"/missions/{UUID(int=7)}", f"/participations/{UUID(int=7)}")

    @pytest.mark.parametrize("path", DOORS)
    @pytest.mark.parametrize("token", ["", "x.y.z", "e" * 5_000])
    def test_without_a_good_token_is_asked_to_sign_in(self, db, path, token):
        assert refusal(Phone(token=token).get(path)) == (401, "common.sign_in")

    def test_an_expired_token_takes_no_place(self, running, phone, clock):
        clock.shift(timedelta(seconds=301))
        assert refusal(phone.start(running)) == (401, "common.sign_in")
        assert BudgetSlot.objects.get().taken == 0

    def test_who_signed_out_everywhere_is_refused_at_reading_and_at_taking_part(self, running, phone, suji, at):
        suji.tokens_valid_from = at + timedelta(seconds=1)
        suji.save()
        assert refusal(phone.get("/me")) == (401, "member.token_outdated")
        assert refusal(phone.start(running)) == (401, "member.token_outdated")
        assert BudgetSlot.objects.get().taken == 0

    def test_who_was_closed_is_refused(self, running, phone, suji):
        suji.is_active = False
        suji.save()
        assert refusal(phone.get("/wallet")) == (403, "member.inactive")
        assert refusal(phone.start(running)) == (403, "member.inactive")
        assert BudgetSlot.objects.get().taken == 0

    def test_an_advertisers_session_is_nobody_here(self, client, minji_user, running):
        client.force_login(minji_user)
        assert client.get("/api/luckffle/v1/me").status_code == 401


class TestLists:
    def test_missions_come_page_by_page_without_gap_or_double(self, launch, submit, operator, phone, at):
        for number in range(5):
            services.approve(campaign=submit(key=f"k{number}", budget=100, title=f"미션 {number}"), by=operator, at=at)
        seen, cursor = [], ""
        while True:
            page = phone.get(f"/missions?limit=2&cursor={cursor}").json()
            seen += [item["title"] for item in page["items"]]
            cursor = page["next"]
            if not cursor:
                break
        assert sorted(seen) == [f"미션 {number}" for number in range(5)]

    def test_the_history_comes_page_by_page(self, submit, operator, phone, at, clock):
        for number in range(3):
            phone.start(services.approve(campaign=submit(key=f"k{number}", budget=100, title=f"미션 {number}"), by=operator, at=at))
            clock.shift(timedelta(seconds=1))
        first = phone.get("/participations?limit=2").json()
        second = phone.get(f"/participations?limit=2&cursor={first['next']}").json()
        assert [row["title"] for row in first["items"] + second["items"]] == ["미션 2", "미션 1", "미션 0"]
        assert second["next"] == ""

    @pytest.mark.parametrize("query", ["cursor=x", "cursor=%00", "cursor=" + "A" * 500])
    @pytest.mark.parametrize("path", ["/missions", "/participations"])
    def test_a_cursor_that_is_not_ours_is_refused(self, phone, path, query):
        assert phone.get(f"{path}?{query}").status_code == 422

    def test_a_cursor_of_another_list_is_refused(self, phone, submit, operator, at):
        for number in range(2):
            services.approve(campaign=submit(key=f"k{number}", budget=100), by=operator, at=at)
        cursor = phone.get("/missions?limit=1").json()["next"]
        assert refusal(phone.get(f"/participations?cursor={cursor}")) == (422, "common.cursor_refused")

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "1e1", "true", "9" * 30, "", "1.0"])
    def test_a_limit_out_of_bounds_is_refused(self, phone, limit):
        assert refusal(phone.get(f"/missions?limit={limit}")) == (422, "common.invalid")

    def test_what_was_never_approved_is_not_found(self, submitted, phone):
        assert refusal(phone.get(f"/missions/{submitted.public_id}")) == (404, "common.not_found")
        assert phone.get("/missions").json() == {"items": [], "next": ""}


class TestHotPath:
    """Start and confirm are one statement each, with the token folded in, and no request meets the broker."""

    def statements(self, call):
        with CaptureQueriesContext(connection) as captured:
            answer = call()
        asked = [
            query["sql"]
            for query in captured
            if query["sql"].split(" ", 1)[0].strip(";") not in ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
        ]
        return answer, asked

    def test_start_is_one_statement(self, running, phone):
        answer, asked = self.statements(lambda: phone.start(running))
        assert (answer.status_code, len(asked)) == (201, 1)
        assert "campaigns_start_from(" in asked[0]

    def test_open_and_confirm_are_one_statement_each_and_beats_none(self, running, phone, clock):
        started = phone.start(running).json()
        answer, asked = self.statements(lambda: phone.open(started))
        assert (answer.status_code, len(asked)) == (200, 1)
        clock.shift(timedelta(seconds=12))
        answer, asked = self.statements(lambda: phone.post(f"/participations/{started['id']}/beat", {"token": started["token"]}))
        assert (answer.status_code, asked) == (200, [])
        answer, asked = self.statements(lambda: phone.confirm(started))
        assert (answer.status_code, len(asked)) == (200, 1)
        assert "campaigns_confirm(" in asked[0]

    def test_taking_part_never_talks_to_the_broker(self, running, phone, clock):
        with patch("kombu.Connection.__init__", side_effect=AssertionError("a request talked to the broker")):
            with patch("celery.app.task.Task.apply_async", side_effect=AssertionError("a request published a task")):
                started = phone.start(running).json()
                assert phone.open(started).status_code == 200
                clock.shift(timedelta(seconds=12))
                assert phone.confirm(started).status_code == 200

    def test_lists_ask_the_same_however_many_rows(self, submit, operator, phone, at):
        counts = []
        for number in range(1, 5):
            services.approve(campaign=submit(key=f"k{number}", budget=100), by=operator, at=at)
            phone.start(services.approve(campaign=submit(key=f"p{number}", budget=100), by=operator, at=at))
            counts.append([len(self.statements(lambda path=path: phone.get(path))[1]) for path in ("/missions", "/participations")])
        assert counts == [counts[0]] * 4


def test_tokens_of_tests_are_those_of_the_sign_in(suji):
    from identity.tokens import member_claims

    claims = member_claims(token_of(suji))
    assert (claims.user_id, claims.member_id) == (suji.user_id, suji.pk)
