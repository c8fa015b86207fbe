"""The advertiser's dashboard: today against yesterday, where campaigns stand, what they come to, what to look at."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from lxml import html

from advertisers.models import BusinessUser
from campaigns import dashboard, services
from campaigns.models import Campaign, HourlyStat
from campaigns.services import clock, counting
from credits import services as ledger
from inquiries.models import Inquiry
from tests import factories
from tests.campaigns.test_participation import complete, start
from tests.signing_in import browser

URL = "/dashboard/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def people(db):
    return factories.MemberFactory.create_batch(8)


@pytest.fixture
def visit(minji_user):
    """Minji's browser at a moment: the page as a tree."""
    client = browser(minji_user)

    def visit(at, **headers):
        with time_machine.travel(at, tick=False):
            answer = client.get(URL, **headers)
        assert answer.status_code == 200
        return html.fromstring(answer.content.decode())

    return visit


def words(tree, path):
    return [" ".join(" ".join(node.itertext()).split()) for node in tree.xpath(path)]


class TestToday:
    def test_s_78_figures_are_those_of_today_against_yesterday_at_the_same_hour(self, running, minji, people, at):
        for member in people[:2]:
            complete(member, running, at)
        complete(people[2], running, at + 3 * HOUR)  # later than it is today
        start(people[3], running, at + DAY)
        for member in people[4:7]:
            complete(member, running, at + DAY)
        counting.recount(since=at - HOUR, until=at + DAY + HOUR, at=at + DAY + HOUR)
        board = dashboard.board(minji, at=at + DAY + timedelta(minutes=31))
        assert [(figure.value, figure.change.text, figure.change.direction) for figure in board.figures] == [
            ("30", "50%", "up"), ("3", "50%", "up"), ("75", "25%p", "down"), ("10", "변동 없음", "flat"),
        ]  # fmt: skip
        assert (board.pace.spent, board.pace.expected) == (30, 45)  # yesterday's third came after this hour
        assert board.finding == "어제와 같은 흐름이면 오늘 45크레딧을 집행해요."
        assert [counts["credits"] for _, counts in board.days][-3:] == [0, 30, 30]

    def test_without_yesterday_nothing_is_compared(self, running, minji, people, at):
        complete(people[0], running, at)
        counting.count(at=at)
        board = dashboard.board(minji, at=at)
        assert {figure.change.text for figure in board.figures} == {""}
        assert (board.pace.expected, board.finding) == (None, "")

    def test_the_cap_of_the_day_is_what_running_campaigns_may_spend(self, launch, minji, minji_user, people, at):
        launch(key="a", budget=300, daily_cap=100)
        paused = launch(key="b", budget=300, daily_cap=200)
        assert dashboard.board(minji, at=at).pace.cap == 300
        services.pause(campaign=paused, by=minji_user, at=at)
        assert dashboard.board(minji, at=at).pace.cap == 100


class TestCampaigns:
    def test_every_effective_status_is_counted_and_live_ones_are_listed(self, launch, submit, minji, minji_user, people, visit, at):
        launch(key="runs", budget=100, daily_cap=10, title="달리는 캠페인")
        complete(people[0], Campaign.objects.get(title="달리는 캠페인"), at)
        services.pause(campaign=launch(key="rests", budget=100), by=minji_user, at=at)
        submit(key="waits", budget=100)
        counting.count(at=at)
        board = dashboard.board(minji, at=at)
        assert dict(board.standings) == {"CLOSED_TODAY": 1, "PAUSED": 1, "SUBMITTED": 1}
        tree = visit(at)
        assert [text.split()[0] for text in words(tree, "//*[@id='live-campaigns']//ul/li")] == ["오늘", "일시중지", "심사중"]
        assert len(tree.xpath("//*[@id='live-campaigns']//tbody/tr")) == 2

    def test_the_outlook_holds_the_pace_against_the_plan_and_the_forecast(self, launch, minji, people, at):
        campaign = launch(budget=1_000)  # ten days, 100 participations
        for member in people:
            complete(member, campaign, at + DAY)
        counting.recount(since=at, until=at + 2 * DAY, at=at + 2 * DAY)
        clock.capture(at=at + 2 * DAY)
        (line,) = dashboard.board(minji, at=at + 2 * DAY).lines
        assert (line.confirmed, line.rate, line.outlook.planned, line.outlook.reached) == (0, "100", 20, 8)
        assert (line.outlook.units, line.outlook.word) == (8 + 8 * 4, "계획보다 느려요")  # eight in two days, eight days to go
        assert line.spark == "M0,23 L16,23 L32,23 L48,23 L64,23 L80,1 L96,23"


