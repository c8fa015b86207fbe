"""Pictures of missions: what is taken, what is refused with which words, and what lies in the storage afterwards."""

import io

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from campaigns import images, services
from campaigns.models import CampaignImage, Draft
from tests.advertisers.applicants import picture
from tests.campaigns.conftest import spec_of
from tests.campaigns.writing import ANSWERS, begin, url
from tests.signing_in import browser


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "private": private}


def upload(content, name="사진.png", kind="image/png"):
    return SimpleUploadedFile(name, content, content_type=kind)


@pytest.fixture
def store(minji, minji_user, at):
    return lambda content, name="사진.png": images.store(advertiser=minji, upload=upload(content, name), by=minji_user, at=at)


class TestStoring:
    def test_draws_it_anew_without_what_was_hidden_in_it(self, store):
        tagged = Image.new("RGB", (800, 800), "#aabbcc")
        exif = Image.Exif()
        exif[0x010E] = "집 주소는 비밀"
        raw = io.BytesIO()
        tagged.save(raw, format="JPEG", exif=exif, comment=b"<script>alert(1)</script>")
        row = store(raw.getvalue() + b"<?php evil(); ?>", "../../집 <b>.jpg")
        kept = storages["private"].open(row.file).read()
        assert (row.width, row.height, row.name) == (800, 800, "집 b")
        assert not any(word in kept for word in (b"script", b"php", "비밀".encode()))
        assert Image.open(io.BytesIO(kept)).format == "WEBP"

    def test_a_larger_one_is_drawn_smaller_and_the_same_one_kept_once(self, store):
        first, again = store(picture(size=(2_000, 2_000))), store(picture(size=(2_000, 2_000)), "다른 이름.png")
        assert (first.pk, first.width) == (again.pk, images.DRAWN_SIDE)
        assert CampaignImage.objects.count() == 1

    @pytest.mark.parametrize(
        "content, words",
        [
            (picture(size=(599, 599)), "가로와 세로가 600픽셀 이상이어야 해요. 지금은 599×599이에요."),
            (picture(size=(900, 700)), "정사각형이어야 해요. 지금은 900×700이에요. 700×700으로 잘라 주세요."),
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "JPG, PNG, WEBP 이미지를 올려 주세요."),
            (b"%PDF-1.4 nothing", "JPG, PNG, WEBP 이미지를 올려 주세요."),
            (picture(format="GIF", size=(700, 700)), "JPG, PNG, WEBP 이미지를 올려 주세요."),
            (picture(size=(700, 700))[:200], "파일을 읽을 수 없어요."),
            (b"\x00" * (images.LARGEST + 1), "파일은 5MB까지 올릴 수 있어요. 지금은"),
        ],
    )
    def test_adv_14_says_precisely_what_is_wrong_and_keeps_nothing(self, store, content, words):
        with pytest.raises(images.ImageRefused) as refusal:
            store(content)
        assert words in str(refusal.value)
        assert CampaignImage.objects.count() == 0

    def test_adv_14_a_moving_picture_is_refused(self, store):
        frames = [Image.new("RGB", (700, 700), colour) for colour in ("red", "blue")]
        raw = io.BytesIO()
        frames[0].save(raw, format="WEBP", save_all=True, append_images=frames[1:])
        with pytest.raises(images.ImageRefused, match="움직이는 이미지는 쓸 수 없어요"):
            store(raw.getvalue())

    def test_a_bomb_of_pixels_is_refused_before_it_is_unpacked(self, store):
        raw = io.BytesIO()
        Image.new("1", (7_000, 7_000)).save(raw, format="PNG")
        with pytest.raises(images.ImageRefused, match="이미지가 너무 커요"):
            store(raw.getvalue())


class TestInTheWizard:
    @pytest.fixture(autouse=True)
    def _clock_stands_still(self, monkeypatch, at):
        monkeypatch.setattr(timezone, "now", lambda: at)

    def send(self, client, content):
        draft = begin(client)
        sent = {**ANSWERS["design"], "intent": "save", "version": "1", "tab": "t", "upload": upload(content)}
        return draft, client.post(url(draft, "design"), sent, follow=True)

    def test_adv_14_a_wrong_shape_is_said_beside_the_picture_with_a_sample_of_what_fits(self, minji_user):
        draft, answer = self.send(browser(minji_user), picture(size=(900, 700)))
        text = answer.content.decode()
        assert answer.status_code == 422
        assert "정사각형이어야 해요. 지금은 900×700이에요." in text
        assert "예: 1,080×1,080픽셀 JPG" in text
        assert "민지네 커피 구경하기" in text
        assert "image" not in Draft.objects.get(pk=draft.pk).answers["design"]

    def test_a_good_one_is_shown_chosen_again_and_taken_away(self, minji_user):
        client = browser(minji_user)
        draft, answer = self.send(client, picture(size=(900, 900)))
        row = CampaignImage.objects.get()
        assert Draft.objects.get(pk=draft.pk).answers["design"]["image"] == str(row.public_id)
        assert f"/campaigns/images/{row.public_id}/" in answer.content.decode()
        assert f"/campaigns/images/{row.public_id}/" in client.get(url(draft, "preview/detail")).content.decode()
        for intent, expected in (("drop:image", None), (f"image:{row.public_id}", str(row.public_id))):
            version = Draft.objects.get(pk=draft.pk).version
            client.post(url(draft, "design"), {**ANSWERS["design"], "intent": intent, "version": str(version), "tab": "t"})
            assert Draft.objects.get(pk=draft.pk).answers["design"].get("image") == expected

    def test_another_advertisers_picture_is_neither_shown_nor_submitted(self, store, minji, eve, eve_user, minji_user, at):
        row = store(picture(size=(700, 700)))
        assert browser(eve_user).get(f"/campaigns/images/{row.public_id}/").status_code == 404
        with pytest.raises(images.NotYourImage):
            services.submit_campaign(advertiser=eve, spec=spec_of(at, image=row.public_id), by=eve_user, at=at, key="theirs")


class TestForMembers:
    def test_nobody_sees_it_before_the_campaign_was_approved_and_everybody_afterwards(self, store, submit, operator, client, at):
        row = store(picture(size=(700, 700)))
        campaign = submit(image=row.public_id)
        address = f"/luckffle/images/{row.public_id}/"
        assert client.get(address).status_code == 404
        services.approve(campaign=campaign, by=operator, at=at)
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == (
            200,
            "image/webp",
            "nosniff",
        )
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert address in client.get(f"/luckffle/missions/{campaign.public_id}/").content.decode()
