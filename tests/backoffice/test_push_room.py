"""The push room: ads are written with their label and way out, counted, tried, sent, split by the night, stopped and looked back at."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils.html import escape

from backoffice import rights
from rewards import push
from rewards.models import PushDelivery, PushMessage
from rewards.models.push import OPT_OUT
from rewards.push import composing
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, said
from tests.rewards.push_world import EVENING, MORNING, NOON, clock, company, identity_sandbox, phone, wants
from tests.rewards.test_push_composing import MINUTE, reader

__all__ = ["clock", "company", "identity_sandbox"]
WORDS = {"title": "(광고) 럭플 가을 혜택", "body": f"오늘만 티켓을 두 배로 드려요.\r\n{OPT_OUT}", "url": "/luckffle/", "key": "0" * 32}


@pytest.fixture
def editor(db):
    return enter(hire("boram", rights.CONTENT))


def draft(editor, **facts):
    editor.post(at("push-new"), {**WORDS, **facts})
    return PushMessage.objects.get()


class TestWriting:
    def test_begins_with_the_label_and_the_way_out(self, editor):
        text = editor.get(at("push-new")).text
        assert (text.count("(광고) 럭플"), escape(OPT_OUT) in text, 'name="regions"' in text) == (1, True, True)

    def test_keeps_a_draft_with_its_segment_and_sends_nothing(self, editor):
        answer = editor.post(at("push-new"), {**WORDS, "regions": ["SEOUL", "BUSAN"], "born_from": "1985"}, follow=True)
        message = PushMessage.objects.get()
        assert (message.state, message.body, message.segment["regions"], message.segment["born_from"]) == (
            "DRAFT", f"오늘만 티켓을 두 배로 드려요.\n{OPT_OUT}", ["SEOUL", "BUSAN"], 1985,
        )  # fmt: skip
        assert all(words in answer.text for words in ("서울, 부산", "1985–", "작성 중", "시험으로 보내기"))
        assert [row.change_message for row in LogEntry.objects.all()] == ["푸시 작성"]

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"title": "가을 혜택"}, "광고 알림의 제목은 (광고)로 시작해야 해요."),
            ({"body": "오늘만 티켓을 두 배로 드려요."}, "광고 알림의 마지막 줄에"),
            ({"title": ""}, "필요한 항목이에요"),
            ({"url": "https://elsewhere.example/"}, "형식"),
            ({"born_from": "99"}, "1,900"),
            ({"regions": "MARS"}, "MARS"),
        ],
    )
    def test_ops_20_is_refused_beside_its_field_and_nothing_is_kept(self, editor, facts, words):
        answer = editor.post(at("push-new"), {**WORDS, **facts})
        assert (answer.status_code, words in answer.text, PushMessage.objects.count()) == (422, True, 0)

    def test_anew_begins_with_the_words_of_another_one(self, editor):
        message = draft(editor, regions="JEJU")
        text = editor.get(at("push-new") + f"?of={message.public_id}").text
        assert ("오늘만 티켓을" in text, "checked" in text, editor.get(at("push-new") + "?of=x").status_code) == (True, True, 200)


class TestCounting:
    def test_says_how_many_by_day_and_by_night_and_keeps_what_was_typed(self, editor, clock):
        reader(1, region="SEOUL"), reader(2, region="BUSAN")
        wants(reader(3, region="SEOUL"), "NIGHT")
        answer = editor.post(at("push-count"), {**WORDS, "regions": "SEOUL"})
        assert answer.context["reach"] == push.Reach(members=2, by_night=1, devices=2)
        assert (WORDS["title"] in answer.text, PushMessage.objects.count()) == (True, 0)

    def test_of_a_segment_that_is_none_says_so(self, editor):
        assert editor.post(at("push-count"), {**WORDS, "born_from": "soon"}).status_code == 422


class TestATrial:
    def test_rings_one_members_phone_and_is_shown(self, editor, company, clock, suji):
        phone(suji), wants(suji), reader(2)
        message = draft(editor)
        assert "시험으로 보냈어요." in said(editor.post(at("push-try", message.public_id), {"member": suji.public_id}, follow=True))
        clock.work()
        assert (company.tokens, "보냄" in editor.get(at("push-detail", message.public_id)).text) == (["ok-1-token"], True)
        assert push.composed().get() == message

    @pytest.mark.parametrize("member", ["00000000-0000-0000-0000-000000000000", "suji"])
    def test_needs_somebody_with_a_phone(self, editor, suji, member):
        message = draft(editor)
        for number in (member, suji.public_id):
            editor.post(at("push-try", message.public_id), {"member": number})
        assert PushMessage.objects.count() == 1


class TestSending:
    def test_ops_19_passes_nine_in_the_evening_and_goes_on_at_eight(self, editor, company, clock, monkeypatch):
        monkeypatch.setattr(composing, "PART", 2)
        members = [reader(number) for number in range(6)]
        wants(members[5], "NIGHT")
        clock.now = EVENING
        message = draft(editor)
        said(editor.post(at("push-schedule", message.public_id), {"when": ""}, follow=True))
        for minute in range(8):
            clock.work(EVENING + timedelta(seconds=20) * minute)
        answer = editor.get(at("push-detail", message.public_id))
        shown = dict(answer.context["result"])
        assert ("밤(21:00–08:00)이에요" in answer.text, shown["보냄"] + shown["대기"], shown["대기"] > 0) == (True, 6, True)
        by_night = push.result_of(message)
        assert (by_night["DONE"] + by_night["WAITING"], by_night["WAITING"] > 0, "ok-5-token" in company.tokens) == (6, True, True)
        for minute in range(3):
            clock.work(MORNING + minute * MINUTE)
        message.refresh_from_db()
        assert (message.state, push.result_of(message), len(company.tokens)) == ("DONE", {"DONE": 6}, 6)

    def test_at_a_moment_and_not_in_the_past(self, editor, company, clock):
        reader(1)
        message = draft(editor)
        answer = editor.post(at("push-schedule", message.public_id), {"when": f"{NOON - timedelta(hours=1):%Y-%m-%dT%H:%M}"}, follow=True)
        assert "지난 시각에는 보낼 수 없어요." in said(answer)
        editor.post(at("push-schedule", message.public_id), {"when": f"{NOON + timedelta(hours=1):%Y-%m-%dT%H:%M}"})
        assert (clock.work(), company.tokens, PushMessage.objects.get().state) == (0, [], "SCHEDULED")
        for minute in range(60, 63):
            clock.work(NOON + minute * MINUTE)
        assert (company.tokens, PushMessage.objects.get().state) == (["ok-1-token"], "DONE")

    def test_pressed_twice_sends_once(self, editor, clock):
        message = draft(editor)
        editor.post(at("push-schedule", message.public_id), {"when": ""})
        assert "이미 예약했거나" in said(editor.post(at("push-schedule", message.public_id), {"when": ""}, follow=True))

    def test_stops_with_a_reason(self, editor, company, clock):
        reader(1)
        message = draft(editor)
        editor.post(at("push-schedule", message.public_id), {"when": ""})
        assert editor.post(at("push-stop", message.public_id), {"reason": ""}).status_code == 422
        editor.post(at("push-stop", message.public_id), {"reason": "내용이 틀렸어요"})
        for minute in range(2):
            clock.work(NOON + minute * MINUTE)
        assert (company.tokens, PushMessage.objects.get().state, PushDelivery.objects.count()) == ([], "STOPPED", 0)
        assert LogEntry.objects.order_by("pk").last().change_message == "내용이 틀렸어요"


class TestTheList:
    def test_shows_what_operators_wrote_by_state_and_nothing_that_events_told(self, editor, clock, suji):
        phone(suji), wants(suji)
        message = draft(editor)
        editor.post(at("push-try", message.public_id), {"member": suji.public_id})
        answer = editor.get(at("push-list"))
        assert [row.pk for row in answer.context["rows"]] == [message.pk]
        assert list(editor.get(at("push-list") + "?tab=done").context["rows"]) == []

    def test_asks_the_same_of_the_database_for_one_and_for_ten(self, editor, django_assert_max_num_queries):
        for number in range(10):
            editor.post(at("push-new"), {**WORDS, "key": f"{number:032}"})
        with django_assert_max_num_queries(30):
            assert editor.get(at("push-list")).context["rows"].paginator.count == 10

    def test_is_not_for_finance(self, db):
        assert enter(hire("jaehee", rights.FINANCE)).get(at("push-list")).status_code == 403
