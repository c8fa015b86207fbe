"""How long a session lives, and that rights end at once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from advertisers.models import Membership
from identity.models import User
from tests.factories import PASSWORD
from tests.signing_in import browser, code_of, cookie_of, sign_in

NOON = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def is_in(client: Client, path: str) -> bool:
    return client.get(path).wsgi_request.user.is_authenticated


class TestAdvertiserSession:
    def test_s_26_ends_after_sixty_minutes_without_activity(self, clock, minji_user):
        client = browser(minji_user)
        assert is_in(client, "/my-page/")
        clock.shift(timedelta(minutes=59, seconds=59))
        assert is_in(client, "/my-page/")
        clock.shift(timedelta(minutes=60))
        response = client.get("/my-page/", follow=True)
        assert response.redirect_chain[0][0] == "/accounts/login/?next=/my-page/"
        assert "오래 쓰지 않아 로그아웃했어요" in response.content.decode()

    def test_s_26_slides_with_use_and_ends_after_twelve_hours_whatever_happens(self, clock, minji_user):
        client = browser(minji_user)
        for _ in range(12 * 2):
            assert is_in(client, "/my-page/")
            clock.shift(timedelta(minutes=30))
        assert not is_in(client, "/my-page/")

    def test_gains_nothing_from_a_copied_cookie_that_says_it_lives_longer(self, clock, minji_user):
        client = browser(minji_user)
        client.get("/my-page/")
        Session.objects.update(expire_date=NOON + timedelta(days=365))
        clock.shift(timedelta(hours=1))
        assert not is_in(client, "/my-page/")

    def test_is_written_at_most_once_a_minute(self, clock, minji_user, django_assert_max_num_queries):
        client = browser(minji_user)
        client.get("/my-page/")
        before = Session.objects.get().session_data
        clock.shift(timedelta(seconds=59))
        client.get("/my-page/")
        assert Session.objects.get().session_data == before
        clock.shift(timedelta(seconds=1))
        client.get("/my-page/")
        assert Session.objects.get().session_data != before


class TestOperatorSession:
    def test_s_26_ends_after_fifteen_minutes_without_activity(self, clock, operator):
        client = browser(operator)
        assert is_in(client, "/backoffice/2fa/")
        clock.shift(timedelta(minutes=14, seconds=59))
        assert is_in(client, "/backoffice/2fa/")
        clock.shift(timedelta(minutes=15))
        assert not is_in(client, "/backoffice/2fa/")

    def test_s_26_ends_after_eight_hours_whatever_happens(self, clock, operator):
        client = browser(operator)
        for _ in range(8 * 6):
            assert is_in(client, "/backoffice/2fa/")
            clock.shift(timedelta(minutes=10))
        assert not is_in(client, "/backoffice/2fa/")


class TestMemberSession:
    def test_s_26_lives_thirty_days_from_the_last_visit(self, clock, suji):
        client = browser(suji.user)
        for _ in range(3):
            assert is_in(client, "/luckffle/login/")
            clock.shift(timedelta(days=29))
        assert is_in(client, "/luckffle/login/")
        clock.shift(timedelta(days=30))
        assert not is_in(client, "/luckffle/login/")


class TestTheCookie:
    def test_ends_an_hour_after_the_limit_of_the_portal(self, clock, minji_user, suji):
        for login, name, seconds in (
            ("/accounts/login/", "minji", 2 * 60 * 60),
            ("/luckffle/login/", "010-0000-0001", 30 * 24 * 3600 + 3600),
        ):
            response = Client().post(login, {"login": name, "password": PASSWORD})
            cookie = response.cookies[cookie_of("advertiser" if "accounts" in login else "luckffle")]
            assert (cookie["max-age"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (seconds, True, "Lax", "/")

    def test_is_host_bound_and_secure_in_production(self, minji_user, settings):
        settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
        response = Client().post("/accounts/login/", {"login": "minji", "password": PASSWORD}, secure=True)
        assert set(response.cookies) == {"__Host-boost_advertiser", "__Host-boost_advertiser_csrf", "__Host-boost_advertiser_known"}
        for cookie in response.cookies.values():
            assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")

    def test_without_the_prefix_is_ignored_in_production(self, minji_user, settings):
        client = browser(minji_user)
        settings.SESSION_COOKIE_SECURE = True
        assert not client.get("/accounts/login/", secure=True).wsgi_request.user.is_authenticated


class TestRightsEndAtOnce:
    def test_of_a_person_switched_off(self, minji_user):
        client = browser(minji_user)
        assert client.get("/my-page/").status_code == 200
        User.objects.filter(pk=minji_user.pk).update(is_active=False)
        assert client.get("/my-page/")["Location"] == "/accounts/login/?next=/my-page/"

    def test_of_a_session_taken_out_of_the_table(self, minji_user):
        client = browser(minji_user)
        assert client.get("/my-page/").status_code == 200
        Session.objects.all().delete()
        assert client.get("/my-page/")["Location"] == "/accounts/login/?next=/my-page/"

    def test_of_a_membership_taken_away(self, minji, minji_user):
        client = browser(minji_user)
        Membership.objects.update(is_active=False)
        assert client.get("/my-page/").status_code == 404

    def test_of_an_advertiser_switched_off(self, minji, minji_user):
        client = browser(minji_user)
        minji.is_active = False
        minji.save()
        assert client.get("/my-page/").status_code == 404

    def test_of_every_other_session_when_the_password_changes(self, minji_user):
        here, there = browser(minji_user), browser(minji_user)
        new = "new-passw0rd-새것"
        response = here.post("/accounts/password/", {"oldpassword": PASSWORD, "password1": new})
        assert response["Location"] == "/dashboard/"
        assert here.get("/my-page/").status_code == 200
        assert there.get("/my-page/").status_code == 302
        assert User.objects.get(pk=minji_user.pk).check_password(new)


class TestNewPassword:
    @pytest.mark.parametrize(
        "new,why",
        [
            ("short-123", "비밀번호는 10자 이상으로 정해 주세요."),
            ("x" * 129, "비밀번호는 128자까지"),
            ("password123", "흔히 쓰는 비밀번호"),
            ("minji@example.com", "비슷한 비밀번호"),
        ],
    )
    def test_refuses_bad_ones_in_korean_and_keeps_the_old(self, minji_user, new, why):
        response = browser(minji_user).post("/accounts/password/", {"oldpassword": PASSWORD, "password1": new})
        assert response.status_code == 422
        assert why in response.content.decode()
        assert User.objects.get(pk=minji_user.pk).check_password(PASSWORD)

    def test_asks_for_the_old_one(self, minji_user):
        response = browser(minji_user).post("/accounts/password/", {"oldpassword": "nope", "password1": "new-passw0rd-새것"})
        assert "지금 쓰는 비밀번호를 적어 주세요." in response.content.decode()

    def test_of_an_operator_has_twelve_characters(self, operator):
        response = browser(operator).post("/backoffice/account/password/", {"oldpassword": PASSWORD, "password1": "eleven-char"})
        assert "비밀번호는 12자 이상으로 정해 주세요." in response.content.decode()

    @pytest.mark.parametrize("new", ["긴 비밀번호도 괜찮아요", "correct horse battery", "🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵"])
    def test_takes_any_character(self, minji_user, new):
        assert browser(minji_user).post("/accounts/password/", {"oldpassword": PASSWORD, "password1": new}).status_code == 302


class TestOneDevice:
    @staticmethod
    def enter(name):
        client = Client()
        client.post("/accounts/login/", {"login": name, "password": PASSWORD})
        return client

    def test_g3_is_signed_out_from_another_and_refused_at_once(self, minji_user):
        here, there = self.enter("minji"), self.enter("minji")
        other = next(device for device in here.get("/accounts/sessions/").context["devices"] if not device["is_this"])
        assert here.post(f"/accounts/sessions/{other['id']}/end/").status_code == 302
        assert not is_in(there, "/my-page/")
        assert is_in(here, "/my-page/")

    def test_signs_this_very_browser_out_like_any_other(self, minji_user):
        here = self.enter("minji")
        [device] = here.get("/accounts/sessions/").context["devices"]
        response = here.post(f"/accounts/sessions/{device['id']}/end/")
        assert (response.status_code, response.headers["Location"]) == (302, "/accounts/sessions/")
        assert not is_in(here, "/my-page/")

    def test_of_somebody_else_is_none_of_mine(self, minji_user, eve_user):
        mine, hers = self.enter("minji"), self.enter("eve")
        [device] = hers.get("/accounts/sessions/").context["devices"]
        assert mine.post(f"/accounts/sessions/{device['id']}/end/").status_code == 404
        assert is_in(hers, "/my-page/")


class TestAnAdvertisersSecondFactor:
    def enter(self):
        client = Client()
        return client, client.post("/accounts/login/", {"login": "minji", "password": PASSWORD})

    def test_is_set_up_asked_for_at_sign_in_and_taken_away_again(self, minji_user):
        client, _ = self.enter()
        secret = client.get("/accounts/2fa/totp/").context["form"].secret
        assert client.post("/accounts/2fa/totp/", {"code": code_of(secret)})["Location"] == "/accounts/2fa/recovery-codes/"
        codes = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
        again, response = self.enter()
        assert response["Location"] == "/accounts/2fa/authenticate/"
        assert not is_in(again, "/dashboard/")
        assert again.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 422
        assert again.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 302
        assert is_in(again, "/dashboard/")
        assert "2단계 인증 끄기" in again.get("/accounts/2fa/").content.decode()
        assert again.get("/accounts/2fa/totp/remove/").status_code == 200
        assert minji_user.authenticator_set.filter(type="totp").exists(), "looking takes nothing away"
        assert again.post("/accounts/2fa/totp/remove/").status_code == 302
        assert not minji_user.authenticator_set.exists()
        assert self.enter()[1]["Location"] == "/dashboard/"


class TestDevices:
    def test_lists_them_in_words_and_signs_the_others_out(self, minji_user):
        phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"
        desk = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0"
        there, here = Client(headers={"user-agent": phone}), Client(headers={"user-agent": desk})
        for client in (there, here):
            client.post("/accounts/login/", {"login": "minji", "password": PASSWORD})
        text = here.get("/accounts/sessions/").content.decode()
        assert "아이폰 · 사파리" in text
        assert "윈도우 · 엣지" in text
        assert text.count("지금 이 기기") == 1
        assert here.post("/accounts/sessions/").status_code == 302
        assert there.get("/my-page/").status_code == 302
        assert here.get("/my-page/").status_code == 200

    def test_are_not_shown_to_a_stranger(self, db):
        assert Client().get("/accounts/sessions/")["Location"] == "/accounts/login/?next=/accounts/sessions/"


class TestServedPortals:
    def test_a_process_answers_only_for_its_own(self, minji_user, settings):
        settings.PORTALS = ["luckffle"]
        client = sign_in(Client(), minji_user)
        assert client.get("/accounts/login/").status_code == 404
        assert client.get("/backoffice/login/").status_code == 404
        assert client.get("/luckffle/login/").status_code == 200
        assert client.get("/healthz").status_code == 200
