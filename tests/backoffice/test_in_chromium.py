"""The pages as a browser sees them."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone
from playwright.sync_api import expect

from backoffice import rights
from backoffice.site import site
from identity.models import AccessLog
from payments.models import Refund
from tests.backoffice.browser import desk_window
from tests.backoffice.conftest import INDEX, enter, hire
from tests.backoffice.pressing import at
from tests.signing_in import code_of, give_second_factor
from tests.tools import sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "desk-walk-1234!"
ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[,.]? +[A-Za-z]{2,}){2,}")  # three English words in a row are a sentence nobody translated
ICONS = ".material-symbols-outlined"


def addresses() -> list[str]:
    """Our own rooms and the list of every kind of row."""
    lists = [f"{INDEX}{model._meta.app_label}/{model._meta.model_name}/" for model in site._registry]
    rooms = (
        "refund-list",
        "review-list",
        "money-switch",
        "payments_package_add",
        "history",
        "access-review",
        "inquiry-list",
        "ad-inquiry-list",
    )
    return [INDEX, *(at(name) for name in rooms), *sorted(lists)]


def test_walks_every_room_without_a_refusal_of_the_policy_an_english_sentence_or_a_page_that_is_too_wide(live_server, browser, minji, suji):
    client = enter(hire("admin", rights.ADMIN))
    with desk_window(browser, client=client, origin=live_server.url) as desk:
        for path in addresses():
            page = desk.open(path)
            assert page.locator("#nav-sidebar").count() == 1, path
            page.evaluate(f"document.querySelectorAll('{ICONS}').forEach(icon => icon.remove())")
            assert ENGLISH.findall(page.inner_text("body")) == [], path
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 900})
                assert sideways(page) == [], (path, width)
            assert desk.complaints == [], path


def test_the_way_back_stays_wide_enough_for_a_thumb_above_a_long_title(live_server, browser, minji):
    type(minji).objects.filter(pk=minji.pk).update(name="W" * 60)
    with desk_window(browser, client=enter(hire("admin", rights.ADMIN)), origin=live_server.url) as desk:
        page = desk.open(at("advertisers_advertiser_change", minji.pk))
        page.set_viewport_size({"width": 390, "height": 900})
        back = page.locator("a.truncate[href='/backoffice/advertisers/']")
        assert back.bounding_box()["width"] >= 24
        assert sideways(page) == []


def test_ops_06_an_operator_signs_in_with_a_second_factor_and_pays_a_refund_back(live_server, browser, client, cashier, minji, minji_user):
    refund = cashier.ask(cashier.top_up(minji, minji_user, 100_000), minji_user)
    boram = hire("boram", rights.FINANCE, rights.SUPPORT)
    boram.set_password(PASSWORD)
    boram.save()
    Authenticator.objects.filter(user=boram).delete()
    secret = give_second_factor(boram)
    with desk_window(browser, client=client, origin=live_server.url) as desk:
        page = desk.open(at("refund-detail", refund.public_id))
        page.fill("input[name=login]", boram.email)
        page.fill("input[name=password]", PASSWORD)
        page.get_by_role("button", name="로그인", exact=True).click()
        page.fill("input[name=code]", code_of(secret))
        page.locator("form:has(input[name=code]) button[type=submit]").first.click()
        page.get_by_role("button", name="110,000원 환불 승인").wait_for()
        page.wait_for_load_state("load")  # before that nothing listens to a choice
        assert page.url.endswith(at("refund-detail", refund.public_id)), "she arrives where she wanted to go"
        desk.shoot("refund-desk", width=1280)
        page.get_by_role("radio", name="반려").check()
        expect(page.get_by_role("button", name="110,000원 환불 승인")).to_be_hidden()
        page.get_by_role("radio", name="승인").check()
        page.get_by_role("button", name="110,000원 환불 승인").click()
        page.get_by_text("환불을 승인했어요", exact=False).first.wait_for()
        cashier.work()
        page.reload()
        page.get_by_text("환불이 끝났어요").wait_for()
        refund.refresh_from_db()
        assert (refund.state, refund.decided_by) == (Refund.State.DONE, boram)
        assert len(cashier.cancel_calls()) == 1

        membership = minji_user.memberships.get()
        desk.open(at("advertisers_membership_change", membership.pk))
        assert "minji@example.com" not in page.content()
        page.get_by_text("연락처 보기").first.click()
        page.locator("#dialog textarea[name=reason]").fill("환불 문의에 답해요")
        page.locator("#dialog button[type=submit]").click()
        page.get_by_text("minji@example.com").wait_for()
        desk.shoot("contact", width=1280)
        assert AccessLog.objects.filter(action="contact.viewed", actor=boram, at__lte=timezone.now()).count() == 1
        assert desk.complaints == []
