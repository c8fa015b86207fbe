"""
The developer at the advertiser and their colleague at the desk: every step by the pages of the portal and with what they show to copy.

Keys, addresses and secrets are read off the page; a program then uses them at the doors, and the pages must say what became of it.
"""

import hashlib
import hmac
import json
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client

from advertisers import services as team
from campaigns import services
from campaigns.models import BudgetSlot, Campaign, Draft, Participation
from credits import services as credits
from credits.models import Entry
from identity.models import StepUpGrant
from tests import factories
from tests.campaigns.conftest import DEVICE
from tests.campaigns.test_answers import begin
from tests.campaigns.test_invalidating import finish
from tests.pages import document, follow, press, words
from tests.signing_in import browser, step_up

KEYS = "/my-page/api-keys/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DRAFT = {
    "type": "VISIT",
    "design": {"title": "API로 쓰는 캠페인", "landing_url": "https://coffee.example.com/"},
    "details": {"dwell_seconds": 10},
    "reward": {"tickets": 1},
    "credit": {"unit_price": 10, "budget": 300, "daily_cap": 100},
    "setting": {"starts_at": "2026-11-25T18:00:00+09:00", "ends_at": "2026-12-02T00:00:00+09:00"},
}


@pytest.fixture(autouse=True)
def clock(at):
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(minji, minji_user):
    """Minji's browser; she has just shown again who she is."""
    return step_up(browser(minji_user), minji_user, StepUpGrant.Purpose.API_KEY)


def call(secret, method, path, body=None, intent="intent-0001"):
    """What the advertiser's program sends and hears."""
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": intent}
    sent = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
    return getattr(Client(enforce_csrf_checks=True), method)(f"/api/v1{path}", headers=headers, **sent)


def key_from_the_page(desk, *scopes):
    """Make a key as somebody does: tick, press, copy."""
    page = press(desk, desk.get(KEYS), "키 만들기", name="주문 서버", scopes=list(scopes))
    (secret,) = document(page).xpath('//code[@id="new-key"]')
    return words(secret)


def copied(page, label, place=0):
    """What stands under a heading of the page to be copied."""
    codes = document(page).xpath(f'//dt[normalize-space()="{label}"]/following-sibling::dd[1]//code')
    return words(codes[place])


def log_of(page):
    """The lines of the log, newest first, as they are read."""
    return [words(line) for line in document(page).xpath('//section[@aria-labelledby="log"]/ul/li')]


