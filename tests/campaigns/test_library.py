"""The library of pictures: uploaded once, looked at once, used in any campaign."""

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from advertisers import services as team
from backoffice import rights
from campaigns import images, services
from campaigns.models import Campaign, CampaignEvent, CampaignImage
from campaigns.schemas import CampaignSpec
from tests.advertisers.applicants import picture
from tests.backoffice.conftest import enter, hire
from tests.campaigns.conftest import spec_of
from tests.campaigns.writing import begin, press, submit, url, write
from tests.signing_in import browser

PAGE = "/campaigns/images/"
State = CampaignImage.State


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "private": private}


@pytest.fixture(autouse=True)
def clock(at):
    with time_machine.travel(at, tick=False):
        yield


def upload(side=600, name="봄 메뉴.png"):
    return SimpleUploadedFile(name, picture(size=(side, side)), content_type="image/png")


@pytest.fixture
def image(minji, minji_user, at):
    return images.store(advertiser=minji, upload=upload(), by=minji_user, at=at)


@pytest.fixture
def other(minji, minji_user, at):
    return images.store(advertiser=minji, upload=upload(640, "여름.png"), by=minji_user, at=at)


def state_of(image):
    image.refresh_from_db()
    return image.state, image.reason


def resubmit(campaign, by, at, *, key="again", **design):
    spec = CampaignSpec.model_validate({**campaign.spec, "design": {**campaign.spec["design"], **design}})
    return services.resubmit(campaign=campaign, spec=spec, by=by, at=at, key=key)


class TestReview:
    def test_an_approved_campaign_approves_its_picture_once_for_all(self, submit, image, operator, at):
        services.approve(campaign=submit(image=image.public_id), by=operator, at=at)
        assert state_of(image) == (State.APPROVED, "")

    def test_a_remark_on_a_new_picture_refuses_it_and_no_campaign_may_show_it_again(self, submit, image, operator, minji_user, at):
        campaign = submit(image=image.public_id, budget=500)
        services.reject(campaign=campaign, by=operator, at=at, reason="고쳐 주세요", remarks={"design.image": "글씨를 읽을 수 없어요"})
        assert state_of(image) == (State.REFUSED, "글씨를 읽을 수 없어요")
        with pytest.raises(images.ImageTurnedDown, match="심사에서 반려된 이미지예요.*글씨를 읽을 수 없어요"):
            submit(key="second", image=image.public_id, budget=500)
        with pytest.raises(images.ImageTurnedDown):
            resubmit(campaign, minji_user, at, title="다른 제목이에요")
        assert Campaign.objects.count() == 1

    def test_the_same_file_again_is_the_picture_that_was_refused(self, submit, image, operator, minji, minji_user, at):
        services.reject(campaign=submit(image=image.public_id), by=operator, at=at, reason="안 돼요", remarks={"design.image": "흐려요"})
        again = images.store(advertiser=minji, upload=upload(name="새 이름.png"), by=minji_user, at=at)
        assert (again.pk, again.state) == (image.pk, State.REFUSED)

    def test_a_remark_on_a_picture_that_passed_before_leaves_it_approved(self, submit, image, operator, at):
        services.approve(campaign=submit(image=image.public_id, budget=500), by=operator, at=at)
        second = submit(key="second", image=image.public_id, budget=500)
        services.reject(campaign=second, by=operator, at=at, reason="안 어울려요", remarks={"design.image": "미션과 달라요"})
        assert state_of(image) == (State.APPROVED, "")

    def test_a_remark_on_something_else_says_nothing_about_the_picture(self, submit, image, operator, at):
        campaign = submit(image=image.public_id)
        services.ask_changes(campaign=campaign, by=operator, at=at, reason="제목", remarks={"design.title": "줄여 주세요"})
        assert state_of(image) == (State.NEW, "")

    def test_an_approved_picture_needs_no_other_look(self, submit, image, other, operator, minji_user, at):
        services.approve(campaign=submit(image=other.public_id, budget=400), by=operator, at=at)
        later = submit(key="later", image=image.public_id, budget=400, starts_at=at.replace(day=28))
        services.approve(campaign=later, by=operator, at=at)
        changed = resubmit(Campaign.objects.get(pk=later.pk), minji_user, at, image=str(other.public_id))
        assert changed.versions.filter(state="WAITING").count() == 0
        assert Campaign.objects.get(pk=later.pk).spec["design"]["image"] == str(other.public_id)
        event = CampaignEvent.objects.get(campaign=later, kind="IMAGE")
        assert (event.by, event.data["image"]) == (minji_user, str(other.public_id))

    def test_a_new_picture_waits_for_a_look_while_the_approved_one_is_shown(self, submit, image, other, operator, minji_user, at):
        later = services.approve(campaign=submit(image=image.public_id, starts_at=at.replace(day=28)), by=operator, at=at)
        changed = resubmit(Campaign.objects.get(pk=later.pk), minji_user, at, image=str(other.public_id))
        [version] = changed.versions.filter(state="WAITING")
        assert version.changes == ["design.image"]
        assert Campaign.objects.get(pk=later.pk).spec["design"]["image"] == str(image.public_id)
        services.approve(campaign=changed, by=operator, at=at)
        assert Campaign.objects.get(pk=later.pk).spec["design"]["image"] == str(other.public_id)
        assert state_of(other) == (State.APPROVED, "")


