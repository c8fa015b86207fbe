"""Every web action of a member has its operation in the reward app's JSON API, and every operation its web action."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, clear_url_caches, get_resolver, path
from django.views.decorators.http import require_POST

from common.portals import LUCKFFLE, URLCONFS
from config import parity
from config.api import luckffle_api
from config.urls import luckffle as urls
from tests.house import allowed

READS = {"get", "head", "options"}


def routes(resolver: URLResolver, space: str = "", prefix: str = "") -> Iterator[tuple[str, str]]:
    """(view name, pattern) of every route of the members' portal, as Django finds it."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name}", prefix + str(entry.pattern)
        else:
            yield from routes(entry, f"{space}{entry.namespace}:" if entry.namespace else space, prefix + str(entry.pattern))


def pages() -> dict[str, str]:
    """The portal's own pages by name; the doors of its API stand apart."""
    return {name: pattern for name, pattern in routes(get_resolver(URLCONFS[LUCKFFLE])) if pattern.startswith("luckffle/")}


def writing() -> set[str]:
    """Pages to which somebody may send a form, as the table of doors says, which another test compares with what happens."""
    table = allowed.table()
    return {name for name, pattern in pages().items() if {"POST", "post"} & set(table.get(pattern, {}))}


def operations() -> dict[str, str]:
    """operationId → method of everything in the OpenAPI document."""
    paths = luckffle_api.get_openapi_schema(path_prefix="")["paths"]
    return {declared["operationId"]: method for methods in paths.values() for method, declared in methods.items()}


def unmatched() -> list[str]:
    """A sentence for every route and operation that has no counterpart."""
    known, named = operations(), {name for names in parity.PARITY.values() for name in names}
    signing_in = {name for name, pattern in routes(get_resolver(URLCONFS[LUCKFFLE])) if pattern.startswith("api/luckffle/v1/auth/")}
    missing = [f"{name} names no operation: say in config/parity.py how the app does it" for name in sorted(writing() - set(parity.PARITY))]
    gone = [f"{name} is no page of the members' portal" for name in sorted(set(parity.PARITY) - set(pages()))]
    unknown = [f"{name} is no operation of the JSON API" for name in sorted(named - set(known) - signing_in)]
    writes = {name for name, method in known.items() if method not in READS} - set(parity.OF_THE_PHONE)
    unknown += [f"{name} is no operation of the JSON API" for name in sorted(set(parity.OF_THE_PHONE) - set(known))]
    alone = [f"{name} has no page: members on the web cannot do it" for name in sorted(writes - named)]
    return missing + gone + unknown + alone


class TestParity:
    def test_every_writing_route_of_the_web_names_its_operation_and_every_operation_has_its_route(self) -> None:
        assert len(writing()) >= 30
        assert unmatched() == []

    def test_names_a_route_that_is_new(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(parity.PARITY, "rewards:attendance")
        assert unmatched() == [
            "rewards:attendance names no operation: say in config/parity.py how the app does it",
            "rewards_api_attend has no page: members on the web cannot do it",
        ]

    def test_names_an_operation_that_is_gone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(parity.PARITY, "rewards:attendance", ("rewards_api_attend", "rewards_api_nothing"))
        assert unmatched() == ["rewards_api_nothing is no operation of the JSON API"]

    def test_finds_a_page_in_the_urlconf_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        new = path("luckffle/new/", require_POST(lambda request: None), name="new")
        monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, new])
        monkeypatch.setattr(allowed, "LUCKFFLE", allowed.LUCKFFLE + "POST /luckffle/new/ members\n")
        clear_url_caches()
        try:
            assert unmatched() == ["new names no operation: say in config/parity.py how the app does it"]
        finally:
            monkeypatch.undo()
            clear_url_caches()
