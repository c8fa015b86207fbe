"""The way out that every ad names: a page and a door of the app, as near as the consent itself."""

from django.test import Client

from identity import consents
from rewards.models.push import OPT_OUT
from tests.app import Phone
from tests.signing_in import browser

PAGE = "/luckffle/me/notices/"


class TestThePage:
    def test_usr_25_gives_and_takes_back_with_one_press_each(self, suji):
        client = browser(suji.user)
        assert "아직 답하지 않았어요" in client.get(PAGE).content.decode()
        assert client.post(PAGE, {"kind": "MARKETING", "given": "yes"})["Location"] == PAGE
        assert client.post(PAGE, {"kind": "NIGHT", "given": "yes"})["Location"] == PAGE
        assert [consents.holds(suji.user, kind) for kind in ("MARKETING", "NIGHT")] == [True, True]
        client.post(PAGE, {"kind": "MARKETING", "given": "no"})
        assert [consents.holds(suji.user, kind) for kind in ("MARKETING", "NIGHT")] == [False, False]

    def test_is_where_the_last_line_of_an_ad_says(self, suji):
        assert OPT_OUT.endswith("럭플 > 내 정보 > 알림")
        assert f'href="{PAGE}"' in browser(suji.user).get("/luckffle/me/").content.decode()

    def test_refuses_the_night_alone_and_what_is_not_to_choose(self, suji):
        client = browser(suji.user)
        said = client.post(PAGE, {"kind": "NIGHT", "given": "yes"})
        assert (said.status_code, "먼저 혜택과 소식 받기에 동의해 주세요." in said.content.decode()) == (422, True)
        assert [client.post(PAGE, wrong).status_code for wrong in ({"kind": "TERMS", "given": "no"}, {"kind": "MARKETING"}, {})] == [
            404
        ] * 3

    def test_is_for_members(self, db):
        assert Client().get(PAGE)["Location"].startswith("/luckffle/login/")


class TestTheApp:
    def test_usr_25_does_the_same(self, suji):
        phone = Phone(suji)
        assert [one["given"] for one in phone.get("/consents").json()] == [False, False]
        assert phone.post("/consents", {"kind": "NIGHT", "given": True}).json()["code"] == "consent.marketing_first"
        assert phone.post("/consents", {"kind": "MARKETING", "given": True}).json()[0]["given"]
        assert phone.post("/consents", {"kind": "TERMS", "given": False}).status_code == 422
        phone.post("/consents", {"kind": "MARKETING", "given": False})
        assert not consents.holds(suji.user, "MARKETING")
