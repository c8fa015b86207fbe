"""Lists from files: a dry run that shows every line, then all of it or nothing."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile

from backoffice import imports, rights
from common import exports
from identity.models import User
from inquiries.models import Faq, Notice
from rewards.models import GifticonPriceRule
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at as address
from tests.backoffice.pressing import said

FAQ = ("주제", "질문", "답변", "순서", "보이기")
WHY = {"reason": "상담에서 자주 나온 질문이에요"}

pytestmark = pytest.mark.usefixtures("storage_of_its_own")


@pytest.fixture(autouse=True)
def clock(at):
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def editor(db):
    return enter(hire("boram", rights.CONTENT))


def file(rows, name="질문.csv"):
    content = exports.xlsx_file(rows, title="질문") if name.endswith("xlsx") else exports.csv_file(rows)
    return SimpleUploadedFile(name, content)


def look(client, rows, kind="faq", name="질문.csv"):
    return client.post(address("list-import-look", kind), {"file": file(rows, name)})


def take(client, answer, kind="faq", **more):
    return client.post(address("list-import-take", kind), {"token": answer.context["look"].token, **WHY, **more}, follow=True)


def deeds(answer):
    return [line.deed for line in answer.context["look"].lines]


@pytest.fixture
def known(db):
    Faq.objects.create(topic=Faq.Topic.REFUND, question="환불은 언제 되나요?", answer="5일 안에 돼요.", position=10)
    Faq.objects.create(topic=Faq.Topic.REFUND, question="부분 환불도 되나요?", answer="돼요.", position=20)


ROWS = [
    FAQ,
    ("환불", "환불은 언제 되나요?", "3일 안에 돼요.", "10", "예"),
    ("환불", "부분 환불도 되나요?", "돼요.", "20", "예"),
    ("시작하기", "누가 쓸 수 있나요?", "누구나요.", "1", "아니요"),
]


class TestADryRun:
    @pytest.mark.parametrize("name", ["질문.csv", "질문.xlsx"])
    def test_shows_every_line_with_what_would_become_of_it_and_changes_nothing(self, editor, known, name):
        answer = look(editor, ROWS, name=name)
        assert deeds(answer) == ["CHANGED", "SAME", "NEW"]
        assert answer.context["look"].lines[0].changes == (("답변", "5일 안에 돼요.", "3일 안에 돼요."),)
        assert "새로 1줄 · 바뀜 1줄 · 그대로 1줄" in " ".join(answer.text.split())
        assert (Faq.objects.count(), Faq.objects.filter(answer="3일 안에 돼요.").count(), LogEntry.objects.count()) == (2, 0, 0)

    def test_says_in_korean_what_is_wrong_with_which_line_and_offers_nothing_to_take(self, editor, known):
        wrong = [FAQ, ("환뷸", "무엇인가요?", "이거요.", "1", "예"), ("환불", "언제인가요?", "지금요.", "열", "글쎄"), ROWS[3]]
        answer = look(editor, wrong)
        assert deeds(answer) == ["FAULTY", "FAULTY", "NEW"]
        faults = [line.faults for line in answer.context["look"].lines]
        assert faults[0] == ("주제 시작하기, 크레딧과 결제, 캠페인과 심사, 환불 가운데 하나를 적어 주세요.",)
        assert set(faults[1]) == {"순서 숫자로 적어 주세요.", "보이기 예 또는 아니요로 적어 주세요."}
        assert (answer.context["look"].token, "이대로 가져오기" in answer.text) == ("", False)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "골라 주세요"),
            (b"\x00\x01\x02" * 50, "열이 있어야 해요"),
            (b"PK\x03\x04broken", "깨졌어요"),
            ("질문,답변\n하나,둘\n".encode(), "주제, 순서, 보이기 열이 있어야 해요"),
            (("주제,질문,답변,순서,보이기\n" + "환불,가,나,1,예\n" * 1_001).encode(), "1,000줄까지"),
            (b"x" * 1_000_001, "1MB까지"),
        ],
        ids=["empty", "binary", "broken", "columns", "lines", "large"],
    )
    def test_refuses_a_file_in_words(self, editor, content, words):
        answer = editor.post(address("list-import-look", "faq"), {"file": SimpleUploadedFile("x.csv", content)})
        assert (answer.status_code, words in answer.text, Faq.objects.count()) == (422, True, 0)

    def test_reads_what_korean_excel_saves(self, editor):
        content = "\r\n".join(",".join(row) for row in ROWS).encode("cp949")
        answer = editor.post(address("list-import-look", "faq"), {"file": SimpleUploadedFile("x.csv", content)})
        assert deeds(answer) == ["NEW", "NEW", "NEW"]

    def test_is_tried_with_the_example_that_the_page_offers(self, editor):
        example = editor.get(address("list-import-example", "faq")).content
        answer = editor.post(address("list-import-look", "faq"), {"file": SimpleUploadedFile("x.csv", example)})
        assert deeds(answer) == ["NEW"]


class TestTakingOver:
    def test_does_what_was_shown_with_a_line_of_history_for_each(self, editor, known):
        answer = take(editor, look(editor, ROWS))
        assert "자주 묻는 질문 1줄을 새로 넣고 1줄을 바꿨어요." in said(answer)
        rows = Faq.objects.order_by("position").values_list("question", "answer", "is_shown")
        assert list(rows) == [
            ("누가 쓸 수 있나요?", "누구나요.", False),
            ("환불은 언제 되나요?", "3일 안에 돼요.", True),
            ("부분 환불도 되나요?", "돼요.", True),
        ]
        lines = LogEntry.objects.values_list("user__username", "change_message")
        assert set(lines) == {("boram", f"파일에서 가져왔어요 · {WHY['reason']}")}
        assert LogEntry.objects.count() == 2

    def test_is_done_once(self, editor, known):
        shown = look(editor, ROWS)
        take(editor, shown)
        assert "그 사이에 내용이 바뀌었거나" in said(take(editor, shown))
        assert (Faq.objects.count(), LogEntry.objects.count()) == (3, 2)

    def test_is_done_once_though_the_second_press_came_before_the_file_was_gone(self, editor, known, monkeypatch):
        rows = [("제목", "내용", "맨 위에 고정", "보이기 시작하는 때", "그만 보이는 때"), ("점검", "쉬어요.", "예", "2027-01-31 09:00", "")]
        shown = look(editor, rows, "notices")
        monkeypatch.setattr(type(storages["private"]), "delete", lambda self, name: None)
        take(editor, shown, "notices")
        assert "이미 처리했거나" in said(take(editor, shown, "notices"))
        assert (Notice.objects.count(), LogEntry.objects.count()) == (1, 1)

    def test_is_refused_when_somebody_changed_a_row_in_between(self, editor, known):
        shown = look(editor, ROWS)
        Faq.objects.filter(position=10).update(answer="4일 안에 돼요.")
        assert "그 사이에 내용이 바뀌었거나" in said(take(editor, shown))
        assert (Faq.objects.count(), Faq.objects.get(position=10).answer) == (2, "4일 안에 돼요.")

    def test_is_refused_to_somebody_else_after_an_hour_and_without_a_reason(self, editor, known, clock):
        shown = look(editor, ROWS)
        other = enter(hire("chanho", rights.CONTENT))
        assert "그 사이에" in said(take(other, shown))
        assert take(editor, shown, reason="").status_code == 422
        clock.shift(timedelta(hours=2))
        assert "그 사이에" in said(take(enter(User.objects.get(username="boram")), shown))
        assert Faq.objects.count() == 2

    def test_leaves_no_file_behind(self, editor):
        store = storages["private"]
        shown = look(editor, ROWS)
        assert len(store.listdir("imports")[1]) == 1
        take(editor, shown)
        assert store.listdir("imports")[1] == []


class TestOtherLists:
    def test_notices_keep_seouls_clock(self, editor):
        rows = [("제목", "내용", "맨 위에 고정", "보이기 시작하는 때", "그만 보이는 때"), ("점검", "쉬어요.", "예", "2027-01-31 09:00", "")]
        take(editor, look(editor, rows, "notices"), "notices")
        row = Notice.objects.get()
        assert (row.is_pinned, row.shown_from.isoformat(), row.shown_until) == (True, "2027-01-31T00:00:00+00:00", None)

    def test_s_100_markups_are_written_by_their_own_service_and_refused_in_its_words(self, editor, minji):
        rows = [
            ("코드", "더함(%)", "시작", "이유"),
            ("NOTHING", "5", "2027-01-31 00:00", "공급가 인상"),
            ("X", "500", "2027-01-31", "인상"),
        ]
        answer = look(editor, rows, "markups")
        assert deeds(answer) == ["FAULTY", "FAULTY"]
        assert "그런 상품이나 브랜드 코드가 없어요." in answer.context["look"].lines[0].faults[0]
        assert answer.context["look"].lines[1].faults == ("더하는 비율은 -50부터 100까지예요.",)
        assert GifticonPriceRule.objects.count() == 0

    def test_are_closed_to_who_may_not_write_them(self, db):
        finance = enter(hire("chanho", rights.FINANCE))
        assert [finance.get(address("list-import", kind)).status_code for kind in imports.KINDS] == [403, 403, 403]
        assert enter(hire("boram", rights.CONTENT)).get(address("list-import", "secrets")).status_code == 404


def test_a_file_is_read_by_its_content_and_not_by_its_name(editor):
    content = io.BytesIO(exports.xlsx_file(ROWS, title="질문")).getvalue()
    answer = editor.post(address("list-import-look", "faq"), {"file": SimpleUploadedFile("x.csv", content)})
    assert deeds(answer) == ["NEW", "NEW", "NEW"]
