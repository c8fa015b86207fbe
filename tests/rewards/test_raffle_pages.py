"""Raffles in the members' portal and in the app."""

import json
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from playwright.sync_api import expect

from docs import verify_raffle
from rewards.models import RaffleEntry
from rewards.raffles import fairness
from tests.app import Phone
from tests.rewards.raffle_world import closed, draft, drawn, give, opened, press, tickets_of
from tests.rewards.test_raffles import drand_sandbox, identity_sandbox
from tests.signing_in import browser

__all__ = ["drand_sandbox", "identity_sandbox"]
KEY = "00000000-0000-4000-8000-00000000000b"


@pytest.fixture
def raffle(operator, finance, at):
    return opened(at, by=operator, funder=finance, reserves=1)


@pytest.fixture
def now(at):
    with time_machine.travel(at + timedelta(minutes=1), tick=False) as clock:
        yield clock


@pytest.fixture
def web(suji, at, now):
    give(suji, 12, at)
    return browser(suji.user)


def page(client, raffle, tail=""):
    return client.get(f"/luckffle/raffles/{raffle.public_id}/{tail}")


def enter(client, raffle, **fields):
    return client.post(f"/luckffle/raffles/{raffle.public_id}/enter/", {"chances": "5", "key": KEY, **fields}, follow=True)


class TestPages:
    def test_anybody_may_read_what_is_on(self, raffle, now):
        text = Client().get("/luckffle/raffles/").content.decode()
        assert raffle.title in text
        assert "로그인하고 응모하기" in page(Client(), raffle).content.decode()

    def test_a_draft_is_nobodys_business(self, operator, at, now):
        hidden = draft(at, by=operator)
        assert hidden.title not in Client().get("/luckffle/raffles/").content.decode()
        assert page(Client(), hidden).status_code == 404

    def test_usr_06_entering_twice_with_one_form_is_one_entry(self, web, raffle, suji):
        for _ in range(2):
            assert "티켓 5장으로 5번 응모했어요." in enter(web, raffle).content.decode()
        assert (RaffleEntry.objects.count(), tickets_of(suji)) == (1, 7)
        assert "100.0%" in page(web, raffle).content.decode()

    @pytest.mark.parametrize(
        ("chances", "words"), [("0", "1번부터"), ("", "몇 번"), ("가", "숫자로"), ("1001", "1,000번까지"), ("1.5", "숫자로")]
    )
    def test_says_at_the_field_what_is_wrong(self, web, raffle, suji, chances, words):
        answer = enter(web, raffle, chances=chances)
        assert (answer.status_code, tickets_of(suji)) == (422, 12)
        assert words in answer.content.decode()

    def test_says_when_there_are_too_few_tickets(self, web, raffle, suji):
        assert "티켓" in enter(web, raffle, chances="13").content.decode()
        assert tickets_of(suji) == 12

    def test_usr_07_a_page_that_was_open_too_long_enters_nothing(self, web, raffle, suji, now):
        now.move_to(raffle.closes_at)
        text = enter(web, raffle).content.decode()
        assert "응모가 마감됐어요. 티켓은 그대로 있어요." in text
        assert "티켓으로 응모하기" not in text
        assert tickets_of(suji) == 12

    def test_asks_no_more_queries_for_more_raffles(self, web, operator, finance, at, django_assert_max_num_queries):
        opened(at, by=operator, funder=finance)
        with django_assert_max_num_queries(12) as few:
            web.get("/luckffle/raffles/")
        for _ in range(5):
            opened(at, by=operator, funder=finance)
        with django_assert_max_num_queries(len(few)):
            web.get("/luckffle/raffles/")

    def test_the_script_is_the_one_of_the_documents(self, now):
        with open(verify_raffle.__file__, "rb") as file:
            assert Client().get("/luckffle/raffles/verify_raffle.py").content == file.read()