class TestTheConversionLab:
    @pytest.fixture
    def action(self, launch):
        return launch(type="ACTION")

    @pytest.fixture
    def page(self, desk, action):
        """The way there: the list, the campaign, its conversion page."""
        return follow(desk, follow(desk, desk.get("/campaigns/"), action.title), "전환 연동")

    @staticmethod
    def click(member, campaign, at):
        opened = services.open_landing(member=member.pk, token=begin(member, campaign, at), at=at)
        (found,) = parse_qs(urlsplit(opened.landing_url).query)["click_id"]
        return found

    @staticmethod
    def send(page, at, *, click, event="signup", transaction="t-1", test=False, signature=None):
        """Tell the address of the page, signed by the formula of the page with the secret of the page."""
        key, secret = (
            (copied(page, "시험 key와 비밀값", place) for place in (0, 1)) if test else (copied(page, "key"), copied(page, "비밀값"))
        )
        said = str(int(at.timestamp()))
        proof = hmac.new(secret.encode(), f"{said}.{click}.{event}.{transaction}".encode(), hashlib.sha256).hexdigest()
        facts = {"key": key, "click_id": click, "event": event, "transaction": transaction, "timestamp": said}
        address = urlsplit(copied(page, "보낼 주소"))
        return Client().get(address.path, {**facts, "signature": signature or proof})

    def test_int_01_a_test_conversion_shows_every_step_the_reward_and_the_time_and_nothing_real_moves(self, desk, page, action, suji, at):
        before = Entry.objects.count(), list(BudgetSlot.objects.values()), Participation.objects.count()
        shown = press(desk, page, "시험 전환 보내기", click="test-new", event=copied_event(page), proof="right")
        (line,) = log_of(shown)
        for step in ("값 읽기", "보낸 쪽 확인", "이벤트 확인", "클릭 확인", "기한 확인"):
            assert step in line
        assert "참여 확정" in line
        assert "시험" in line
        assert "실제라면 회원이 티켓 1장을 받아요" in line
        assert re.search(r"\d+ms", line)
        refused = press(desk, shown, "시험 전환 보내기", click="test-new", event=copied_event(page), proof="wrong")
        assert "보낸 쪽 확인에서 멈춤" in log_of(refused)[0]
        real = self.click(suji, action, at)  # a member is taking part meanwhile
        assert self.send(page, at, click=real, test=True).json()["result"] == "unknown_click"
        answer = self.send(page, at, click="test-new", test=True).json()
        assert (answer["test"], answer["result"]) == (True, "confirmed")
        slots = [{**slot, "taken": slot["taken"] - 1} for slot in BudgetSlot.objects.values()]
        assert (Entry.objects.count(), slots, Participation.objects.count() - 1) == before
        assert Participation.objects.get().state == "STARTED"

    def test_int_02_five_faults_are_five_answers_and_the_log_says_how_to_mend_each(self, page, action, minji_user, suji, clock, at):
        late = self.click(suji, action, at)
        now = at + timedelta(hours=200)
        clock.move_to(now)
        desk = browser(minji_user)  # her session is over since days
        services.expire(campaign=action, at=now)
        used = self.click(factories.MemberFactory(), action, now)
        assert self.send(page, now, click=used).json()["result"] == "confirmed"
        answers = {
            "서명 다름": self.send(page, now, click=used, transaction="t-2", signature="0" * 64),
            "모르는 클릭": self.send(page, now, click="f" * 34),
            "이미 쓴 클릭": self.send(page, now, click=used, transaction="t-3"),
            "모르는 이벤트": self.send(page, now, click=used, event="purchase"),
            "기한 지남": self.send(page, now, click=late, transaction="t-4"),
        }
        assert len({answer.status_code for answer in answers.values()}) == 5
        assert len({answer.json()["result"] for answer in answers.values()}) == 5
        assert len({answer.json()["fix"] for answer in answers.values()}) == 5
        lines = log_of(desk.get(page.request["PATH_INFO"]))
        assert len(lines) == 6
        for (status, answer), line in zip(reversed(answers.items()), lines, strict=False):
            assert status in line
            assert f"고치는 방법 {answer.json()['fix']}" in line


def copied_event(page):
    """The event that confirms, as the page names it."""
    (first, *_) = document(page).xpath('//section[.//h2[normalize-space()="이벤트의 뜻"]]//li//code')
    return words(first)


class TestDraftsAndCaps:
    def test_int_04_the_same_key_twice_is_one_draft_on_the_page_and_another_body_a_conflict(self, desk):
        secret = key_from_the_page(desk, "campaigns.read", "campaigns.write")
        first, again = (call(secret, "post", "/drafts", DRAFT) for _ in range(2))
        assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
        other = call(secret, "post", "/drafts", {**DRAFT, "reward": {"tickets": 2}})
        assert (other.status_code, other.json()["code"]) == (409, "campaign.draft_conflict")
        page = desk.get("/campaigns/new/")
        links = {link.get("href") for link in document(page).iter("a") if "/campaigns/drafts/" in link.get("href", "")}
        assert {link.split("/")[3] for link in links} == {first.json()["id"]}
        reward = document(desk.get(f"/campaigns/drafts/{first.json()['id']}/reward/"))
        assert reward.xpath('//input[@name="tickets"]/@value') == ["1"]

    def test_int_05_a_patch_without_the_day_cap_leaves_it_on_the_page_of_draft_and_campaign(self, desk):
        secret = key_from_the_page(desk, "campaigns.read", "campaigns.write")
        draft = call(secret, "post", "/drafts", DRAFT).json()["id"]
        assert call(secret, "patch", f"/drafts/{draft}", {"credit": {"budget": 400}}).status_code == 200
        shown = document(desk.get(f"/campaigns/drafts/{draft}/credit/"))
        assert [shown.xpath(f'//input[@name="{name}"]/@value') for name in ("budget", "daily_cap")] == [["400"], ["100"]]
        review = desk.get(f"/campaigns/drafts/{draft}/review/")
        submitted = press(desk, review, submit_button(review))
        campaign = Campaign.objects.get()
        assert f"/campaigns/{campaign.public_id}/" in submitted.request["PATH_INFO"]
        patched = call(secret, "patch", f"/campaigns/{campaign.public_id}", {"credit": {"budget": 500}}, "intent-0002")
        assert (patched.status_code, patched.json()["budget"], patched.json()["daily_cap"]) == (200, 500, 100)
        settings = words(document(desk.get(f"/campaigns/{campaign.public_id}/", {"tab": "settings"})).xpath("//main")[0])
        assert "500크레딧" in settings
        assert re.search(r"하루 예산 ?100", settings)


