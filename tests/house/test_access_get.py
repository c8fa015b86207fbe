"""Looking changes nothing: every address by GET and HEAD, as everybody, and not one row is different afterwards."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.test.client import ClientHandler
from django.urls import clear_url_caches, path

from common import portals
from config.urls import advertiser as advertiser_urls
from identity.models import User
from tests.house.world import EVERYBODY, TRACES, World, ask, routes, rows_of_all_tables, undone, writes_so_far

# The payment company sends the browser back here, without a session: it asks the gateway about the order (design: the one exception).
RETURN_PAGE = "payments/orders/<slug:order_id>/complete/"

# Networks tell of conversions by GET; every call is logged (campaigns/postbacks/doors.py).
POSTBACKS = ("postbacks/<slug:network>/", "postbacks/<slug:network>/<str:credential>/")

# allauth notes when somebody last saw their recovery codes, so that it can ask for fresh ones.
SEEN_CODES = "/backoffice/2fa/recovery-codes/ changes mfa_authenticator"


def written_by_looking(world: World, patterns: Iterable[str]) -> list[str]:
    """A sentence for every address at which somebody's look changes a row."""
    found = []
    untouched = rows_of_all_tables(but=TRACES)
    for pattern in patterns:
        for method in ("GET", "HEAD"):
            with undone():
                written = writes_so_far(but=TRACES)
                for who in EVERYBODY:
                    ask(world, who, method, world.address(pattern))
                if writes_so_far(but=TRACES) == written:
                    continue
                after = rows_of_all_tables(but=TRACES)
            found += [f"{method} /{pattern} changes {table}" for table in after if after[table] != untouched[table]]
    return found


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of refusals, none of them news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("portal", portals.ALL)
class TestLooking:
    def test_changes_nothing_at_any_address(self, world: World, portal: str) -> None:
        told = (RETURN_PAGE, *POSTBACKS)
        patterns = [pattern for pattern in routes(portal) if pattern not in told and portals.portal_of("/" + pattern) == portal]
        assert [line for line in written_by_looking(world, patterns) if not line.endswith(SEEN_CODES)] == []


class TestTheReturnPage:
    def test_asks_about_an_order_that_waits_and_this_is_seen(self, world: World) -> None:
        """The exception is needed, and the search would find any other."""
        world.order = world.unpaid
        assert f"GET /{RETURN_PAGE} changes payments_paymentorder" in written_by_looking(world, [RETURN_PAGE])


class TestTheSearch:
    def test_names_an_address_that_writes(self, world: World) -> None:
        def greeting(request: HttpRequest) -> HttpResponse:
            User.objects.filter(username="minji").update(name="누군가")
            return HttpResponse("안녕하세요")

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(advertiser_urls, "urlpatterns", [*advertiser_urls.urlpatterns, path("greeting/", greeting)])
            clear_url_caches()
            world._handler = ClientHandler(enforce_csrf_checks=False)
            found = written_by_looking(world, ["pricing/", "greeting/"])
        clear_url_caches()
        assert found == ["GET /greeting/ changes identity_user", "HEAD /greeting/ changes identity_user"]
