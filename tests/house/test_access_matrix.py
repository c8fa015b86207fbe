"""Everybody at every door, by every method: who gets in stands in allowed.py, and nobody else does. Looking changes no row."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test.client import ClientHandler
from django.urls import clear_url_caches, path

from advertisers import access
from campaigns.models import CampaignQuerySet
from common import portals
from config.api import advertiser_api, luckffle_api
from config.urls import advertiser as advertiser_urls
from identity.models import User
from tests.house import allowed, deeds
from tests.house.world import (
    EVERYBODY,
    TRACES,
    World,
    ask,
    routes,
    rows_of,
    rows_of_all_tables,
    undone,
    word_for,
    writes_so_far,
    written_since,
)
from tests.signing_in import code_of

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
LOOKING = ("GET", "HEAD")
WRITING = ("POST", "PATCH")
# Of each portal whoever holds its widest rights: a method that no row names and that is closed to these is closed to all.
WIDEST = ("anonymous", "minji", "suji", "admin")
# The payment company sends the browser back here, without a session: it asks the gateway about the order (design: the one exception).
RETURN_PAGE = "payments/orders/<slug:order_id>/complete/"
WRITTEN_BY_LOOKING = (
    f"/{RETURN_PAGE} changes ",
    "/postbacks/",  # networks tell of conversions by GET; every call is logged (campaigns/postbacks/doors.py)
    # allauth notes when somebody last saw their recovery codes, so that it can ask for fresh ones
    "/backoffice/2fa/recovery-codes/ changes mfa_authenticator",
)
OUT = ("login", "401", "403", "404", "405")
STRANGERS = ("anonymous", "eve", "suji", "hana")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of refusals, none of them news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def of_portal(portal: str) -> list[str]:
    """The patterns that are reached through this portal; probes stand in each URLconf and are tried once."""
    return [pattern for pattern in routes(portal) if portals.portal_of("/" + pattern) == portal]


def judge(world: World, patterns: Iterable[str]) -> list[str]:
    """Everything that is not as the table says, one sentence each."""
    return [fault for fault in _faults(world, patterns) if not fault.partition(" ")[2].startswith(WRITTEN_BY_LOOKING)]


def _faults(world: World, patterns: Iterable[str]) -> Iterator[str]:
    table = allowed.table()
    untouched = rows_of_all_tables(but=TRACES)
    for pattern in patterns:
        row = table.get(pattern, {})
        for method in LOOKING:
            yield from _look(world, method, pattern, row.get("GET", row.get("get", ())), untouched)
        for method in METHODS[len(LOOKING) :]:
            yield from _judge(world, method, pattern, row, untouched)


def _look(world: World, method: str, pattern: str, may: tuple[str, ...], untouched: dict[str, Any]) -> Iterator[str]:
    """Everybody looks, one after the other; whose look changes a row is not asked, it must be nobody's."""
    door = f"{method} /{pattern}"
    with undone():
        written = writes_so_far(but=TRACES)
        for who in EVERYBODY:
            response = _ask(world, who, door, pattern, {})
            yield from _welcome(who, door, word_for(response)) if who in may else _refusal(who, door, word_for(response))
            yield from _gossip(world, who, door, response, refused=who not in may)
        changed = _changed(untouched, written)
    yield from (f"{door} changes {table}" for table in changed)


def _welcome(who: str, door: str, word: str) -> Iterator[str]:
    if not (word in ("200", "201", "204", "->") or (door.startswith("HEAD") and word == "405")):
        yield f"{who} was kept out: {door} answered {word}"


def _refusal(who: str, door: str, word: str, *, writes: bool = False) -> Iterator[str]:
    """A form that leads back and changes nothing is a refusal; a page that leads on is not."""
    if not (word in OUT or (writes and word == "->")):
        yield f"{who} got in: {door} answered {word}"


