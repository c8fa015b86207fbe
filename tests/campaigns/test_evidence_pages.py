"""Pictures on the member's page and through the app; the advertiser's and the operators' desks."""

import pytest
import time_machine

from campaigns.models import Evidence, Participation
from credits import selectors as credits
from tests.app import ANDROID, Phone
from tests.campaigns.photographs import file_of, photograph
from tests.signing_in import browser


@pytest.fixture(autouse=True)
def _a_place_for_files(settings, tmp_path):
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "private": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}}}


@pytest.fixture(autouse=True)
def clock(at):
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sent(launch, suji):
    """A receipt that waits for minji."""
    phone = Phone(suji)
    campaign = launch(type="PROOF")
    assert phone.picture(phone.start(campaign).json(), photograph(1)).json()["state"] == "CHECKING"
    return Evidence.objects.get()


def test_the_member_sends_a_receipt_on_the_page_and_sees_that_it_is_looked_at(launch, suji):
    campaign, page = launch(type="PROOF"), browser(suji.user)
    page.defaults["HTTP_USER_AGENT"] = ANDROID
    base = f"/luckffle/missions/{campaign.public_id}/"
    shown = page.post(base + "start/", follow=True)
    assert "가게 이름과 결제 시각이 보이는 영수증" in shown.content.decode()
    token = shown.context["mission"].token
    assert "사진을 골라 주세요" in page.post(base + "picture/", {"token": token}, follow=True).content.decode()
    text = page.post(base + "picture/", {"token": token, "picture": photograph(1)}, follow=True).content.decode()
    assert "확인이 끝나면 티켓이 들어와요" in text
    assert "참여를 확인하고 있어요" in text


def test_the_app_is_told_what_is_wrong_with_a_picture(launch, suji):
    campaign, phone = launch(type="PROOF"), Phone(suji)
    started = phone.start(campaign).json()
    assert phone.get(f"/missions/{campaign.public_id}").json()["task"]["kind"] == "PICTURE"
    answer = phone.picture(started, file_of(b"%PDF-1.7"))
    assert (answer.status_code, answer.json()["code"]) == (422, "participation.picture_refused")
    assert phone.picture({**started, "token": "x"}, photograph(1)).status_code == 403
    assert phone.post(f"/participations/{started['id']}/picture", {"token": started["token"]}).status_code == 422
    assert Participation.objects.get().state == "STARTED"


class TestAdvertiser:
    def test_sees_the_picture_and_lets_it_pass(self, sent, minji_user, suji, django_assert_max_num_queries):
        base, page = f"/campaigns/{sent.campaign.public_id}/evidence/", browser(minji_user)
        with django_assert_max_num_queries(20):
            text = page.get(base).content.decode()
        assert "가게 이름과 결제 시각이 보이는 영수증" in text
        assert suji.nickname not in text
        picture = page.get(f"{base}{sent.public_id}/picture/")
        assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
        assert "통과시켰어요" in page.post(f"{base}{sent.public_id}/approve/", follow=True).content.decode()
        assert credits.member_tickets(suji.pk) == 1
        assert page.post(f"{base}{sent.public_id}/approve/").status_code == 404

    def test_refuses_with_a_reason_only(self, sent, minji_user):
        url, page = f"/campaigns/{sent.campaign.public_id}/evidence/{sent.public_id}/refuse/", browser(minji_user)
        page.post(url)
        assert Evidence.objects.get().verdict == "WAITING"
        page.post(url, {"reason": "다른 가게예요"})
        assert (Evidence.objects.get().verdict, Participation.objects.get().state) == ("REFUSED", "REFUSED")

    def test_a_stranger_and_a_reporter_decide_nothing(self, sent, eve_user, jisoo):
        base = f"/campaigns/{sent.campaign.public_id}/evidence/"
        for person, code in ((eve_user, 404), (jisoo, 403)):
            assert browser(person).post(f"{base}{sent.public_id}/approve/").status_code == code
        assert browser(eve_user).get(f"{base}{sent.public_id}/picture/").status_code == 404
        assert Evidence.objects.get().verdict == "WAITING"

    def test_does_not_see_pictures_that_operators_check(self, launch, minji_user, suji):
        campaign, phone = launch(type="FOLLOW"), Phone(suji)
        phone.step(phone.start(campaign).json(), 1, upload=photograph(1))
        base, row = f"/campaigns/{campaign.public_id}/evidence/", Evidence.objects.get()
        page = browser(minji_user)
        assert "럭플 운영팀이 확인해요" in page.get(base).content.decode()
        assert page.get(f"{base}{row.public_id}/picture/").status_code == 404
        assert page.post(f"{base}{row.public_id}/approve/").status_code == 404
