"""An operator works through the evidence queue without touching the mouse."""

import pytest

from campaigns import evidence
from campaigns.models import Evidence
from tests.backoffice.browser import desk_window
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at as address
from tests.backoffice.test_suspicion_desk import _a_place_for_files, receipts
from tests.campaigns.conftest import launch, submit

__all__ = ["_a_place_for_files", "launch", "submit"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_ops_22_four_pictures_are_decided_by_keys_alone(live_server, browser, launch, at):
    receipts(launch(type="PROOF", budget=400), at, 4)
    numbers = [str(row.public_id) for row in Evidence.objects.order_by("at", "pk")]
    boram = hire("boram", "reviewer")

    with desk_window(browser, client=enter(boram), origin=live_server.url) as desk:
        page = desk.open(address("evidence-list"))

        def on(number):
            page.locator(f'tr[aria-current="true"] input[value="{number}"]').first.wait_for(state="attached")
            page.wait_for_load_state("load")  # before that nothing listens to keys

        on(numbers[0])
        page.keyboard.press("?")
        page.get_by_text("위아래 글쇠로 이유를 고르고").wait_for()
        desk.shoot("evidence-keys", width=1280)
        desk.shoot("evidence-keys", width=390)
        page.keyboard.press("?")
        page.keyboard.press("j")
        on(numbers[1])
        page.keyboard.press("k")
        page.keyboard.press("a")  # the first one is fine
        page.get_by_text("통과시켰어요").wait_for()
        on(numbers[1])
        page.keyboard.press("r")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Escape")  # not yet
        page.keyboard.press("j")
        on(numbers[2])
        page.keyboard.press("r")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.get_by_text("거절했어요").first.wait_for()
        on(numbers[3])
        page.keyboard.press("a")
        page.get_by_text("통과시켰어요").wait_for()
        on(numbers[1])
        assert desk.complaints == []
    refused = evidence.REASONS[1]
    rows = Evidence.objects.order_by("at", "pk").select_related("decided_by")
    assert [(row.verdict, row.reason) for row in rows] == [("APPROVED", ""), ("WAITING", ""), ("REFUSED", refused), ("APPROVED", "")]
    assert {row.decided_by for row in rows if row.decided_at} == {boram}
