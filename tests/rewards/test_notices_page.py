"""The way out that every ad names: as near as the consent itself. The page's other doings are in test_account.py."""

from identity import consents
from rewards.models.push import OPT_OUT
from tests.signing_in import browser

PAGE = "/luckffle/me/consents/"


class TestThePage:
    def test_usr_25_gives_and_takes_back_with_one_press_each(self, suji):
        client = browser(suji.user)
        assert client.post(PAGE, {"kind": "MARKETING", "given": "yes"})["Location"] == PAGE
        assert client.post(PAGE, {"kind": "NIGHT", "given": "yes"})["Location"] == PAGE
        assert [consents.holds(suji.user, kind) for kind in ("MARKETING", "NIGHT")] == [True, True]
        client.post(PAGE, {"kind": "MARKETING", "given": "no"})
        assert [consents.holds(suji.user, kind) for kind in ("MARKETING", "NIGHT")] == [False, False]

    def test_is_where_the_last_line_of_an_ad_says(self, suji):
        assert OPT_OUT.endswith("럭플 > 내 정보 > 동의 관리")
        page = browser(suji.user).get("/luckffle/me/").content.decode()
        assert f'href="{PAGE}"' in page
        assert "동의 관리" in page
