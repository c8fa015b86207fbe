"""Passkeys without a browser: whose they are, where they work, and what is refused."""

import json
import time

import pytest
from allauth.account.internal.flows.login import _AUTHENTICATION_METHODS_USER_SESSION_KEY, AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from identity import passkeys, step_up
from identity.models import AccessLog, Notification, StepUpGrant, User
from tests import soft_key
from tests.factories import PASSWORD
from tests.signing_in import cookie_of, give_second_factor, sign_in
from tests.soft_key import HOST, SoftKey

REFUSED = "패스키를 확인하지 못했어요. 다시 눌러 주세요."
LOGIN = "/accounts/2fa/passkeys/login/"


@pytest.fixture(autouse=True)
def _fresh_limits(db):
    cache.clear()


def arrive(user: User, portal: str = "advertiser") -> Client:
    """A browser that signed in a moment ago, at the host a passkey is for."""
    client = sign_in(Client(HTTP_HOST=HOST), user)
    client.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[cookie_of(portal)].value
    session = client.session
    records = session.get(AUTHENTICATION_METHODS_SESSION_KEY) or [{"method": "password", "at": time.time()}]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = records
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()
    return client


def somebody(client: Client) -> User | None:
    user = client.get("/accounts/login/").wsgi_request.user
    return user if user.is_authenticated else None


class TestMaking:
    def test_g3_keeps_the_key_tells_the_person_and_gives_recovery_codes(self, minji_user):
        client, key = arrive(minji_user), SoftKey()
        assert soft_key.register(client, key)["Location"] == "/accounts/2fa/recovery-codes/"
        [row] = passkeys.passkeys_of(minji_user)
        assert row.wrap().name == "내 휴대전화"
        assert Notification.objects.get(user=minji_user).title == "패스키를 등록했어요"
        assert AccessLog.objects.filter(action="keys.passkey_added", actor=minji_user).count() == 1
        assert "내 휴대전화" in client.get("/accounts/2fa/").content.decode()

    def test_asks_for_the_password_again_when_signing_in_was_a_while_ago(self, minji_user):
        client = sign_in(Client(HTTP_HOST=HOST), minji_user)
        assert client.get("/accounts/2fa/passkeys/add/")["Location"].startswith("/accounts/2fa/password/")

    def test_f2_tells_the_device_no_number_of_a_row(self, minji_user):
        client, key = arrive(minji_user), SoftKey()
        soft_key.register(client, key)
        assert soft_key.websafe_encode(minji_user.public_id.bytes) == key.owner

    def test_names_it_when_its_owner_does_not(self, minji_user):
        soft_key.register(arrive(minji_user), SoftKey(), name="")
        assert passkeys.passkeys_of(minji_user)[0].wrap().name == "패스키 1"

    @pytest.mark.parametrize("key", [SoftKey(verifies=False), SoftKey(origin="https://boost.evil.example")], ids=["no finger", "elsewhere"])
    def test_refuses_a_device_that_did_not_verify_and_an_answer_given_to_another_house(self, minji_user, key):
        response = soft_key.register(arrive(minji_user), key)
        assert response.status_code == 422
        assert REFUSED in response.content.decode()
        assert not Authenticator.objects.exists()

    def test_refuses_an_answer_to_an_older_question(self, minji_user):
        client, key = arrive(minji_user), SoftKey()
        old = client.get("/accounts/2fa/passkeys/add/").context["js_data"]["creation_options"]
        client.get("/accounts/2fa/passkeys/add/")
        response = client.post("/accounts/2fa/passkeys/add/", {"credential": key.create(soft_key._plain(old))})
        assert response.status_code == 422
        assert not Authenticator.objects.exists()


MADE_UP = [
    "", "{", "[]", "5", "null", '"x"', "{}", '{"id": 5}', '{"id": "AA", "rawId": "AA", "type": "public-key"}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": []}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "AA", "attestationObject": "AA"}}',
    '{"id": "AA", "rawId": "AA", "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "userHandle": "AA"}}',
    '{"id": "AA", "rawId": "AA", "response": {"clientDataJSON": "e30", "authenticatorData": "", "signature": "", "userHandle": null}}',
]  # fmt: skip


