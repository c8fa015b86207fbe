"""Signing in, portal by portal."""

import pytest
import time_machine
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from identity.models import AccessLog, User
from tests.factories import PASSWORD, UserFactory
from tests.signing_in import browser, code_of, cookie_of, give_second_factor, sign_in

ENTRANCES = {"advertiser": "/accounts/login/", "luckffle": "/luckffle/login/", "backoffice": "/backoffice/login/"}
MISMATCH = {
    "advertiser": "아이디나 비밀번호가 맞지 않아요. 5번 틀리면 10분 동안 로그인할 수 없어요.",
    "luckffle": "휴대전화 번호나 비밀번호가 맞지 않아요. 5번 틀리면 10분 동안 로그인할 수 없어요.",
    "backoffice": "이메일이나 비밀번호가 맞지 않아요. 5번 틀리면 10분 동안 로그인할 수 없어요.",
}


@pytest.fixture(autouse=True)
def _fresh_limits(db):
    cache.clear()


def enter(portal: str, name: str, password: str = PASSWORD, *, client: Client | None = None, **extra):
    return (client or Client()).post(ENTRANCES[portal], {"login": name, "password": password}, **extra)


class TestAdvertiserLogin:
    @pytest.mark.parametrize("name", ["minji", "MinJi", "minji@example.com", "Minji@Example.com", "  minji "])
    def test_takes_login_id_or_mail_however_it_is_written(self, minji_user, name):
        response = enter("advertiser", name)
        assert (response.status_code, response["Location"]) == (302, "/dashboard/")
        assert response.cookies[cookie_of("advertiser")].value

    def test_goes_on_to_the_page_that_asked(self, minji_user):
        response = Client().post("/accounts/login/?next=/my-page/", {"login": "minji", "password": PASSWORD, "next": "/my-page/"})
        assert response["Location"] == "/my-page/"

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
    def test_never_sends_people_to_another_house(self, minji_user, target):
        response = Client().post("/accounts/login/", {"login": "minji", "password": PASSWORD, "next": target})
        assert response["Location"] == "/dashboard/"

    @pytest.mark.parametrize("name,password", [("minji", "wrong-password"), ("nobody", PASSWORD), ("nobody@example.com", PASSWORD)])
    def test_refuses_in_one_sentence_whatever_was_wrong(self, minji_user, name, password):
        response = enter("advertiser", name, password)
        assert response.status_code == 422
        assert MISMATCH["advertiser"] in response.content.decode()
        assert not response.wsgi_request.user.is_authenticated

    def test_refuses_an_inactive_person_like_a_wrong_password(self, minji_user):
        User.objects.filter(pk=minji_user.pk).update(is_active=False)
        response = enter("advertiser", "minji")
        assert response.status_code == 422
        assert MISMATCH["advertiser"] in response.content.decode()

    def test_asks_for_what_is_missing(self, db):
        response = Client().post("/accounts/login/", {})
        assert response.status_code == 422
        assert response.content.decode().count("꼭 필요한 항목이에요.") == 2

    @pytest.mark.parametrize("name", ["\x00minji", "x" * 10_000, "민지😀", "' OR 1=1 --"])
    def test_takes_any_text_without_breaking(self, minji_user, name):
        assert enter("advertiser", name).status_code == 422

    def test_writes_success_and_failure_down(self, minji_user):
        enter("advertiser", "minji", "wrong-password")
        enter("advertiser", "minji")
        lines = AccessLog.objects.order_by("pk").values_list("action", "actor_id", "subject")
        assert list(lines) == [("login.failed", None, "portal:advertiser"), ("login.succeeded", minji_user.pk, "portal:advertiser")]


class TestMemberLogin:
    @pytest.mark.parametrize("number", ["010-0000-0001", "01000000001", "+821000000001", "+82 10-0000-0001", "010 0000 0001"])
    def test_takes_the_phone_however_it_is_written(self, suji, number):
        response = enter("luckffle", number)
        assert (response.status_code, response["Location"]) == (302, "/luckffle/")

    @pytest.mark.parametrize("number", ["010-0000-0002", "suji", "02-123-4567", "+1 415 555 2671", ""])
    def test_finds_nobody_by_anything_else(self, suji, number):
        assert enter("luckffle", number).status_code == 422

    def test_the_same_number_may_belong_to_an_advertiser_too(self, suji, minji_user):
        User.objects.filter(pk=minji_user.pk).update(phone="+821000000001")
        client = Client()
        enter("luckffle", "010-0000-0001", client=client)
        assert client.get("/luckffle/login/").wsgi_request.user == suji.user


