"""Guides from Notion, read over HTTP: drawn safely, compared, published by a person; and nothing people read breaks when Notion does."""

import re
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from common import effects, handlers
from common.models import Effect
from identity.models import Notification
from inquiries import embeds
from inquiries.models import Guide, GuideSnapshot, SnapshotPicture
from inquiries.notion import copies

GUIDE, EXPIRED, TRASHED = (f"{number:032x}" for number in (0xB0057, 0xB0058, 0xB0059))
FRAME = "a" * 32


@pytest.fixture
def guide(db) -> Guide:
    return Guide.objects.create(slug="charge", title="충전", summary="충전하는 방법", notion_page=GUIDE, is_shown=True)


def work(at):
    handlers.load()
    return effects.run_due(at=at)


def ask(guide, operator, at):
    with transaction.atomic():
        return copies.ask(guide=guide, by=operator, at=at)


def copied(guide, operator, at=None):
    """The newest copy, after the queue worked."""
    at = at or timezone.now()
    row = ask(guide, operator, at)
    work(at)
    row.refresh_from_db()
    return row


def publish(row, operator):
    with transaction.atomic():
        copies.publish(snapshot=row, by=operator, at=timezone.now())


def drop(row):
    with transaction.atomic():
        copies.drop(snapshot=row)


class TestACopy:
    def test_s_85_is_drawn_in_our_own_markup_over_all_pages_of_blocks(self, outside, guide, operator):
        row = copied(guide, operator)
        assert (row.state, row.title, row.detail) == ("READY", "충전 안내", "")
        assert "<h2>충전하기</h2>" in row.html
        assert "<strong>카드로 결제해요.</strong>" in row.html
        assert '<a href="https://boost.example/a" rel="noopener nofollow">여기</a>' in row.html
        assert "<ul><li>하나<ul><li>하나 안에</li></ul></li><li>둘</li></ul><ol><li>첫째</li></ol>" in row.html
        assert "☑ 할 일" in row.html
        assert "<details><summary>펼쳐 보기</summary><p>안에 있는 말</p></details>" in row.html
        assert '<th scope="col">금액</th>' in row.html
        assert "<td>100,000</td>" in row.html
        assert '<div data-columns="true"><div><p>왼쪽</p></div><div><p>오른쪽</p></div></div>' in row.html
        assert "<pre><code>a &lt; b</code></pre>" in row.html

    def test_s_85_holds_no_script_and_nothing_of_another_house(self, outside, guide, operator):
        html = copied(guide, operator).html
        assert "&lt;b&gt;" in html
        assert [bad for bad in ("javascript", "<script", "elsewhere.example.org", outside.sandbox.base_url) if bad in html] == []

    def test_says_what_was_left_out_and_never_fails_on_what_nobody_knows(self, outside, guide, operator):
        assert copied(guide, operator).left_out == {"image": 1, "child_page": 1, "template_of_tomorrow": 1}

    def test_keeps_its_pictures_here_drawn_anew(self, outside, guide, operator, client):
        row = copied(guide, operator)
        picture = row.pictures.get()
        assert (picture.width, picture.height, picture.content_type) == (640, 360, "image/jpeg")
        assert f'src="/guide/pictures/{picture.public_id}/"' in row.html
        assert 'width="640"' in row.html
        assert storages["private"].exists(picture.file)
        assert client.get(f"/guide/pictures/{picture.public_id}/").status_code == 404  # nobody published it yet
        publish(row, operator)
        shown = client.get(f"/guide/pictures/{picture.public_id}/")
        assert (shown.status_code, shown.headers["Content-Type"], shown.content[:2]) == (200, "image/jpeg", b"\xff\xd8")

    def test_links_to_another_page_that_is_copied_too(self, outside, guide, operator):
        Guide.objects.create(slug="other", title="다른 쪽", summary="한 줄", notion_page=f"{18:032x}", is_shown=True)
        assert '<a href="/guide/other/" rel="noopener nofollow">다른 쪽</a>' in copied(guide, operator).html

    def test_is_seen_by_nobody_until_somebody_publishes_it(self, outside, guide, operator, client):
        Guide.objects.update(text="여기서 쓴 글")
        row = copied(guide, operator)
        assert "여기서 쓴 글" in client.get("/guide/charge/").text
        publish(row, operator)
        shown = client.get("/guide/charge/").text
        assert ("카드로 결제해요." in shown, "여기서 쓴 글" in shown) == (True, False)

    def test_shows_what_is_new_and_what_is_gone(self, outside, guide, operator):
        first = copied(guide, operator)
        publish(first, operator)
        outside.sandbox.control("POST", "/notion", {"sentence": "계좌로도 결제해요."})
        second = copied(guide, operator, timezone.now() + timedelta(minutes=1))
        signs = [(line.sign, line.text) for line in copies.difference(first.html, second.html)]
        assert ("-", "카드로 결제해요. 자세한 것은 여기<b>") in signs
        assert ("+", "계좌로도 결제해요. 자세한 것은 여기<b>") in signs
        assert (" ", "충전하기") in signs
        assert copies.difference(second.html, second.html) == ()

    def test_is_decided_once(self, outside, guide, operator):
        row = copied(guide, operator)
        file = row.pictures.get().file
        drop(row)
        with pytest.raises(copies.NotReady):
            publish(row, operator)
        with pytest.raises(copies.NotReady):
            drop(row)
        assert not SnapshotPicture.objects.exists()
        assert GuideSnapshot.objects.get().state == "DROPPED"
        assert file

    def test_is_fetched_one_at_a_time(self, outside, guide, operator, at):
        ask(guide, operator, at)
        with pytest.raises(copies.StillFetching):
            ask(guide, operator, at)
        assert GuideSnapshot.objects.count() == Effect.objects.count() == 1


