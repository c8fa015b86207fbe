"""Errors in the shell of the portal, with one sentence and one thing to do."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, OperationalError
from django.http import HttpResponseNotAllowed
from django.test import Client, RequestFactory

from common import errors_views
from tests.signing_in import browser


def request_in(portal, *, path="/x/", user=None):
    request = RequestFactory().get(path)
    request.portal, request.urlconf = portal, f"config.urls.{portal}"
    request.user = user or AnonymousUser()
    return request


def heading(response):
    return re.search(r"<h1[^>]*>([^<]+)</h1>", response.content.decode()).group(1)


def buttons(response):
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    return re.findall(r'<a href="([^"]+)" class="btn btn-primary', main)


class TestNotFound:
    @pytest.mark.parametrize("path, theme, home", [("/nope/", "boost-light", "/"), ("/luckffle/nope/", "luckffle", "/luckffle/")])
    def test_keeps_the_shell_of_the_portal(self, client, path, theme, home):
        response = client.get(path)
        assert response.status_code == 404
        assert f'data-theme="{theme}"' in response.content.decode()
        assert heading(response) == "찾는 화면이 없어요"
        assert buttons(response) == [home]

    def test_keeps_the_menu_of_somebody_signed_in(self, minji_user):
        response = errors_views.not_found(request_in("advertiser", user=minji_user), Exception())
        assert 'aria-label="주 메뉴"' in response.content.decode()
        assert 'class="side"' in response.content.decode()

    def test_tells_a_stranger_nothing_of_the_address(self, client):
        assert b"nope" not in client.get("/nope/").content


class TestOtherMethods:
    @pytest.mark.parametrize("address", ["/accounts/login/", "/luckffle/", "/backoffice/", "/metrics", "/terms/refund/"])
    @pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
    def test_are_refused_by_every_page(self, client, db, method, address):
        response = getattr(client, method)(address)
        assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, POST")

    @pytest.mark.parametrize("address", ["/metrics", "/api/v1/docs", "/api/luckffle/v1/openapi.json"])
    def test_a_post_is_refused_where_nothing_can_be_sent(self, client, db, address):
        assert client.post(address).status_code == 405


class TestRefusals:
    def test_a_weak_role_hears_whom_to_ask(self):
        response = errors_views.permission_denied(request_in("advertiser"), PermissionDenied())
        assert (response.status_code, heading(response), buttons(response)) == (403, "이 화면은 볼 수 없어요", ["/"])

    def test_an_old_form_is_refused_with_a_way_on(self, db):
        response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x"})
        assert (response.status_code, heading(response), buttons(response)) == (
            403,
            "화면이 오래돼서 보내지 않았어요",
            ["/accounts/login/"],
        )

    def test_a_request_that_cannot_be_read(self):
        response = errors_views.bad_request(request_in("luckffle"), Exception())
        assert (response.status_code, heading(response), buttons(response)) == (400, "요청을 읽지 못했어요", ["/luckffle/"])

    def test_an_address_that_only_takes_posts(self):
        response = errors_views.NotAllowedPageMiddleware(_only_post)(request_in("luckffle"))
        assert (response.status_code, response.headers["Allow"]) == (405, "POST")
        assert heading(response) == "이 주소는 바로 열 수 없어요"

    def test_a_program_keeps_the_bare_answer(self):
        request = RequestFactory().get("/x/", headers={"accept": "application/json"})
        response = errors_views.NotAllowedPageMiddleware(_only_post)(request)
        assert (response.status_code, response.content) == (405, b"")


def _only_post(request):
    return HttpResponseNotAllowed(["POST"])


class TestBroken:
    def test_a_bug_says_that_it_is_ours_and_what_happens_to_a_payment(self):
        response = errors_views.server_error(request_in("advertiser"))
        assert (response.status_code, heading(response)) == (500, "우리 쪽에 문제가 생겼어요")
        assert "다시 결제하지 마세요" in response.content.decode()

    def test_an_absent_database_is_a_pause_not_a_bug(self):
        try:
            raise OperationalError("gone")
        except OperationalError:
            response = errors_views.server_error(request_in("luckffle"))
        assert (response.status_code, heading(response)) == (503, "지금은 연결이 어려워요")

    @pytest.mark.parametrize(
        ("raised", "status", "words"),
        [
            (OperationalError("gone"), 503, "지금은 연결이 어려워요"),
            (DatabaseError("Forced update did not affect any rows."), 400, "요청을 읽지 못했어요"),  # signed out meanwhile
        ],
    )
    def test_a_session_that_an_absent_database_does_not_keep_is_a_pause_too(self, minji_user, monkeypatch, raised, status, words):
        def save(*args, **kwargs):
            raise raised

        person = browser(minji_user)
        monkeypatch.setattr(Session, "save", save)
        response = person.post("/campaigns/new/", {})  # what was not chosen is said on the page, by the session
        assert (response.status_code, heading(response)) == (status, words)

    @pytest.mark.parametrize("portal", ["advertiser", "luckffle", "backoffice"])
    def test_needs_neither_session_nor_database(self, portal, django_assert_num_queries, db):
        request = RequestFactory().get("/x/")
        request.portal = portal
        with django_assert_num_queries(0):
            assert errors_views.server_error(request).status_code == 500
