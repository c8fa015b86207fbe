"""The credit history as files: the lines of the page, all of them, harmless in a spreadsheet."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from django.db import transaction

from credits import selectors
from credits import services as credits
from tests.signing_in import browser

FILES = "/my-page/credit/files"


def lines(user, form="csv", **query):
    answer = browser(user).get(f"{FILES}/{form}/", query)
    assert answer.status_code == 200
    if form == "csv":
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    return [[cell if cell is not None else "" for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.fixture
def lived(minji, at):
    """A hold with a name that a spreadsheet would run, half of it spent, and a bonus."""
    with transaction.atomic():
        hold = credits.place_hold(advertiser=minji, credits=400, subject="campaign:1", subject_label='=HYPERLINK("evil")', key="h", at=at)
        credits.capture(hold=hold, credits=150, reward_cost=0, key="c", at=at)
        credits.grant_bonus(advertiser=minji, credits=50, key="b", at=at, expires_at=at + timedelta(days=9), reason="+사과")


class TestTheFile:
    def test_s_80_adds_up_to_the_balance_line_by_line(self, lived, minji, minji_user):
        heads, *rows = lines(minji_user)
        assert heads[:6] == ["일시", "구분", "쓸 수 있는 크레딧 변동", "묶인 크레딧 변동", "환불 대기 변동", "쓸 수 있는 크레딧"]
        changes = [int(row[2]) for row in reversed(rows)]
        assert [int(row[5]) for row in reversed(rows)] == [sum(changes[: n + 1]) for n in range(len(changes))]
        assert int(rows[0][5]) == selectors.balance(minji).available

    def test_s_80_is_the_same_as_a_sheet(self, lived, minji_user):
        sheet = [[str(cell) for cell in row] for row in lines(minji_user, "xlsx")]
        assert [row[:6] for row in sheet] == [row[:6] for row in lines(minji_user)]

    def test_s_57_s_80_follows_the_filters_of_the_page(self, lived, minji_user):
        assert [row[1] for row in lines(minji_user, kind="bonus")[1:]] == ["보너스"]
        assert len(lines(minji_user, kind="nonsense")) == len(lines(minji_user))
        assert len(lines(minji_user, kind="refund")) == 1

    def test_runs_nothing_in_a_spreadsheet(self, lived, minji_user):
        cells = [cell for row in lines(minji_user) for cell in row]
        assert '\'=HYPERLINK("evil")' in cells
        assert "'+사과" in cells

    def test_is_of_the_own_team_and_known_forms_alone(self, lived, eve_user, minji_user):
        assert len(lines(eve_user)) == 1
        assert browser(minji_user).get(f"{FILES}/pdf/").status_code == 404

    def test_takes_as_many_queries_for_many_lines(self, lived, minji, minji_user, at, django_assert_max_num_queries):
        client = browser(minji_user)
        client.get(f"{FILES}/csv/")
        with django_assert_max_num_queries(12):
            client.get(f"{FILES}/csv/")
