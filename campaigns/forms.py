"""The HTML face of a VISIT campaign on one page, and of raising a budget."""

import uuid
from datetime import datetime, timedelta
from typing import Annotated, Any

from django import forms
from pydantic import StringConstraints

from campaigns.models import Campaign
from campaigns.schemas import Credits, VisitCampaign
from common.forms import SchemaForm
from common.kst import SEOUL, day_from, day_of
from common.schemas import Input
from rewards import policies as reward_policies

Token = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{32,36}$")]
MOMENT = "%Y-%m-%dT%H:%M"
MONEY = {"inputmode": "numeric", "data-money": "", "autocomplete": "off"}


class WholeField(forms.CharField):
    """A whole number as people type it, with or without separators; what is no number goes on to the schema, which says so."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        digits = text.replace(",", "") if isinstance(text, str) else ""
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else text


class MomentField(forms.DateTimeField):
    """A moment on Seoul's clock, written by the browser's own date control or by hand."""

    widget = forms.DateTimeInput(format=MOMENT, attrs={"type": "datetime-local", "step": "60"})
    default_error_messages = {"invalid": "날짜와 시각을 다시 확인해 주세요."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=[MOMENT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **kwargs)


class VisitSubmission(VisitCampaign):
    """The page's answers with its key, one per opened page: pressing twice is one campaign."""

    key: Token


class VisitForm(SchemaForm):
    """One page for all five steps."""

    schema = VisitSubmission

    title = forms.CharField(
        label="제목",
        help_text="회원이 미션 목록에서 보는 말이에요. 60자까지 적을 수 있어요.",
        widget=forms.TextInput(attrs={"maxlength": 60}),
    )
    body = forms.CharField(label="안내", widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500}))
    landing_url = forms.CharField(
        label="연결 주소",
        help_text="https로 시작하는, 누구나 열 수 있는 주소를 적어 주세요.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url", "maxlength": 500}),
    )
    dwell_seconds = WholeField(
        label="머무는 시간",
        help_text="5초부터 300초까지 정할 수 있어요.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    tickets = WholeField(label="참여 1건에 줄 티켓", widget=forms.TextInput(attrs=MONEY))
    unit_price = WholeField(label="참여 1건 단가", widget=forms.TextInput(attrs=MONEY))
    budget = WholeField(label="총예산", help_text="심사를 요청하면 이만큼이 캠페인에 묶여요.", widget=forms.TextInput(attrs=MONEY))
    daily_cap = WholeField(label="하루 예산", help_text="다 쓰면 다음 날 0시에 다시 시작해요.", widget=forms.TextInput(attrs=MONEY))
    starts_at = MomentField(label="시작")
    ends_at = MomentField(label="종료", help_text="한국 시간이에요. 시작한 날부터 1년까지 정할 수 있어요.")
    key = forms.CharField(widget=forms.HiddenInput)

    @property
    def money(self) -> dict[str, int]:
        """What can be counted already: whole numbers of the money fields as typed, 0 for the rest. Nothing is validated."""
        return {name: _counted(self[name].value()) for name in ("unit_price", "budget", "daily_cap", "tickets")}


class RaiseWish(Input):
    """credits: to add.   key: one per opened page."""

    credits: Credits
    key: Token


class RaiseForm(SchemaForm):
    """How much to add to the budget."""

    schema = RaiseWish

    credits = WholeField(label="더할 크레딧", widget=forms.TextInput(attrs=MONEY))
    key = forms.CharField(widget=forms.HiddenInput)


def fresh_key() -> str:
    """A key for one opened page."""
    return str(uuid.uuid4())


def first_answers(at: datetime) -> dict[str, Any]:
    """What a new page starts with: small, true numbers, from the next full hour for two weeks."""
    start = (at.astimezone(SEOUL) + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    lowest = reward_policies.TICKET_COST_KRW.at(at)
    return {
        "key": fresh_key(),
        "dwell_seconds": 10,
        "tickets": 1,
        "unit_price": max(100, lowest),
        "starts_at": start.strftime(MOMENT),
        "ends_at": day_from(day_of(start) + timedelta(days=15)).strftime(MOMENT),
    }


def answers_of(campaign: Campaign) -> dict[str, Any]:
    """What the page of a VISIT campaign that may be corrected starts with."""
    return {
        "key": fresh_key(),
        "title": campaign.title,
        "body": campaign.body,
        "landing_url": campaign.landing_url,
        "dwell_seconds": campaign.details["dwell_seconds"],
        "tickets": campaign.reward_tickets,
        "unit_price": campaign.unit_price,
        "budget": campaign.budget_credits,
        "daily_cap": campaign.daily_cap_credits,
        "starts_at": campaign.starts_at.astimezone(SEOUL).strftime(MOMENT),
        "ends_at": campaign.ends_at.astimezone(SEOUL).strftime(MOMENT),
    }


def _counted(value: Any) -> int:
    digits = str(value or "").replace(",", "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else 0
