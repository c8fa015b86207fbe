"""VIDEO: watched on our own page, and only while it plays."""

from datetime import timedelta

import pytest
import time_machine

from campaigns.models import BudgetSlot, Participation
from credits import selectors as credits
from tests.app import ANDROID, Phone
from tests.signing_in import browser


@pytest.fixture
def clock(at):
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def video(launch):
    return launch(type="VIDEO")


def beats(phone, started, clock, count, *, every=5):
    beat = ""
    for _ in range(count):
        clock.shift(timedelta(seconds=every))
        answer = phone.post(f"/participations/{started['id']}/beat", {"token": started["token"], "beat": beat})
        beat = answer.json().get("beat", beat)
    return beat


class TestPage:
    def test_plays_on_our_page_under_a_policy_that_names_its_host_alone(self, video, suji, clock):
        page, base = browser(suji.user), f"/luckffle/missions/{video.public_id}/"
        page.defaults["HTTP_USER_AGENT"] = ANDROID
        before = page.get(base)
        assert "media-src" not in before["Content-Security-Policy"]
        shown = page.post(base + "start/", follow=True)
        assert "동영상 재생하기" in shown.content.decode()
        playing = page.post(base + "open/", {"token": shown.context["mission"].token}, follow=True)
        assert playing.redirect_chain[0][0] == base
        assert 'src="https://coffee.example.com/roasting.mp4"' in playing.content.decode()
        assert "media-src https://coffee.example.com;" in playing["Content-Security-Policy"] + ";"
        token = playing.context["mission"].token
        clock.shift(timedelta(seconds=30))
        assert "초를 더" in page.post(base + "confirm/", {"token": token, "beat": ""}, follow=True).content.decode()
        beat = ""
        for _ in range(2):
            clock.shift(timedelta(seconds=5))
            beat = page.post(base + "beat/", {"token": token, "beat": beat}).json()["beat"]
        assert "티켓 1장을 받았어요" in page.post(base + "confirm/", {"token": token, "beat": beat}, follow=True).content.decode()
        assert credits.member_tickets(suji.pk) == 1


class TestTime:
    def test_a_page_that_nobody_watched_says_how_much_is_missing(self, video, suji, clock):
        phone = Phone(suji)
        started = phone.start(video).json()
        phone.open(started)
        clock.shift(timedelta(minutes=3))
        answer = phone.confirm(started)
        assert (answer.json()["code"], answer.json()["detail"]) == ("participation.too_short", {"missing_seconds": 10})
        assert (Participation.objects.get().state, BudgetSlot.objects.get().confirmed) == ("STARTED", 0)

    def test_beats_cannot_be_made_faster_than_time_passes(self, video, suji, clock):
        phone = Phone(suji)
        started = phone.start(video).json()
        phone.open(started)
        beat = beats(phone, started, clock, 12, every=1)  # of twelve, one second apart, three are old enough
        assert phone.confirm(started, beat).json()["detail"] == {"missing_seconds": 3}

    def test_watched_whole_it_pays(self, video, suji, clock):
        phone = Phone(suji)
        started = phone.start(video).json()
        phone.open(started)
        assert phone.confirm(started, beats(phone, started, clock, 3)).json()["state"] == "REWARDED"
        assert Participation.objects.get().score == 100
