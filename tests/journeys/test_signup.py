"""Both sign-ups walked by people in real browsers, on a phone of 360 px and on a screen of 1440 px; every step leaves a screenshot."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from advertisers.models import Advertiser, BusinessUser, SignupStepCount
from identity.models import User
from tests.advertisers.applicants import picture
from tests.live import LiveProduct
from tests.tools import PATIENCE_MS, sideways

pytestmark = pytest.mark.browser

SHOTS = Path(settings.VAR_DIR) / "screens" / "signup"
SIZES = {
    "360": {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2},
    "1440": {"viewport": {"width": 1440, "height": 900}},
}
DIGITS = re.compile(r"\b(\d{6})\b")


class Walk:
    """One person's way; what the browser complained about fails the test at its end."""

    def __init__(self, product: LiveProduct, page: Page, name: str) -> None:
        self.product, self.page, self.name, self.shots = product, page, name, 0

    def shot(self, what: str) -> None:
        """A picture, and no sideways scrolling."""
        self.shots += 1
        SHOTS.mkdir(parents=True, exist_ok=True)
        assert sideways(self.page) == [], what
        self.page.screenshot(path=SHOTS / f"{self.name}-{self.shots:02}-{what}.png", full_page=True)

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).locator("visible=true").first.click()

    def newest(self, channel: str, to: str) -> str:
        found = self.product.sandbox.control("GET", "/inbox", channel=channel, to=to)["messages"]
        return str(found[0]["body"]) if found else ""

    def consents(self) -> None:
        self.shot("consents")
        self.press("다음")
        expect(self.page.get_by_text("동의해야 가입할 수 있어요").first).to_be_visible()
        self.shot("consents-refused")
        self.page.get_by_label("이용약관에 동의해요").check()
        self.page.get_by_label("개인정보 수집·이용에 동의해요").check()
        self.press("다음")

    def phone(self, number: str) -> None:
        self.page.get_by_label("휴대전화 번호").fill(number)
        self.shot("phone")
        self.press("인증번호 받기")
        expect(self.page.get_by_text("인증번호를 보냈어요")).to_be_visible()
        self.shot("phone-code")
        self.page.locator("input[name=code]").fill(DIGITS.findall(self.newest("SMS", number.replace("-", "")))[0])
        self.press("확인하기")

    def identity(self) -> None:
        self.shot("identity")
        self.press("본인확인하기")
        self.open_window("identity-close")
        expect(self.page.get_by_text("아직 본인확인을 하지 못했어요")).to_be_visible()
        self.shot("identity-not-verified")
        self.press("본인확인하기")
        self.open_window("identity-minji")
        expect(self.page.get_by_text("본인확인을 마쳤어요")).to_be_visible()
        self.shot("identity-done")
        self.press("다음")

    def open_window(self, choice: str) -> None:
        """The agency's window: over the page on a screen, instead of the page on a phone."""
        self.shot("identity-way")
        self.press("본인확인 창 열기")
        frame = self.page.frame_locator("iframe[data-testid=portone-frame]")
        place = self.page if "360" in self.name else frame
        place.get_by_test_id(choice).click()

    def business(self) -> None:
        self.page.get_by_label("사업자등록번호").fill("123-45-67890")
        self.page.get_by_label("상호").fill("온결상회")
        self.press("다음")
        expect(self.page.get_by_text("사업자등록번호를 다시 확인해 주세요")).to_be_visible()
        expect(self.page.get_by_label("상호")).to_have_value("온결상회")
        self.shot("business-refused")
        for label, value in (
            ("사업자등록번호", "999-01-00013"), ("대표자 이름", "김민지"), ("개업", "2020-03-02"),
            ("우편번호", "04524"), ("사업장 주소", "서울 중구 가상대로 12"),
            ("상세 주소", "3층"), ("세금계산서 받을 이메일", "tax@ongyeol.example"),
        ):  # fmt: skip
            self.page.get_by_label(label).fill(value)
        self.press("다음")

    def papers(self) -> None:
        self.shot("papers")
        self.page.get_by_label("사업자등록증").set_input_files({"name": "등록증.png", "mimeType": "image/png", "buffer": picture()})
        self.press("다음")

    def account(self, username: str) -> None:
        self.page.get_by_label("아이디", exact=False).first.fill(username)
        self.page.get_by_label("이메일").fill(f"{username}@example.com")
        self.page.locator("input[type=password]").fill("봄바람이 분다 2026")
        self.shot("account")
        self.press("가입하기")
        expect(self.page).to_have_url(re.compile("/dashboard/"))
        expect(self.page.get_by_text("가입이 끝났어요").first).to_be_visible()
        self.shot("dashboard")


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("kind", ["personal", "business"])
def test_s_04_s_09_s_17_somebody_signs_up(kind: str, size: str, live_product: LiveProduct, browser: Browser) -> None:
    context = browser.new_context(locale="ko-KR", timezone_id="Asia/Seoul", **SIZES[size])
    context.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(f"script error: {error.error}"))
    context.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    context.on("response", lambda answer: faults.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None)
    walk = Walk(live_product, context.new_page(), f"{kind}-{size}")
    username = f"minji_{kind[:4]}{size}"
    walk.page.goto(f"{live_product.origin}/accounts/login/")
    walk.shot("login")
    walk.page.get_by_role("link", name="회원가입").click()
    walk.shot("choose")
    walk.page.get_by_role("link", name="개인으로 가입하기" if kind == "personal" else "사업자로 가입하기").click()
    walk.consents()
    walk.phone("010-5555-0001")
    walk.identity()
    if kind == "business":
        walk.business()
        walk.papers()
    walk.account(username)
    context.close()
    assert faults == []
    assert User.objects.get().username == username
    assert Advertiser.objects.get().kind == kind.upper()
    assert BusinessUser.objects.count() == (kind == "business")
    assert SignupStepCount.objects.filter(kind=kind.upper()).count() == (6 if kind == "business" else 4)
