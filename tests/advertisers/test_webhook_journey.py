"""The advertiser's server is away for a day: what the pages show and press, and what arrives, from the first call to the replay."""

from datetime import timedelta

import pytest

from identity.models import StepUpGrant
from tests.advertisers.receivers import Receiver, fresh, run
from tests.pages import document, follow, press, words
from tests.sandbox_process import SandboxProcess
from tests.signing_in import browser, step_up

HOOKS = "/my-page/webhooks/"


@pytest.fixture
def shop(tmp_path, settings):
    """Minji's server on a real socket; it checks signatures with `standardwebhooks`."""
    with SandboxProcess(data=tmp_path / "sandbox.sqlite3") as process:
        settings.WEBHOOK_TRUSTED_ORIGINS = [process.base_url]
        yield Receiver(process)


@pytest.fixture
def desk(minji, minji_user):
    """Minji's browser; she has just shown again who she is."""
    return step_up(browser(minji_user), minji_user, StepUpGrant.Purpose.API_KEY)


def shown_once(page):
    """The secret, which the page shows this one time."""
    (found,) = document(page).xpath('//code[@id="new-secret"]')
    return words(found)


class TestADayOf500:
    def test_int_03_waits_grow_for_24_hours_then_it_is_parked_and_the_replay_keeps_order_and_ids(self, desk, minji, shop):
        made = press(desk, desk.get(HOOKS), "주소 등록하기", name="주문 서버", url=shop.url, events=["credits.low"])
        secret = shown_once(made)
        shop.behaves(status=500, secret=secret)
        page = follow(desk, desk.get(HOOKS), "주문 서버")
        for _ in range(3):
            page = press(desk, page, "시험 이벤트 보내기")
        endpoint, tried = minji.webhook_endpoints.get(), []
        while (row := fresh(endpoint)).is_on:
            tried.append(row.next_at)
            run(at=row.next_at)
        gaps = [later - earlier for earlier, later in zip(tried, tried[1:], strict=False)]
        assert gaps == sorted(gaps)
        assert tried[-1] - tried[0] == timedelta(hours=24)
        over = tried[-1] + timedelta(hours=1)

        page = desk.get(page.request["PATH_INFO"])
        assert "24시간 동안 받지 못해서 껐어요" in page.text
        numbers = [words(code) for code in document(page).xpath("//li//p/code")][::-1]
        attempts = document(page).xpath("//li//details/ol/li")
        assert len(attempts) == len(tried)
        assert all("(500)" in words(attempt) for attempt in attempts)
        assert "웹훅을 보내지 못해 껐어요" in desk.get("/my-page/notifications/").text

        shop.behaves(status=200, secret=secret)
        page = press(desk, page, "켜고 밀린 이벤트 보내기")
        run(at=over)
        page = press(desk, desk.get(page.request["PATH_INFO"]), "1번째 이벤트 다시 보내기")
        run(at=over)
        came = [(one["message"]["sequence"], one["id"]) for one in shop.came()]
        assert came == [(1, numbers[0])] * len(tried) + [(1, numbers[0]), (2, numbers[1]), (3, numbers[2]), (1, numbers[0])]
        assert {one["verdict"] for one in shop.came()} == {"right signature"}