class TestPages:
    def test_the_library_takes_a_picture_and_shows_what_reviews_said(self, minji_user, image, operator, at):
        CampaignImage.objects.update(state=State.REFUSED, reason="글씨를 읽을 수 없어요", decided_at=at)
        client = browser(minji_user)
        assert client.post(PAGE, {"upload": upload(700)}).headers["Location"] == PAGE
        page = client.get(PAGE).content.decode()
        assert page.count('<li class="panel') == 2
        assert "반려" in page
        assert "심사 전" in page
        assert "글씨를 읽을 수 없어요" in page

    @pytest.mark.parametrize("sent, words", [({}, "파일을 골라 주세요"), ({"upload": upload(300)}, "600픽셀 이상")])
    def test_adv_14_what_is_no_picture_for_a_mission_is_refused_beside_the_field(self, minji_user, sent, words):
        answer = browser(minji_user).post(PAGE, sent)
        assert (answer.status_code, CampaignImage.objects.count()) == (422, 0)
        assert words in answer.content.decode()

    def test_a_reporter_looks_and_adds_nothing(self, jisoo, image):
        client = browser(jisoo)
        page = client.get(PAGE).content.decode()
        assert image.name in page
        assert 'type="file"' not in page
        assert client.post(PAGE, {"upload": upload(700)}).status_code == 403
        assert CampaignImage.objects.count() == 1

    def test_another_team_sees_its_own(self, image, eve_user):
        assert image.name not in browser(eve_user).get(PAGE).content.decode()

    def test_the_design_step_offers_those_that_may_be_used_with_their_state(self, minji_user, image, other):
        CampaignImage.objects.filter(pk=other.pk).update(state=State.REFUSED, reason="흐려요")
        client = browser(minji_user)
        draft = begin(client)
        page = client.get(url(draft, "design")).content.decode()
        assert f'value="image:{image.public_id}"' in page
        assert f'value="image:{other.public_id}"' not in page
        assert press(client, draft, "design", intent=f"image:{image.public_id}").status_code == 302
        draft.refresh_from_db()
        assert draft.answers["design"]["image"] == str(image.public_id)

    def test_a_picture_refused_meanwhile_is_said_at_the_step_and_stops_the_submission(self, minji_user, image):
        client = browser(minji_user)
        draft = write(client, image=str(image.public_id))
        CampaignImage.objects.update(state=State.REFUSED, reason="흐려요")
        assert "심사에서 반려된 이미지예요" in client.get(url(draft, "design")).content.decode()
        answer = submit(client, draft)
        assert (answer.status_code, Campaign.objects.count()) == (422, 0)
        assert f"{url(draft, 'design')}?check=1#id_image" in answer.content.decode()

    def test_the_reviewer_sees_that_it_passed_before(self, submit, image, operator, at):
        services.approve(campaign=submit(image=image.public_id, budget=500), by=operator, at=at)
        second = submit(key="second", image=image.public_id, budget=500)
        page = enter(hire("reviewer", rights.REVIEWER)).get(f"/backoffice/review/{second.public_id}/")
        assert "전에 승인한 이미지예요." in page.content.decode()


class TestApi:
    @pytest.fixture
    def program(self, minji_user, at):
        secret = team.make_key(
            membership=minji_user.memberships.get(), name="소재", scopes=["campaigns.read", "campaigns.write"], at=at
        ).secret
        return Client(headers={"Authorization": f"Bearer {secret}"})

    def test_a_program_adds_reads_and_uses_pictures(self, program, minji, at):
        added = program.post("/api/v1/images", {"picture": upload()})
        assert added.status_code == 201
        assert (added.json()["state"], added.json()["width"], added.json()["reason"]) == ("NEW", 600, "")
        assert program.post("/api/v1/images", {"picture": upload(name="다시.png")}).json()["id"] == added.json()["id"]
        assert [row["id"] for row in program.get("/api/v1/images").json()["items"]] == [added.json()["id"]]
        spec = spec_of(at, image=added.json()["id"], budget=500).model_dump(mode="json")
        sent = program.post("/api/v1/drafts", spec, content_type="application/json", headers={"Idempotency-Key": "intent-0001"})
        assert sent.status_code == 201

    def test_comes_page_by_page(self, program, image, other):
        first = program.get("/api/v1/images?limit=1").json()
        second = program.get(f"/api/v1/images?limit=1&cursor={first['next']}").json()
        assert [row["id"] for row in first["items"] + second["items"]] == [str(other.public_id), str(image.public_id)]
        assert second["next"] == ""

    def test_what_will_not_do_is_refused_with_its_reason(self, program, minji):
        refused = program.post("/api/v1/images", {"picture": upload(300)})
        assert (refused.status_code, refused.json()["code"]) == (422, "campaign.image_refused")
        assert program.post("/api/v1/images", {}).status_code == 422
        assert CampaignImage.objects.count() == 0