class TestOperatorLogin:
    def test_asks_for_the_second_factor_before_anything_else(self, operator):
        secret = give_second_factor(operator)
        client = Client()
        response = enter("backoffice", "operator@example.com", client=client)
        assert response["Location"] == "/backoffice/2fa/authenticate/"
        assert client.get("/backoffice/")["Location"].startswith("/backoffice/login/")
        response = client.post("/backoffice/2fa/authenticate/", {"code": code_of(secret)})
        assert (response.status_code, response["Location"]) == (302, "/backoffice/")
        assert client.get("/backoffice/2fa/").status_code == 200

    def test_refuses_a_wrong_code_and_one_that_was_used(self, operator):
        secret = give_second_factor(operator)
        first, second = Client(), Client()
        enter("backoffice", "operator@example.com", client=first)
        response = first.post("/backoffice/2fa/authenticate/", {"code": "000000"})
        assert response.status_code == 422
        assert "인증 번호가 맞지 않아요" in response.content.decode()
        code = code_of(secret)
        assert first.post("/backoffice/2fa/authenticate/", {"code": code}).status_code == 302
        enter("backoffice", "operator@example.com", client=second)
        assert "인증 번호가 맞지 않아요" in second.post("/backoffice/2fa/authenticate/", {"code": code}).content.decode()
        assert second.get("/backoffice/")["Location"].startswith("/backoffice/login/")

    def test_takes_a_code_of_the_half_minute_before(self, operator):
        secret = give_second_factor(operator)
        client = Client()
        enter("backoffice", "operator@example.com", client=client)
        with time_machine.travel(timezone.now(), tick=False):  # the half minute does not end between the two
            assert client.post("/backoffice/2fa/authenticate/", {"code": code_of(secret, steps=-1)}).status_code == 302

    def test_without_a_second_factor_leads_to_setting_one_up_and_nowhere_else(self, operator):
        client = Client()
        assert enter("backoffice", "operator@example.com", client=client)["Location"] == "/backoffice/"
        for path in ("/backoffice/", "/backoffice/2fa/", "/backoffice/account/sessions/", "/backoffice/2fa/recovery-codes/generate/"):
            assert client.get(path)["Location"] == "/backoffice/2fa/totp/", path

    def test_sets_up_a_second_factor_and_shows_the_recovery_codes_once(self, operator):
        client = Client()
        enter("backoffice", "operator@example.com", client=client)
        page = client.get("/backoffice/2fa/totp/")
        secret = page.context["form"].secret
        response = client.post("/backoffice/2fa/totp/", {"code": code_of(secret)})
        assert response["Location"] == "/backoffice/2fa/recovery-codes/"
        codes = client.get("/backoffice/2fa/recovery-codes/").context["unused_codes"]
        assert len(codes) == 10
        assert set(client.get("/backoffice/2fa/recovery-codes/").context["unused_codes"]) == {"****"}
        again = Client()
        enter("backoffice", "operator@example.com", client=again)
        assert again.post("/backoffice/2fa/authenticate/", {"code": codes[0]}).status_code == 302
        once_more = Client()
        enter("backoffice", "operator@example.com", client=once_more)
        assert "인증 번호가 맞지 않아요" in once_more.post("/backoffice/2fa/authenticate/", {"code": codes[0]}).content.decode()

    def test_a_session_that_never_showed_the_second_factor_is_closed_once_one_exists(self, operator):
        client = browser(operator, second_factor=False)
        give_second_factor(operator)
        assert client.get("/backoffice/")["Location"] == "/backoffice/2fa/totp/"
        assert client.get("/backoffice/2fa/totp/")["Location"] != "/backoffice/"

    def test_is_closed_again_when_the_second_factor_is_taken_away(self, operator):
        client = browser(operator)
        assert client.get("/backoffice/2fa/").status_code == 200
        operator.authenticator_set.all().delete()
        assert client.get("/backoffice/2fa/")["Location"] == "/backoffice/2fa/totp/"

    def test_stores_the_secret_sealed(self, operator):
        secret = give_second_factor(operator)
        assert secret not in str(operator.authenticator_set.get().data)


class TestAWrongKind:
    @pytest.mark.parametrize("portal", ["advertiser", "luckffle", "backoffice"])
    def test_is_refused_with_the_words_of_a_wrong_password(self, minji_user, suji, operator, portal):
        names = {
            "advertiser": ["operator", "operator@example.com", "suji", "010-0000-0001"],
            "luckffle": ["minji", "minji@example.com", "operator@example.com"],
            "backoffice": ["minji@example.com", "minji", "010-0000-0001", "operator"],
        }[portal]
        for name in names:
            response = enter(portal, name)
            assert response.status_code == 422, name
            assert MISMATCH[portal] in response.content.decode(), name

    @pytest.mark.parametrize("portal", ["luckffle", "backoffice"])
    def test_gains_nothing_from_a_session_of_another_portal(self, minji_user, portal):
        value = browser(minji_user).cookies[cookie_of("advertiser")].value
        client = Client()
        client.cookies[cookie_of(portal)] = value
        assert not client.get(ENTRANCES[portal]).wsgi_request.user.is_authenticated

    def test_costs_the_same_work_as_a_wrong_password(self, minji_user, suji, operator, monkeypatch):
        counted: list[str] = []
        for name in ("encode", "verify"):
            original = getattr(Argon2PasswordHasher, name)
            monkeypatch.setattr(Argon2PasswordHasher, name, lambda *a, _o=original, _n=name, **k: (counted.append(_n), _o(*a, **k))[1])
        work = {}
        for name in ("minji", "nobody", "operator", "suji"):
            counted.clear()
            enter("advertiser", name, "wrong-password", REMOTE_ADDR=f"10.0.0.{len(work) + 1}")
            work[name] = len(counted)
        assert set(work.values()) == {1}, work


