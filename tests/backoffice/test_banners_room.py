"""Banners of the app's first page, fixed places of campaigns, and the first page as somebody will meet it at some moment."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.files.storage import storages
from django.db import InternalError, connection, connections, transaction
from django.db.utils import IntegrityError
from django.test import Client
from lxml import html

from backoffice import rights
from campaigns import missions
from campaigns.models import Banner, CampaignEvent, ExposureSlot
from campaigns.services import banners
from campaigns.wishes import BannerWish
from campaigns.wizard import preview
from common.portals import ADVERTISER, LUCKFFLE
from inquiries.models import Notice
from tests.advertisers.applicants import file_of, picture
from tests.app import IPHONE, Phone
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at as address
from tests.backoffice.pressing import count_queries, said
from tests.campaigns.conftest import launch, running, spec_of, submit, submitted
from tests.connecting import connect_patiently
from tests.signing_in import browser

__all__ = ["launch", "running", "spec_of", "submit", "submitted"]
HOME = "/luckffle/"
ORIGIN = settings.PORTAL_ORIGINS[LUCKFFLE]
ANDROID = {"User-Agent": "Mozilla/5.0 (Linux; Android 15) Chrome/130.0 Mobile"}

pytestmark = pytest.mark.usefixtures("storage_of_its_own")


def image(size=(1080, 540), format="PNG"):
    return file_of(picture(format, size), name="가을.png", type="image/png")


@pytest.fixture(autouse=True)
def clock(at):
    with time_machine.travel(at + timedelta(minutes=1), tick=False):
        yield


@pytest.fixture
def boram(db):
    return hire("boram", rights.CONTENT)


@pytest.fixture
def editor(boram):
    return enter(boram)


@pytest.fixture
def said_of(running):
    """What an operator types: a banner of this week that leads to minji's mission."""
    return {
        "title": "가을 커피", "alt": "가을 커피를 구경하고 티켓을 받아요", "leads_to": "MISSION", "mission": str(running.public_id),
        "raffle": "",
        "notice": "", "address": "", "viewers": "EVERYBODY", "system": "ANY", "place": "1",
        "shown_from": "2026-11-25T09:00", "shown_until": "2026-12-01T09:00",
    }  # fmt: skip


def make(editor, said_of, **changes):
    facts = {**said_of, "image": image(), **changes}
    answer = editor.post(address("banner-new"), {name: value for name, value in facts.items() if value is not None})
    return answer, Banner.objects.order_by("pk").last()


def links(page):
    return page.xpath('//a[@class="banner"]')


def alts(page):
    return [one.get("alt") for one in page.xpath('//a[@class="banner"]/img')]


def pictures(client, **headers):
    return alts(html.fromstring(client.get(HOME, headers=headers).text))


def kept_files():
    return set(storages["private"].listdir("banners")[1]) if storages["private"].exists("banners") else set()


