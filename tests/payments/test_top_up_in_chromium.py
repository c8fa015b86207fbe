"""The top-up page in a real browser whose answers take their time."""

import pytest
from playwright.sync_api import Page, Route, expect

from payments.services import ensure_packages
from tests.signing_in import browser as signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_pay_01_a_tick_made_while_the_sum_is_on_its_way_stands(phone_page: Page, live_server, minji, minji_user):
    ensure_packages()
    waiting: list[Route] = []
    phone_page.context.add_cookies(
        [{"name": name, "value": morsel.value, "url": live_server.url} for name, morsel in signed_in(minji_user).cookies.items()]
    )
    phone_page.goto(f"{live_server.url}/payments/top-up/", wait_until="load")
    phone_page.route("**/payments/top-up/?*", lambda route: waiting.append(route))
    with phone_page.expect_request("**/payments/top-up/?*"):
        phone_page.locator("label.choice:not(:has(:checked))").first.click()
    phone_page.locator("#id_agree").check()
    shown = phone_page.locator("[name=shown_krw]").input_value()
    waiting[0].continue_()
    expect(phone_page.locator("[name=shown_krw]")).not_to_have_value(shown)
    expect(phone_page.locator("#id_agree")).to_be_checked()