def _judge(world: World, method: str, pattern: str, row: dict[str, tuple[str, ...]], untouched: dict[str, Any]) -> Iterator[str]:
    may = row.get(method, row.get(method.lower(), ()))
    door = f"{method} /{pattern}"
    with undone():
        sent: dict[str, Any] = {}
        before: dict[str, Any] = {}
        if method in WRITING:
            written = writes_so_far(but=TRACES)
            deeds.prepare(world, pattern)
            sent = deeds.sent(world, pattern)
            before = untouched | rows_of(written_since(written, but=TRACES))
        did = set()
        for who in may:
            if (yield from _let_in(world, who, door, pattern, sent, before)):
                did.add(who)
        if method in row and method in WRITING and not did:
            yield f"{door} changed nothing for anybody who may do it"
        if method.lower() in row and did:
            yield f"{door} changed rows for {', '.join(sorted(did))}, although the table says that it changes none"
        asked = EVERYBODY if may or method == "POST" else WIDEST
        yield from _kept_out(world, [who for who in asked if who not in may], door, pattern, sent, before)


def _let_in(world: World, who: str, door: str, pattern: str, sent: dict[str, Any], before: dict[str, Any]) -> Iterator[str]:
    """The person gets in and reads nothing of others. Returns whether rows changed."""
    with undone():
        written = writes_so_far(but=TRACES)
        response = _ask(world, who, door, pattern, sent)
        yield from _welcome(who, door, word_for(response))
        yield from _gossip(world, who, door, response)
        return bool(before) and bool(_changed(before, written))


def _kept_out(world: World, people: list[str], door: str, pattern: str, sent: dict[str, Any], before: dict[str, Any]) -> Iterator[str]:
    """None of these people gets in, reads what is minji's, or changes a row."""
    with undone():
        written = writes_so_far(but=TRACES)
        for who in people:
            response = _ask(world, who, door, pattern, sent)
            yield from _refusal(who, door, word_for(response), writes=bool(before))
            yield from _gossip(world, who, door, response, refused=True)
        if not before or not _changed(before, written):
            return
    for who in people:
        with undone():
            written = writes_so_far(but=TRACES)
            _ask(world, who, door, pattern, sent)
            if changed := _changed(before, written):
                yield f"{who} changed {', '.join(changed)}: {door}"


def _changed(before: dict[str, Any], written: dict[str, int]) -> list[str]:
    """The tables whose rows are not as before. written: what was written by then."""
    return [table for table, rows in rows_of(written_since(written, but=TRACES)).items() if rows != before[table]]


def _ask(world: World, who: str, door: str, pattern: str, sent: dict[str, Any]) -> Any:
    if pattern == "backoffice/2fa/reauthenticate/" and who in world.second_factors and sent is not None and door.startswith("POST"):
        sent = {"data": {"code": code_of(world.second_factors[who])}}
    return ask(world, who, door.split()[0], world.address(pattern), **sent)


def _gossip(world: World, who: str, door: str, response: Any, *, refused: bool = False) -> Iterator[str]:
    is_stranger = who in STRANGERS or (refused and who not in allowed.GROUPS["team"])
    if is_stranger and (told := world.told(response.getvalue().decode(errors="replace"), door.split()[1])):
        yield f"{who} read what is minji's: {door} says {', '.join(told)}"


@pytest.fixture
def fresh_addresses() -> Iterator[None]:
    """Django keeps what it read of the URLconfs; forget it before and after."""
    clear_url_caches()
    yield
    clear_url_caches()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("portal", portals.ALL)
class TestEveryDoor:
    def test_lets_in_whom_the_table_names_and_nobody_else(self, world: World, portal: str) -> None:
        assert "\n".join(judge(world, of_portal(portal))) == ""


