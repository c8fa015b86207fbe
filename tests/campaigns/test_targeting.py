"""Whom a campaign is for, and when."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import audience, missions, services, targeting
from campaigns.models import BudgetSlot, ExcludedPerson, ExclusionList, Participation
from campaigns.schemas import CampaignSpec
from campaigns.targeting import NotForYou
from tests import factories
from tests.app import ANDROID, IPHONE, Phone
from tests.campaigns.conftest import DEVICE, spec_of
from tests.campaigns.test_participation import complete
from tests.signing_in import browser


@pytest.fixture
def aimed(minji, minji_user, operator, at):
    """Launch a VISIT campaign of minji's with these answers of the setting step."""

    def aimed(**setting):
        whole = spec_of(at, title=f"조건 {sorted(setting)}").model_dump(mode="json")
        spec = CampaignSpec.model_validate({**whole, "setting": {**whole["setting"], **setting}})
        campaign = services.submit_campaign(advertiser=minji, spec=spec, by=minji_user, at=at, key=str(setting))
        return services.approve(campaign=campaign, by=operator, at=at)

    return aimed


def start(member, campaign, at, device=DEVICE):
    return services.start(member=member.pk, campaign=campaign.public_id, device=device, at=at)


def person(**facts):
    return factories.MemberFactory(**facts)


def titles(member, at):
    return [card.title for card in missions.cards(missions.offered(at), member_id=member.pk, at=at)]


class TestAge:
    @pytest.mark.parametrize(("born", "is_let_in"), [(2008, False), (2007, True), (1997, True), (1986, True), (1985, False)])
    def test_usr_24_only_the_ages_that_were_asked_for_may_start(self, aimed, at, born, is_let_in):
        campaign, member = aimed(age_from=19, age_until=40), person(birth_year=born)
        if is_let_in:
            assert start(member, campaign, at).is_new
            return
        with pytest.raises(NotForYou, match="19세부터 40세까지 참여하는") as refusal:
            start(member, campaign, at)
        assert refusal.value.context["problem"] == "AGE"
        assert (Participation.objects.count(), BudgetSlot.objects.get().taken) == (0, 0)

    def test_usr_24_it_is_not_listed_and_its_own_page_says_why(self, aimed, at):
        campaign, child, adult = aimed(age_from=19), person(birth_year=2012), person(birth_year=1990)
        assert (titles(child, at), titles(adult, at)) == ([], [campaign.title])
        shown = missions.mission(campaign, member_id=child.pk, device=DEVICE, at=at)
        assert (shown.standing, shown.why) == ("NOT_FOR_YOU", "19세부터 참여하는 미션이에요.")
        assert missions.mission(campaign, member_id=adult.pk, device=DEVICE, at=at).standing == "OPEN"

    def test_who_never_proved_an_age_is_asked_to(self, aimed, suji, at):
        campaign = aimed(age_from=19)
        with pytest.raises(NotForYou, match="본인 확인을 하면"):
            start(suji, campaign, at)
        assert titles(suji, at) == [campaign.title]


