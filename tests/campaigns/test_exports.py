"""Files of numbers: equal to a plain count, harmless in spreadsheets, made once by a worker, fetched by the team alone."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
import time_machine
from django.core.files.storage import storages
from django.urls import reverse

from campaigns.models import Campaign, Export
from campaigns.questions import AnalyticsIn
from campaigns.services import counting, counting_people, exporting
from common import effects, handlers
from common.kst import day_of
from common.models import Effect
from tests import factories
from tests.campaigns.test_analytics import DAY, SHOWN, crowd, pairs, plain, world
from tests.campaigns.test_participation import complete, start
from tests.doubler import run_doubled
from tests.signing_in import browser

__all__ = ["crowd", "world"]
LIST, CREATE = "/my-page/analytics/exports/", "/my-page/analytics/exports/create/"
HEADS = dict(
    zip(SHOWN, ("참여 시작", "참여 완료", "인정 안 함", "시간 지남", "나중에 취소", "참여 중", "집행 크레딧", "티켓"), strict=True)
)
KEY = "00000000-0000-4000-8000-00000000000a"


@pytest.fixture(autouse=True)
def _a_place_for_files(settings, tmp_path):
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "private": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}}}
    handlers.load()


def ask(minji, at, *, what="DAYS", form="csv", key=KEY, **asked):
    by = minji.memberships.get(role="OWNER").user
    return exporting.ask_for_export(advertiser=minji, asked=AnalyticsIn.model_validate(asked), what=what, form=form, by=by, at=at, key=key)


def made(minji, at, **asked):
    """The file as rows of a table, made by the queue."""
    export = ask(minji, at, **asked)
    effects.run_due(at=at)
    export.refresh_from_db()
    assert (export.state, export.done) == ("DONE", export.total)
    raw = storages["private"].open(export.file).read()
    if export.form == "csv":
        return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    head, *rows = openpyxl.load_workbook(io.BytesIO(raw)).active.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


class TestTheTruth:
    def test_s_83_for_twenty_campaigns_and_periods_the_file_equals_a_plain_count(self, world, minji, at):
        campaigns, end = world
        for number, (campaign, period) in enumerate(pairs(campaigns, at)):
            form = ("csv", "xlsx")[number % 2]
            about = {"campaign": campaign.public_id} if campaign else {}
            rows = made(minji, end, form=form, key=str(number), first=period.first, last=period.last, **about)
            assert {name: sum(int(row[head]) for row in rows) for name, head in HEADS.items()} == plain(minji, campaign, period)

    def test_hours_and_people_come_from_there_too(self, launch, minji, at):
        campaign = launch(budget=500)
        for _ in range(12):
            start(factories.MemberFactory(sex="FEMALE"), campaign, at)
        counting.recount_yesterday(at=at + DAY)
        counting_people.count_people(at=at + DAY)
        (hour,) = made(minji, at + DAY, what="HOURS", key="h")
        assert (hour["시간"], hour["참여 시작"]) == ("2026-11-25 12시", "12")
        people = made(minji, at + DAY, what="PEOPLE", key="p")
        assert [(row["구분"], row["값"], row["참여 시작"]) for row in people] == [
            ("나이대", "알 수 없음", "12"), ("성별", "여성", "12"), ("사는 지역", "알 수 없음", "12"), ("기기", "안드로이드", "12"),
        ]  # fmt: skip

    def test_a_title_that_a_spreadsheet_would_run_is_a_text(self, running, suji, minji, at):
        complete(suji, running, at)
        Campaign.objects.update(title="=HYPERLINK(1)")
        counting.count(at=at)
        (row,) = made(minji, at, key="c")
        assert (row["캠페인"], row["상태"]) == ("'=HYPERLINK(1)", "잠정")
        (row,) = made(minji, at, form="xlsx", key="x")
        assert row["캠페인"] == "=HYPERLINK(1)"  # written as a text there


class TestMaking:
    def test_pressed_twice_it_is_one_file_and_one_piece_of_work(self, running, minji, at):
        assert ask(minji, at) == ask(minji, at)
        assert Effect.objects.filter(kind=exporting.KIND).count() == 1

    def test_doubled_late_and_in_pieces_it_is_made_once(self, running, suji, minji, at):
        complete(suji, running, at)
        counting.count(at=at)
        ask(minji, at)
        run_doubled(at=at)
        export = Export.objects.get()
        assert (export.state, export.rows, storages["private"].listdir("exports")[1]) == ("DONE", 1, [f"{export.public_id}.csv"])

    def test_refuses_more_than_it_can_make_and_writes_nothing(self, running, minji, at):
        for number in range(5):
            ask(minji, at, key=str(number))
        with pytest.raises(exporting.TooManyExports):
            ask(minji, at, key="sixth")
        with pytest.raises(exporting.ExportTooLong):
            ask(minji, at, what="HOURS", key="long", first=day_of(at) - 31 * DAY, last=day_of(at))
        assert Export.objects.count() == Effect.objects.filter(kind=exporting.KIND).count() == 5

    def test_a_file_is_forgotten_after_a_week(self, running, minji, at):
        made(minji, at)
        assert exporting.forget_exports(until=at) == 0
        assert exporting.forget_exports(until=at + timedelta(seconds=1)) == 1
        assert storages["private"].listdir("exports")[1] == []


class TestThePages:
    @pytest.fixture
    def owner(self, minji_user, at):
        with time_machine.travel(at, tick=False):
            yield browser(minji_user)

    def test_the_form_asks_the_row_shows_how_far_it_is_and_the_file_is_fetched(self, running, suji, owner, at):
        complete(suji, running, at)
        counting.count(at=at)
        answer = owner.post(CREATE, {"what": "DAYS", "form": "csv", "key": KEY, "campaign": running.public_id}, follow=True)
        export = Export.objects.get()
        state = reverse("campaigns:export", args=[export.public_id])
        assert f'hx-get="{state}"' in answer.text
        assert "<progress" in owner.get(state).text
        assert owner.get(f"{state}file/").status_code == 404
        effects.run_due(at=at)
        assert "hx-get" not in owner.get(state).text  # it stops asking
        file = owner.get(f"{state}file/")
        assert file["Content-Disposition"] == 'attachment; filename="boost-days-2026-11-19-2026-11-25.csv"'
        assert file.content.startswith("\ufeff날짜,".encode())

    def test_the_page_of_analytics_hands_its_question_on(self, running, owner):
        form = owner.get(LIST, {"first": "2026-11-20", "campaign": running.public_id}).context["form"]
        assert (form["first"].value(), form["campaign"].value()) == ("2026-11-20", str(running.public_id))

    def test_what_cannot_be_made_is_refused_in_words(self, running, owner):
        answer = owner.post(CREATE, {"what": "HOURS", "form": "csv", "key": KEY, "first": "2026-01-01", "last": "2026-11-25"})
        assert answer.status_code == 422
        assert "31일까지" in answer.text
        assert owner.post(CREATE, {"what": "ALL", "form": "pdf", "key": KEY}).status_code == 422
        assert not Export.objects.exists()

    def test_strangers_find_neither_row_nor_file(self, running, minji, eve_user, at):
        export = ask(minji, at)
        effects.run_due(at=at)
        with time_machine.travel(at, tick=False):
            eve = browser(eve_user)
            for address in (
                reverse("campaigns:export", args=[export.public_id]),
                reverse("campaigns:export-file", args=[export.public_id]),
            ):
                assert eve.get(address).status_code == 404
            assert str(export.public_id) not in eve.get(LIST).text
            answer = eve.post(CREATE, {"what": "DAYS", "form": "csv", "key": KEY, "campaign": running.public_id})
            assert (answer.status_code, Export.objects.count()) == (422, 1)