class TestNotionInTrouble:
    def test_s_85_every_fifth_call_too_many_is_waited_for(self, outside, guide, operator):
        outside.sandbox.control("POST", "/notion", {"limit_every": 5})
        assert copied(guide, operator).state == "READY"

    def test_s_85_a_picture_whose_address_is_too_old_leaves_the_rest(self, outside, guide, operator):
        Guide.objects.update(notion_page=EXPIRED)
        guide.refresh_from_db()
        row = copied(guide, operator)
        assert (row.state, row.html, row.left_out) == ("READY", "<p>그림이 있어요.</p>", {"image": 1})

    @pytest.mark.parametrize("page, code", [("f" * 32, "object_not_found"), (TRASHED, "IN_TRASH")])
    def test_a_page_that_is_not_there_says_so_at_once(self, outside, guide, operator, page, code):
        Guide.objects.update(notion_page=page)
        guide.refresh_from_db()
        row = copied(guide, operator)
        assert (row.state, row.detail) == ("FAILED", code)

    def test_a_wrong_secret_says_so(self, outside, guide, operator, settings):
        settings.NOTION_SECRET = "ntn_wrong"
        assert copied(guide, operator).detail == "unauthorized"

    def test_without_a_secret_nobody_is_asked(self, outside, guide, operator, settings, at):
        settings.NOTION_SECRET = ""
        with pytest.raises(copies.NotConnected):
            ask(guide, operator, at)
        assert copies.plan_looks(at=at) == 0

    @pytest.mark.parametrize(
        "fault", [{"kind": "error", "status": 503, "html": True}, {"kind": "garbage"}, {"kind": "drop"}], ids=["down", "garbage", "drop"]
    )
    def test_s_85_the_last_good_copy_stays_whatever_notion_does(self, outside, guide, operator, client, fault):
        good = copied(guide, operator)
        publish(good, operator)
        outside.fault(service="notion", count=None, **fault)
        at = timezone.now() + timedelta(minutes=1)
        row = ask(guide, operator, at)
        for hours in range(6):
            work(at + timedelta(hours=hours))
        row.refresh_from_db()
        assert row.state == "FAILED"
        assert "카드로 결제해요." in client.get("/guide/charge/").text
        outside.sandbox.control("DELETE", "/faults")
        assert copied(guide, operator, at + timedelta(hours=7)).state == "READY"

    def test_s_85_public_pages_never_call_notion(self, outside, guide, operator, client):
        publish(copied(guide, operator), operator)
        outside.fault(service="notion", kind="timeout", count=None)
        for path in ("/", "/guide/", "/guide/charge/", "/faq/", "/terms/terms/", "/sitemap.xml"):
            assert client.get(path).status_code == 200


