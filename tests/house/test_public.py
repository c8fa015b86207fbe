"""Closed until somebody opens it: what strangers may see is one list, and whatever is not on it asks for a person and their row."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from common import portals
from common.public import OPERATIONS_FOR_STRANGERS, PUBLIC, WITH_THEIR_OWN_KEYS, WITHOUT_A_TEAM, is_public
from config.api import advertiser_api, luckffle_api
from rewards.models import Member
from tests import factories
from tests.signing_in import browser

GUARDED = (portals.ADVERTISER, portals.LUCKFFLE)
LOGIN = {portals.ADVERTISER: "/accounts/login/", portals.LUCKFFLE: "/luckffle/login/", portals.BACKOFFICE: "/backoffice/login/"}


def walk(resolver: URLResolver, space: str = "", prefix: str = "") -> Iterator[tuple[str, str]]:
    """(view name, address) of every pattern, with something in the place of each parameter."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            text = re.sub(r"<uuid:\w+>", "00000000-0000-4000-8000-00000000abcd", prefix + str(entry.pattern))
            yield f"{space}{entry.name}", "/" + re.sub(r"<[^>]+>", "x", text)
        else:
            yield from walk(entry, f"{space}{entry.namespace}:" if entry.namespace else space, prefix + str(entry.pattern))


def views_of(portal: str) -> list[tuple[str, str]]:
    return list(walk(get_resolver(portals.URLCONFS[portal])))


def closed(portal: str) -> list[tuple[str, str]]:
    return [(name, address) for name, address in views_of(portal) if not is_public(portal, name)]


@pytest.mark.django_db
class TestTheList:
    @pytest.mark.parametrize("portal", portals.ALL)
    def test_names_only_views_that_exist(self, portal: str) -> None:
        assert PUBLIC[portal] - {name for name, _ in views_of(portal)} <= {"account_inactive"}

    def test_was_read_by_a_reviewer(self) -> None:
        """Opening a page to strangers changes two files, and this line is the second."""
        assert {portal: len(names) for portal, names in PUBLIC.items()} == {"advertiser": 56, "luckffle": 26, "backoffice": 8}

    @pytest.mark.parametrize("portal", GUARDED)
    def test_keeps_everybody_else_out_of_every_other_view(self, portal: str) -> None:
        let_in = []
        for name, address in closed(portal):
            for method in ("get", "post"):
                answer = getattr(Client(), method)(address)
                if answer.status_code != 302 or not answer.headers["Location"].startswith(LOGIN[portal]):
                    let_in.append((name, method, answer.status_code))
        assert len(closed(portal)) >= {"advertiser": 40, "luckffle": 4}[portal]
        assert let_in == []

    @pytest.mark.parametrize("api", [advertiser_api, luckffle_api], ids=["advertiser", "luckffle"])
    def test_leaves_json_doors_to_themselves_and_each_asks_for_a_key(self, api) -> None:
        operations = [operation for _, router in api._routers for view in router.path_operations.values() for operation in view.operations]
        assert len(operations) >= 10
        inherit = bool(api.auth)
        is_open = [op for op in operations if not op.auth_callbacks and (op.auth_param is None or not inherit)]
        strangers = OPERATIONS_FOR_STRANGERS if api is luckffle_api else frozenset()
        assert {op.view_func.__name__ for op in is_open} == strangers
        assert api.urls_namespace in WITH_THEIR_OWN_KEYS


class TestAPersonWithoutARow:
    def test_is_signed_in_and_still_nobody_in_the_advertiser_portal(self, db: None) -> None:
        client = browser(factories.UserFactory())
        seen = {(name, client.get(address).status_code) for name, address in closed(portals.ADVERTISER) if name not in WITHOUT_A_TEAM}
        assert {status for _, status in seen} == {404}, sorted(seen)

    def test_may_leave_the_house_and_show_who_they_are_before(self, db: None) -> None:
        """Whatever else needs no team is a change of two files, and this line is the second."""
        assert {"advertisers:leave", "step-up", "step-up-mail", "parked-form"} == WITHOUT_A_TEAM
        client = browser(factories.UserFactory())
        assert client.get("/accounts/leave/").status_code == 200
        assert client.get("/accounts/step-up/close-account/").status_code == 200

    def test_is_signed_in_and_still_nobody_in_the_members_portal(self, suji: Member) -> None:
        client = browser(suji.user)
        Member.objects.update(is_active=False)
        for _, address in closed(portals.LUCKFFLE):
            assert client.post(address).headers["Location"] == "/luckffle/"


class TestAForgottenCheck:
    @pytest.fixture(autouse=True)
    def forgotten(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(portals.URLCONFS, portals.ADVERTISER, "tests.house.bare_urls")

    def test_opens_nothing(self, minji_user, db: None) -> None:
        assert Client().get("/forgotten/").headers["Location"] == "/accounts/login/?next=/forgotten/"
        assert browser(factories.UserFactory()).get("/forgotten/").status_code == 404
        assert browser(minji_user).get("/forgotten/").content == b"everything"

    def test_would_open_everything_without_the_middleware(self, settings, db: None) -> None:
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "DenyByDefault" not in name]
        assert Client().get("/forgotten/").content == b"everything"