class TestAfterTheDraw:
    @pytest.fixture
    def over(self, raffle, web, suji, at, drand_sandbox, now):
        press(suji, raffle, chances=5, at=at)
        closed(raffle)
        done = drawn(raffle, at=raffle.draws_at)
        now.move_to(done.draws_at + timedelta(hours=1))
        return done

    def test_usr_08_the_record_is_public_and_true(self, over):
        told = json.loads(page(Client(), over, "record.json").getvalue())
        assert all(holds is not False for _, holds in verify_raffle.checks(told))
        assert over.root in page(Client(), over, "verify/").content.decode()

    def test_usr_08_the_page_shows_the_own_proof(self, over, web):
        assert "1–5번" in page(web, over, "verify/").content.decode()

    def test_usr_08_of_many_own_entries_twenty_are_shown_at_a_time(self, raffle, web, suji, at, now, monkeypatch):
        give(suji, 30, at - timedelta(days=1))
        for number in range(25):
            press(suji, raffle, key=f"press-{number:04}", at=at + timedelta(seconds=number))
        now.move_to(raffle.closes_at + timedelta(minutes=1))
        closed(raffle)
        proofs = []
        path_of = fairness.path_of
        monkeypatch.setattr(fairness, "path_of", lambda levels, index: proofs.append(index) or path_of(levels, index))
        text = page(web, raffle).content.decode()
        assert ("응모 <b" in text, "25</b>건" in text, proofs) == (True, True, [])
        assert page(web, raffle, "verify/").content.decode().count("증명 보기") == 20
        assert page(web, raffle, "verify/?page=2").content.decode().count("증명 보기") == 5
        assert proofs == list(range(25))

    def test_the_winner_claims_on_the_page_once(self, over, web):
        assert "축하해요" in page(web, over).content.decode()
        answer = web.post(f"/luckffle/raffles/{over.public_id}/claim/", follow=True).content.decode()
        assert "경품을 받기로 했어요" in answer
        assert "축하해요" not in answer

    @pytest.mark.browser
    def test_usr_08_the_browser_draws_again_and_notices_another_winner(self, over, live_server, browser_page, phone_page):
        told = json.loads(page(Client(), over, "record.json").getvalue())
        lies = [
            lambda: told["winners"][0].update(entry="00000000-0000-4000-8000-000000000000"),
            lambda: told["winners"][0].update(prize="이어폰"),
            lambda: told["public_value"].update(chain_hash="00" * 32),
        ]
        for shown in (browser_page, phone_page):
            shown.goto(f"{live_server.url}/luckffle/raffles/{over.public_id}/verify/")
            assert self.results(shown) == {"true": 11}
        browser_page.route("**/record.json", lambda route: route.fulfill(json=told))
        for count, lie in enumerate(lies, start=1):
            lie()
            found = self.results(browser_page)
            assert found["false"] >= count, lie

    def results(self, shown):
        """Press the button; how many sentences hold and how many do not."""
        button = shown.get_by_role("button", name="다시 계산하기")
        button.click()
        expect(button).to_be_enabled()  # it is not while it calculates
        expect(shown.locator("[data-holds]")).to_have_count(11)
        return Counter(line.get_attribute("data-holds") for line in shown.locator("[data-holds]").all())


class TestTheApp:
    def test_reads_enters_and_proves(self, raffle, suji, at, now):
        give(suji, 12, at)
        phone = Phone(suji)
        assert [row["standing"] for row in phone.get("/raffles").json()["items"]] == ["OPEN"]
        answers = [
            phone.call("post", f"/raffles/{raffle.public_id}/entries", {"chances": 2}, **{"Idempotency-Key": "an-intent"}).json()
            for _ in range(2)
        ]
        shown = phone.get(f"/raffles/{raffle.public_id}").json()
        assert answers[0] == answers[1]
        page = browser(suji.user).get(f"/luckffle/raffles/{raffle.public_id}/").content.decode()
        assert all(rule in page for rule in shown["rules"]), "the app says the same rules as the page"
        assert any("애플(Apple)과 구글(Google)은 후원하지 않고" in rule for rule in shown["rules"])
        assert (shown["mine"], shown["gathered"], shown["odds"], tickets_of(suji)) == (2, 2, 100.0, 10)
        own = phone.get(f"/raffles/{raffle.public_id}/entries").json()
        assert [(row["chances"], row["line"]) for row in own["entries"]] == [(2, None)]

    def test_goes_through_pages_without_gap_or_double(self, suji, operator, finance, at, now):
        made = {str(opened(at, by=operator, funder=finance).public_id) for _ in range(5)}
        phone, seen, cursor = Phone(suji), [], ""
        while True:
            answer = phone.get(f"/raffles?limit=2&cursor={cursor}").json()
            seen += [row["id"] for row in answer["items"]]
            cursor = answer["next"]
            if not cursor:
                break
        assert (len(seen), set(seen)) == (5, made)

    def test_claims_nothing_that_was_not_won(self, raffle, suji, now):
        answer = Phone(suji).post(f"/raffles/{raffle.public_id}/claim")
        assert (answer.status_code, answer.json()["code"]) == (404, "raffle.nothing_to_claim")
