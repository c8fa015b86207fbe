"""Signing in with Kakao, Naver and Google: the whole walk over the sandbox, and everything that must not be."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone

from identity import social, withdrawal
from identity.models import AccessLog, Notification, User
from tests.advertisers import applicants
from tests.factories import PASSWORD
from tests.signing_in import browser, give_second_factor

KEYS = ("kakao", "naver", "google")
PATHS = {
    "kakao": ("/oauth/authorize", "/oauth/token", "/v2/user/me"),
    "naver": ("/oauth2.0/authorize", "/oauth2.0/token", "/v1/nid/me"),
    "google": ("/o/oauth2/v2/auth", "/token", "/oauth2/v2/userinfo"),
}


@pytest.fixture(autouse=True)
def _fresh_limits(db):
    cache.clear()


@pytest.fixture
def open_houses(outside, settings):
    """All three services have keys, and the sandbox stands in for them."""
    base = outside.sandbox.base_url
    settings.SOCIAL_LOGIN = {
        key: {
            "name": settings.SOCIAL_LOGIN[key]["name"], "client_id": f"sandbox-{key}", "secret": f"sandbox-{key}-secret",
            **dict(zip(("authorize_url", "token_url", "profile_url"), (f"{base}/{key}{path}" for path in PATHS[key]), strict=True)),
        }
        for key in KEYS
    }  # fmt: skip
    return outside


def goes(client: Client, key: str, **more: str) -> str:
    """Press the button; the address of the service's window."""
    response = client.post(f"/accounts/social/{key}/login/", more)
    assert response.status_code == 302
    return response["Location"]


def decides(window: str, person: str) -> str:
    """Somebody says who they are in the window, or refuses (""); the way back, as a path of ours."""
    assert httpx.get(window, trust_env=False).status_code == 200
    back = httpx.post(window, data={"person": person}, trust_env=False).headers["Location"]
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def comes(client: Client, key: str, person: str, **more: str):
    """The whole way; our answer to the return."""
    return client.get(decides(goes(client, key, **more), person))


def who(client: Client) -> User | None:
    user = client.get("/accounts/login/").wsgi_request.user
    return user if user.is_authenticated else None


def link(user: User, key: str = "kakao", person: str = "minji") -> None:
    """This person's number of the service opens this account."""
    client = Client()
    comes(client, key, person)
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD, "next": "/accounts/social/link/"})
    client.post("/accounts/social/link/")
    assert SocialAccount.objects.filter(user=user, provider=key).exists()


