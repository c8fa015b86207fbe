"""Files of numbers: equal to a plain count, harmless in spreadsheets, made once by a worker, fetched by the team alone."""

import csv
import io
import tracemalloc
from datetime import timedelta

import openpyxl
import pytest
import time_machine
from django.core.files.storage import storages
from django.urls import reverse

from campaigns import analytics
from campaigns.models import Campaign, Export
from campaigns.questions import AnalyticsIn, question_of
from campaigns.services import counting, counting_people, exporting
from campaigns.stats import Counts
from common import effects, exports, handlers
from common.kst import FIRST_DAY, day_of
from common.models import Effect
from identity.models import Notification
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

    def test_of_a_campaign_that_is_not_of_the_chosen_type_the_file_says_what_the_page_says_nothing(self, running, suji, minji, at):
        complete(suji, running, at)
        counting.count(at=at)
        asked = {"campaign": running.public_id, "first": day_of(at), "last": day_of(at)}
        for what in ("DAYS", "HOURS", "PEOPLE"):
            assert made(minji, at, what=what, key=f"{what} other", type="QUIZ", **asked) == []
        assert len(made(minji, at, key="same", type=running.type, **asked)) == 1
        question = question_of(AnalyticsIn(type="QUIZ", **asked), advertiser=minji, today=day_of(at))
        assert analytics.answer(question).total.counts == Counts()

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

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_no_row_is_kept_once_it_is_written(self, running, minji, at, monkeypatch, form):
        class Row(list):
            alive, most = 0, 0

            def __init__(self, *cells):
                super().__init__(cells)
                Row.alive += 1
                Row.most = max(Row.most, Row.alive)

            def __del__(self):
                Row.alive -= 1

        monkeypatch.setattr(exporting, "lines", lambda *asked, **about: (Row("2026-11-25", number) for number in range(500)))
        ask(minji, at, form=form)
        effects.run_due(at=at)
        assert (Export.objects.get().rows, Row.most <= 2) == (500, True)

    def test_a_long_sheet_is_the_same_as_a_short_one_and_needs_little_memory(self):
        """The same rows give the same bytes; those of a long sheet do not lie in memory meanwhile."""

        def rows():
            return ([f"캠페인 {number}", f"유형 {number}", number, number + 1] for number in range(4_000))

        def peak(**how):
            tracemalloc.start()
            file = exports.xlsx_file(rows(), title="성과", widths=(20,), **how)
            needed = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return needed, file

        (much, short), (little, long) = peak(), peak(is_long=True)
        assert little * 3 < much
        assert exports.xlsx_file(rows(), title="성과", widths=(20,), is_long=True) == long
        first, second = (openpyxl.load_workbook(io.BytesIO(file), read_only=True).active for file in (short, long))
        assert list(first.iter_rows(values_only=True)) == list(second.iter_rows(values_only=True))

    @pytest.mark.parametrize("failure", [OverflowError, OSError])
    def test_whatever_keeps_it_from_being_made_whoever_asked_is_told_in_the_end(self, running, minji, at, monkeypatch, failure):
        def breaks(*asked, **about):
            raise failure

        monkeypatch.setattr(exporting, "lines", breaks)
        ask(minji, at)
        (effect,) = Effect.objects.filter(kind=exporting.KIND)
        for number in range(exporting.LAST_TRY):
            assert Export.objects.get().state == "WAITING"
            effects.work(effect.pk, at=at + number * timedelta(hours=1))
        effect.refresh_from_db()
        assert (Export.objects.get().state, effect.state) == ("FAILED", Effect.State.FAILED)
        assert Notification.objects.get(kind="campaigns.export_failed").user == minji.memberships.get(role="OWNER").user

    def test_days_that_were_asked_for_with_the_first_of_all_as_their_end_can_be_made(self, running, minji, at):
        assert made(minji, at, last=FIRST_DAY) == []
        assert (Export.objects.get().asked["first"], Export.objects.get().state) == ("2020-01-01", "DONE")

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
