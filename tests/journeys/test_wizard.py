"""ADV-01: a visitor with a phone and a card gets from the landing page to a submitted campaign alone; every step survives a reload."""

import re
from urllib.parse import parse_qs

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, Page, Response, expect

from advertisers.models import Membership
from campaigns.models import Campaign, Draft
from credits import selectors as balances
from credits import services as ledger
from payments.services import ensure_packages
from tests import factories
from tests.advertisers.applicants import picture
from tests.factories import PASSWORD
from tests.journeys.story import SIZES, Person, people
from tests.live import LiveProduct

pytestmark = pytest.mark.browser

MOST_CLICKS = 60
PHONE = "010-5555-0009"
STEPS: dict[str, dict[str, str]] = {
    "design": {
        "title": "새 학기 문구 구경하기",
        "body": "새로 들어온 공책과 펜을 만나 보세요.",
        "landing_url": "https://pens.example.com/new",
        "call_to_action": "문구 보러 가기",
        "details-dwell_seconds": "10",
    },
    "reward": {"tickets": "2"},
    "credit": {"unit_price": "100", "budget": "90000", "daily_cap": "30000"},
    "setting": {"age_from": "19"},
}


class Hand:
    """Presses and counts."""

    def __init__(self, person: Person) -> None:
        self.person, self.page, self.clicks = person, person.page, 0

    def press(self, words: str, role: str = "button", *, exact: bool = True) -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=words, exact=exact).locator("visible=true").first.click()  # type: ignore[arg-type]

    def choose(self, selector: str) -> None:
        self.clicks += 1
        self.page.locator(selector).click()

    def newest_code(self) -> str:
        [newest, *_] = self.person.product.sandbox.control("GET", "/inbox", channel="SMS", to=PHONE.replace("-", ""))["messages"]
        return re.findall(r"[0-9]{6}", newest["body"])[0]


def sign_up(hand: Hand) -> None:
    """From the landing page to the dashboard."""
    page = hand.page
    hand.person.go("/")
    hand.press("무료로 시작하기", "link", exact=False)
    hand.press("개인으로 가입하기", "link", exact=False)
    for label in ("이용약관에 동의해요", "개인정보 수집·이용에 동의해요"):
        hand.clicks += 1
        page.get_by_label(label).check()
    hand.press("다음")
    page.get_by_label("휴대전화 번호").fill(PHONE)
    hand.press("인증번호 받기")
    expect(page.get_by_text("인증번호를 보냈어요")).to_be_visible()
    page.locator("input[name=code]").fill(hand.newest_code())
    hand.press("확인하기")
    hand.press("본인확인하기")
    hand.press("본인확인 창 열기")
    hand.clicks += 1
    page.frame_locator("iframe[data-testid=portone-frame]").get_by_test_id("identity-minji").click()
    expect(page.get_by_text("본인확인을 마쳤어요")).to_be_visible()
    hand.press("다음")
    page.get_by_label("아이디", exact=False).first.fill("penshop")
    page.get_by_label("이메일").fill("penshop@example.com")
    page.locator("input[type=password]").fill("봄바람이 분다 2026")
    hand.press("가입하기")
    expect(page).to_have_url(re.compile("/dashboard/"))


def survives_a_reload(page: Page, answers: dict[str, str]) -> None:
    """What was typed is kept while typing; the page shows it again after a reload, without a press."""
    last, typed = next(reversed(answers.items()))

    def keeps_the_last(answer: Response) -> bool:
        sent = parse_qs(answer.request.post_data or "")
        return sent.get("intent") == ["autosave"] and sent.get(last, [""])[-1].replace(",", "") == typed

    with page.expect_response(keeps_the_last):
        page.locator(f"[name='{last}']").press("End")
        page.locator(f"[name='{last}']").dispatch_event("input")
    page.reload()
    for name, value in answers.items():
        shown = page.locator(f"[name='{name}']").input_value()
        assert shown.replace(",", "") == value, (name, shown)