class TestOthers:
    def test_sex_counts_as_it_was_proved(self, aimed, at):
        campaign = aimed(sex="FEMALE")
        assert start(person(sex="FEMALE"), campaign, at).is_new
        with pytest.raises(NotForYou, match="여성만"):
            start(person(sex="MALE"), campaign, at)

    def test_another_system_is_told_which(self, aimed, suji, at):
        campaign = aimed(systems=["IOS"])
        with pytest.raises(NotForYou, match="아이폰 기기에서"):
            start(suji, campaign, at, device="android/chrome")
        assert start(suji, campaign, at, device="ios/safari").is_new

    def test_an_app_is_installed_on_its_own_system_only(self, launch, suji, at):
        campaign = launch(type="INSTALL")
        with pytest.raises(NotForYou, match="안드로이드 기기에서"):
            start(suji, campaign, at, device="ios/safari")
        assert start(suji, campaign, at).is_new

    @pytest.mark.parametrize(("hours", "is_let_in"), [((12, 13), True), ((0, 12), False), ((13, 24), False)])
    def test_hours_are_seouls_and_half_open(self, aimed, suji, at, hours, is_let_in):
        campaign = aimed(hour_from=hours[0], hour_until=hours[1])  # it is noon in Seoul
        if is_let_in:
            assert start(suji, campaign, at).is_new
        else:
            with pytest.raises(NotForYou, match="시까지에 참여할 수 있어요"):
                start(suji, campaign, at)

    def test_weekdays_are_seouls(self, aimed, suji, at):
        campaign = aimed(weekdays=["THU"])  # it is Wednesday
        with pytest.raises(NotForYou, match="목 0시부터"):
            start(suji, campaign, at)
        assert start(suji, campaign, at.replace(hour=15)).is_new  # Thursday 00:00 in Seoul

    def test_a_member_may_finish_as_often_as_was_said(self, aimed, suji, at):
        campaign = aimed(member_limit=2)
        for day in range(2):
            complete(suji, campaign, at + timedelta(days=day))
        with pytest.raises(NotForYou, match="2번까지"):
            start(suji, campaign, at + timedelta(days=2))
        assert start(person(), campaign, at + timedelta(days=2)).is_new

    def test_people_of_an_exclusion_list_are_kept_out(self, aimed, minji, minji_user, suji, at):
        suji.user.phone = "+821055557777"
        suji.user.save(update_fields=["phone"])
        kept = ExclusionList.objects.create(
            advertiser=minji, name="고객", entries=1, uploaded_by=minji_user, uploaded_at=at, expires_at=at + timedelta(days=30)
        )
        ExcludedPerson.objects.create(list=kept, key=audience.person_key("+821055557777"))
        campaign = aimed(exclusions=str(kept.public_id))
        with pytest.raises(NotForYou, match="기존 고객"):
            start(suji, campaign, at)
        assert titles(suji, at) == []
        assert start(person(), campaign, at).is_new

    def test_only_who_lives_in_one_of_the_regions_may_start(self, aimed, at):
        campaign = aimed(regions=["BUSAN", "SEOUL"])
        assert start(person(region="BUSAN"), campaign, at).is_new
        stranger = person(region="JEJU")
        with pytest.raises(NotForYou, match="서울, 부산에 사는 회원만") as refusal:
            start(stranger, campaign, at)
        assert refusal.value.context["problem"] == "REGION"
        assert titles(stranger, at) == []
        assert (Participation.objects.count(), BudgetSlot.objects.get().taken) == (1, 1)

    def test_who_never_said_where_they_live_is_asked_to_and_then_let_in(self, aimed, suji, at):
        campaign = aimed(regions=["SEOUL"])
        with pytest.raises(NotForYou, match="사는 지역을 알려 주면"):
            start(suji, campaign, at)
        assert titles(suji, at) == [campaign.title]
        with time_machine.travel(at, tick=False):
            client = browser(suji.user)
            client.defaults["HTTP_USER_AGENT"] = ANDROID
            url = f"/luckffle/missions/{campaign.public_id}/"
            assert f'href="/luckffle/me/?next={url}"' in client.get(url).content.decode()
            assert client.post("/luckffle/me/", {"region": "SEOUL", "next": url}).headers["Location"] == url
            assert 'data-mission="OPEN"' in client.get(url).content.decode()
        assert start(suji, campaign, at).is_new


class TestCost:
    def test_an_untargeted_start_stays_one_statement(self, running, suji, at):
        assert not running.is_targeted
        with CaptureQueriesContext(connection) as asked:
            start(suji, running, at)
        statements = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
        assert len(statements) == 1
        assert "campaigns_start_from(" in statements[0]

    def test_a_list_without_targeted_missions_asks_nothing_more(self, running, suji, at, django_assert_num_queries):
        with django_assert_num_queries(3):
            titles(suji, at)


def test_the_app_hears_why(aimed, at):
    with time_machine.travel(at, tick=False):
        phone = Phone(person(birth_year=2012), agent=IPHONE)
        campaign = aimed(age_from=19)
        answer = phone.start(campaign)
        assert (answer.status_code, answer.json()["code"]) == (409, "mission.not_for_you")
        assert "19세부터" in answer.json()["message"]
        shown = phone.get(f"/missions/{campaign.public_id}").json()
        assert (shown["standing"], shown["why"]) == ("NOT_FOR_YOU", "19세부터 참여하는 미션이에요.")
        assert phone.get("/missions").json()["items"] == []


def test_every_condition_counts_as_targeting():
    everybody = {"weekdays": [], "hour_from": 0, "hour_until": 24, "age_from": None, "sex": None, "regions": [], "member_limit": None}
    assert not targeting.is_targeted(everybody, {})
    for name, value in {"weekdays": ["MON"], "hour_until": 23, "hour_from": 1, "age_from": 14, "sex": "MALE", "member_limit": 1}.items():
        assert targeting.is_targeted({**everybody, name: value}, {}), name
    assert targeting.is_targeted(everybody, {"os": "IOS"})
