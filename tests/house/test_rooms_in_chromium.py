"""
Every room of the back office in one browser: an operator presses one button on work that waits, the row is another one, the operator is
named in the books, and the first page counts less.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from advertisers.models import BusinessPaper
from backoffice import navigation, rights
from campaigns import services as campaigns
from campaigns.models import Campaign, CampaignVersion, Clearance, FraudSignal, Participation
from common.models import Effect
from identity.models import ApprovalRequest, Notification, User
from inquiries.models import GuideSnapshot, Inquiry
from payments import services as payments
from payments.models import BankDeposit, ReconciliationItem, Refund, UnallocatedMoney
from rewards.models import GifticonImport, PushMessage, Raffle
from tests.backoffice.browser import Desk, desk_window
from tests.backoffice.conftest import INDEX, enter, hire
from tests.backoffice.pressing import at
from tests.house import deeds
from tests.house.test_audit_crawl import traces_of
from tests.house.test_pages_in_chromium import EVERY_RULE, ROOT
from tests.house.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800)]

WHY = "확인해 보니 그래야 해요"
SERIOUS = (
    "axe.run(document, %s).then(found => found.violations.filter(v => ['serious', 'critical'].includes(v.impact))"
    ".flatMap(v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 120))))"
)
# Colours that are on their way have no contrast yet; a busy machine takes long over it.
ARRIVED = "document.getAnimations().filter(one => one instanceof CSSTransition).forEach(one => one.finish())"
SHOWN = "SCREENS"  # with this variable every room leaves a picture before and after the press


@dataclass(frozen=True, slots=True)
class Press:
    """
    One button in one room.

    counted: what the first page counts (`Room.waiting`).   opens: the address of the work.   button: how it is pressed.
    looks: what the row says; another thing afterwards.   before: brings the work about where the world has none.
    """

    room: str
    counted: str
    opens: Callable[[World], str]
    button: Callable[[Page], None]
    looks: Callable[[World], Any]
    before: Callable[[World], Any] = lambda world: None


def named(words: str) -> Callable[[Page], None]:
    """A button of the page."""
    return lambda page: page.get_by_role("button", name=words, exact=True).first.click()


def with_reason(field: str, words: str, *, folded: str = "") -> Callable[[Page], None]:
    """A button whose form wants a reason; folded: what has to be opened first."""

    def press(page: Page) -> None:
        if folded:
            page.get_by_text(folded, exact=True).first.click()
        page.locator(field).fill(WHY)
        named(words)(page)

    return press


def in_a_dialog(words: str) -> Callable[[Page], None]:
    """A button of a record that asks in a dialog before anything happens."""

    def press(page: Page) -> None:
        page.get_by_text(words).first.click()
        reason, sure = page.locator("#dialog textarea[name=reason]"), page.locator("#dialog input[name=sure]")
        page.locator("#dialog button[type=submit]").wait_for()
        if reason.count():
            reason.fill(WHY)
        if sure.count():
            sure.check()
        page.locator("#dialog button[type=submit]").click()

    return press


def shows_to_members(page: Page) -> None:
    page.get_by_text("노출 바꾸기", exact=True).click()
    page.locator("[name=is_exposed]").check()
    with_reason("#id_expose", "노출 저장하기")(page)


def answers(page: Page) -> None:
    page.locator("#id_answer_text").fill("확인했어요. 곧 다시 알려 드릴게요.")
    named("답변 보내기")(page)


def sends_now(page: Page) -> None:
    page.locator("form[action$='/schedule/'] button").click()


def _suspicion(world: World) -> None:
    """Suji's visit is paid, and looks as if a machine had made it."""
    deeds.prepare(world, "backoffice/suspicions/<uuid:public_id>/clear/")
    FraudSignal.objects.create(
        participation=world.taking.public_id, campaign=world.running, member_id=world.members["suji"].pk, attempt=1, code="walk",
        penalty=80, at=timezone.now(),
    )  # fmt: skip


def _gift(world: World) -> None:
    """Finance wants to give credits, and a second operator has not looked yet."""
    payments.ask_manual_credit(
        advertiser=world.advertiser, credits=1_000, lot_kind="GOODWILL", reason="불편을 드렸어요", by=world.people["finance"],
        at=timezone.now(), key="walk",
    )  # fmt: skip