def test_adv_01_from_the_landing_page_to_a_submitted_campaign(live_product: LiveProduct, browser: Browser, transactional_db: None) -> None:
    ensure_packages()
    assert "desktop" in SIZES
    with people("penshop", browser=browser, product=live_product, size="desktop") as [person]:
        hand, page = Hand(person), person.page
        sign_up(hand)
        hand.press("새 캠페인", "link")
        person.shoot("new")
        hand.choose("button[name=type][value=VISIT]")
        for step, answers in STEPS.items():
            expect(page).to_have_url(re.compile(f"/{step}/$"))
            for name, value in answers.items():
                page.locator(f"[name='{name}']").fill(value)
            if step == "design":
                page.locator("#id_upload").set_input_files(
                    {"name": "펜.png", "mimeType": "image/png", "buffer": picture(size=(1_080, 1_080))}
                )
                hand.press("이미지 올리기")
                frame = page.frame_locator("iframe.phone-page")
                expect(frame.get_by_role("heading", name="새 학기 문구 구경하기")).to_be_visible()
                expect(frame.get_by_role("button", name="문구 보러 가기")).to_be_visible()
                expect(frame.get_by_text("광고").first).to_be_visible()
            survives_a_reload(page, answers)
            person.shoot(step)
            if step == "credit":
                hand.choose("button[value^='top_up:'] >> nth=0")
                expect(page.locator("#summary")).to_contain_text("110,000")
                hand.clicks += 1
                page.locator("#id_agree").check()
                hand.press("110,000원 결제하기")
                hand.clicks += 1
                person.pay_window().get_by_test_id("pay-approve").click()
                hand.press("하던 일 이어서 하기", "link")
                expect(page).to_have_url(re.compile("/credit/$"))
                expect(page.locator("[name=budget]")).to_have_value("90,000")
                person.shoot("credit-covered")
            hand.press("다음 ·", exact=False)
        expect(page).to_have_url(re.compile("/review/$"))
        page.reload()
        person.shows("언제 얼마를 차감하나요?", "새 학기 문구 구경하기")
        person.shoot("review")
        hand.press("90,000크레딧으로 심사 요청하기")
        person.shows("심사를 요청했어요", "심사중")
        person.shoot("submitted")
        assert hand.clicks < MOST_CLICKS
    campaign = Campaign.objects.get()
    assert (campaign.title, campaign.spec["setting"]["age_from"], campaign.hold.open) == ("새 학기 문구 구경하기", 19, 90_000)
    assert (Draft.objects.get().campaign, balances.balance(campaign.advertiser).available) == (campaign, 10_000)


class Keyboard:
    """A page that is worked with keys alone."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, selector: str) -> None:
        """Press Tab until it has the focus, as people who use no mouse do."""
        for _ in range(120):
            if self.page.locator(f"{selector}:focus").count():
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no key leads to {selector}")

    def write(self, name: str, text: str) -> None:
        self.reach(f"[name='{name}']")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def enter(self) -> None:
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


def test_the_wizard_runs_by_keyboard_alone_and_with_scripts_off(live_product: LiveProduct, browser: Browser) -> None:
    team = factories.MembershipFactory(role=Membership.Role.OWNER)
    with transaction.atomic():
        ledger.grant_bonus(
            advertiser=team.advertiser, credits=1_000, lot_kind="GOODWILL", key="gift", at=timezone.now(), actor="test", reason="journey"
        )
    answers = {**STEPS, "credit": {"unit_price": "100", "budget": "900", "daily_cap": "300"}}
    context = browser.new_context(locale="ko-KR", viewport={"width": 1280, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    keys = Keyboard(page)
    page.goto(f"{live_product.origin}/accounts/login/?next=/campaigns/new/")
    keys.write("login", team.user.username)
    keys.write("password", PASSWORD)
    keys.enter()
    keys.reach("button[name=type][value=VISIT]")
    keys.enter()
    for step, fields in answers.items():
        expect(page).to_have_url(re.compile(f"/{step}/$"))
        for name, value in fields.items():
            keys.write(name, value)
        keys.enter()  # in a field: the same as the button that leads on
    expect(page).to_have_url(re.compile("/review/$"))
    keys.reach("main form button:not([name])")
    keys.enter()
    expect(page.get_by_text("심사를 요청했어요").first).to_be_visible()
    context.close()
    campaign = Campaign.objects.get()
    assert (campaign.title, campaign.state, campaign.hold.open) == ("새 학기 문구 구경하기", "SUBMITTED", 900)