class TestTodos:
    def test_lists_what_waits_for_the_advertiser_with_the_way_to_it(self, submit, operator, minji, minji_user, visit, at):
        returned, rejected, waiting = (submit(key=key, budget=100, title=key) for key in ("returned", "rejected", "waiting"))
        services.ask_changes(campaign=returned, by=operator, at=at, reason="이미지를 바꿔 주세요")
        services.reject(campaign=rejected, by=operator, at=at, reason="안 돼요")
        BusinessUser.objects.filter(advertiser=minji).update(papers_state="MISSING")
        thread = {"kind": "ADVERTISER", "asker": minji_user, "advertiser": minji, "topic": "OTHER", "key": "k", "created_at": at}
        Inquiry.objects.create(**thread, title="세금계산서", state="ANSWERED")
        found = words(visit(at), "//*[@id='live-todos']//li/a")
        assert set(found) == {
            "캠페인을 고쳐 주세요 returned", "캠페인이 반려됐어요 rejected", "심사하고 있어요 waiting",
            "문의에 답변이 도착했어요 세금계산서", "사업자등록증을 올려 주세요 확인이 끝나야 심사를 빨리 마칠 수 있어요",
        }  # fmt: skip
        assert f"/campaigns/{waiting.public_id}/" in visit(at).xpath("//*[@id='live-todos']//a/@href")
        later = [todo.title for todo in dashboard.board(minji, at=at + timedelta(days=15)).todos]
        assert "캠페인이 반려됐어요" not in later

    def test_somebody_elses_are_not_there(self, submit, eve_user, at):
        submit()
        with time_machine.travel(at, tick=False):
            tree = html.fromstring(browser(eve_user).get(URL).content.decode())
        assert tree.xpath("//canvas | //*[@id='live-campaigns'] | //tbody") == []
        assert "심사하고 있어요" not in tree.xpath("string(//*[@id='live-todos'])")


class TestANewAdvertiser:
    def steps(self, tree):
        return [text.startswith("마쳤어요:") for text in words(tree, "//ol/li")]

    def test_is_led_from_topping_up_to_the_first_campaign(self, eve, eve_user, operator, at):
        client = browser(eve_user)

        def look():
            with time_machine.travel(at, tick=False):
                return self.steps(html.fromstring(client.get(URL).content.decode()))

        assert look() == [False] * 4
        with transaction.atomic():
            ledger.top_up(advertiser=eve, credits=1_000, order_id="eve", gateway="portone", key="eve", at=at)
        assert look() == [True, False, False, False]
        with time_machine.travel(at, tick=False):
            tree = html.fromstring(client.get(URL).content.decode())
        assert tree.xpath("//ol/li//a/@href") == ["/campaigns/new/"]  # one thing at a time
        assert tree.xpath("//canvas") == []  # no axis without figures

    def test_sees_no_steps_once_a_campaign_ran(self, submit, operator, visit, at):
        submitted = submit()
        assert self.steps(visit(at)) == [True, True, True, False]
        services.approve(campaign=submitted, by=operator, at=at)
        assert self.steps(visit(at)) == []


class TestThePage:
    def test_is_asked_again_by_itself_and_every_place_that_is_exchanged_is_there(self, running, people, visit, at):
        complete(people[0], running, at)
        counting.count(at=at)
        tree = visit(at)
        (live,) = tree.xpath("//*[@data-poll]")
        places = live.get("hx-select-oob").split(",")
        assert live.get("hx-get") == URL
        assert [len(tree.xpath(f"//*[@id='{place[1:]}']")) for place in places] == [1] * len(places)
        assert tree.xpath("//script[contains(@src, 'js/polling')]")

    def test_chart_and_table_say_the_same(self, running, people, visit, minji, at):
        for member in people:
            complete(member, running, at)
        counting.count(at=at)
        board = dashboard.board(minji, at=at)
        rows = [[cell.text_content() for cell in row.xpath("./td")] for row in visit(at).xpath("//*[@id='live-days']/tr")]
        bars, line = (series["data"] for series in board.chart["series"])
        assert [(int(row[1]), int(row[2].replace(",", ""))) for row in rows] == list(zip(line[::-1], bars[::-1], strict=True))
        assert rows[0] == ["8", "8", "80"]

    def test_a_reporter_is_offered_nothing_to_spend(self, running, jisoo, at):
        with time_machine.travel(at, tick=False):
            tree = html.fromstring(browser(jisoo).get(URL).content.decode())
        assert tree.xpath("//main//a[@href='/campaigns/new/']") == []

    def test_costs_the_same_however_many_campaigns_and_people_and_never_looks_at_participations(self, launch, minji_user, people, at):
        client = browser(minji_user)

        def asked():
            with time_machine.travel(at + HOUR, tick=False):
                client.get(URL)
                with CaptureQueriesContext(connection) as seen:
                    client.get(URL)
            return [question["sql"] for question in seen if "django_session" not in question["sql"]]

        complete(people[0], launch(key="one", budget=100), at)
        counting.count(at=at + HOUR)
        few = asked()
        for key in ("two", "three", "four"):
            campaign = launch(key=key, budget=100)
            for member in people:
                complete(member, campaign, at)
        counting.count(at=at + HOUR)
        many = asked()
        assert HourlyStat.objects.count() == 4
        assert len(many) == len(few) <= 15, many
        assert not [sql for sql in many if "campaigns_participation" in sql]
