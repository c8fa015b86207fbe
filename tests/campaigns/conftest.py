"""Campaigns to try things on: minji's, with 1,000 credits for 100 participations of 10 credits and one ticket each."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from advertisers.models import Advertiser
from campaigns import services, types
from campaigns.models import Campaign
from campaigns.schemas import CampaignSpec, CreditStep, DesignStep, RewardStep, SettingStep
from common.models import DatedSetting
from identity.models import User
from tests.campaigns.examples import BESIDE, EXAMPLES

DEVICE = "android/chrome"


def cheapest(key: str, details: dict[str, Any]) -> int:
    """The lowest unit price of a type with these details."""
    declared = types.get(key)
    read, rule = declared.read(details), declared.price
    return rule.lowest + sum(option.credits * option.count(read) for option in rule.options)


def whole_of(key: str, details: dict[str, Any]) -> tuple[int, int]:
    """A unit price and tickets that a type takes: the sum of its steps, or the cheapest with a ticket for each step."""
    declared = types.get(key)
    read, price = declared.read(details), cheapest(key, details)
    return declared.adds_up(read) or (price, len(declared.parts(read, price, 1)) if declared.parts else 1)


def spec_of(at: datetime, **changes: Any) -> CampaignSpec:
    """A valid campaign, VISIT unless `type` says otherwise, that runs from now for ten days; changes name the fields of any step."""
    values = {
        "title": "민지네 커피 구경하기", "body": "", "landing_url": "https://coffee.example.com/hello", "dwell_seconds": 10, "tickets": 1,
        "unit_price": 10, "budget": 1_000, "starts_at": at, "ends_at": at + timedelta(days=10),
        **BESIDE.get(changes.get("type", ""), {}), **changes,
    }  # fmt: skip
    if "type" in changes:
        if "details" not in values:
            values["details"] = EXAMPLES[changes["type"]].details
        whole = whole_of(changes["type"], values["details"])
        values["unit_price"] = changes.get("unit_price", whole[0])
        values["tickets"] = changes.get("tickets", whole[1])
    values.setdefault("daily_cap", values["budget"])
    steps = {
        "design": DesignStep.model_fields,
        "details": ("dwell_seconds",),
        "reward": RewardStep.model_fields,
        "credit": CreditStep.model_fields,
        "setting": SettingStep.model_fields,
    }
    written = {step: {name: values[name] for name in names if name in values} for step, names in steps.items()}
    return CampaignSpec.model_validate(written | {name: values[name] for name in ("type", "details") if name in values})


@pytest.fixture
def submit(minji: Advertiser, minji_user: User, at: datetime) -> Callable[..., Campaign]:
    """Submit a campaign of minji's; keyword arguments change the fields of any step."""

    def submit(key: str = "first", **changes: Any) -> Campaign:
        return services.submit_campaign(advertiser=minji, spec=spec_of(at, **changes), by=minji_user, at=at, key=key)

    return submit


@pytest.fixture
def submitted(submit: Callable[..., Campaign]) -> Campaign:
    return submit()


@pytest.fixture
def launch(submit: Callable[..., Campaign], operator: User, at: datetime) -> Callable[..., Campaign]:
    """Submit and approve: it runs at once."""

    def launch(**changes: Any) -> Campaign:
        campaign = submit(**changes)
        return services.approve(campaign=campaign, by=operator, at=at)

    return launch


@pytest.fixture
def running(launch: Callable[..., Campaign]) -> Campaign:
    return launch()


@pytest.fixture
def large_days(db: None, at: datetime) -> None:
    """Every day counts as large: its units are spread over 16 slots, however few they are."""
    DatedSetting.objects.create(name="campaigns.large_day_units", value=1, effective_from=at - timedelta(days=365), reason="test")