@pytest.mark.parametrize("key", KEYS)
class TestEachService:
    def test_s_114_is_linked_after_the_password_and_opens_the_account_from_then_on(self, open_houses, minji_user, key):
        client = Client()
        response = comes(client, key, "minji")
        assert response["Location"] == "/accounts/social/new/"
        page = client.get("/accounts/social/new/").content.decode()
        assert "처음 오셨어요" in page
        assert "/accounts/login/?next=/accounts/social/link/" in page
        assert who(client) is None
        assert not SocialAccount.objects.exists()
        response = client.post("/accounts/login/", {"login": "minji", "password": PASSWORD, "next": "/accounts/social/link/"})
        assert response["Location"] == "/accounts/social/link/"
        assert client.get("/accounts/social/link/").status_code == 200
        assert not SocialAccount.objects.exists(), "looking links nothing"
        assert client.post("/accounts/social/link/")["Location"] == "/accounts/social/"
        again = Client()
        assert comes(again, key, "minji", next="/my-page/")["Location"] == "/my-page/"
        assert who(again) == minji_user
        assert Notification.objects.get(user=minji_user, kind="identity.social_linked")
        assert AccessLog.objects.filter(action="keys.social_linked", actor=minji_user).count() == 1

    def test_i3_is_asked_for_no_name_and_no_address_and_nothing_but_the_number_is_kept(self, open_houses, minji_user, key):
        scope = parse_qs(urlsplit(goes(Client(), key)).query).get("scope", [""])[0]
        assert scope == ("openid" if key == "google" else "")
        link(minji_user, key)
        row = SocialAccount.objects.get()
        assert (row.extra_data, bool(row.uid)) == ({}, True)
        assert not SocialToken.objects.exists()

    def test_g5_comes_back_to_our_own_origin_whatever_the_request_says(self, open_houses, key, settings):
        back = parse_qs(urlsplit(goes(Client(HTTP_HOST="localhost"), key)).query)["redirect_uri"]
        assert back == [f"{settings.PORTAL_ORIGINS['advertiser']}/accounts/social/{key}/return/"]

    def test_says_so_when_the_person_refuses(self, open_houses, key):
        client = Client()
        assert comes(client, key, "")["Location"] == "/accounts/login/"
        assert "로그인을 그만뒀어요" in client.get("/accounts/login/").content.decode()
        assert who(client) is None

    def test_takes_no_answer_that_another_browser_asked_for_and_none_twice(self, open_houses, minji_user, key):
        link(minji_user, key)
        mine, other = Client(), Client()
        back = decides(goes(mine, key), "minji")
        assert other.get(back)["Location"] == "/accounts/login/"
        assert who(other) is None
        assert mine.get(back).status_code == 302
        assert who(mine) == minji_user
        mine.post("/accounts/logout/")
        mine.get(back)
        assert who(mine) is None

    @pytest.mark.parametrize(
        "fault", [{"kind": "error", "status": 500}, {"kind": "garbage"}, {"kind": "drop"}], ids=["500", "garbage", "drop"]
    )
    def test_that_is_broken_leads_back_with_a_word_and_opens_nothing(self, open_houses, minji_user, key, fault):
        link(minji_user, key)
        client = Client()
        back = decides(goes(client, key), "minji")
        open_houses.fault(service=key, count=None, **fault)
        assert client.get(back)["Location"] == "/accounts/login/"
        assert "로그인을 끝내지 못했어요" in client.get("/accounts/login/").content.decode()
        assert who(client) is None

    def test_without_keys_is_not_there(self, db, key):
        for method, way in (("get", "login"), ("post", "login"), ("get", "return"), ("post", "return")):
            assert getattr(Client(), method)(f"/accounts/social/{key}/{way}/").status_code in (404, 405), (method, way)
        assert Client().post(f"/accounts/social/{key}/login/").status_code == 404
        assert "간편 로그인" not in Client().get("/accounts/login/").content.decode()

    def test_is_started_by_a_form_of_ours_only(self, open_houses, key):
        assert Client().get(f"/accounts/social/{key}/login/").status_code == 405
        assert Client(enforce_csrf_checks=True).post(f"/accounts/social/{key}/login/").status_code == 403


class TestTheLoginPage:
    def test_offers_them_to_advertisers_only_and_lets_the_form_go_there(self, open_houses):
        response = Client().get("/accounts/login/")
        assert response.content.decode().count("로 로그인</span>") == 3
        assert f"form-action 'self' {open_houses.sandbox.base_url}" in response.headers["Content-Security-Policy"]
        for portal in ("luckffle", "backoffice"):
            assert "간편 로그인" not in Client().get(f"/{portal}/login/").content.decode()


class TestAKnownNumber:
    def test_g6_does_not_go_past_the_second_factor(self, open_houses, minji_user):
        link(minji_user)
        give_second_factor(minji_user)
        client = Client()
        assert comes(client, "kakao", "minji")["Location"] == "/accounts/2fa/authenticate/"
        assert who(client) is None

    def test_f1_of_somebody_of_another_kind_or_switched_off_opens_nothing(self, open_houses, minji_user, operator):
        link(minji_user)
        for change in ({"user": operator}, {"user": minji_user}):
            SocialAccount.objects.update(**change)
            User.objects.filter(pk=minji_user.pk).update(is_active=False)
            client = Client()
            assert comes(client, "kakao", "minji")["Location"] == "/accounts/login/"
            assert "이 계정으로는 로그인할 수 없어요" in client.get("/accounts/login/").content.decode()
            assert who(client) is None
            assert not client.get("/backoffice/login/").wsgi_request.user.is_authenticated

    def test_of_somebody_else_does_not_change_who_is_signed_in(self, open_houses, minji_user, eve_user):
        link(eve_user, person="eve")
        client = browser(minji_user)
        assert comes(client, "kakao", "eve")["Location"] == "/accounts/social/"
        assert who(client) == minji_user

    @pytest.mark.parametrize("process", ["connect", "redirect"])
    def test_goes_no_other_way_of_the_library(self, open_houses, minji_user, process):
        client = browser(minji_user)
        window = client.post(f"/accounts/social/kakao/login/?process={process}")["Location"]
        assert client.get(decides(window, "nobody"))["Location"] == "/accounts/social/"
        assert not SocialAccount.objects.exists()


