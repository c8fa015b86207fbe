"""Statements: opening + lines = closing, all months together are the balance, and the same period has the same bytes for ever."""

import csv
import hashlib
import io
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from lxml import html
from pypdfium2 import PdfDocument

from bench import breakages
from common import exports
from credits import selectors, statements
from credits import services as credits
from credits.services.closing import close_finished_days
from tests import factories
from tests.live import database_url
from tests.pages import document, follow, words
from tests.signing_in import browser

OCTOBER = datetime(2026, 10, 20, 3, 0, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)
LIST = "/my-page/statements/"


def moves(advertiser, at, name, *, paid=1_000, spent=120, released=80):
    """Top up, hold 300, capture some, release some."""
    with transaction.atomic():
        credits.top_up(advertiser=advertiser, credits=paid, order_id=f"order-{name}", gateway="portone", key=f"{name}:t", at=at)
        subject, label = f"campaign:{name}", f"{name} 캠페인"
        hold = credits.place_hold(advertiser=advertiser, credits=300, subject=subject, subject_label=label, key=f"{name}:h", at=at)
        if spent:
            credits.capture(hold=hold, credits=spent, reward_cost=5, key=f"{name}:c", at=at)
        if released:
            credits.release(hold=hold, credits=released, key=f"{name}:r", at=at)


@pytest.fixture
def story(eve, time_machine_at):
    """Eve in October and November; the clock stands at the second of December, every day before it is closed."""
    moves(eve, OCTOBER, "=가을")
    moves(eve, OCTOBER + timedelta(days=30), "겨울", paid=500)
    close_finished_days(at=DECEMBER)
    time_machine_at(DECEMBER)


def files(advertiser, name="2026-10"):
    made = statements.statement_of(advertiser, statements.period_of(name))
    return {form: make(made) for form, (make, _) in statements.FORMATS.items()}


@pytest.mark.usefixtures("story")
class TestStatement:
    def test_adv_36_opening_and_lines_make_the_closing_in_each_account(self, eve):
        for name in ("2026-10", "2026-11", "2026-12-01"):
            found = statements.statement_of(eve, statements.period_of(name))
            assert sum((line.change for line in found.lines), found.opening) == found.closing
        october, november = (statements.statement_of(eve, statements.period_of(name)) for name in ("2026-10", "2026-11"))
        assert (october.opening, october.closing) == (statements.Credits(), statements.Credits(780, 100, 0))
        assert november.opening == october.closing
        assert [(line.kind, line.change.total, line.after.total) for line in october.lines] == [
            ("TOP_UP", 1_000, 1_000), ("HOLD", 0, 1_000), ("CAPTURE", -120, 880), ("RELEASE", 0, 880),
        ]  # fmt: skip

    def test_adv_36_all_months_together_are_the_balance(self, eve):
        months = statements.months_of(eve)
        assert [(month.period.name, month.came, month.went, month.closing) for month in months] == [
            ("2026-12-01", 0, 0, 1_260), ("2026-11", 500, -120, 1_260), ("2026-10", 1_000, -120, 880),
        ]  # fmt: skip
        assert sum(month.came + month.went for month in months) == selectors.balance(eve).total == months[0].closing

    def test_tells_only_closed_days_by_their_one_name(self):
        for name in ("2026-12", "2026-12-02", "2026-13", "2026-00", "2026-11-31", "2026-1", "now", "2026-10-31", "9999-12"):
            assert statements.period_of(name) is None, name

    def test_is_named_after_its_month_or_its_last_day(self):
        assert statements.period_of("2026-10").title == "2026년 10월"
        assert statements.period_of("2026-12-01").title == "2026년 12월 1일–1일"


