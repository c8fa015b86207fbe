"""The page of analytics and its twin in the API: the figures of a plain count, told to nobody else, at the same cost for any number."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from campaigns.models import HourlyStat
from campaigns.questions import Period
from campaigns.services import clock, counting, counting_people
from common.kst import day_of
from tests import factories
from tests.campaigns.test_analytics import DAY, SHOWN, crowd, pairs, plain, world
from tests.campaigns.test_exports import HEADS, _a_place_for_files, made
from tests.campaigns.test_participation import complete, start
from tests.signing_in import browser

__all__ = ["_a_place_for_files", "crowd", "world"]
URL, API = "/my-page/analytics/", "/api/v1/analytics"


@pytest.fixture
def ask(minji_user):
    """Minji's browser asks an address at a moment."""
    clients = {}

    def ask(url, at, status=200, **query):
        with time_machine.travel(at, tick=False):
            client = clients[at] = clients.get(at) or browser(minji_user)  # sessions do not last for ever
            answer = client.get(url, query)
        assert answer.status_code == status
        return answer

    return ask


def tree_of(answer):
    return html.fromstring(answer.content.decode())


def numbers(tree, table, columns):
    """The sums of the columns of a table."""
    rows = [
        [cell.xpath("string((.//b|.)[last()])").replace(",", "").strip() for cell in row.xpath("./td|./th")]
        for row in tree.xpath(f"//*[@id='{table}']/tr")
    ]
    return [sum(int(row[column]) for row in rows) for column in columns]


def asked(campaign, period):
    return {"first": period.first, "last": period.last} | ({"campaign": campaign.public_id} if campaign else {})


class TestTheTruth:
    def test_s_82_s_83_for_twenty_campaigns_and_periods_page_chart_table_file_and_api_equal_a_plain_count(self, world, minji, ask, at):
        campaigns, end = world
        seen = Counter()
        for number, (campaign, period) in enumerate(pairs(campaigns, at)):
            wanted = plain(minji, campaign, period)
            rows = made(minji, end, key=str(number), **asked(campaign, period))
            assert {name: sum(int(row[head]) for row in rows) for name, head in HEADS.items()} == wanted
            told = ask(API, end, **asked(campaign, period)).json()
            assert {name: told["total"]["counts"][name] for name in SHOWN} == wanted
            days = [plain(minji, campaign, Period(on, on)) for on in (period.first + n * DAY for n in range(period.days))]
            assert [{name: day["counts"][name] for name in SHOWN} for day in told["days"]] == days
            page = ask(URL, end, **asked(campaign, period))
            tree, sums = tree_of(page), [wanted["started"], wanted["confirmed"], wanted["credits"]]
            if not wanted["started"]:
                assert "이 기간에는 아직 숫자가 없어요" in page.text
                continue
            assert numbers(tree, "days", (1, 2, 3)) == numbers(tree, "hours", (1, 2, 3)) == sums
            bars, line = (series["data"] for series in page.context["days_chart"]["series"])
            assert (line, bars) == ([day["confirmed"] for day in days], [day["credits"] for day in days])
            assert sum(page.context["hours_chart"]["series"][0]["data"]) == wanted["started"]
            tiles = {tile.label: tile.value for tile in page.context["tiles"]}
            assert (tiles["참여 시작"], tiles["참여 완료"], tiles["집행 크레딧"]) == tuple(f"{number:,}" for number in sums)
            if campaign is None:
                assert numbers(tree, "campaigns", (2, 3, 5)) == sums
            seen[campaign] += 1
        assert len(seen) == 4  # every campaign, and all of them together


