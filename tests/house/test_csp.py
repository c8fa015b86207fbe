"""What browsers are told about every page, and that no page needs more than it is told."""

import re
from typing import Any

import pytest
from django.conf import settings
from lxml import html

from common import portals
from tests.house.world import World, answer, pages

IMAGES = "img-src 'self' data:"
STRICT = {
    "default-src 'self'", IMAGES, "font-src 'self'", "connect-src 'self'", "object-src 'none'", "base-uri 'none'",
    "form-action 'self'", "frame-ancestors 'none'",
}  # fmt: skip
TO_SUPPLIERS = ("/payments/", "/my-page/cards/", "/accounts/identity/")  # these load and frame a payment company or an agency
SHOP = "/luckffle/shop/"  # its pictures are the coupon supplier's
DOCS = ("/api/v1/docs", "/api/luckffle/v1/docs")


def is_page(response: Any) -> bool:
    return bool(response.getvalue()) and response.headers.get("Content-Type", "").startswith("text/html")


def policy_of(response: Any) -> set[str]:
    """The directives, the nonce as NONCE."""
    policy = re.sub(r"'nonce-[^']+'", "NONCE", response.headers["Content-Security-Policy"])
    return {part.strip() for part in policy.split(";")}


def inline_parts(text: str) -> list[str]:
    """Scripts, styles and handlers written into a page."""
    tree = html.fromstring(text)
    found = [f"<{node.tag}>" for node in tree.iter("script", "style") if not node.get("src") and node.get("type") != "application/json"]
    found += [f"{node.tag} {name}" for node in tree.iter() for name in node.attrib if name == "style" or name.startswith("on")]
    return found + [node.get("href") for node in tree.iter("a") if (node.get("href") or "").startswith("javascript:")]


@pytest.mark.parametrize("portal", ["advertiser", "luckffle"])
class TestPagesOfPeople:
    def test_carry_nothing_inline_and_the_strict_policy(self, world: World, portal: str) -> None:
        seen, wrong = 0, {}
        for address, response in pages(world, portal):
            if not is_page(response) or address in DOCS:
                continue
            seen += 1
            if parts := inline_parts(response.getvalue().decode()):
                wrong[address] = parts
            policy = policy_of(response)
            assert {"script-src 'self'", "script-src 'self' NONCE"} & policy or address.startswith(TO_SUPPLIERS), (address, policy)
            framed = "/preview/" in address  # shown in the wizard's phone, and nowhere else
            strict = STRICT - {"frame-ancestors 'none'"} | {"frame-ancestors 'self'"} if framed else STRICT
            if address.startswith(SHOP) and IMAGES not in policy:
                strict = strict - {IMAGES} | {" ".join((IMAGES, *settings.GIFTISHOW_IMAGE_HOSTS))}
            assert policy >= strict or address.startswith(TO_SUPPLIERS), (address, policy)
            assert not any("unsafe" in part for part in policy), address
            frames = "SAMEORIGIN" if framed else "DENY"
            assert (response.headers["X-Frame-Options"], response.headers["X-Content-Type-Options"]) == (frames, "nosniff"), address
        assert seen >= {"advertiser": 30, "luckffle": 3}[portal]
        assert wrong == {}


class TestTheBackOffice:
    def test_gets_its_two_exceptions_and_no_more(self, world: World) -> None:
        for address, response in pages(world, portals.BACKOFFICE):
            if is_page(response) and response.status_code == 200:
                unsafe = {part.split()[0]: part for part in policy_of(response) if "unsafe" in part}
                assert set(unsafe) in (set(), {"script-src", "style-src"}), address  # none: our own pages need no exception
                assert "'unsafe-inline'" not in unsafe.get("script-src", ""), address
                assert "'unsafe-eval'" not in unsafe.get("style-src", ""), address


class TestCookies:
    @pytest.mark.parametrize(("who", "portal"), [("minji", "advertiser"), ("suji", "luckffle"), ("finance", "backoffice")])
    def test_of_one_portal_say_nothing_in_another(self, world: World, who: str, portal: str) -> None:
        client = world.client(who)
        for other in portals.ALL:
            if other != portal:
                del client.cookies[f"boost_{other}"]
        assert client.get({"advertiser": "/dashboard/", "luckffle": "/luckffle/", "backoffice": "/backoffice/"}[portal]).status_code == 200
        closed = {"advertiser": "/dashboard/", "backoffice": "/backoffice/"}
        for other in closed.keys() - {portal}:
            assert client.get(closed[other]).status_code == 302

    def test_are_kept_from_scripts_and_other_sites(self, world: World) -> None:
        response = answer(world, "anonymous", "GET", "/accounts/login/")
        cookie = response.cookies["boost_advertiser_csrf"]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert set(response.cookies) == {"boost_advertiser_csrf"}