class TestTheDailyLook:
    def test_flags_a_page_that_was_edited_and_publishes_nothing(self, outside, guide, operator, client):
        publish(copied(guide, operator), operator)
        day = timezone.now() + timedelta(days=1)
        assert copies.plan_looks(at=day) == 1
        work(day)
        guide.refresh_from_db()
        assert guide.changed_in_notion_at is None
        outside.sandbox.control("POST", "/notion", {"sentence": "바뀐 말", "edited_at": "2030-01-01T00:00:00.000Z"})
        copies.plan_looks(at=day + timedelta(days=1))
        work(day + timedelta(days=1))
        guide.refresh_from_db()
        assert guide.changed_in_notion_at is not None
        assert Notification.objects.for_operators().get(kind="inquiries.guide_changed").title == "노션에서 가이드가 바뀌었어요"
        assert "바뀐 말" not in client.get("/guide/charge/").text


class TestFrames:
    @pytest.mark.parametrize(
        "url",
        [
            f"https://boost.notion.site/ebd/{FRAME}",
            f"https://boost.notion.site/ebd//{FRAME}",
            f"https://boost.notion.site/ebd/{FRAME}?v={FRAME}",
        ],
    )
    def test_may_show_the_embed_address_of_a_published_page(self, url):
        assert embeds.is_allowed(url)

    @pytest.mark.parametrize(
        "url",
        [
            f"https://boost.notion.site/안내-{FRAME}",
            f"https://www.notion.so/{FRAME}",
            f"http://boost.notion.site/ebd/{FRAME}",
            f"https://boost.notion.site:8443/ebd/{FRAME}",
            f"https://boost.notion.site@evil.example/ebd/{FRAME}",
            f"https://evil.example/boost.notion.site/ebd/{FRAME}",
            f"https://boost.notion.site.evil.example/ebd/{FRAME}",
            f"https://boost.notion.site/ebd/{FRAME}?v={FRAME}&x=1",
            f"https://boost.notion.site/ebd/{FRAME}\n",
            f"javascript:https://boost.notion.site/ebd/{FRAME}",
            "",
        ],
    )
    def test_show_nothing_else(self, url):
        assert not embeds.is_allowed(url)

    def test_an_ordinary_address_is_answered_with_a_suggestion(self):
        dashed = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
        assert embeds.suggestion(f"https://boost.notion.site/Guide-{FRAME}?pvs=4") == f"https://boost.notion.site/ebd/{FRAME}"
        assert embeds.suggestion(f"https://boost.notion.site/{dashed}") == f"https://boost.notion.site/ebd/{FRAME}"
        assert embeds.suggestion("https://evil.example/x") == ""

    def test_s_85_stand_on_their_page_alone_with_a_way_around(self, guide, client, settings):
        url = f"https://boost.notion.site/ebd/{FRAME}"
        Guide.objects.update(embed_url=url)
        answer = client.get("/guide/charge/")
        assert f'src="{url}"' in answer.text
        assert 'referrerpolicy="no-referrer"' in answer.text
        assert re.search(rf'href="{re.escape(url)}"[^>]*>새 창에서 보기', answer.text)
        assert "frame-src https://*.notion.site" in answer.headers["Content-Security-Policy"]
        assert "notion" not in client.get("/guide/").headers["Content-Security-Policy"]

    def test_that_are_not_allowed_are_not_drawn_whatever_the_row_says(self, guide, client):
        Guide.objects.update(embed_url="https://evil.example/x")
        answer = client.get("/guide/charge/")
        assert "evil.example" not in answer.text
        assert "<iframe" not in answer.text