class TestPuttingOneUp:
    def test_ops_14_shows_it_on_the_home_and_in_the_app_and_writes_who_did(self, editor, said_of, running, suji, boram):
        answer, banner = make(editor, said_of)
        assert (answer.status_code, answer.headers["Location"]) == (302, address("banner-detail", banner.public_id))
        page = html.fromstring(browser(suji.user).get(HOME).text)
        [link] = links(page)
        assert (link.get("href"), link.find("img").get("alt")) == (f"/luckffle/missions/{running.public_id}/", said_of["alt"])
        assert page.xpath('//a[@class="banner"]/span/text()') == ["광고"]
        assert Phone(suji).get("/banners").json() == [
            {
                "id": str(banner.public_id), "alt": said_of["alt"], "leads_to": "MISSION", "target": str(running.public_id), "is_ad": True,
                "image_url": f"{ORIGIN}/luckffle/banners/{banner.public_id}/?v={banner.digest[:12]}",
                "url": f"{ORIGIN}/luckffle/missions/{running.public_id}/",
            }
        ]  # fmt: skip
        shown = Client().get(link.find("img").get("src"))
        assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/webp")
        assert list(LogEntry.objects.values_list("user__username", "change_message")) == [("boram", "배너를 만들었어요 · 1번 자리, 모두")]

    def test_without_any_the_home_and_the_app_show_nothing_of_it(self, running, suji):
        assert "banner" not in browser(suji.user).get(HOME).text
        assert Phone(suji).get("/banners").json() == []

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"image": None}, "배너 이미지를 골라 주세요"),
            ({"image": file_of(b"<svg onload=alert(1)>", name="a.png")}, "JPG, PNG, WEBP"),
            ({"image": image((1080, 1080))}, "가로가 세로의 두 배"),
            ({"image": image((600, 300))}, "720픽셀 이상"),
            ({"alt": ""}, "필요한 항목이에요"),
            ({"mission": ""}, "연결할 곳을 골라 주세요"),
            ({"leads_to": "ADDRESS", "address": "https://elsewhere.example.org/"}, "허용한 사이트의 주소만"),
            ({"leads_to": "ADDRESS", "address": "javascript:alert(1)"}, "https://로 시작하는 주소만"),
            ({"shown_until": "2026-11-25T08:00"}, "시작보다 늦어야"),
            ({"shown_from": "2026-11-01T08:00", "shown_until": "2026-11-02T08:00"}, "이미 지났어요"),
            ({"place": "11"}, "11"),
        ],
    )
    def test_is_refused_in_words_and_leaves_nothing_behind(self, editor, said_of, changes, words):
        before = kept_files()
        answer, banner = make(editor, said_of, **changes)
        assert (answer.status_code, words in answer.text, banner) == (422, True, None)
        assert (kept_files(), LogEntry.objects.count()) == (before, 0)

    def test_leads_to_a_notice_or_to_a_house_on_the_list_without_calling_our_own_news_an_ad(self, editor, said_of, at, suji):
        notice = Notice.objects.create(title="점검 안내", text="…", shown_from=at)
        make(editor, said_of, leads_to="NOTICE", notice=str(notice.public_id))
        make(editor, said_of, leads_to="ADDRESS", address="https://brand.example.com/autumn", place="2")
        shown = links(html.fromstring(browser(suji.user).get(HOME).text))
        assert [(link.get("href"), link.find("span") is not None, link.get("rel")) for link in shown] == [
            (f"{settings.PORTAL_ORIGINS[ADVERTISER]}/notices/{notice.public_id}/", False, None),
            ("https://brand.example.com/autumn", True, "noopener noreferrer"),
        ]

    def test_whoever_may_only_look_puts_nothing_up(self, desk, said_of):
        finance = desk(rights.FINANCE)
        assert finance.get(address("banner-list")).status_code == 200
        assert (make(finance, said_of)[0].status_code, Banner.objects.count()) == (403, 0)