class TestThePage:
    def test_shows_the_last_week_and_says_what_is_provisional(self, running, suji, ask, at):
        complete(suji, running, at)
        start(factories.MemberFactory(), running, at)
        counting.count(at=at)
        page = ask(URL, at)
        assert page.context["period"].days == 7
        assert "잠정 숫자가 들어 있어요" in page.text
        assert [tile.open for tile in page.context["tiles"]] == ["", "참여 중 1건", "잠정 1건", "", "잠정 10"]
        assert tree_of(page).xpath("//*[@id='days']/tr/th/span/text()") == ["확정"] * 6 + ["잠정"]

    def test_says_that_all_is_final_once_it_is(self, running, suji, ask, at):
        complete(suji, running, at)
        counting.recount_yesterday(at=at + DAY)
        page = ask(URL, at + DAY, first=day_of(at), last=day_of(at))
        assert "이 기간의 숫자는 확정됐어요" in page.text
        assert "잠정 " not in tree_of(page).xpath("string(//section[@aria-label='성과 요약'])")

    def test_compares_with_the_days_before(self, running, suji, ask, at):
        complete(suji, running, at)
        for _ in range(2):
            complete(factories.MemberFactory(), running, at + DAY)
        counting.recount(since=at, until=at + 2 * DAY, at=at + 2 * DAY)
        page = ask(URL, at + 2 * DAY, first=day_of(at + DAY), last=day_of(at + DAY), compare="before")
        assert [tile.change.text for tile in page.context["tiles"]][1:] == ["100%", "100%", "변동 없음", "100%"]
        assert tree_of(page).xpath("//*[@id='campaigns']//td[@data-label='앞 1일 집행']/text()") == ["10"]

    def test_shows_why_people_did_not_finish_and_who_they_were(self, launch, ask, at):
        campaign = launch(budget=500)
        for _ in range(12):
            start(factories.MemberFactory(sex="FEMALE", birth_year=1995), campaign, at)
        start(factories.MemberFactory(sex="MALE"), campaign, at)
        clock.sweep(at=at + DAY)
        counting.recount_yesterday(at=at + DAY)
        counting_people.count_people(at=at + DAY)
        tree = tree_of(ask(URL, at + DAY))
        assert "시간 안에 마치지 않았어요" in tree.text_content()
        rows = {trait: tree.xpath(f"//*[@data-trait='{trait}']/tr/th/text()") for trait in ("SEX", "AGE", "SYSTEM")}
        assert rows == {"SEX": ["묶음"], "AGE": ["묶음"], "SYSTEM": ["안드로이드"]}  # the one man hides the twelve women

    @pytest.mark.parametrize(
        ("query", "sentence"),
        [
            ({"first": "2026-11-20", "last": "2026-11-10"}, "시작일과 같거나 뒤인 날을 골라 주세요."),
            ({"first": "2024-01-01", "last": "2026-01-01"}, "한 번에 366일까지 볼 수 있어요."),
            ({"first": "어제"}, "날짜를 다시 확인해 주세요."),
            ({"last": "9999-12-31"}, "2100-12-31까지 적을 수 있어요."),
            ({"first": "9999-12-31"}, "2100-12-31까지 적을 수 있어요."),
            ({"last": "0001-01-01"}, "2020-01-01부터 적을 수 있어요."),
            ({"type": "DANCE"}, "고를 수 있는 유형이 아니에요."),
            ({"campaign": "x"}, "번호 형식이 맞지 않아요."),
            ({"campaign": "00000000-0000-4000-8000-000000000000"}, "캠페인을 찾을 수 없어요."),
            ({"compare": "always"}, "고를 수 있는 값이 아니에요."),
        ],
    )
    def test_what_cannot_be_asked_is_told_beside_the_field(self, running, ask, at, query, sentence):
        page = ask(URL, at, status=422, **query)
        (name,) = page.context["form"].errors
        assert tree_of(page).xpath(f"//*[@id='id_{name}_m']/p/text()")[-1].strip() == sentence

    def test_a_campaign_of_somebody_else_is_not_there(self, running, eve_user, at):
        with time_machine.travel(at, tick=False):
            client = browser(eve_user)
            page = client.get(URL, {"campaign": running.public_id})
            assert page.status_code == 422
            assert running.title not in page.text
            assert client.get(API, {"campaign": running.public_id}).status_code == 404
            assert client.get(API).json()["total"]["counts"]["started"] == 0

    def test_every_chart_is_a_table_too_and_no_script_stands_in_the_page(self, running, suji, ask, at):
        complete(suji, running, at)
        counting.count(at=at)
        tree = tree_of(ask(URL, at))
        assert len(tree.xpath("//canvas[@data-chart]")) == 2
        assert len(tree.xpath("//canvas/ancestor::section[1][.//table]")) == 2
        assert tree.xpath("//script[not(@src) and not(@type='application/json')]") == []

    def test_asks_at_most_twelve_questions_however_many_took_part_and_none_about_participations(self, launch, crowd, minji_user, at):
        client = browser(minji_user)

        def questions(url, **query):
            with time_machine.travel(at + DAY, tick=False):
                client.get(url)
                with CaptureQueriesContext(connection) as seen:
                    assert client.get(url, query).status_code == 200
            return [question["sql"] for question in seen if "django_session" not in question["sql"]]

        complete(crowd[0], launch(key="one", budget=300), at)
        counting.count(at=at + DAY)
        queries = ({}, {"compare": "before", "first": "2026-01-01", "last": "2026-11-30"})
        few = [questions(url, **query) for url in (URL, API) for query in queries]
        for key in ("two", "three"):
            campaign = launch(key=key, budget=300)
            for member in crowd[:28]:
                complete(member, campaign, at + timedelta(minutes=1))
        counting.recount(since=at, until=at + DAY, at=at + DAY)
        counting_people.count_people(at=at + DAY)
        many = [questions(url, **query) for url in (URL, API) for query in queries]
        assert HourlyStat.objects.count() == 3
        assert [len(one) for one in many] == [len(one) for one in few]
        assert max(len(one) for one in many) <= 12, many
        assert not [sql for one in many for sql in one if "campaigns_participation" in sql]


class TestTheApi:
    def test_speaks_to_a_key_that_may_read_campaigns(self, world, minji, ask, at):
        _, end = world
        told = ask(API, end, first=day_of(at), last=day_of(end), compare="before").json()
        assert set(told) == {
            "first", "last", "total", "before", "days", "campaigns", "types", "hours", "funnel", "refusals", "people", "as_of",
        }  # fmt: skip
        assert (len(told["hours"]), len(told["people"]), told["total"]["is_final"]) == (24, 4, False)

    def test_refuses_what_the_page_refuses(self, running, ask, at):
        refused = ask(API, at, status=422, first="2026-11-20", last="2026-11-10").json()
        assert refused["code"]
        assert "시작일과 같거나 뒤인 날을 골라 주세요." in str(refused)

    @pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
    def test_refuses_days_where_the_calendar_ends(self, running, ask, at, day):
        for query in ({"last": day}, {"first": day}, {"first": day, "last": day, "compare": "before"}):
            assert ask(API, at, status=422, **query).json()["code"]
        assert ask(f"/api/v1/campaigns/{running.public_id}/hours", at, status=422, on=day).json()["code"]
