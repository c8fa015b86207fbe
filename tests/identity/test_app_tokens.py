"""Sign-in of the reward app."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine
from allauth.headless.tokens.strategies.jwt.internal import _get_jwt_config
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from identity import tokens
from identity.models import User
from tests.factories import PASSWORD
from tests.signing_in import browser, cookie_of

BASE = "/api/luckffle/v1/auth"


@pytest.fixture(autouse=True)
def _fresh_limits(db):
    cache.clear()


def call(method: str, path: str, body=None, *, token: str = "", **headers):
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = {} if body is None else {"data": body if isinstance(body, str) else json.dumps(body), "content_type": "application/json"}
    return getattr(Client(), method)(BASE + path, headers=headers, **data)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def log_in(phone: str = "010-0000-0001", password: str = PASSWORD):
    return call("post", "/login", {"phone": phone, "password": password})


class TestLogin:
    @pytest.mark.parametrize("phone", ["010-0000-0001", "+821000000001", "01000000001"])
    def test_gives_an_access_and_a_refresh_token(self, suji, phone):
        answer = log_in(phone)
        assert answer.status_code == 200
        body = answer.json()
        assert body["data"]["user"] == {"id": str(suji.user.public_id), "display": suji.user.get_full_name()}
        assert body["meta"]["is_authenticated"] is True
        header = jwt.get_unverified_header(body["meta"]["access_token"])
        assert header["alg"] == "RS256"
        claims = jwt.decode(body["meta"]["access_token"], options={"verify_signature": False})
        assert (claims["exp"] - claims["iat"], claims["token_use"], claims["member_id"]) == (300, "access", suji.pk)
        refresh = jwt.decode(body["meta"]["refresh_token"], options={"verify_signature": False})
        assert refresh["exp"] - refresh["iat"] == 30 * 24 * 3600

    def test_sets_no_cookie(self, suji):
        assert log_in().cookies == {}

    @pytest.mark.parametrize("phone,password", [("010-0000-0001", "wrong-password"), ("010-9999-9999", PASSWORD)])
    def test_refuses_in_one_sentence(self, suji, phone, password):
        answer = log_in(phone, password)
        assert answer.status_code == 400
        [error] = answer.json()["errors"]
        assert error["code"] == "login_mismatch"
        assert error["message"] == "휴대전화 번호나 비밀번호가 맞지 않아요. 5번 틀리면 10분 동안 로그인할 수 없어요."

    def test_refuses_an_advertiser_and_an_inactive_member_alike(self, suji, minji_user):
        User.objects.filter(pk=minji_user.pk).update(phone="+821022223333")
        User.objects.filter(pk=suji.user_id).update(is_active=False)
        for phone in ("010-2222-3333", "010-0000-0001"):
            assert log_in(phone).json()["errors"][0]["code"] == "login_mismatch"

    def test_is_limited_like_the_page(self, suji):
        for _ in range(5):
            log_in(password="wrong-password")
        assert log_in().json()["errors"][0]["code"] == "too_many_login_attempts"

    @pytest.mark.parametrize(
        "body",
        [
            "", "{", "[]", "null", '"x"', "{}", '{"phone": null, "password": null}',
            '{"phone": 1, "password": 2}', '{"phone": ["a"], "password": {}}', '{"username": "minji", "password": "x"}',
            '{"phone": "010-0000-0001", "password": "\\ud800"}', '{"phone": "\\ud800", "password": "x"}',
            '{"phone": "010-0000-0001\\u0000", "password": "\\u0000"}',
            '{"phone": "' + "9" * 5000 + '", "password": "x"}', '{"phone": "010-0000-0001", "password": "' + "x" * 5000 + '"}',
        ],
    )  # fmt: skip
    def test_takes_any_body_without_breaking(self, suji, body):
        assert call("post", "/login", body).status_code == 400

    @pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
    def test_is_a_post(self, db, method):
        assert call(method, "/login").status_code in (400, 405)


class TestMemberClaims:
    def test_reads_a_token_without_a_query(self, suji, django_assert_num_queries):
        token = log_in().json()["meta"]["access_token"]
        with django_assert_num_queries(0):
            claims = tokens.member_claims(token)
        assert (claims.user_id, claims.member_id) == (suji.user_id, suji.pk)
        assert abs((datetime.now(UTC) - claims.issued_at).total_seconds()) < 5

    def test_ends_after_five_minutes(self, suji):
        token = log_in().json()["meta"]["access_token"]
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=301)):
            assert tokens.member_claims(token) is None

    def test_refuses_a_refresh_token_and_anything_else(self, suji):
        refresh = log_in().json()["meta"]["refresh_token"]
        for worthless in (refresh, "", "x", "a.b.c", refresh[:-2]):
            assert tokens.member_claims(worthless) is None

    def test_refuses_another_key_another_algorithm_and_none(self, suji, settings):
        good = jwt.decode(log_in().json()["meta"]["access_token"], options={"verify_signature": False})
        stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = _get_jwt_config().verifying_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        signed = b64(b'{"alg":"HS256","typ":"JWT"}') + "." + b64(json.dumps(good).encode())
        confused = f"{signed}.{b64(hmac.new(public, signed.encode(), hashlib.sha256).digest())}"
        forged = [
            jwt.encode(good, stranger, algorithm="RS256"),
            jwt.encode(good, "x" * 32, algorithm="HS256"),
            jwt.encode(good, None, algorithm="none"),
            confused,
        ]
        assert [tokens.member_claims(token) for token in forged] == [None] * 4

    def test_is_none_for_somebody_who_is_no_member(self, suji):
        suji.is_active = False
        suji.save()
        assert tokens.member_claims(log_in().json()["meta"]["access_token"]) is None

    def test_issued_at_follows_the_shifted_clock(self, suji, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) + timedelta(days=3))
        claims = tokens.member_claims(log_in().json()["meta"]["access_token"])
        assert claims.issued_at > datetime.now(UTC) + timedelta(days=2)


class TestRefresh:
    def test_gives_new_tokens_once(self, suji):
        first = log_in().json()["meta"]["refresh_token"]
        answer = call("post", "/refresh", {"refresh_token": first})
        assert answer.status_code == 200
        data = answer.json()["data"]
        assert data["refresh_token"] != first
        assert tokens.member_claims(data["access_token"]).member_id == suji.pk
        again = call("post", "/refresh", {"refresh_token": first})
        assert (again.status_code, again.json()["errors"]) == (
            401,
            [{"code": "token_invalid", "message": "로그인이 끝났어요. 다시 로그인해 주세요."}],
        )
        assert call("post", "/refresh", {"refresh_token": data["refresh_token"]}).status_code == 200

    def test_slides_for_thirty_days_from_the_last_use(self, suji):
        start = datetime.now(UTC)
        token = log_in().json()["meta"]["refresh_token"]
        for days in (29, 58, 87):
            with time_machine.travel(start + timedelta(days=days)):
                token = call("post", "/refresh", {"refresh_token": token}).json()["data"]["refresh_token"]
        with time_machine.travel(start + timedelta(days=87 + 31)):
            assert call("post", "/refresh", {"refresh_token": token}).status_code == 401

    @pytest.mark.parametrize("end", ["inactive", "password", "signed_out"])
    def test_ends_with_the_right_to_be_here(self, suji, end):
        meta = log_in().json()["meta"]
        if end == "inactive":
            User.objects.filter(pk=suji.user_id).update(is_active=False)
        elif end == "password":
            suji.user.set_password("new-passw0rd-새것")
            suji.user.save()
        else:
            assert call("delete", "/session", token=meta["access_token"]).status_code == 401, "signed out is answered as not signed in"
        assert call("post", "/refresh", {"refresh_token": meta["refresh_token"]}).status_code == 401

    def test_refuses_an_access_token(self, suji):
        assert call("post", "/refresh", {"refresh_token": log_in().json()["meta"]["access_token"]}).status_code == 401


class TestSession:
    def test_says_who_is_signed_in(self, suji):
        token = log_in().json()["meta"]["access_token"]
        assert call("get", "/session", token=token).json()["data"]["user"]["id"] == str(suji.user.public_id)
        assert call("get", "/session").status_code == 401

    @pytest.mark.parametrize("person", ["minji_user", "operator"])
    def test_is_not_opened_by_a_cookie_value_of_another_portal(self, person, request):
        user = request.getfixturevalue(person)
        portal = "advertiser" if person == "minji_user" else "backoffice"
        value = browser(user).cookies[cookie_of(portal)].value
        answer = call("get", "/session", **{"X-Session-Token": value})
        assert answer.status_code == 401
        assert "user" not in answer.json()["data"]

    def test_an_old_access_token_names_no_session(self, suji):
        token = log_in().json()["meta"]["access_token"]
        with time_machine.travel(time.time() + 600):
            assert call("get", "/session", token=token).status_code in (401, 410)