class TestAPlace:
    def test_holds_one_banner_at_a_time_and_the_other_is_named(self, editor, said_of):
        make(editor, said_of)
        answer, _ = make(editor, said_of, title="겨울 커피", shown_from="2026-11-30T09:00", shown_until="2026-12-05T09:00")
        assert "1번 자리에는 그 기간에 ‘가을 커피’ 배너가 있어요(11.25 09:00 – 12.01 09:00)" in answer.text
        assert (answer.status_code, Banner.objects.count(), "겨울 커피" in answer.text) == (422, 1, True)

    def test_holds_the_next_one_from_the_moment_on_at_which_the_first_ends(self, editor, said_of):
        make(editor, said_of)
        make(editor, said_of, title="겨울 커피", shown_from="2026-12-01T09:00", shown_until="2026-12-05T09:00")
        assert Banner.objects.count() == 2

    def test_is_shared_by_banners_for_different_people_or_phones(self, editor, said_of, suji, at):
        make(editor, said_of, viewers="GUESTS", alt="손님에게")
        make(editor, said_of, viewers="MEMBERS", system="ANDROID", alt="안드로이드 회원에게")
        make(editor, said_of, viewers="MEMBERS", system="IOS", alt="아이폰 회원에게")
        assert Banner.objects.count() == 3
        type(suji).objects.update(created_at=at - timedelta(days=8))
        mine = browser(suji.user)
        assert (pictures(Client()), pictures(mine, **ANDROID), pictures(mine)) == (["손님에게"], ["안드로이드 회원에게"], [])
        assert [one["alt"] for one in Phone(suji, agent=IPHONE).get("/banners").json()] == ["아이폰 회원에게"]
        answer, _ = make(editor, said_of, viewers="NEWCOMERS", title="새 회원")
        assert "‘가을 커피’ 배너가 있어요" in answer.text

    def test_newcomers_are_members_of_the_first_seven_days(self, editor, said_of, suji, at):
        make(editor, said_of, viewers="NEWCOMERS")
        type(suji).objects.update(created_at=at - timedelta(days=6))
        assert pictures(browser(suji.user)) == [said_of["alt"]]
        type(suji).objects.update(created_at=at - timedelta(days=8))
        assert pictures(browser(suji.user)) == []

    def test_the_table_itself_refuses_two_at_once(self, editor, said_of):
        _, banner = make(editor, said_of)
        banner.pk, banner.public_id = None, None
        banner.public_id = "00000000-0000-4000-8000-000000000001"
        with pytest.raises(IntegrityError, match="campaigns_banner_one_at_a_place"), transaction.atomic():
            banner.save(force_insert=True)


class TestTwoOperatorsAtOnce:
    @pytest.mark.django_db(transaction=True)
    def test_get_the_place_one_of_them(self, said_of, boram, at, monkeypatch):
        wish = self.wish(said_of, at)
        assert self.race(wish, boram, at) == ["kept", "‘가을 커피’"]

    @pytest.mark.django_db(transaction=True)
    def test_without_the_turn_the_loser_meets_the_constraint_instead_of_words(self, said_of, boram, at, monkeypatch):
        both = threading.Barrier(2, timeout=20)
        look = banners._refuse_conflict
        monkeypatch.setattr(banners, "_take_turn", lambda: None)
        monkeypatch.setattr(banners, "_refuse_conflict", lambda wish, **apart: (look(wish, **apart), both.wait()))
        wish = self.wish(said_of, at)
        assert self.race(wish, boram, at) == ["IntegrityError", "kept"]

    def wish(self, said_of, at):
        times = {"shown_from": at, "shown_until": at + timedelta(days=1)}
        return BannerWish.model_validate({**{name: value for name, value in said_of.items() if value}, **times})

    def race(self, wish, boram, at):
        results = []

        def put_up():
            try:
                connect_patiently()
                banners.make(wish=wish, upload=image(), by=boram, at=at)
                results.append("kept")
            except banners.BannerConflict as refusal:
                results.append(str(refusal).split(" 배너")[0].split("기간에 ")[1])
            except IntegrityError as refusal:
                results.append(type(refusal).__name__)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=put_up) for _ in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert Banner.objects.count() == 1
        return sorted(results)