def _gifted(world: World) -> ApprovalRequest:
    return ApprovalRequest.objects.for_operators().filter(kind="credits.manual_credit").latest("pk")


def _hide(world: World) -> None:
    Campaign.objects.unscoped().filter(pk=world.choosing.pk).update(is_exposed=False)


def _lock(world: World) -> None:
    campaigns.lock(campaign=world.running, by=world.people["operator"], at=timezone.now(), reason="확인해 볼게요")


def _draft_raffle(world: World) -> None:
    deeds.prepare(world, "backoffice/raffles/<uuid:public_id>/fund/")


def _inquiry(world: World, kind: str) -> Inquiry:
    return Inquiry.objects.unscoped().get(kind=kind)


def record(name: str, row: Any) -> str:
    return at(f"{name}_change", row.pk)


# Rooms of the design in its order, then content; what stands below a line of the design is a room of its own here.
PRESSES = (
    Press(
        "운영 현황", "alerts", lambda world: INDEX, named("처리했어요"),
        lambda world: Notification.objects.for_operators().unread().count(),
    ),
    Press(
        "광고주", "papers", lambda world: at("paper-detail", BusinessPaper.objects.get().public_id), named("확인 완료로 바꾸기"),
        lambda world: BusinessPaper.objects.get().state,
    ),
    Press(
        "회원", "suspicions", lambda world: at("suspicion-list"), named("의심 풀기"),
        lambda world: Clearance.objects.count(), _suspicion,
    ),
    Press(
        "캠페인 심사", "campaigns", lambda world: at("review-detail", world.submitted.public_id), named("23,450크레딧 캠페인 승인"),
        lambda world: CampaignVersion.objects.get(campaign=world.submitted).state,
    ),
    Press(
        "노출과 배너", "hidden", lambda world: at("review-detail", world.choosing.public_id), shows_to_members,
        lambda world: Campaign.objects.unscoped().get(pk=world.choosing.pk).is_exposed, _hide,
    ),
    Press(
        "캠페인 잠금", "locked", lambda world: at("review-detail", world.running.public_id), with_reason("#id_lock", "잠금 풀기"),
        lambda world: Campaign.objects.unscoped().get(pk=world.running.pk).is_locked, _lock,
    ),
    Press(
        "크레딧 요약과 조정", "approvals", lambda world: record("identity_approvalrequest", _gifted(world)),
        in_a_dialog("두 번째로 승인하기"),
        lambda world: _gifted(world).state, _gift,
    ),
    Press(
        "결제·웹훅·대사 차이", "differences", lambda world: record("payments_reconciliationitem", world.difference),
        in_a_dialog("원장에 반영하고 끝내기"), lambda world: ReconciliationItem.objects.get(pk=world.difference.pk).state,
    ),
    Press(
        "통장 입금", "bank", lambda world: at("bank"), named("주문에 연결하기"),
        lambda world: BankDeposit.objects.get(number="WORLD-1").state,
    ),
    Press(
        "주인 모를 입금", "unallocated", lambda world: record("payments_unallocatedmoney", UnallocatedMoney.objects.earliest("pk")),
        in_a_dialog("돌려주기"), lambda world: UnallocatedMoney.objects.earliest("pk").state,
    ),
    Press(
        "환불", "refunds", lambda world: at("refund-detail", world.refund.public_id),
        lambda page: page.locator("form[action$='/approve/'] button").click(), lambda world: Refund.objects.get(pk=world.refund.pk).state,
    ),
    Press(
        "회원 문의", "member_inquiries", lambda world: at("inquiry-detail", _inquiry(world, "MEMBER").public_id), answers,
        lambda world: _inquiry(world, "MEMBER").state,
    ),
    Press(
        "광고주 문의", "advertiser_inquiries", lambda world: at("inquiry-detail", _inquiry(world, "ADVERTISER").public_id), answers,
        lambda world: _inquiry(world, "ADVERTISER").state,
    ),
    Press(
        "푸시", "pushes", lambda world: at("push-detail", world.team["backoffice/pushes/"]), sends_now,
        lambda world: PushMessage.objects.get(public_id=world.team["backoffice/pushes/"]).state,
    ),
    Press(
        "기프티콘과 마진", "imports", lambda world: at("gifticon-import", world.run.public_id), named("반영하기"),
        lambda world: GifticonImport.objects.get(pk=world.run.pk).state,
    ),
    Press(
        "래플과 당첨자", "raffles", lambda world: at("raffle-detail", world.raffle.public_id),
        lambda page: page.locator("form[action$='/fund/'] button").click(),
        lambda world: Raffle.objects.get(public_id=world.raffle.public_id).state, _draft_raffle,
    ),
    Press(
        "참여 확인", "evidence", lambda world: at("evidence-list"), named("통과"),
        lambda world: Participation.objects.get(public_id=world.evidence.participation).state,
    ),
    Press(
        "운영자·역할·기록·설정", "parked_effects", lambda world: record("common_effect", world.effect), in_a_dialog("다시 확인하기"),
        lambda world: Effect.objects.get(pk=world.effect.pk).state,
    ),
    Press(
        "콘텐츠", "copies", lambda world: at("guide-copies", "refund"), with_reason("#publish_reason", "게시하기"),
        lambda world: sorted(GuideSnapshot.objects.values_list("state", flat=True)),
    ),
)  # fmt: skip


