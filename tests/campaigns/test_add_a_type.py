"""A campaign type is one declaration: a few lines, and the wizard, the review, the app, the report and the API find it."""

from datetime import timedelta
from typing import Annotated

import pytest
import time_machine
from pydantic import Field, StringConstraints

from backoffice import campaign_case
from campaigns import pricing, services, types
from campaigns.types.base import CampaignType, Kept, PriceRule, Verdict, report
from campaigns.types.flows import Flow
from campaigns.wizard import fields, steps
from common.schemas import Input
from tests.app import ANDROID, Phone
from tests.campaigns.conftest import spec_of
from tests.signing_in import browser


class TasteFields(Input):
    dish: Annotated[str, StringConstraints(min_length=2, max_length=40), Field(title="메뉴", description="맛볼 메뉴를 적어 주세요.")]
    stars: Annotated[
        int, Field(strict=True, ge=1, le=5, title="별점", description="이 별점을 준 사람만 인정해요.", json_schema_extra={"initial": 5})
    ]


class TasteAnswer(Input):
    choice: Annotated[int, Field(strict=True, ge=1, le=5)]


class GaveTheStars:
    def required_seconds(self, details):
        return 0

    def judge(self, details, evidence):
        return Verdict(is_enough=evidence.answer is not None and evidence.answer.choice == details.stars)


TASTE = CampaignType(
    key="TASTE",
    name="맛보기",
    summary="메뉴를 맛보고 별점을 줘요.",
    icon="star",
    fields=TasteFields,
    flow=Flow.ANSWER,
    evidence=(Kept.ANSWER,),
    verifier=GaveTheStars(),
    price=PriceRule(lowest=40, highest=1_000, suggested=60, included=("별점 확인",)),
    slot_life=timedelta(minutes=10),
    is_daily=False,
    fraud_rules=(),
    report_columns=report(done="맛봄"),
    charged_when="약속한 별점을 준 참여만 단가를 차감해요.",
    steps=lambda details: (f"{details.dish} 메뉴를 맛봐요.", "별점을 줘요."),
    answer=TasteAnswer,
    task=lambda details, person: {
        "kind": "QUIZ",
        "question": f"{details.dish}, 몇 점인가요?",
        "choices": ["1점", "2점", "3점", "4점", "5점"],
    },
)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """The line in `campaigns/types/__init__.py`."""
    monkeypatch.setitem(types._BY_KEY, "TASTE", TASTE)


@pytest.fixture
def spec(at):
    return spec_of(at, type="TASTE", details={"dish": "핸드드립", "stars": 5}, title="핸드드립 맛보기", budget=400)


def test_dev_04_the_wizard_offers_it_and_draws_its_fields():
    form = fields.StepForm(steps.BY_SLUG["select-type"], {"type": "TASTE"})
    assert ("TASTE", "맛보기") in form.fields["type"].choices
    slug = next(step.slug for step in steps.STEPS if "details" in step.parts)
    drawn = fields.StepForm(steps.BY_SLUG[slug], {"type": "TASTE"})
    assert [drawn.fields[f"details-{name}"].label for name in TasteFields.model_fields] == ["메뉴", "별점"]


def test_dev_04_it_has_prices_and_the_submission_keeps_to_them(at, minji, minji_user, spec):
    assert pricing.price_of(TASTE, None, at=at).suggested == 60
    cheap = spec.model_copy(update={"credit": spec.credit.model_copy(update={"unit_price": 39})})
    with pytest.raises(pricing.PriceOutsideType, match="맛보기 유형"):
        services.submit_campaign(advertiser=minji, spec=cheap, by=minji_user, at=at, key="cheap")


def test_dev_04_api_review_app_page_and_report_show_it(at, minji, minji_user, operator, suji, spec):
    with time_machine.travel(at, tick=False) as clock:
        listed = browser(minji_user).get("/api/v1/campaign-types").json()
        assert {"key": "TASTE", "name": "맛보기"}.items() <= next(one for one in listed if one["key"] == "TASTE").items()
        campaign = services.submit_campaign(advertiser=minji, spec=spec, by=minji_user, at=at, key="taste")
        case = campaign_case.case_of(campaign, at=at)
        assert (case.type_name, case.charged_when) == ("맛보기", TASTE.charged_when)
        services.approve(campaign=campaign, by=operator, at=at)

        phone = Phone(suji)
        assert phone.get("/missions").json()["items"][0]["title"] == "핸드드립 맛보기"
        started = phone.start(campaign).json()
        mission = phone.get(f"/missions/{campaign.public_id}").json()
        assert (mission["type"], mission["task"]["question"]) == ("TASTE", "핸드드립, 몇 점인가요?")
        page = browser(suji.user)
        page.defaults["HTTP_USER_AGENT"] = ANDROID
        assert "핸드드립, 몇 점인가요?" in page.get(f"/luckffle/missions/{campaign.public_id}/").content.decode()
        clock.shift(timedelta(seconds=20))
        assert phone.answer(started, {"choice": 5}).json()["state"] == "REWARDED"
        assert services.capture_due(campaign=campaign, at=at + timedelta(hours=1)) == 40
        report_page = browser(minji_user).get(f"/campaigns/{campaign.public_id}/").content.decode()
        assert "맛보기 미션" in report_page


def test_without_a_panel_for_its_flow_it_is_offered_nowhere(monkeypatch, minji_user, at):
    monkeypatch.delitem(types.base.PANELS, Flow.ANSWER)
    assert not TASTE.is_offered
    assert "TASTE" not in [one["key"] for one in browser(minji_user).get("/api/v1/campaign-types").json()]
    with pytest.raises(ValueError, match="고를 수 있는 캠페인 유형이 아니에요"):
        spec_of(at, type="TASTE", details={"dish": "핸드드립", "stars": 5})