class TestTextThatNoDeviceSends:
    @pytest.mark.parametrize("text", MADE_UP, ids=range(len(MADE_UP)))
    def test_is_refused_at_every_form_in_korean(self, minji_user, text):
        soft_key.keep(minji_user, SoftKey())
        client = arrive(minji_user)
        for path in ("add", "again"):
            client.get(f"/accounts/2fa/passkeys/{path}/")
            response = client.post(f"/accounts/2fa/passkeys/{path}/", {"credential": text})
            assert response.status_code == 422, path
            assert "패스키" in response.content.decode(), path
        stranger = Client(HTTP_HOST=HOST)
        stranger.get(LOGIN, headers={"X-Requested-With": "XMLHttpRequest"})
        assert stranger.post(LOGIN, {"credential": text})["Location"] == "/accounts/login/"
        assert somebody(stranger) is None
        assert Authenticator.objects.count() == 1


class TestSigningIn:
    def test_g3_needs_nothing_else_and_goes_on_to_the_page_that_asked(self, minji_user):
        key = SoftKey()
        soft_key.keep(minji_user, key)
        client = Client(HTTP_HOST=HOST)
        response = soft_key.sign_in_with(client, key, next="/my-page/team/")
        assert (response.status_code, response["Location"]) == (302, "/my-page/team/")
        assert somebody(client) == minji_user

    def test_never_sends_people_to_another_house(self, minji_user):
        key = SoftKey()
        soft_key.keep(minji_user, key)
        assert soft_key.sign_in_with(Client(HTTP_HOST=HOST), key, next="https://evil.example/")["Location"] == "/dashboard/"

    def test_refuses_a_removed_key_a_strangers_and_one_of_a_person_switched_off(self, minji_user, eve_user):
        kept, never = SoftKey(), SoftKey()
        soft_key.keep(minji_user, kept)
        never.owner = kept.owner
        client = Client(HTTP_HOST=HOST)
        soft_key.sign_in_with(client, never)
        assert somebody(client) is None
        kept_owner, kept.owner = kept.owner, soft_key.websafe_encode(eve_user.public_id.bytes)
        soft_key.sign_in_with(client, kept)
        assert somebody(client) is None, "minji's key says that it is eve's"
        kept.owner = kept_owner
        User.objects.filter(pk=minji_user.pk).update(is_active=False)
        soft_key.sign_in_with(client, kept)
        assert somebody(client) is None
        User.objects.filter(pk=minji_user.pk).update(is_active=True)
        Authenticator.objects.all().delete()
        soft_key.sign_in_with(client, kept)
        assert somebody(client) is None
        assert AccessLog.objects.filter(action="login.failed").count() == 4

    def test_f1_of_one_kind_opens_no_other_portal(self, operator, minji_user):
        his, hers = SoftKey(), SoftKey()
        soft_key.keep(operator, his)
        soft_key.keep(minji_user, hers)
        client = Client(HTTP_HOST=HOST)
        assert soft_key.sign_in_with(client, his)["Location"] == "/accounts/login/"
        assert soft_key.sign_in_with(client, hers, under="/backoffice/")["Location"] == "/backoffice/login/"
        assert somebody(client) is None
        assert soft_key.sign_in_with(client, his, under="/backoffice/")["Location"] == "/backoffice/"
        assert Client().get("/luckffle/2fa/passkeys/login/").status_code == 404

    def test_g6_lets_an_operator_into_the_back_office(self, operator):
        key = SoftKey()
        give_second_factor(operator)
        soft_key.keep(operator, key)
        client = Client(HTTP_HOST=HOST)
        soft_key.sign_in_with(client, key, under="/backoffice/")
        assert client.get("/backoffice/").status_code == 200

    def test_a_password_alone_opens_nothing_any_more(self, minji_user):
        key = SoftKey()
        soft_key.keep(minji_user, key)
        client = Client(HTTP_HOST=HOST)
        response = client.post("/accounts/login/", {"login": "minji", "password": PASSWORD})
        assert response["Location"] == "/accounts/2fa/authenticate/"
        assert client.get("/dashboard/").status_code == 302
        assert client.post("/accounts/2fa/authenticate/", {"credential": "{}"}).status_code == 422
        options = client.get("/accounts/2fa/authenticate/").context["js_data"]["request_options"]
        answered = client.post("/accounts/2fa/authenticate/", {"credential": key.get(soft_key._plain(options))})
        assert answered["Location"] == "/dashboard/"
        assert client.get("/dashboard/").status_code == 200