class TestTheJudge:
    def test_names_a_stranger_who_gets_in_when_the_owner_filter_is_gone(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(CampaignQuerySet, "owned_by", lambda self, advertiser: self)
        faults = judge(world, ["campaigns/<uuid:public_id>/", "campaigns/<uuid:public_id>/end/", "api/v1/campaigns/<campaign_id>"])
        assert "eve got in: GET /campaigns/<uuid:public_id>/ answered 200" in faults
        assert "eve got in: GET /api/v1/campaigns/<campaign_id> answered 200" in faults
        assert [fault for fault in faults if fault.startswith("eve read what is minji's: GET /campaigns/<uuid:public_id>/ says")]
        assert [fault for fault in faults if fault.startswith("eve changed ") and fault.endswith(": POST /campaigns/<uuid:public_id>/end/")]
        assert {fault.split()[0] for fault in faults} == {"eve"}

    def test_names_a_weak_role_that_gets_in_when_roles_are_not_asked_for(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(access, "require_role", lambda membership, roles: None)
        assert "jisoo got in: GET /payments/top-up/ answered 200" in judge(world, ["payments/top-up/"])

    def test_names_whoever_is_kept_out_and_deeds_that_change_nothing(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(deeds, "BEFORE", {})
        monkeypatch.setattr(allowed, "ADVERTISER", allowed.ADVERTISER.replace("/correct/               minji", "/correct/  minji eve"))
        faults = judge(world, ["campaigns/<uuid:public_id>/correct/", "campaigns/<uuid:public_id>/resume/"])
        assert "eve was kept out: POST /campaigns/<uuid:public_id>/correct/ answered 404" in faults
        assert "POST /campaigns/<uuid:public_id>/resume/ changed nothing for anybody who may do it" in faults


class TestLooking:
    def test_at_the_return_page_asks_about_an_order_that_waits_and_this_is_seen(self, world: World) -> None:
        """The exception is needed, and the search would find any other."""
        world.order = world.unpaid
        assert f"GET /{RETURN_PAGE} changes payments_paymentorder" in list(_faults(world, [RETURN_PAGE]))

    def test_is_named_where_it_writes(self, world: World, monkeypatch: pytest.MonkeyPatch, fresh_addresses: None) -> None:
        def greeting(request: HttpRequest) -> HttpResponse:
            User.objects.filter(username="minji").update(name="누군가")
            return HttpResponse("안녕하세요")

        monkeypatch.setattr(advertiser_urls, "urlpatterns", [*advertiser_urls.urlpatterns, path("greeting/", greeting)])
        world._handler = ClientHandler(enforce_csrf_checks=False)
        found = [fault for fault in judge(world, ["pricing/", "greeting/"]) if " changes " in fault]
        assert found == ["GET /greeting/ changes identity_user", "HEAD /greeting/ changes identity_user"]


def unlisted() -> list[str]:
    """A sentence for every address without a row and every row without an address."""
    known, listed = {pattern for portal in portals.ALL for pattern in of_portal(portal)}, set(allowed.table())
    missing = [f"/{pattern} has no row in tests/house/allowed.py: say who may come in" for pattern in sorted(known - listed)]
    return missing + [f"/{pattern} has a row in tests/house/allowed.py and no address" for pattern in sorted(listed - known)]


class TestTheTable:
    def test_has_a_row_for_every_address_and_an_address_for_every_row(self) -> None:
        assert unlisted() == []

    def test_names_an_address_that_is_new(self, monkeypatch: pytest.MonkeyPatch, fresh_addresses: None) -> None:
        monkeypatch.setattr(advertiser_urls, "urlpatterns", [*advertiser_urls.urlpatterns, path("new-room/", lambda request: None)])
        assert unlisted() == ["/new-room/ has no row in tests/house/allowed.py: say who may come in"]

    def test_names_a_row_whose_address_is_gone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(allowed, "LUCKFFLE", allowed.LUCKFFLE + "GET /luckffle/gone/ everybody\n")
        assert unlisted() == ["/luckffle/gone/ has a row in tests/house/allowed.py and no address"]

    @pytest.mark.parametrize(("api", "under"), [(advertiser_api, "api/v1/"), (luckffle_api, "api/luckffle/v1/")])
    def test_has_a_row_for_every_operation_of_the_json_doors_and_no_other(self, api: Any, under: str) -> None:
        operations = {
            (method.upper(), address[1:].replace("{", "<").replace("}", ">"))
            for address, methods in api.get_openapi_schema(path_prefix=f"/{under}")["paths"].items()
            for method in methods
        }
        ours = (f"{under}openapi.json", f"{under}docs", f"{under}auth/")
        rows = {
            (method.upper(), pattern) for pattern, methods in allowed.table().items() if pattern.startswith(under) for method in methods
        }
        for_nobody = {pattern for pattern, methods in allowed.table().items() if pattern.startswith(under) and not methods}
        written = {row for row in rows if not row[1].startswith(ours)}
        assert written == {operation for operation in operations if operation[1] not in for_nobody}