@pytest.fixture
def window(live_server: LiveServer, browser: Browser, world: World) -> Iterator[Desk]:
    """A new operator with every right, who has shown her second factor and has made nothing that waits."""
    boram = hire("boram", rights.ADMIN)
    with desk_window(browser, client=enter(boram), origin=live_server.url) as desk:
        yield desk


def counted(desk: Desk, press: Press) -> int:
    """What the first page says: in the row of work, or beside the room's name for the alerts."""
    page = desk.open(INDEX)
    rooms = {room.waiting: room for _, rooms in navigation.GROUPS for room in rooms if room.waiting}
    title = rooms[press.counted].title
    if press.counted in navigation.WORK:
        return int(page.locator("nav[aria-label='기다리는 일'] a", has=page.get_by_text(title, exact=True)).locator("b").inner_text())
    return int(page.locator("#nav-sidebar a", has_text=title).inner_text().split()[-1])


def unfit(desk: Desk, address: str) -> list[str]:
    """What keeps people from using this page: at a desk in the light, on a phone in the dark, by the rules of axe."""
    page, found = desk.open(address), []
    page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text())
    for width, is_dark in ((1280, False), (390, True)):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("isDark => document.documentElement.classList.toggle('dark', isDark)", is_dark)
        page.evaluate(ARRIVED)
        found += [f"{address} at {width}{' in the dark' if is_dark else ''}: {line}" for line in page.evaluate(SERIOUS % EVERY_RULE)]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate("document.documentElement.classList.remove('dark')")
    return found


def shoot(desk: Desk, name: str) -> None:
    if os.environ.get(SHOWN):
        desk.shoot(name, width=1280)


def test_one_press_in_every_room_changes_the_row_names_the_operator_and_lowers_the_count(window: Desk, world: World) -> None:
    boram, lists, faults = User.objects.get(username="boram"), _lists(), list[str]()
    for press in PRESSES:
        press.before(world)
        waited, row, traces = counted(window, press), press.looks(world), traces_of(boram)
        assert waited > 0, f"{press.room}: nothing waits"
        for address in (lists[press.counted], press.opens(world)):
            faults += unfit(window, address)
        page = window.page
        shoot(window, f"walk-{press.counted}-1")
        with page.expect_event("load"), page.expect_response(lambda answer: answer.request.method == "POST" and answer.status < 400):
            press.button(page)  # a page that goes somewhere else in between would break off what is opened next
        shoot(window, f"walk-{press.counted}-2")
        assert press.looks(world) != row, f"{press.room}: the row is as it was; {page.inner_text('body')[-600:]}"
        assert traces_of(boram) > traces, f"{press.room}: nothing names the operator"
        assert counted(window, press) < waited, f"{press.room}: the first page counts {waited} as before"
        assert window.complaints == [], press.room
    assert faults == [], "\n".join(faults)


def _lists() -> dict[str, str]:
    """Where the first page leads from each of its counts."""
    return {room.waiting: at(room.name) + room.shows for _, rooms in navigation.GROUPS for room in rooms if room.waiting}


def test_the_rooms_are_those_of_the_first_page() -> None:
    assert sorted({press.counted for press in PRESSES} - {"alerts"}) == sorted(navigation.WORK)