class TestChangingAndStopping:
    def test_the_second_to_save_reads_what_the_first_one_saved(self, editor, said_of, desk):
        _, banner = make(editor, said_of)
        said_anew = {**said_of, "alt": "새 말이에요", "version": "1", "reason": "말을 고쳤어요"}
        assert editor.post(address("banner-change", banner.public_id), said_anew).status_code == 302
        late = desk(rights.ADMIN).post(address("banner-change", banner.public_id), {**said_anew, "alt": "늦은 말이에요"})
        banner.refresh_from_db()
        assert (late.status_code, "다른 사람이 먼저 바꿨어요" in late.text, banner.alt, banner.version) == (422, True, "새 말이에요", 2)
        assert LogEntry.objects.count() == 2

    def test_another_picture_takes_the_place_of_the_first(self, editor, said_of, django_capture_on_commit_callbacks):
        _, before = make(editor, said_of)
        other = file_of(picture("JPEG", (1440, 720)), name="겨울.jpg", type="image/jpeg")
        with django_capture_on_commit_callbacks(execute=True):
            editor.post(address("banner-change", before.public_id), {**said_of, "image": other, "version": "1", "reason": "새 그림이에요"})
        after = Banner.objects.get()
        assert (after.file != before.file, storages["private"].exists(after.file), storages["private"].exists(before.file)) == (
            True,
            True,
            False,
        )

    def test_a_stopped_one_is_gone_at_once_and_leaves_its_place_free(self, editor, said_of, suji):
        _, banner = make(editor, said_of)
        stopped = editor.post(address("banner-stop", banner.public_id), {"reason": "문구가 틀렸어요"}, follow=True)
        assert "배너를 멈췄어요" in said(stopped)
        assert (pictures(browser(suji.user)), Client().get(f"/luckffle/banners/{banner.public_id}/").status_code) == ([], 404)
        assert "멈춘 배너예요" in said(editor.post(address("banner-stop", banner.public_id), {"reason": "다시 눌렀어요"}, follow=True))
        assert [row.change_message for row in LogEntry.objects.order_by("pk")][-1] == "배너를 멈췄어요 · 문구가 틀렸어요"
        make(editor, said_of, title="고친 배너")
        assert Banner.objects.going().get().title == "고친 배너"


class TestThePreviewOfTheHome:
    def frame(self, client, **look):
        return html.fromstring(client.get(address("home-frame"), look).text)

    def test_draws_the_members_page_of_a_chosen_moment_for_a_chosen_person(self, editor, said_of):
        make(editor, said_of, viewers="MEMBERS", alt="회원에게")
        make(editor, said_of, viewers="GUESTS", alt="손님에게", shown_from="2026-11-28T09:00")
        assert alts(self.frame(editor)) == []
        assert alts(self.frame(editor, when="2026-11-28T10:00")) == ["손님에게"]
        page = self.frame(editor, when="2026-11-28T10:00", viewers="MEMBERS", system="IOS")
        assert (alts(page), "민지네 커피 구경하기" in page.text_content(), "미리보기님의 티켓" in page.text_content()) == (
            ["회원에게"], True, True,
        )  # fmt: skip
        assert alts(self.frame(editor, when="2026-12-01T09:00", viewers="MEMBERS")) == []

    def test_shows_it_in_a_frame_that_runs_nothing(self, editor):
        page = html.fromstring(editor.get(address("home-preview"), {"viewers": "NEWCOMERS", "when": "2026-11-28T10:00"}).text)
        [frame] = page.xpath("//iframe")
        assert (frame.get("sandbox"), "viewers=NEWCOMERS" in frame.get("src")) == ("allow-same-origin", True)
        assert editor.get(frame.get("src")).headers["X-Frame-Options"] == "SAMEORIGIN"

    def test_lets_nothing_be_written_while_it_is_drawn(self, editor, at, monkeypatch):
        def writes(*_):
            Notice.objects.create(title="몰래", text="…", shown_from=at)

        monkeypatch.setattr(preview, "as_luckffle", writes)
        with pytest.raises(InternalError, match="read-only transaction"):
            editor.get(address("home-frame"))

    def test_a_question_without_sense_shows_now_for_a_guest(self, editor):
        assert editor.get(address("home-preview"), {"when": "soon", "viewers": "MARTIANS"}).status_code == 422
        assert editor.get(address("home-frame"), {"when": "soon", "viewers": "MARTIANS"}).status_code == 200