def submit_button(page):
    """The name of the last page's button, which says how many credits it holds."""
    (found,) = {words(button) for button in document(page).iter("button") if "심사 요청하기" in words(button)}
    return found


class TestKeys:
    def test_int_06_a_key_that_only_reads_is_told_the_missing_scope_in_the_words_of_the_page(self, desk, running):
        form = desk.get(KEYS)
        (label,) = (words(row) for row in document(form).xpath('//label[.//input[@name="scopes" and @value="campaigns.write"]]'))
        secret = key_from_the_page(desk, "campaigns.read")
        address = f"/campaigns/{running.public_id}"
        assert call(secret, "get", address).status_code == 200
        before = words(document(desk.get(address + "/", {"tab": "history"})).xpath("//main")[0])
        writes = [
            call(secret, "post", "/drafts", DRAFT),
            call(secret, "post", "/campaigns", DRAFT),
            call(secret, "patch", address, {"design": {"title": "새 이름이에요"}}),
            *(call(secret, "post", f"{address}/{deed}") for deed in ("pause", "resume", "end", "withdraw")),
            call(secret, "post", f"{address}/raise-budget", {"credits": 100}),
            call(secret, "post", "/campaign-bulk", {"deed": "pause", "campaigns": [str(running.public_id)]}),
        ]
        assert {(answer.status_code, answer.json()["code"]) for answer in writes} == {(403, "advertisers.scope_missing")}
        assert all(f"필요한 범위: {label}" in answer.json()["message"] for answer in writes)
        assert words(document(desk.get(address + "/", {"tab": "history"})).xpath("//main")[0]) == before
        assert Draft.objects.count() == 0

    def test_int_07_replaced_by_a_press_the_old_key_works_for_a_day_and_is_then_401_with_that_date(self, desk, minji_user, clock, at):
        old = key_from_the_page(desk, "campaigns.read")
        page = press(desk, desk.get(KEYS), "주문 서버 새 키로 바꾸기")
        new = words(document(page).xpath('//code[@id="new-key"]')[0])
        assert [call(secret, "get", "/campaigns").status_code for secret in (old, new)] == [200, 200]
        listed = desk.get(KEYS).text
        assert [key[:12] in listed for key in (old, new)] == [True, True]
        assert re.search(r"11[.월] ?26\S* 12:00까지", listed)
        clock.move_to(at + DAY - timedelta(seconds=1))
        assert call(old, "get", "/campaigns").status_code == 200
        clock.move_to(at + DAY)
        refused = call(old, "get", "/campaigns")
        assert (refused.status_code, "2026-11-26 12:00에 끝났어요" in refused.json()["message"]) == (401, True)
        assert call(new, "get", "/campaigns").status_code == 200
        later = browser(minji_user).get(KEYS).text
        assert [key[:12] in later for key in (old, new)] == [False, True]


