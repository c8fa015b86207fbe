"""QUIZ and SURVEY on the member's page and through the app."""

from datetime import timedelta

import pytest
import time_machine

from campaigns.models import Evidence, Participation
from credits import selectors as credits
from tests.app import ANDROID, Phone
from tests.campaigns.test_answers import ANSWERS, right_for, wrong_for
from tests.signing_in import browser


@pytest.fixture
def clock(at):
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def page(clock, suji):
    client = browser(suji.user)
    client.defaults["HTTP_USER_AGENT"] = ANDROID
    return client


def press(client, campaign, verb, **fields):
    return client.post(f"/luckffle/missions/{campaign.public_id}/{verb}/", fields, follow=True)


def token_in(response):
    return response.context["mission"].token


class TestPage:
    def test_usr_05_a_quiz_from_start_to_ticket(self, launch, page, suji, clock):
        campaign = launch(type="QUIZ")
        shown = press(page, campaign, "start")
        assert "3</span>번 답할 수 있어요" in shown.content.decode()
        clock.shift(timedelta(seconds=10))
        missed = press(page, campaign, "answer", token=token_in(shown), **{"choice#": wrong_for(suji)})
        text = missed.content.decode()
        assert "2번 더 답할 수 있어요" in text
        assert "2</span>번 답할 수 있어요" in text
        done = press(page, campaign, "answer", token=token_in(missed), **{"choice#": right_for(suji)})
        assert "티켓 1장을 받았어요" in done.content.decode()
        assert credits.member_tickets(suji.pk) == 1

    def test_a_quiz_never_carries_its_answer_to_the_page_or_the_app(self, launch, page, suji):
        campaign = launch(type="QUIZ")
        press(page, campaign, "start")
        task = Phone(suji).get(f"/missions/{campaign.public_id}").json()["task"]
        assert set(task) == {"kind", "question", "choices"}

    def test_a_survey_from_start_to_ticket(self, launch, page, suji, clock):
        campaign = launch(type="SURVEY")
        shown = press(page, campaign, "start")
        clock.shift(timedelta(seconds=30))
        fields = {"answers.0.picked[]": "1", "answers.1.picked[]": ["1", "3"], "answers.2.text": ANSWERS[2]["text"]}
        short = press(page, campaign, "answer", token=token_in(shown), **{name: fields[name] for name in list(fields)[1:]})
        assert "1번 질문에 답해 주세요" in short.content.decode()
        assert "티켓 1장을 받았어요" in press(page, campaign, "answer", token=token_in(short), **fields).content.decode()
        assert Evidence.objects.get().data["answers"][1]["picked"] == [1, 3]

    @pytest.mark.parametrize(
        "field", ["answers", "answers.0", "answers.9999.text", "answers.0.picked[].x", "choice", "a.b.c.d", "#", "[]", "."]
    )
    def test_fields_without_a_meaning_are_refused(self, launch, page, field):
        campaign = launch(type="SURVEY")
        shown = press(page, campaign, "start")
        assert press(page, campaign, "answer", token=token_in(shown), **{field: "1"}).status_code == 200
        assert (Evidence.objects.count(), Participation.objects.get().state) == (0, "STARTED")


class TestApp:
    def test_usr_05_wrong_then_right_through_the_api(self, launch, clock, suji):
        campaign, phone = launch(type="QUIZ"), Phone(suji)
        started = phone.start(campaign).json()
        mission = phone.get(f"/missions/{campaign.public_id}").json()
        assert (mission["flow"], mission["tries_left"], mission["takes"]) == ("ANSWER", 3, "약 1분")
        clock.shift(timedelta(seconds=10))
        missed = phone.answer(started, {"choice": wrong_for(suji)})
        assert (missed.status_code, missed.json()["code"], missed.json()["detail"]) == (
            409,
            "participation.wrong_answer",
            {"tries_left": 2},
        )
        assert phone.answer(started, {"choice": right_for(suji)}).json()["state"] == "REWARDED"
        assert phone.get("/wallet").json()["tickets"] == 1

    def test_usr_27_a_survey_sent_after_the_network_came_back_is_taken_inside_its_time(self, launch, clock, suji):
        campaign, phone = launch(type="SURVEY"), Phone(suji)
        started = phone.start(campaign).json()
        clock.shift(timedelta(minutes=29))
        assert Phone(suji).answer(started, {"answers": ANSWERS}).json()["state"] == "REWARDED"

    @pytest.mark.parametrize("answer", [{}, {"choice": "x"}, {"choice": None}, {"choice": 10**30}, {"choice": [1]}, {"\u0000": 1}])
    def test_garbage_is_refused_and_uses_no_try_up(self, launch, clock, suji, answer):
        campaign, phone = launch(type="QUIZ"), Phone(suji)
        assert phone.answer(phone.start(campaign).json(), answer).status_code == 422
        assert Evidence.objects.count() == 0
