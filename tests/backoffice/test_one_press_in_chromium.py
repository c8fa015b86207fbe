"""A button of the back office that is pressed twice in haste: what it does happens once, and the operator reads that it was done."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Locator

from advertisers import services as advertisers
from backoffice import rights
from payments.models import Refund
from tests.backoffice.browser import Desk, desk_window
from tests.backoffice.conftest import INDEX, enter, hire
from tests.backoffice.pressing import at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCRIPT = "**/backoffice/once*.js"
COMES_BACK = "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"  # what a browser says that kept the page


def press_in_haste(button: Locator, refund: Refund) -> None:
    """Press twice before the first answer is there: the row is held meanwhile."""
    with transaction.atomic():
        Refund.objects.select_for_update().get(pk=refund.pk)
        button.dblclick(delay=150)


@pytest.fixture
def window(live_server, browser) -> Iterator[Desk]:
    client = enter(hire("boram", rights.FINANCE, rights.SUPPORT, rights.ADMIN))
    with desk_window(browser, client=client, origin=live_server.url) as desk:
        yield desk


@pytest.fixture
def sent(window: Desk) -> list[str]:
    """Every form that left the browser."""
    posts: list[str] = []
    window.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    return posts


class TestAButtonPressedTwice:
    @pytest.fixture
    def refund(self, cashier, minji, minji_user) -> Refund:
        refund: Refund = cashier.ask(cashier.top_up(minji, minji_user, 100_000), minji_user)
        return refund

    def test_ops_06_pays_back_once_and_says_so(self, window, sent, refund):
        page = window.open(at("refund-detail", refund.public_id))
        press_in_haste(page.get_by_role("button", name="110,000원 환불 승인"), refund)
        page.get_by_text("환불을 승인했어요").first.wait_for()
        refund.refresh_from_db()
        assert (len(sent), refund.decided_by.username) == (1, "boram")
        assert window.complaints == []

    def test_is_sent_twice_without_the_script_and_carried_out_once(self, window, sent, refund):
        """Whichever of the two the server takes first is carried out; the browser shows the answer to the second."""
        window.page.route(SCRIPT, lambda route: route.abort())
        page = window.open(at("refund-detail", refund.public_id))
        press_in_haste(page.get_by_role("button", name="110,000원 환불 승인"), refund)
        page.get_by_text(re.compile("이미|환불을 승인했어요")).first.wait_for()
        assert (len(sent), LogEntry.objects.filter(object_id=str(refund.pk), user__username="boram").count()) == (2, 1)

    def test_in_a_dialog_is_sent_once_and_again_after_a_refusal(self, window, sent, minji):
        with transaction.atomic():
            advertisers.restrict(advertiser=minji, reason="받을 금액이 있었어요", at=timezone.now())
        page = window.open(at("advertisers_advertiser_change", minji.pk))
        page.get_by_text("제한 풀기").first.click()
        button = page.locator("#dialog button[type=submit]")
        button.dblclick()
        page.locator("#dialog-form").get_by_text("필수").first.wait_for()
        assert len(sent) == 1
        page.locator("#dialog textarea[name=reason]").fill("모두 받았어요")
        button.dblclick()
        page.get_by_text("제한을 풀었어요").first.wait_for()
        minji.refresh_from_db()
        assert (len(sent), minji.is_restricted) == (2, False)

    def test_brings_one_file_and_another_a_moment_later(self, window, sent, minji):
        page = window.open(f"{INDEX}advertisers/advertiser/")
        page.fill("#id_export_reason", "월말 점검이에요")
        for number in (1, 2):
            button = page.get_by_role("button", name="CSV")
            with page.expect_download() as brought:
                button.dblclick()
            assert brought.value.suggested_filename.endswith(".csv")
            assert (len(sent), LogEntry.objects.filter(change_message__contains="월말 점검이에요").count()) == (number, number)
            page.locator(".bo-export:not([aria-busy])").wait_for()

    def test_may_be_pressed_again_when_the_page_comes_back(self, window, sent, minji):
        page = window.open(f"{INDEX}advertisers/advertiser/")
        page.evaluate("document.querySelector('.bo-export').removeAttribute('data-download')")
        page.fill("#id_export_reason", "월말 점검이에요")
        for number in (1, 2):
            with page.expect_download():
                page.get_by_role("button", name="CSV").dblclick()
            assert (len(sent), page.locator(".bo-export[aria-busy]").count()) == (number, 1)
            page.evaluate(COMES_BACK)
            assert page.locator(".bo-export[aria-busy]").count() == 0
