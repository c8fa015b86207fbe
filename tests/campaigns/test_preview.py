"""What the wizard shows in its phone is what members get: the same templates, and so the same DOM."""

import re

import pytest
from django.utils import timezone
from lxml import html

from campaigns import services
from campaigns.models import Campaign, Draft
from tests.campaigns.test_participation import complete
from tests.campaigns.writing import begin, press, submit, url, write
from tests.signing_in import browser

# What a draft cannot know: tokens, numbers in addresses, places left, the moment of finishing.
UNKNOWN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{2}\.\d{2} \d{2}:\d{2}|\d{4}-\d{2}-\d{2}T[0-9:+.]+|(?<=>)(?:–|[0-9,]+명)(?=<)")


@pytest.fixture(autouse=True)
def _clock_stands_still(monkeypatch, at):
    monkeypatch.setattr(timezone, "now", lambda: at)


@pytest.fixture
def written(minji_user):
    """Minji's draft, and her browser."""
    client = browser(minji_user)
    draft = write(client, title="민지네 커피 <구경>", call_to_action="메뉴 보러 가기", starts_at="2026-11-25T12:00")
    return client, draft


def main_of(answer, path):
    """A part of a page without what a draft cannot know."""
    [node] = html.fromstring(answer.content.decode()).xpath(path)
    for hidden in node.xpath(".//input[@type='hidden']"):
        hidden.getparent().remove(hidden)
    return re.sub(r"\s+", " ", UNKNOWN.sub("·", html.tostring(node, encoding="unicode").strip()))


def live(client, draft, operator, at):
    """The campaign that comes of it, approved and running."""
    submit(client, draft)
    return services.approve(campaign=Campaign.objects.get(), by=operator, at=at)


class TestTheSameDom:
    def test_of_the_card_in_the_list(self, written, suji, operator, at):
        client, draft = written
        shown = main_of(client.get(url(draft, "preview/list")), "//a[@class='mission']")
        live(client, draft, operator, at)
        assert shown == main_of(browser(suji.user).get("/luckffle/"), "//a[@class='mission']")
        assert "광고" in shown

    def test_of_the_mission(self, written, suji, operator, at):
        client, draft = written
        shown = main_of(client.get(url(draft, "preview/detail")), "//main")
        campaign = live(client, draft, operator, at)
        assert shown == main_of(browser(suji.user).get(f"/luckffle/missions/{campaign.public_id}/"), "//main")
        assert "메뉴 보러 가기" in shown
        assert "민지네 커피 &lt;구경&gt;" in shown

    def test_of_the_mission_that_is_done(self, written, suji, operator, at, monkeypatch):
        client, draft = written
        shown = main_of(client.get(url(draft, "preview/done")), "//main")
        campaign = live(client, draft, operator, at)
        complete(suji, campaign, at)
        assert shown == main_of(browser(suji.user).get(f"/luckffle/missions/{campaign.public_id}/"), "//main")
        assert "티켓 1장을 받았어요." in shown


class TestTheFrame:
    def test_may_be_shown_by_our_own_page_only_and_runs_nothing(self, written):
        client, draft = written
        answer = client.get(url(draft, "preview/detail"))
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert "<script" not in answer.content.decode()
        [frame] = html.fromstring(client.get(url(draft, "design")).content.decode()).xpath("//iframe")
        assert frame.get("sandbox") == "allow-same-origin"

    def test_shows_large_letters_and_other_views(self, written):
        client, draft = written
        page = client.get(url(draft, "design") + "?view=done&text=large").content.decode()
        assert f"{url(draft, 'preview/done')}?text=large" in page
        assert (
            '<html lang="ko" data-theme="luckffle" data-text="large">'
            in client.get(url(draft, "preview/list") + "?text=large").content.decode()
        )
        assert client.get(url(draft, "preview/nope")).status_code == 404

    @pytest.mark.parametrize("view", ["list", "detail", "done"])
    def test_an_unfinished_draft_is_shown_too(self, minji_user, view):
        client = browser(minji_user)
        draft = begin(client)
        press(client, draft, "design", intent="autosave", title="", **{"details-dwell_seconds": "열"})
        assert "제목을 적어 주세요" in client.get(url(Draft.objects.get(), f"preview/{view}")).content.decode()
