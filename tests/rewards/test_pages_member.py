"""What members meet in Luckffle: the list of missions, and one mission from the start to the tickets."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html
from playwright.sync_api import expect

from advertisers.models import Advertiser
from campaigns import missions, services, tokens
from campaigns.models import BudgetSlot, Campaign, Participation, State
from credits import selectors as credits
from credits import services as ledger
from credits.models import Entry
from tests import factories, signing_in
from tests.campaigns.conftest import spec_of
from tests.factories import PASSWORD
from tests.tools import comes_back, sideways

HOME = "/luckffle/"
ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)


class Clock:
    """What the doors believe it is; a test lets time pass."""

    def __init__(self, at):
        self.at = at

    def passes(self, **time):
        self.at += timedelta(**time)


@pytest.fixture(autouse=True)
def clock(monkeypatch, at, request):
    if "live_product" in request.fixturenames:
        return None  # processes of their own read a clock of their own
    stands = Clock(at)
    monkeypatch.setattr(timezone, "now", lambda: stands.at)
    return stands


class Phone:
    """A member's browser on one mission."""

    def __init__(self, user, campaign, agent=ANDROID):
        self.client = signing_in.browser(user)
        self.client.defaults["HTTP_USER_AGENT"] = agent
        self.url = f"/luckffle/missions/{campaign.public_id}/"

    def look(self):
        answer = self.client.get(self.url)
        assert answer.status_code == 200
        return answer

    def standing(self):
        return str(html.fromstring(self.look().content.decode()).get_element_by_id("mission").get("data-mission"))

    def token(self):
        """What the page carries in its forms."""
        [first, *_] = html.fromstring(self.look().content.decode()).xpath("//input[@name='token']/@value")
        return str(first)

    def press(self, verb, **data):
        """Press a button; what the page after it says."""
        answer = self.client.post(f"{self.url}{verb}/", data, follow=True)
        assert answer.status_code == 200
        return [str(message) for message in answer.context["messages"]]

    def beat(self, token, last=""):
        return self.client.post(f"{self.url}beat/", {"token": token, "beat": last})


@pytest.fixture
def phone(suji, running):
    """Suji's phone on Minji's mission, which runs."""
    return Phone(suji.user, running)


def opened(phone):
    """Start and open; the token."""
    phone.press("start")
    token = phone.token()
    phone.client.post(f"{phone.url}open/", {"token": token})
    return token


def row():
    return Participation.objects.get()