class TestTheList:
    def test_asks_as_many_questions_for_one_as_for_many(self, editor, said_of):
        make(editor, said_of)
        one = count_queries(editor, address("banner-list"))
        make(editor, said_of, place="2"), make(editor, said_of, place="3")
        assert count_queries(editor, address("banner-list")) == one

    def test_over_ones_have_a_tab_of_their_own(self, editor, said_of, at):
        make(editor, said_of)
        assert "가을 커피" in editor.get(address("banner-list")).text
        with time_machine.travel(at + timedelta(days=30)):
            later = enter(hire("later", rights.CONTENT))
            assert "가을 커피" not in later.get(address("banner-list")).text
            assert "가을 커피" in later.get(address("banner-list") + "?tab=over").text


class TestAFixedPlace:
    """OPS-14: two campaigns never stand at one place in the same time."""

    def hold(self, client, campaign, **changes):
        wish = {"campaign": str(campaign.public_id), "place": "1", "shown_from": "2026-11-25T09:00", "shown_until": "2026-11-27T09:00"}
        return client.post(address("place-hold"), {**wish, "reason": "가을 행사", **changes}, follow=True)

    @pytest.fixture
    def three(self, launch):
        return [launch(key=key, budget=100, title=f"미션 {key}") for key in ("a", "b", "c")]

    def titles(self, at):
        return [row.title for row in missions.offered(at)]

    def test_ops_14_stands_before_all_others_while_it_lasts(self, editor, three, at, suji):
        assert self.titles(at) == ["미션 c", "미션 b", "미션 a"]
        self.hold(editor, three[0], place="2"), self.hold(editor, three[1])
        assert self.titles(at) == ["미션 b", "미션 a", "미션 c"]
        first = Phone(suji).get("/missions?limit=1").json()
        second = Phone(suji).get(f"/missions?limit=1&cursor={first['next']}").json()
        third = Phone(suji).get(f"/missions?limit=1&cursor={second['next']}").json()
        assert [page["items"][0]["title"] for page in (first, second, third)] == ["미션 b", "미션 a", "미션 c"]
        assert self.titles(at + timedelta(days=3)) == ["미션 c", "미션 b", "미션 a"]

    def test_ops_14_that_is_taken_is_refused_with_the_name_of_who_has_it(self, editor, three):
        self.hold(editor, three[0])
        answer = self.hold(editor, three[1], shown_from="2026-11-26T09:00", shown_until="2026-11-28T09:00")
        assert (answer.status_code, "‘미션 a’ 캠페인이 고정되어 있어요(11.25 09:00 – 11.27 09:00)" in answer.text) == (422, True)
        twice = self.hold(editor, three[0], place="5")
        assert (twice.status_code, ExposureSlot.objects.count()) == (422, 1)

    def test_ops_14_is_given_free_once_with_a_reason(self, editor, three, at):
        self.hold(editor, three[0])
        url = address("place-free", ExposureSlot.objects.get().public_id)
        assert editor.post(url, {"reason": ""}).status_code == 422
        assert "자리를 비웠어요" in said(editor.post(url, {"reason": "행사가 끝났어요"}, follow=True))
        assert "이미 비운 자리예요" in said(editor.post(url, {"reason": "행사가 끝났어요"}, follow=True))
        assert self.titles(at) == ["미션 c", "미션 b", "미션 a"]
        history = CampaignEvent.objects.filter(campaign=three[0], kind="EXPOSED").values_list("reason", "data")
        assert list(history) == [("가을 행사", {"place": 1}), ("행사가 끝났어요", {"place": None})]
        assert [row.change_message for row in LogEntry.objects.order_by("pk")] == [
            "1번 자리에 고정했어요 · 가을 행사", "1번 자리를 비웠어요 · 행사가 끝났어요",
        ]  # fmt: skip

    def test_the_table_itself_refuses_two_at_once(self, editor, three):
        self.hold(editor, three[0])
        with pytest.raises(IntegrityError, match="campaigns_exposureslot_one"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO campaigns_exposureslot (public_id, campaign_id, place, shown_from, shown_until, reason, made_by_id, made_at) "
                "SELECT gen_random_uuid(), campaign_id, place, shown_from, shown_until, reason, made_by_id, made_at "
                "FROM campaigns_exposureslot"
            )