@pytest.mark.usefixtures("story")
class TestFiles:
    def test_csv_says_every_figure_and_no_formula(self, eve):
        rows = list(csv.reader(io.StringIO(files(eve)["csv"].decode("utf-8-sig"))))
        assert rows[0] == ["크레딧 명세서", "2026년 10월"]
        assert rows[5] == ["2026-10-20 12:00:00", "충전", "order-=가을", "1000", "0", "0", "1000", "1000"]
        assert rows[7] == ["2026-10-20 12:00:00", "차감", "'=가을 캠페인 (리워드 5 · 서비스 이용료 115)", "0", "-120", "0", "-120", "880"]
        assert rows[-1] == ["", "끝", "", "780", "100", "0", "880", "880"]

    def test_xlsx_keeps_texts_as_texts_and_figures_as_figures(self, eve):
        openpyxl = pytest.importorskip("openpyxl")
        sheet = openpyxl.load_workbook(io.BytesIO(files(eve)["xlsx"])).active
        assert (sheet["C8"].value, sheet["C8"].data_type) == ("=가을 캠페인 (리워드 5 · 서비스 이용료 115)", "s")
        assert (sheet["H9"].value, sheet["H9"].data_type) == (880, "n")

    def test_pdf_can_be_read(self, eve):
        document = PdfDocument(files(eve)["pdf"])
        text = " ".join(document[0].get_textpage().get_text_range().split())
        assert "크레딧 명세서" in text
        assert "2026년 10월" in text
        assert "+1,000" in text
        assert "=가을 캠페인" in text


