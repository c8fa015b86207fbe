"""Everybody at every door, by every method: who gets in stands in allowed.py, and nobody else does."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.urls import clear_url_caches, path

from advertisers import access
from campaigns.models import CampaignQuerySet
from common import portals
from config.api import advertiser_api, luckffle_api
from config.urls import advertiser as advertiser_urls
from tests.house import allowed, deeds
from tests.house.world import EVERYBODY, TRACES, World, ask, routes, rows_of_all_tables, undone, word_for, writes_so_far
from tests.signing_in import code_of

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
WRITING = ("POST", "PATCH")
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
    table = allowed.table()
    return [fault for pattern in patterns for method in METHODS for fault in _judge(world, method, pattern, table.get(pattern, {}))]


def _judge(world: World, method: str, pattern: str, row: dict[str, tuple[str, ...]]) -> Iterator[str]:
    may = row.get("GET" if method == "HEAD" else method, row.get(method.lower(), ()))
    door = f"{method} /{pattern}"
    with undone():
        sent: dict[str, Any] = {}
        if method in WRITING:
            deeds.prepare(world, pattern)
            sent = deeds.sent(world, pattern)
        before = rows_of_all_tables(but=TRACES) if method in WRITING else {}
        did = set()
        for who in may:
            if (yield from _let_in(world, who, door, pattern, sent, before)):
                did.add(who)
        if method in row and method in WRITING and not did:
            yield f"{door} changed nothing for anybody who may do it"
        if method.lower() in row and did:
            yield f"{door} changed rows for {', '.join(sorted(did))}, although the table says that it changes none"
        yield from _kept_out(world, [who for who in EVERYBODY if who not in may], door, pattern, sent, before)


def _let_in(world: World, who: str, door: str, pattern: str, sent: dict[str, Any], before: dict[str, Any]) -> Iterator[str]:
    """The person gets in and reads nothing of others. Returns whether rows changed."""
    with undone():
        written = writes_so_far(but=TRACES)
        response = _ask(world, who, door, pattern, sent)
        word = word_for(response)
        if not (word in ("200", "201", "204", "->") or (door.startswith("HEAD") and word == "405")):
            yield f"{who} was kept out: {door} answered {word}"
        yield from _gossip(world, who, door, response)
        return bool(before) and _differs(before, written)


def _kept_out(world: World, people: list[str], door: str, pattern: str, sent: dict[str, Any], before: dict[str, Any]) -> Iterator[str]:
    """None of these people gets in, reads what is minji's, or changes a row. A form that leads back and changes nothing is a refusal."""
    with undone():
        written = writes_so_far(but=TRACES)
        for who in people:
            response = _ask(world, who, door, pattern, sent)
            word = word_for(response)
            if not (word in OUT or (before and word == "->")):
                yield f"{who} got in: {door} answered {word}"
            yield from _gossip(world, who, door, response, refused=True)
        if not before or not _differs(before, written):
            return
    for who in people:
        with undone():
            _ask(world, who, door, pattern, sent)
            after = rows_of_all_tables(but=TRACES)
            if after != before:
                yield f"{who} changed {', '.join(name for name in after if after[name] != before[name])}: {door}"


def _differs(before: dict[str, Any], written: int) -> bool:
    """True when a row is not as before. written: what was written by then."""
    return writes_so_far(but=TRACES) != written and rows_of_all_tables(but=TRACES) != before


def _ask(world: World, who: str, door: str, pattern: str, sent: dict[str, Any]) -> Any:
    if pattern == "backoffice/2fa/reauthenticate/" and who in world.second_factors and sent is not None and door.startswith("POST"):
        sent = {"data": {"code": code_of(world.second_factors[who])}}
    return ask(world, who, door.split()[0], world.address(pattern), **sent)


def _gossip(world: World, who: str, door: str, response: Any, *, refused: bool = False) -> Iterator[str]:
    is_stranger = who in STRANGERS or (refused and who not in allowed.GROUPS["team"])
    if is_stranger and (told := world.told(response.getvalue().decode(errors="replace"), door.split()[1])):
        yield f"{who} read what is minji's: {door} says {', '.join(told)}"


@pytest.mark.timeout(600)
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


def unlisted() -> list[str]:
    """A sentence for every address without a row and every row without an address."""
    known, listed = {pattern for portal in portals.ALL for pattern in of_portal(portal)}, set(allowed.table())
    missing = [f"/{pattern} has no row in tests/house/allowed.py: say who may come in" for pattern in sorted(known - listed)]
    return missing + [f"/{pattern} has a row in tests/house/allowed.py and no address" for pattern in sorted(listed - known)]


@pytest.fixture
def fresh_addresses() -> Iterator[None]:
    """Django keeps what it read of the URLconfs; forget it before and after."""
    clear_url_caches()
    yield
    clear_url_caches()


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
        assert {row for row in rows if not row[1].startswith(ours)} == operations