class TestTakingPart:
    def test_usr_01_start_open_stay_confirm_brings_the_tickets(self, phone, clock, suji):
        assert phone.standing() == "OPEN"
        assert phone.press("start") == []
        assert phone.standing() == "RUNNING"
        token = phone.token()
        answer = phone.client.post(f"{phone.url}open/", {"token": token})
        page = html.fromstring(answer.content.decode())
        assert page.xpath("//meta[@http-equiv='refresh']/@content") == ["0; url=https://coffee.example.com/hello"]
        assert page.xpath("//meta[@name='referrer']/@content") == ["no-referrer"]
        clock.passes(seconds=10)
        assert phone.press("confirm", token=token) == ["티켓 1장을 받았어요."]
        assert (row().state, row().device, credits.member_tickets(suji.pk)) == ("REWARDED", "android/chrome", 1)
        assert phone.standing() == "DONE"

    def test_beats_of_the_page_raise_the_trust_in_a_stay(self, phone, clock):
        token = opened(phone)
        last = ""
        for _ in range(2):
            clock.passes(seconds=5)
            answer = phone.beat(token, last)
            assert answer.status_code == 200
            last = answer.json()["beat"]
        phone.press("confirm", token=token, beat=last)
        assert (row().state, row().beats, row().score) == ("REWARDED", 2, 100)

    def test_without_beats_the_tickets_come_with_less_trust(self, phone, clock):
        token = opened(phone)
        clock.passes(seconds=10)
        phone.press("confirm", token=token)
        assert (row().state, row().beats, row().score) == ("REWARDED", 0, 60)

    def test_a_beat_that_comes_too_early_is_refused_and_nothing_is_written(self, phone, clock):
        token = opened(phone)
        clock.passes(seconds=3)
        answer = phone.beat(token)
        assert (answer.status_code, answer.json()) == (429, {"code": "participation.beat_too_early", "message": "신호가 너무 빨라요."})
        assert row().beats == 0

    def test_usr_02_too_early_is_refused_with_the_seconds_that_are_missing(self, phone, clock, suji):
        token = opened(phone)
        clock.passes(seconds=7)
        assert phone.press("confirm", token=token) == ["3초를 더 머물러야 해요. 광고 페이지를 다시 열어 주세요."]
        assert (row().state, credits.member_tickets(suji.pk)) == ("STARTED", 0)
        clock.passes(seconds=3)
        assert phone.press("confirm", token=token) == ["티켓 1장을 받았어요."]

    def test_confirmed_without_opening_the_page_is_refused(self, phone, clock, suji):
        phone.press("start")
        clock.passes(seconds=60)
        assert phone.press("confirm", token=phone.token()) == ["광고 페이지를 먼저 열어 주세요."]
        assert (row().state, credits.member_tickets(suji.pk)) == ("STARTED", 0)

    def test_usr_04_pressing_start_twice_is_one_place(self, phone):
        phone.press("start")
        assert phone.press("start") == []
        assert (Participation.objects.count(), BudgetSlot.objects.get().taken) == (1, 1)

    def test_confirming_twice_brings_the_tickets_once(self, phone, clock, suji):
        token = opened(phone)
        clock.passes(seconds=10)
        assert [phone.press("confirm", token=token), phone.press("confirm", token=token)] == [["티켓 1장을 받았어요."], []]
        assert (credits.member_tickets(suji.pk), Entry.objects.filter(kind="TICKET_GRANT").count()) == (1, 1)

    def test_after_the_time_ran_out_the_page_says_so_and_lets_them_start_again(self, phone, clock):
        token = opened(phone)
        clock.passes(minutes=11)
        assert phone.press("confirm", token=token) == ["참여 시간이 지났어요. 자리가 남아 있으면 다시 시작할 수 있어요."]
        assert phone.standing() == "OPEN"
        assert "참여 시간이 지났어요." in phone.look().content.decode()
        phone.press("start")
        assert (row().attempt, row().state, phone.standing()) == (2, "STARTED", "RUNNING")

    def test_the_page_counts_the_seconds_that_are_left(self, phone, clock):
        opened(phone)
        clock.passes(seconds=4)
        [left] = html.fromstring(phone.look().content.decode()).xpath("//*[@data-stay]/@data-stay")
        assert left == "6"

    def test_the_panel_alone_comes_back_to_a_script(self, phone):
        phone.press("start")
        text = phone.client.get(phone.url, headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in text
        assert 'data-mission="RUNNING"' in text


class TestTokens:
    def test_a_token_of_another_member_is_refused(self, phone, running, clock):
        token = opened(phone)
        clock.passes(seconds=10)
        other = factories.MemberFactory()
        thief = Phone(other.user, running)
        assert thief.press("confirm", token=token) == ["참여한 기록이 없어요. 미션을 다시 열어 주세요."]
        assert (row().state, credits.member_tickets(other.pk)) == ("STARTED", 0)

    def test_a_token_on_another_device_is_refused(self, phone, running, suji, clock):
        token = opened(phone)
        clock.passes(seconds=10)
        iphone = Phone(suji.user, running, agent=IPHONE)
        assert iphone.press("confirm", token=token) == ["이 참여를 확인할 수 없어요. 미션을 다시 열어 주세요."]
        assert iphone.standing() == "OTHER_DEVICE"
        assert iphone.press("start") == ["다른 기기에서 참여하고 있어요. 그 기기에서 마치거나 시간이 지난 뒤 다시 시작해 주세요."]
        assert iphone.beat(token).status_code == 403
        assert (row().state, credits.member_tickets(suji.pk)) == ("STARTED", 0)

    def test_a_token_of_another_mission_is_refused(self, launch, suji, clock):
        mine = Phone(suji.user, launch(key="mine", budget=500))
        other = Phone(suji.user, launch(key="other", budget=500))
        token = opened(mine)
        clock.passes(seconds=10)
        assert other.press("confirm", token=token) == ["이 참여를 확인할 수 없어요. 미션을 다시 열어 주세요."]
        assert (row().state, credits.member_tickets(suji.pk)) == ("STARTED", 0)

    @pytest.mark.parametrize("token", ["", "x", "a:b:c", "가" * 20, "A" * 5_000])
    @pytest.mark.parametrize("verb", ["open", "confirm"])
    def test_what_is_no_token_is_refused_in_words(self, phone, token, verb):
        opened(phone)
        assert phone.press(verb, token=token) == ["이 참여를 확인할 수 없어요. 미션을 다시 열어 주세요."]
        assert row().confirmed_at is None

    def test_a_token_that_somebody_changed_is_refused(self, phone, clock):
        token = opened(phone)
        clock.passes(seconds=10)
        read = tokens.read(token, device="android/chrome")
        head, _, signature = token.rpartition(":")
        assert phone.press("confirm", token=f"{head[:-2]}xx:{signature}") == ["이 참여를 확인할 수 없어요. 미션을 다시 열어 주세요."]
        assert (read.campaign, row().state) == (Campaign.objects.get().public_id, "STARTED")

    def test_a_beat_of_another_participation_is_refused(self, phone, running, clock):
        token = opened(phone)
        other = Phone(factories.MemberFactory().user, running)
        theirs = opened(other)
        clock.passes(seconds=5)
        beat = other.beat(theirs).json()["beat"]
        assert phone.beat(token, beat).status_code == 403
        clock.passes(seconds=5)
        assert phone.press("confirm", token=token, beat=beat) == ["이 참여를 확인할 수 없어요. 미션을 다시 열어 주세요."]
        assert Participation.objects.filter(confirmed_at=None).count() == 2


class TestStanding:
    def says(self, phone, standing, sentence):
        assert phone.standing() == standing
        assert sentence in phone.look().content.decode()

    def test_paused(self, phone, running, minji_user, at):
        services.pause(campaign=running, by=minji_user, at=at)
        self.says(phone, "PAUSED", "지금은 잠시 멈춘 미션이에요.")
        assert phone.press("start") == ["지금은 참여할 수 없는 미션이에요."]

    def test_locked_by_operators_it_is_not_available_and_says_no_more(self, phone, running, operator, at):
        services.lock(campaign=running, by=operator, at=at, reason="신고를 확인하고 있어요")
        self.says(phone, "UNAVAILABLE", "지금은 참여할 수 없는 미션이에요.")
        assert "신고를" not in phone.look().content.decode()
        assert phone.press("start") == ["지금은 참여할 수 없는 미션이에요."]
        assert Participation.objects.count() == 0

    def test_hidden_by_operators_it_is_not_available(self, phone, running, operator, at):
        services.set_exposure(
            campaign=running, is_exposed=False, order=0, exposed_from=None, exposed_until=None, by=operator, at=at, reason=""
        )
        self.says(phone, "UNAVAILABLE", "지금은 참여할 수 없는 미션이에요.")

    def test_of_a_restricted_advertiser_it_is_not_available(self, phone, minji):
        Advertiser.objects.filter(pk=minji.pk).update(restricted_reason="확인이 필요해요")
        self.says(phone, "UNAVAILABLE", "지금은 참여할 수 없는 미션이에요.")

    def test_ended(self, phone, running, minji_user, at):
        services.end(campaign=running, by=minji_user, at=at)
        self.says(phone, "OVER", "끝난 미션이에요.")

    def test_not_yet_begun(self, suji, submit, operator, at):
        later = services.approve(campaign=submit(starts_at=at + timedelta(days=1)), by=operator, at=at)
        self.says(Phone(suji.user, later), "NOT_YET", "아직 시작하지 않았어요.")

    def test_closed_for_today(self, suji, launch):
        scarce = launch(budget=1_000, daily_cap=10)
        Phone(factories.MemberFactory().user, scarce).press("start")
        late = Phone(suji.user, scarce)
        self.says(late, "CLOSED_TODAY", "오늘은 마감됐어요.")
        assert late.press("start") == ["오늘은 마감됐어요. 00:00에 다시 열려요."]
        assert Participation.objects.count() == 1

    def test_sold_out(self, suji, launch):
        scarce = launch(budget=10)
        Phone(factories.MemberFactory().user, scarce).press("start")
        late = Phone(suji.user, scarce)
        self.says(late, "SOLD_OUT", "준비한 수량이 모두 끝났어요.")
        assert late.press("start") == ["준비한 수량이 모두 끝났어요."]

    @pytest.mark.parametrize("state", [State.SUBMITTED, State.CHANGES_ASKED, State.REJECTED, State.WITHDRAWN])
    def test_what_was_never_approved_is_no_mission(self, submitted, suji, operator, minji_user, at, state):
        if state == State.CHANGES_ASKED:
            services.ask_changes(campaign=submitted, by=operator, at=at, reason="제목")
        elif state == State.REJECTED:
            services.reject(campaign=submitted, by=operator, at=at, reason="제목")
        elif state == State.WITHDRAWN:
            services.withdraw(campaign=submitted, by=minji_user, at=at)
        assert signing_in.browser(suji.user).get(f"/luckffle/missions/{submitted.public_id}/").status_code == 404

    def test_an_unknown_mission_is_not_found(self, suji):
        phone = signing_in.browser(suji.user)
        assert phone.get(f"/luckffle/missions/{uuid4()}/").status_code == 404


class TestAccess:
    def test_anybody_may_read_and_is_asked_to_sign_in_to_take_part(self, running, client):
        url = f"/luckffle/missions/{running.public_id}/"
        [link] = html.fromstring(client.get(url).content.decode()).xpath("//a[contains(., '로그인하고 참여하기')]/@href")
        assert link == f"/luckffle/login/?next={url}"
        answer = client.post(url + "start/")
        assert (answer.status_code, answer["Location"]) == (302, f"/luckffle/login/?next={url}")
        assert Participation.objects.count() == 0

    def test_a_closed_account_is_sent_home_with_the_reason(self, phone, suji):
        suji.is_active = False
        suji.save()
        assert phone.press("start") == ["지금은 이용할 수 없는 계정이에요."]
        assert Participation.objects.count() == 0

    def test_an_advertiser_is_no_member(self, running, minji_user):
        answer = signing_in.browser(minji_user).post(f"/luckffle/missions/{running.public_id}/start/")
        assert answer.status_code == 302
        assert Participation.objects.count() == 0

    @pytest.mark.parametrize("verb", ["start", "open", "beat", "confirm"])
    def test_steps_are_not_taken_by_a_link(self, phone, verb):
        assert phone.client.get(f"{phone.url}{verb}/").status_code == 405

    def test_another_site_cannot_press_for_a_member(self, suji, running):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies.update(signing_in.browser(suji.user).cookies)
        assert strict.post(f"/luckffle/missions/{running.public_id}/start/").status_code == 403
        assert Participation.objects.count() == 0

    def test_get_changes_nothing(self, phone, clock, suji):
        phone.press("start")
        before = (list(Participation.objects.values()), list(BudgetSlot.objects.values()), list(Campaign.objects.values()))
        clock.passes(minutes=30)  # it ran out of time: reading does not give the place back
        for url in (HOME, phone.url):
            assert phone.client.get(url).status_code == 200
        assert before == (list(Participation.objects.values()), list(BudgetSlot.objects.values()), list(Campaign.objects.values()))


class TestSimilarMissions:
    """USR-03: a mission that is closed shows where else to go."""

    @pytest.fixture
    def run(self, submit, operator, at):
        def run(title, **changes):
            return services.approve(campaign=submit(key=title, title=title, **{"budget": 100, **changes}), by=operator, at=at)

        return run

    @pytest.fixture
    def closed(self, run, at):
        campaign = run("마감된 미션", budget=20, daily_cap=10)
        services.start(member=factories.MemberFactory().pk, campaign=campaign.public_id, device="ios/safari", at=at)
        return campaign

    def shown(self, answer):
        page = html.fromstring(answer.content.decode())
        return [str(link.xpath("string(.//span[contains(@class, 'font-semibold')])")) for link in page.xpath("//a[@class='mission']")]

    def test_usr_03_are_three_that_may_be_started_now(self, run, closed, suji, client):
        others = [run(f"미션 {number}") for number in range(5)]  # the list shows the newest first
        phone = Phone(suji.user, closed)
        Phone(suji.user, others[4]).press("start")
        assert "오늘은 마감됐어요." in phone.look().content.decode()
        assert self.shown(phone.look()) == ["미션 3", "미션 2", "미션 1"]
        assert self.shown(client.get(phone.url)) == ["미션 4", "미션 3", "미션 2"]

    def test_usr_03_are_not_on_a_mission_that_may_be_started_and_none_is_no_heading(self, closed, suji, run):
        phone = Phone(suji.user, closed)
        assert "비슷한 미션" not in phone.look().content.decode()
        other = Phone(suji.user, run("다른 미션"))
        assert "비슷한 미션" not in other.look().content.decode()
        assert "비슷한 미션" in phone.look().content.decode()

    def test_cost_the_same_however_many_there_are(self, run, closed, suji):
        phone = Phone(suji.user, closed)
        phone.look()
        counts = []
        for number in range(1, 4):
            run(f"미션 {number}")
            with CaptureQueriesContext(connection) as seen:
                phone.look()
            counts.append(len(seen))
        assert counts == [counts[0]] * 3
        assert counts[0] <= 11


class TestHome:
    def test_a_member_sees_their_tickets_and_can_sign_out(self, suji, client):
        phone = signing_in.browser(suji.user)
        page = html.fromstring(phone.get(HOME).content.decode())
        assert "수지님의 티켓" in page.text_content()
        [form] = [form for form in page.forms if form.get("action") == "/luckffle/logout/"]
        assert form.method == "POST"
        assert phone.post("/luckffle/logout/").status_code == 302
        assert "수지님" not in phone.get(HOME).content.decode()

    def test_somebody_who_is_not_signed_in_sees_missions_and_the_way_in(self, running, client):
        page = html.fromstring(client.get(HOME).content.decode())
        assert running.title in page.text_content()
        assert page.xpath("//form[@action='/luckffle/logout/']") == []
        assert "/luckffle/login/" in page.xpath("//a/@href")

    def test_says_where_the_member_stands_in_each_and_counts_today(self, phone, clock, running):
        def card():
            [found] = html.fromstring(phone.client.get(HOME).content.decode()).xpath(f"//a[@href='{phone.url}']")
            return " ".join(found.text_content().split()), bool(found.xpath(".//*[local-name()='use'][contains(@href, 'check')]"))

        assert card() == ("민지네 커피 · 광고민지네 커피 구경하기약 10초1장", False)
        token = opened(phone)
        assert card() == ("민지네 커피 · 광고민지네 커피 구경하기약 10초참여 중", False)
        clock.passes(seconds=10)
        phone.press("confirm", token=token)
        assert card() == ("민지네 커피 · 광고민지네 커피 구경하기약 10초완료", True)
        assert "오늘 1개 완료 · 1장" in " ".join(html.fromstring(phone.client.get(HOME).content.decode()).text_content().split())

    def test_hidden_locked_and_paused_missions_are_not_in_the_list(self, phone, running, operator, at):
        assert running.title in phone.client.get(HOME).content.decode()
        services.lock(campaign=running, by=operator, at=at, reason="확인")
        assert running.title not in phone.client.get(HOME).content.decode()

    def test_a_list_of_twenty_asks_no_more_queries_than_one(self, suji, minji, minji_user, operator, at):
        phone = signing_in.browser(suji.user)

        def add(n):
            spec = spec_of(at, title=f"미션 {n}", budget=10)
            services.approve(
                campaign=services.submit_campaign(advertiser=minji, spec=spec, by=minji_user, at=at, key=f"m{n}"), by=operator, at=at
            )

        def queries():
            phone.get(HOME)
            with CaptureQueriesContext(connection) as seen:
                assert phone.get(HOME).status_code == 200
            return len(seen)

        add(0)
        few = queries()
        for n in range(1, 20):
            add(n)
        assert phone.get(HOME).content.decode().count('class="mission"') == 20
        assert queries() == few

    def test_a_mission_needs_few_queries(self, phone):
        phone.press("start")
        phone.look()
        with CaptureQueriesContext(connection) as seen:
            phone.look()
        assert len(seen) <= 8


@pytest.fixture
def mission(live_product):
    """A mission of twenty seconds on the running product, and a member with a phone number."""
    now = timezone.now()
    team = factories.MembershipFactory(advertiser__name="민지네 커피", user__name="김민지")
    operator = factories.UserFactory(kind="OPERATOR", is_staff=True)
    factories.MemberFactory(user__phone="+821000000001", nickname="수지")
    with transaction.atomic():
        ledger.top_up(advertiser=team.advertiser, credits=1_000, order_id="order", gateway="portone", key="top_up", at=now)
    campaign = services.submit_campaign(
        advertiser=team.advertiser, spec=spec_of(now, dwell_seconds=20), by=team.user, at=now, key="browser"
    )
    services.approve(campaign=campaign, by=operator, at=now)
    return f"{live_product.origin}/luckffle/missions/{campaign.public_id}/"


def signs_in_and_starts(page, mission):
    page.context.route("https://coffee.example.com/**", lambda route: route.fulfill(body="<h1>coffee</h1>", content_type="text/html"))
    page.goto(mission)
    page.get_by_role("link", name="로그인하고 참여하기").click()
    page.locator("input[name=login]").fill("01000000001")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="로그인", exact=True).click()
    page.get_by_role("button", name="참여 시작하기").click()
    expect(page.get_by_text("자리를 맡았어요.")).to_be_visible()


