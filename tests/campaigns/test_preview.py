"""What the wizard shows in its phone is what members get: the same templates, and so the same DOM."""

import re
from uuid import uuid4

import pytest
from django.utils import timezone
from lxml import html

from campaigns import services, types
from campaigns.models import BudgetSlot, Campaign, Draft, Participation
from campaigns.wizard import drafts
from common.kst import day_of
from tests.campaigns.conftest import spec_of
from tests.campaigns.test_participation import complete
from tests.campaigns.writing import begin, press, submit, url, write
from tests.rewards.test_pages_member import ANDROID
from tests.signing_in import browser

# What a draft cannot know: tokens, numbers in addresses, places left, the moment of finishing, the page of a raffle that is not open yet.
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
    for hidden in node.xpath(".//input[@type='hidden'] | .//a[starts-with(@href, '/luckffle/raffles/')]"):
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


@pytest.mark.tampers  # one that is done here was never begun
@pytest.mark.parametrize("key", [declared.key for declared in types.offered_types()])
class TestEveryType:
    """Card, detail and done of every type that is offered: of a draft in the wizard's phone, and of its campaign in the app."""

    @pytest.fixture
    def both(self, key, minji, minji_user, operator, suji, at):
        """Two readers of a part of a page: what the wizard shows, and what the member gets."""
        answers = spec_of(at, type=key, title=f"{key} <미션>", call_to_action="시작하기", body="안내예요.").model_dump(mode="json")
        draft = drafts.begin(advertiser=minji, by=minji_user, at=at, key="all", answers=answers)
        mine, hers = browser(minji_user), browser(suji.user)
        hers.defaults["HTTP_USER_AGENT"] = ANDROID

        def shown(view, path):
            return main_of(mine.get(url(draft, f"preview/{view}")), path)

        def live():
            campaign = drafts.submit(draft=draft, by=minji_user, at=at)
            return services.approve(campaign=campaign, by=operator, at=at)

        return shown, live, hers

    def test_is_the_same_card_and_detail(self, both, key):
        shown, live, hers = both
        card, detail = shown("list", "//a[@class='mission']"), shown("detail", "//main")
        campaign = live()
        assert card == main_of(hers.get("/luckffle/"), "//a[@class='mission']")
        assert detail == main_of(hers.get(f"/luckffle/missions/{campaign.public_id}/"), "//main")
        assert f"{key} &lt;미션&gt;" in card
        assert ("신청하기" if types.get(key).chooses else "시작하기") in detail

    def test_is_the_same_when_it_is_done(self, both, suji, at):
        shown, live, hers = both
        done = shown("done", "//main")
        campaign = live()
        slots = BudgetSlot.objects.filter(campaign=campaign, slot=0)
        slots.update(taken=1, confirmed=1, confirmed_credits=campaign.unit_price)
        Participation.objects.create(
            member_id=suji.pk, campaign=campaign, period_on=day_of(at), public_id=uuid4(), person_key="x", type=campaign.type,
            state="CONFIRMED", charged_on=day_of(at), slot=0, price=campaign.unit_price, tickets=campaign.reward_tickets,
            dwell_seconds=campaign.dwell_seconds, device="android/chrome", started_at=at, expires_at=at, confirmed_at=at,
        )  # fmt: skip
        assert done == main_of(hers.get(f"/luckffle/missions/{campaign.public_id}/"), "//main")
        assert f"티켓 {campaign.reward_tickets}장을 받았" in done


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
        assert f"{url(draft, 'preview/done')}?text=large&amp;shade=light" in page
        assert (
            '<html lang="ko" data-theme="luckffle" data-text="large">'
            in client.get(url(draft, "preview/list") + "?text=large").content.decode()
        )
        assert client.get(url(draft, "preview/nope")).status_code == 404

    @pytest.mark.parametrize("own", ["", "boost-dark"])
    def test_is_light_or_dark_as_it_is_asked_for_and_members_choose_the_same(self, written, suji, own):
        client, draft = written
        if own:
            client.cookies["theme"] = own  # of the advertiser's own pages
        page = client.get(url(draft, "design") + "?view=list&shade=dark").content.decode()
        assert f"{url(draft, 'preview/list')}?text=usual&amp;shade=dark" in page
        for shade, theme in (("light", "luckffle"), ("dark", "luckffle-dark"), ("nonsense", "luckffle")):
            assert f'data-theme="{theme}"' in client.get(url(draft, "preview/list") + f"?shade={shade}").content.decode()
        member = browser(suji.user)
        member.cookies["theme"] = "boost-dark"
        assert 'data-theme="luckffle-dark"' in member.get("/luckffle/").content.decode()
        assert "data-theme-toggle" in member.get("/luckffle/me/").content.decode()

    @pytest.mark.parametrize("view", ["list", "detail", "done"])
    def test_an_unfinished_draft_is_shown_too(self, minji_user, view):
        client = browser(minji_user)
        draft = begin(client)
        press(client, draft, "design", intent="autosave", title="", **{"details-dwell_seconds": "열"})
        assert "제목을 적어 주세요" in client.get(url(Draft.objects.get(), f"preview/{view}")).content.decode()