@pytest.mark.tampers
@pytest.mark.django_db(transaction=True)
class TestTheSameBytes:
    def test_adv_36_after_a_thousand_operations_a_restatement_in_another_process_zone_and_locale(self, story, eve, time_machine_at):
        """What is asked for in December is asked for again in January, by a process on the same database that shares nothing else."""
        before = {form: hashlib.sha256(content).hexdigest() for form, content in files(eve).items()}
        with transaction.atomic():
            credits.top_up(advertiser=eve, credits=9_000, order_id="later", gateway="portone", key="later:t", at=DECEMBER)
            subject = {"subject": "campaign:later", "subject_label": "겨울 방학"}
            hold = credits.place_hold(advertiser=eve, credits=2_000, **subject, key="later:h", at=DECEMBER)
            for number in range(499):
                credits.capture(hold=hold, credits=2, reward_cost=1, key=f"later:c:{number}", at=DECEMBER)
                credits.release(hold=hold, credits=1, key=f"later:r:{number}", at=DECEMBER)
        eve.name = "이름을 바꾼 이브"
        eve.save(update_fields=["name"])
        breakages.a_balance_raised(breakages.Owner(connection))
        with transaction.atomic():
            assert len(credits.restate()) == 1
        later = DECEMBER + timedelta(days=40)
        time_machine_at(later)
        close_finished_days(at=later)

        elsewhere = {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "99"}
        elsewhere |= {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_url()}
        told = subprocess.run(
            [sys.executable, "-c", ELSEWHERE, str(eve.pk)],
            env={**os.environ, **elsewhere},
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        assert dict(line.split() for line in told.stdout.splitlines()) == before

    def test_but_others_once_a_line_of_it_is_another(self, story, eve):
        before = files(eve)
        breakages.Owner(connection).change(
            "UPDATE credits_posting SET amount = amount - 1 WHERE id = (SELECT MIN(p.id) FROM credits_posting p "
            "JOIN credits_account a ON a.id = p.account_id WHERE a.kind = 'AVAILABLE') RETURNING id"
        )
        after = files(eve)
        assert [form for form in before if before[form] == after[form]] == []


ELSEWHERE = """
import hashlib, sys
import django
django.setup()
from advertisers.models import Advertiser
from credits import statements
made = statements.statement_of(Advertiser.objects.get(pk=int(sys.argv[1])), statements.period_of("2026-10"))
for form, (make, _) in statements.FORMATS.items():
    print(form, hashlib.sha256(make(made)).hexdigest())
"""


@pytest.mark.usefixtures("story")
class TestPages:
    def test_list_month_and_files_are_there_for_the_team(self, eve_user):
        client = browser(eve_user)
        heads = html.fromstring(client.get(LIST).content).xpath("//tbody/tr/td[1]")
        assert [" ".join(head.text_content().split()) for head in heads] == ["2026년 12월 1일–1일", "2026년 11월", "2026년 10월"]
        page = client.get(f"{LIST}2026-10/")
        assert "=가을 캠페인" in page.content.decode()
        for form, content in files(eve_user.memberships.get().advertiser).items():
            answer = client.get(f"{LIST}2026-10/{form}/")
            assert answer.content == content
            assert answer["Content-Disposition"] == f'attachment; filename="boost-statement-2026-10.{form}"'

    def test_adv_36_read_off_the_pages_the_months_chain_to_the_balance_and_a_month_later_the_files_are_the_same(
        self, eve_user, time_machine_at
    ):
        client = browser(eve_user)
        listed = document(client.get(LIST))
        came_and_went = read_off(listed, '//td[@data-label="들어온 크레딧" or @data-label="나간 크레딧"]')
        balance = client.get("/api/v1/balance").json()
        assert sum(came_and_went) == balance["available"] + balance["held"] + balance["frozen"] == 1_260
        for name in ("2026년 10월", "2026년 11월"):
            page = document(follow(client, client.get(LIST), name))
            opening, closing = read_off(page, '//section[@aria-label="시작과 끝"]//*[contains(@class, "money")]')
            changes = read_off(page, '//td[@data-label="쓸 수 있음" or @data-label="묶임" or @data-label="환불 대기"]')
            assert opening + sum(changes) == closing
        before = {form: client.get(f"{LIST}2026-10/{form}/").content for form in statements.FORMATS}
        later = DECEMBER + timedelta(days=31)
        time_machine_at(later)
        close_finished_days(at=later)
        again = browser(eve_user)
        assert {form: again.get(f"{LIST}2026-10/{form}/").content for form in statements.FORMATS} == before

    def test_open_days_and_unknown_forms_are_not_found(self, eve_user):
        client = browser(eve_user)
        for address in (f"{LIST}2026-12/", f"{LIST}2026-12-02/", f"{LIST}2026-10/exe/", f"{LIST}2026-12/pdf/"):
            assert client.get(address).status_code == 404

    def test_shows_everybody_their_own_alone(self):
        stranger = factories.MembershipFactory().user
        text = browser(stranger).get(f"{LIST}2026-10/").content.decode()
        assert "이 기간에는 변동이 없었어요" in text
        assert "가을" not in text

    def test_asks_the_same_number_of_questions_however_much_there_is(self, eve, eve_user):
        client, counts = browser(eve_user), []
        client.get(LIST)
        for address in (f"{LIST}2026-10/", f"{LIST}2026-11/", LIST):
            with CaptureQueriesContext(connection) as asked:
                client.get(address)
            counts.append(len(asked))
        assert counts == [counts[0], counts[0], counts[0] - 3]


def read_off(page, xpath):
    """The amounts that stand in these places of a page."""
    return [int(words(place).replace(",", "").replace("−", "-")) for place in page.xpath(xpath)]


class TestBeforeTheFirstDayIsClosed:
    def test_there_is_no_statement(self, minji, minji_user):
        assert statements.months_of(minji) == []
        assert statements.period_of("2026-11") is None
        assert "아직 명세서가 없어요" in browser(minji_user).get(LIST).content.decode()


class TestSafe:
    @pytest.mark.parametrize(
        "text", ["=1+1", "+1", "-1", "@SUM(A1)", "|calc", "%0", " =1", "\t=1", "\n=1", "＝1", "＋1", "－1", "＠1", "\u3000=1", "\ufeff=1"]
    )
    def test_puts_a_quote_before_what_a_spreadsheet_would_run(self, text):
        assert exports.safe(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["", "가을 캠페인", "a=1", "2026-10", "(주)민지네"])
    def test_leaves_the_rest_alone(self, text):
        assert exports.safe(text) == text

    def test_the_font_is_built_from_its_package_and_not_ours(self):
        assert not [path for path in Path(settings.BASE_DIR, "static").rglob("*.[to]tf") if "dist" not in path.parts]

    def test_periods_end_where_their_month_ends(self):
        assert statements.Period(date(2028, 2, 1), date(2028, 2, 29)).name == "2028-02"
        assert statements.Period(date(2028, 2, 1), date(2028, 2, 28)).name == "2028-02-28"