class TestTheList:
    def test_renames_and_removes_ones_own(self, minji_user):
        row = soft_key.keep(minji_user, SoftKey())
        client, number = arrive(minji_user), passkeys.number_of(row)
        assert client.post(f"/accounts/2fa/passkeys/{number}/rename/", {"name": ""}).status_code == 422
        assert client.post(f"/accounts/2fa/passkeys/{number}/rename/", {"name": "x" * 41}).status_code == 422
        assert client.post(f"/accounts/2fa/passkeys/{number}/rename/", {"name": "사무실"})["Location"] == "/accounts/2fa/"
        assert passkeys.passkeys_of(minji_user)[0].wrap().name == "사무실"
        assert client.get(f"/accounts/2fa/passkeys/{number}/remove/").status_code == 200
        assert Authenticator.objects.filter(pk=row.pk).exists(), "looking takes nothing away"
        assert client.post(f"/accounts/2fa/passkeys/{number}/remove/")["Location"] == "/accounts/2fa/"
        assert not Authenticator.objects.exists()
        assert Notification.objects.get(user=minji_user).title == "패스키를 지웠어요"

    def test_f1_of_somebody_else_does_not_exist(self, minji_user, eve_user):
        number = passkeys.number_of(soft_key.keep(eve_user, SoftKey()))
        client = arrive(minji_user)
        for deed in ("rename", "remove"):
            assert client.get(f"/accounts/2fa/passkeys/{number}/{deed}/").status_code == 404
            assert client.post(f"/accounts/2fa/passkeys/{number}/{deed}/", {"name": "내 것"}).status_code == 404
        assert passkeys.passkeys_of(eve_user)[0].wrap().name == "내 휴대전화"

    def test_g6_of_an_operator_never_loses_the_last_second_factor(self, operator):
        give_second_factor(operator)
        row = soft_key.keep(operator, SoftKey())
        client = arrive(operator, "backoffice")
        operator.authenticator_set.filter(type="totp").delete()
        path = f"/backoffice/2fa/passkeys/{passkeys.number_of(row)}/remove/"
        client.post(path)
        assert Authenticator.objects.filter(pk=row.pk).exists()
        second = soft_key.keep(operator, SoftKey(), name="예비")
        client.post(path)
        assert list(operator.authenticator_set.filter(type="webauthn")) == [second]


class TestShowingAgain:
    PATH = "/accounts/step-up/refund/"

    def test_s_23_takes_a_passkey(self, minji_user):
        key = SoftKey()
        soft_key.keep(minji_user, key)
        client = arrive(minji_user)
        page = client.get(self.PATH)
        assert "패스키로 확인하기" in page.content.decode()
        response = client.post(f"{self.PATH}?next=/my-page/", {"action": "passkey", "credential": key.get(_options(page))})
        assert response["Location"] == "/my-page/"
        [grant] = StepUpGrant.objects.filter(user=minji_user)
        assert (grant.purpose, grant.method) == ("refund", step_up.Method.SECOND_FACTOR)

    def test_refuses_another_persons(self, minji_user, eve_user):
        hers = SoftKey()
        soft_key.keep(minji_user, SoftKey())
        soft_key.keep(eve_user, hers)
        client = arrive(minji_user)
        response = client.post(self.PATH, {"action": "passkey", "credential": hers.get(_options(client.get(self.PATH)))})
        assert response.status_code == 422
        assert REFUSED in response.content.decode()
        assert not StepUpGrant.objects.exists()


def _options(page):
    return json.loads(json.dumps(page.context["passkey_options"], default=dict))