class TestLinking:
    def test_asks_for_the_password_again_when_signing_in_was_a_while_ago(self, open_houses, minji_user):
        client = browser(minji_user)
        assert comes(client, "kakao", "minji")["Location"] == "/accounts/social/link/"
        assert client.post("/accounts/social/link/")["Location"].startswith("/accounts/2fa/password/")
        assert not SocialAccount.objects.exists()

    def test_a_number_that_opens_another_account_is_refused(self, open_houses, minji_user, eve_user):
        link(minji_user)
        with pytest.raises(social.AlreadyLinked):
            social.link_pending(_waiting("kakao", SocialAccount.objects.get().uid), eve_user)
        assert SocialAccount.objects.get().user == minji_user

    def test_one_number_of_a_service_is_enough(self, open_houses, minji_user):
        link(minji_user)
        with pytest.raises(social.AlreadyLinked):
            social.link_pending(_waiting("kakao", "another"), minji_user)
        assert SocialAccount.objects.count() == 1

    def test_waits_half_an_hour_and_may_be_given_up(self, open_houses, minji_user):
        assert social.pending(_waiting("kakao", "1", until=0)) is None
        client = Client()
        comes(client, "kakao", "minji")
        client.post("/accounts/login/", {"login": "minji", "password": PASSWORD})
        assert client.post("/accounts/social/link/", {"action": "leave"})["Location"] == "/accounts/social/"
        assert client.post("/accounts/social/link/")["Location"] == "/accounts/social/"
        assert not SocialAccount.objects.exists()

    def test_is_undone_on_the_page_and_opens_nothing_afterwards(self, open_houses, minji_user):
        link(minji_user)
        client = Client()
        client.post("/accounts/login/", {"login": "minji", "password": PASSWORD})
        assert "연결 끊기" in client.get("/accounts/social/").content.decode()
        assert client.post("/accounts/social/naver/unlink/").status_code == 404
        assert client.post("/accounts/social/kakao/unlink/")["Location"] == "/accounts/social/"
        assert not SocialAccount.objects.exists()
        assert Notification.objects.get(user=minji_user, kind="identity.social_unlinked")
        assert comes(Client(), "kakao", "minji")["Location"] == "/accounts/social/new/"

    def test_ends_with_the_account(self, open_houses, minji_user):
        link(minji_user)
        with transaction.atomic():
            withdrawal.withdraw(user=minji_user, facts={}, at=timezone.now())
        assert not SocialAccount.objects.exists()
        assert not Authenticator.objects.exists()


class _Session(dict):
    """A session that is not kept."""


def _waiting(service: str, uid: str, *, until: float = 4_000_000_000):
    request = type("Request", (), {})()
    request.session = _Session({"social_pending": {"service": service, "uid": uid, "until": until}})
    return request


@pytest.fixture
def newcomer(db, outside, settings, tmp_path):
    """Somebody at the sign-up pages."""
    return applicants._applicant(outside, settings, tmp_path, "personal")


class TestSigningUp:
    def test_adv_02_somebody_new_goes_through_every_step_and_is_linked_at_the_end(self, open_houses, newcomer):
        comes(newcomer.client, "kakao", "nobody")
        page = newcomer.client.get("/accounts/social/new/").content.decode()
        assert 'href="/accounts/signup/"' in page
        newcomer.until_the_account()
        assert not User.objects.exists(), "the service's word makes no account"
        assert newcomer.account()["Location"] == "/dashboard/"
        user = User.objects.get(username="minji_ad")
        assert SocialAccount.objects.get().user == user
        assert user.consents.count() == 4
        again = Client()
        assert comes(again, "kakao", "nobody")["Location"] == "/dashboard/"
        assert who(again) == user
