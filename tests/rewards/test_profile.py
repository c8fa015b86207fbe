"""Where a member lives, as they say it themselves."""

from datetime import timedelta

import pytest
import time_machine

from rewards import profile, services
from rewards.models import Member
from tests import factories
from tests.app import Phone
from tests.campaigns.racing import tally, together
from tests.signing_in import browser

ME = "/luckffle/me/"


def region():
    return Member.objects.get().region


@pytest.mark.django_db
class TestSaying:
    def test_keeps_it_and_the_same_again_changes_nothing(self, suji, at):
        profile.say_region(member=suji, region="SEOUL", at=at)
        profile.say_region(member=suji, region="SEOUL", at=at + timedelta(days=1))
        suji.refresh_from_db()
        assert (suji.region, suji.region_said_at) == ("SEOUL", at)

    def test_nobody_moves_from_one_region_to_the_next_for_missions(self, suji, at):
        profile.say_region(member=suji, region="SEOUL", at=at)
        with pytest.raises(profile.RegionJustSaid, match="30일에 한 번 바꿀 수 있어요. 12월 25일 12:00부터"):
            profile.say_region(member=suji, region="BUSAN", at=at + timedelta(days=30, microseconds=-1))
        assert region() == "SEOUL"
        profile.say_region(member=suji, region="BUSAN", at=at + timedelta(days=30))
        assert region() == "BUSAN"

    def test_who_leaves_takes_it_along(self, suji, at):
        profile.say_region(member=suji, region="JEJU", at=at)
        services.leave(member=suji, at=at)
        assert region() == ""


def test_of_two_regions_at_once_one_is_kept(transactional_db, at):
    member = factories.MemberFactory()
    attempts = [lambda name=name: profile.say_region(member=member, region=name, at=at) for name in ("SEOUL", "BUSAN", "JEJU")]
    assert tally(together(attempts)) == {"won": 1, "member.region_just_said": 2}


@pytest.mark.django_db
class TestPage:
    @pytest.fixture(autouse=True)
    def clock(self, at):
        with time_machine.travel(at, tick=False):
            yield

    def test_leads_back_to_the_mission_that_asked(self, suji):
        client = browser(suji.user)
        page = client.get(f"{ME}?next=/luckffle/missions/7/").content.decode()
        assert 'value="/luckffle/missions/7/"' in page
        assert "본인 확인 전" in page
        answer = client.post(ME, {"region": "DAEGU", "next": "/luckffle/missions/7/"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/luckffle/missions/7/")
        assert region() == "DAEGU"

    @pytest.mark.parametrize("back", ["https://evil.example.com/", "//evil.example.com/", "javascript:alert(1)", ""])
    def test_leads_nowhere_else(self, suji, back):
        assert browser(suji.user).post(ME, {"region": "DAEGU", "next": back}).headers["Location"] == ME

    @pytest.mark.parametrize("said", ["", "ATLANTIS", "seoul"])
    def test_refuses_what_is_no_region_beside_the_field(self, suji, said):
        answer = browser(suji.user).post(ME, {"region": said})
        assert answer.status_code == 422
        assert answer.context["form"].errors["region"]
        assert region() == ""

    def test_says_when_it_may_be_changed_again(self, suji, at):
        profile.say_region(member=suji, region="SEOUL", at=at)
        answer = browser(suji.user).post(ME, {"region": "BUSAN"})
        assert answer.status_code == 422
        assert "12월 25일 12:00부터" in answer.content.decode()

    def test_the_app_reads_and_says_it(self, suji):
        phone = Phone(suji)
        assert (phone.get("/me").json()["region"], phone.get("/me").json()["birth_year"]) == ("", None)
        said = phone.call("patch", "/me", {"region": "ULSAN"})
        assert (said.status_code, said.json()["region"]) == (200, "ULSAN")
        refused = phone.call("patch", "/me", {"region": "BUSAN"})
        assert (refused.status_code, refused.json()["code"]) == (409, "member.region_just_said")
        assert phone.call("patch", "/me", {"region": "ULSAN", "sex": "MALE"}).status_code == 422