def opens_the_landing(page):
    with page.context.expect_page() as landing:
        page.get_by_role("button", name="광고 페이지 열기").click()
    landing.value.wait_for_url("https://coffee.example.com/hello")
    landing.value.close()


@pytest.mark.browser
def test_usr_01_a_phone_walks_through_a_mission(mission, phone_page):
    page = phone_page
    signs_in_and_starts(page, mission)
    opens_the_landing(page)
    comes_back(page)
    confirm = page.get_by_role("button", name="완료하고 티켓 받기")
    expect(confirm).to_be_disabled()
    expect(page.locator("[data-stay]")).to_have_text(re.compile(r"\d초 더 둘러봐 주세요\."))
    expect(confirm).to_be_enabled(timeout=60_000)
    expect(page.locator("[data-stay]")).to_have_text("다 둘러봤어요. 완료를 눌러 주세요.")
    confirm.click()
    expect(page.get_by_text("티켓 1장을 받았어요.").first).to_be_visible()
    expect(page.locator("#mission")).to_have_attribute("data-mission", missions.Standing.DONE)
    assert sideways(page) == []
    assert (credits.member_tickets(row().member_id), row().state) == (1, "REWARDED")
    page.get_by_role("link", name="다른 미션 하기").click()
    page.get_by_role("button", name="로그아웃").click()
    expect(page.get_by_text("로그아웃했어요.")).to_be_visible()


@pytest.mark.browser
def test_usr_01_without_scripts_the_plain_buttons_do_the_same(mission, browser):
    context = browser.new_context(locale="ko-KR", viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    signs_in_and_starts(page, mission)
    opens_the_landing(page)
    page.get_by_role("button", name="완료", exact=True).click()
    expect(page.get_by_text("초를 더 머물러야 해요.")).to_be_visible()
    page.wait_for_timeout(20_000)
    page.get_by_role("button", name="완료하고 티켓 받기").click()
    expect(page.get_by_text("티켓 1장을 받았어요.").first).to_be_visible()
    assert (credits.member_tickets(row().member_id), row().beats) == (1, 0)
    context.close()