class TestLimits:
    def test_five_wrong_passwords_close_the_door_for_that_name_from_that_address(self, minji_user):
        for _ in range(5):
            assert enter("advertiser", "minji", "wrong-password").status_code == 422
        response = enter("advertiser", "minji")
        assert response.status_code == 422
        assert "10분 뒤에 다시 로그인해 주세요" in response.content.decode()
        assert enter("advertiser", "minji", REMOTE_ADDR="10.1.1.1").status_code == 302, "the owner elsewhere still enters"

    def test_writing_the_name_differently_is_not_another_try(self, suji):
        for number in ("010-0000-0001", "01000000001", "+821000000001", "010 0000 0001", "+82 10 0000 0001"):
            enter("luckffle", number, "wrong-password")
        assert "10분 뒤에" in enter("luckffle", "010-00000001").content.decode()

    def test_an_unknown_name_is_limited_alike(self, db):
        for _ in range(5):
            enter("advertiser", "nobody", "wrong-password")
        assert "10분 뒤에" in enter("advertiser", "nobody").content.decode()

    def test_a_forged_forwarding_header_changes_nothing(self, minji_user):
        for n in range(5):
            enter("advertiser", "minji", "wrong-password", HTTP_X_FORWARDED_FOR=f"203.0.113.{n}")
        assert "10분 뒤에" in enter("advertiser", "minji", HTTP_X_FORWARDED_FOR="203.0.113.99").content.decode()

    def test_behind_one_trusted_proxy_two_clients_are_two_buckets(self, minji_user, settings):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for _ in range(5):
            enter("advertiser", "minji", "wrong-password", HTTP_X_FORWARDED_FOR="198.51.100.7, 203.0.113.1")
        assert "10분 뒤에" in enter("advertiser", "minji", HTTP_X_FORWARDED_FOR="spoofed, 203.0.113.1").content.decode()
        assert enter("advertiser", "minji", HTTP_X_FORWARDED_FOR="203.0.113.1, 203.0.113.2").status_code == 302

    def test_thirty_posts_a_minute_from_one_address_get_a_page_that_says_so(self, db):
        statuses = [enter("advertiser", f"nobody{n}", "").status_code for n in range(31)]
        assert statuses == [422] * 30 + [429]
        response = enter("advertiser", "nobody", "")
        assert "요청이 너무 잦아요" in response.content.decode()

    def test_is_kept_in_the_database(self, minji_user):
        enter("advertiser", "minji", "wrong-password")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM common_cache WHERE cache_key LIKE '%%login_failed%%'")
            assert cursor.fetchone()[0] == 2, "one for the address, one for the name"


class TestOneBrowser:
    def test_is_signed_in_to_all_three_portals_at_once(self, minji_user, suji, operator):
        client = Client()
        for person in (minji_user, suji.user, operator):
            sign_in(client, person)
        assert client.get("/my-page/").wsgi_request.user == minji_user
        assert client.get("/luckffle/login/").wsgi_request.user == suji.user
        assert client.get("/backoffice/2fa/").wsgi_request.user == operator

    def test_signs_out_of_one_portal_only(self, minji_user, suji):
        client = Client()
        sign_in(client, minji_user)
        sign_in(client, suji.user)
        assert client.post("/accounts/logout/")["Location"] == "/"
        assert not client.get("/accounts/login/").wsgi_request.user.is_authenticated
        assert client.get("/luckffle/login/").wsgi_request.user == suji.user

    def test_signing_in_changes_the_session_number(self, minji_user):
        client = Client()
        client.get("/accounts/login/")
        client.cookies[cookie_of("advertiser")] = "a" * 32
        response = enter("advertiser", "minji", client=client)
        assert response.cookies[cookie_of("advertiser")].value != "a" * 32


class TestSignOut:
    def test_is_a_post(self, minji_user):
        client = browser(minji_user)
        assert client.get("/accounts/logout/").status_code == 405
        assert client.get("/my-page/").status_code == 200
        client.post("/accounts/logout/")
        assert client.get("/my-page/").status_code == 302
        assert AccessLog.objects.filter(action="logout", actor=minji_user).count() == 1

    def test_needs_our_form(self, minji_user):
        client = sign_in(Client(enforce_csrf_checks=True), minji_user)
        assert client.post("/accounts/logout/").status_code == 403
        assert client.get("/my-page/").status_code == 200


class TestSignUp:
    def test_is_offered_to_everybody_but_operators(self, db):
        for path in ("/accounts/login/", "/luckffle/login/"):
            assert "회원가입" in Client().get(path).content.decode()
        assert "회원가입" not in Client().get("/backoffice/login/").content.decode()


class TestNames:
    def test_are_unique_whatever_the_case(self, minji_user):
        for clash in ({"username": "MINJI"}, {"email": "MINJI@example.com"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                UserFactory(**clash)