class TestWhyItStands:
    def test_int_08_an_account_locked_for_its_balance_says_so_for_account_campaign_and_today(self, desk, launch, suji, minji, at):
        """The card company takes the payment back: the account is stopped, the hold stands on nothing, and today's cap is used."""
        campaign = launch(daily_cap=10)
        secret = key_from_the_page(desk, "campaigns.read")
        services.start(member=suji.pk, campaign=campaign.public_id, device=DEVICE, at=at)
        with transaction.atomic():
            credits.mark_disputed(advertiser=minji, order_id="minji-order", key="dispute", at=at)
            team.restrict(advertiser=minji, reason="취소된 결제의 1,000크레딧을 아직 받지 못했어요.", at=at)
        Campaign.objects.filter(pk=campaign.pk).update(constraint="BALANCE")
        said = call(secret, "get", f"/campaigns/{campaign.public_id}/status").json()
        assert (said["status"], said["is_serving"]) == ("ACCOUNT_STOPPED", False)
        assert [(one["level"], one["code"]) for one in said["reasons"]] == [
            ("ACCOUNT", "account.restricted"), ("CAMPAIGN", "campaign.balance"), ("TODAY", "today.cap_spent"),
        ]  # fmt: skip
        page = desk.get(f"/campaigns/{campaign.public_id}/").text
        assert all(one["message"] in page for one in said["reasons"])
        assert said["reasons"][2]["until"] == "2026-11-26T00:00:00+09:00"
        (row,) = call(secret, "get", "/campaigns").json()["items"]
        assert row["effective"] == said
        (cell,) = document(desk.get("/campaigns/")).xpath("//tbody/tr/td[@data-side]")
        assert words(cell) in page

    def test_int_08_a_locked_campaign_still_says_what_else_stands_in_the_way(self, desk, launch, suji, minji, operator, at):
        campaign = launch(daily_cap=10)
        services.start(member=suji.pk, campaign=campaign.public_id, device=DEVICE, at=at)
        services.lock(campaign=campaign, by=operator, at=at, reason="확인하고 있어요")
        page = desk.get(f"/campaigns/{campaign.public_id}/").text
        assert "이유: 확인하고 있어요" in page
        assert "오늘 예산을 모두 썼어요" in page


@pytest.mark.tampers
class TestPagingThrough:
    def test_int_09_a_hundred_thousand_conversions_while_new_ones_come_without_gap_or_double(self, desk, running, clock, at):
        finish(running, at)
        secret, path = key_from_the_page(desk, "campaigns.read"), f"/campaigns/{running.public_id}/conversions"
        conversions(running, 100_000, at)
        clock.move_to(at + 5 * HOUR)
        seen, cursor, turn = [], "", 0
        while True:
            page = call(secret, "get", f"{path}?limit=1000&cursor={cursor}").json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next"]
            if page["is_end"]:
                break
            turn += 1
            if turn <= 20:  # some are confirmed while the program reads
                conversions(running, 5, at + 5 * HOUR + timedelta(seconds=turn), first=100_000 + 5 * turn)
                clock.move_to(at + 5 * HOUR + timedelta(seconds=turn))
        clock.move_to(at + 6 * HOUR)
        seen += [item["id"] for item in call(secret, "get", f"{path}?limit=1000&cursor={cursor}").json()["items"]]
        expected = Participation.objects.filter(campaign=running, confirmed_at__isnull=False).order_by("confirmed_at", "public_id")
        assert len(seen) == 100_101
        assert seen == [str(number) for number in expected.values_list("public_id", flat=True)]


def conversions(campaign, count, at, *, first=0):
    """Confirmed participations of strangers, seven in one second."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO campaigns_participation (
                   member_id, campaign_id, period_on, public_id, person_key, type, state, attempt, charged_on, slot, price, tickets,
                   dwell_seconds, device, started_at, expires_at, opened_at, confirmed_at, beats, score, grant_entry_id)
            SELECT 1000000 + n, p.campaign_id, p.period_on, gen_random_uuid(), lpad(to_hex(n), 64, '0'), p.type, p.state, 1, p.charged_on,
                   p.slot, p.price, p.tickets, p.dwell_seconds, p.device, p.started_at, p.expires_at, p.opened_at,
                   %s::timestamptz + make_interval(secs => (n - %s) / 7.0), p.beats, p.score, p.grant_entry_id
              FROM generate_series(%s::bigint, %s::bigint - 1) n
              JOIN campaigns_participation p ON p.campaign_id = %s AND p.member_id < 1000000 AND p.state = 'REWARDED'
            """,
            [at, first, first, first + count, campaign.pk],
        )
