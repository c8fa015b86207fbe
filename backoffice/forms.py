"""Forms of the desks."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from backoffice import demo_accounts
from backoffice.card_review import mode as card_review
from backoffice.words import word_of
from campaigns.forms import MomentField
from campaigns.schemas import LATEST_YEAR
from common import kst
from common.forms import SchemaForm
from common.schemas import Input
from payments.gateways import banks
from payments.settlements import MOST_BYTES
from rewards.raffles.preparing import RaffleWanted


class Reason(Input):
    """Why an operator decided so; people read it."""

    reason: str = Field(min_length=2, max_length=200)


class ReasonSheet(SchemaForm):
    """The face of a reason."""

    schema = Reason
    reason = forms.CharField(label="이유", widget=forms.Textarea(attrs={"rows": 4, "maxlength": 200}))


class Decision(Input):
    """Why a reviewer decided so; the advertiser corrects by it. Reasons of single fields and the version stand beside it in the form."""

    reason: str = Field(min_length=2, max_length=1000)


class DecisionSheet(SchemaForm):
    """The face of a decision."""

    schema = Decision
    reason = forms.CharField(label="이유", widget=forms.Textarea(attrs={"rows": 6, "maxlength": 1000}))


def _day(value: Any) -> Any:
    """A day as date fields send it; nothing else is one."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("날짜를 2027-01-31처럼 적어 주세요.") from None


def _ahead(value: date) -> date:
    if value <= kst.day_of(timezone.now()):
        raise ValueError("내일이나 그 뒤의 날짜를 적어 주세요.")
    return value


class PaperAccepted(Input):
    """expires_on: the first day on which the paper no longer counts; None when it has none."""

    expires_on: Annotated[date, BeforeValidator(_day), AfterValidator(_ahead)] | None = None


class PaperAcceptedSheet(SchemaForm):
    """The face of a yes to a paper."""

    schema = PaperAccepted
    expires_on = forms.CharField(label="만료일", widget=forms.TextInput(attrs={"type": "date"}))


class SettlementSheet(forms.Form):
    """A settlement list that somebody brings: whose it is, which days it covers, the file. What is in it is read by `payments`."""

    gateway = forms.ChoiceField(label="결제사", choices=lambda: [(name, word_of(name)) for name in settings.PAYMENT_GATEWAYS])
    first_on = forms.DateField(label="첫날", widget=forms.DateInput(attrs={"type": "date"}))
    last_on = forms.DateField(label="끝날", widget=forms.DateInput(attrs={"type": "date"}))
    file = forms.FileField(label="파일", max_length=120, widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))

    def clean(self) -> dict[str, Any]:
        """The days in order, the file not larger than is read."""
        data = super().clean() or {}
        if data.get("first_on") and data.get("last_on") and data["first_on"] > data["last_on"]:
            self.add_error("last_on", "끝날이 첫날보다 앞이에요.")
        if data.get("last_on") and data["last_on"].year > LATEST_YEAR:
            self.add_error("last_on", f"{LATEST_YEAR}년까지의 날을 적어 주세요.")
        if data.get("file") and data["file"].size > MOST_BYTES:
            self.add_error("file", f"{MOST_BYTES // 1_000_000}MB까지 올릴 수 있어요. 기간을 나누어 주세요.")
        return data


class TransferNumber(Input):
    """The number that the bank gave a transfer."""

    transfer_no: str = Field(min_length=4, max_length=60)


class TransferNumberSheet(SchemaForm):
    """The face of the bank's number."""

    schema = TransferNumber
    transfer_no = forms.CharField(label="이체 번호", widget=forms.TextInput(attrs={"maxlength": 60, "autocomplete": "off"}))


class TakeOver(Input):
    """Why a begun transfer is taken over, and from whom: the username of whoever had it when the page was opened."""

    reason: str = Field(min_length=2, max_length=200)
    holder: str = Field(min_length=1, max_length=150)


class TakeOverSheet(SchemaForm):
    """The face of a takeover."""

    schema = TakeOver
    reason = forms.CharField(label="넘겨받는 이유", widget=forms.TextInput(attrs={"maxlength": 200}))
    holder = forms.CharField(label="이체하는 사람", widget=forms.HiddenInput)


class StatementSheet(forms.Form):
    """Lines of our bank's statement, as somebody copied them. What is in them is read by `payments`."""

    text = forms.CharField(label="입금 내역", max_length=100_000, widget=forms.Textarea)


class Match(Input):
    """The order for which a deposit came."""

    order_id: str = Field(min_length=1, max_length=40)


class MatchSheet(SchemaForm):
    """The face of an order's number."""

    schema = Match
    order_id = forms.CharField(label="주문번호")


class DepositReturn(Input):
    """Where a deposit of nobody's goes back to, and why."""

    bank: str = Field(min_length=3, max_length=3)
    number: str = Field(min_length=1, max_length=20)
    holder: str = Field(min_length=1, max_length=60)
    reason: str = Field(min_length=2, max_length=200)


class DepositReturnSheet(SchemaForm):
    """The face of a return."""

    BANKS = tuple((code, name) for code, (name, _) in banks.BANKS.items())

    schema = DepositReturn
    bank = forms.CharField(label="돌려줄 은행")
    number = forms.CharField(label="계좌번호")
    holder = forms.CharField(label="예금주")
    reason = forms.CharField(label="이유")


class Exposure(Input):
    """Whether and when members see a campaign; half-open, empty for always. Written for the minute, on Seoul's clock."""

    is_exposed: bool = False
    exposed_from: AwareDatetime | None = None
    exposed_until: AwareDatetime | None = None
    reason: str = Field(min_length=2, max_length=200)

    @field_validator("exposed_until")
    @classmethod
    def _is_later(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        begins = info.data.get("exposed_from")
        if value is not None and begins is not None and value <= begins:
            raise PydanticCustomError("exposure_reversed", "노출 종료는 시작보다 늦어야 해요.")
        return value


class ExposureSheet(SchemaForm):
    """The face of an exposure."""

    schema = Exposure
    is_exposed = forms.BooleanField(label="회원에게 보이기")
    exposed_from = MomentField(label="노출 시작")
    exposed_until = MomentField(label="노출 종료")
    reason = forms.CharField(label="이유", widget=forms.Textarea(attrs={"rows": 2, "maxlength": 200}))


class PlacesSheet:
    """Places of campaigns as typed: `place:<number>` fields and the seal of the order that was shown."""

    def __init__(self, data: QueryDict) -> None:
        self.data, self.seen = data, data.get("seen", "")[:64]

    def order(self) -> list[UUID]:
        """The campaigns by the place that was typed; equal or unreadable places keep the order of the page."""
        typed: list[tuple[int, UUID]] = []
        for name in self.data:
            value = self.data.get(name, "")
            try:
                number = UUID(name.removeprefix("place:")) if name.startswith("place:") else None
            except ValueError:
                number = None
            if number is not None:
                typed.append((int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 10**9, number))
        return [number for _, number in sorted(typed, key=lambda pair: pair[0])]


class RaffleForm(RaffleWanted):
    """The same as an operator types it: a prize a line, `이름 | 수량 | 시가`."""

    @field_validator("prizes", mode="before")
    @classmethod
    def _lines(cls, value: Any) -> Any:
        lines = [line.split("|") for line in str(value).splitlines() if line.strip()]
        if any(len(parts) != 3 for parts in lines):
            raise ValueError("한 줄에 하나씩 ‘이름 | 수량 | 시가’로 적어 주세요.")
        return [{"name": name.strip(), "quantity": _number(quantity), "value_krw": _number(krw)} for name, quantity, krw in lines]

    @field_validator("opens_at", "closes_at", mode="before")
    @classmethod
    def _in_seoul(cls, value: Any) -> Any:
        try:
            found = datetime.fromisoformat(str(value)).replace(tzinfo=kst.SEOUL)
        except ValueError:
            raise ValueError("날짜와 시각을 골라 주세요.") from None
        if found.year > LATEST_YEAR:
            raise ValueError(f"{LATEST_YEAR}년까지의 날짜와 시각을 골라 주세요.")
        return found


def _number(text: str) -> int:
    digits = text.strip().removesuffix("원").replace(",", "")
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError("수량과 시가는 숫자로 적어 주세요.")
    return int(digits)


class RaffleSheet(SchemaForm):
    """The face of a new raffle."""

    schema = RaffleForm
    title = forms.CharField(label="제목", widget=forms.TextInput(attrs={"maxlength": 60}))
    body = forms.CharField(label="안내", required=False, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 1000}))
    prizes = forms.CharField(label="경품", widget=forms.Textarea(attrs={"rows": 3, "placeholder": "헤드폰 | 1 | 390,000"}))
    tickets_per_entry = forms.CharField(label="응모 1번에 쓰는 티켓", initial="1", widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    entries_per_member = forms.CharField(label="한 사람 최대 응모", initial="1000", widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    reserves = forms.CharField(label="예비 당첨자 수", initial="0", widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    opens_at = forms.CharField(label="응모 시작", widget=forms.TextInput(attrs={"type": "datetime-local"}))
    closes_at = forms.CharField(label="응모 마감", widget=forms.TextInput(attrs={"type": "datetime-local"}))


class TaxPaid(Input):
    """paid_on: KST day of the deposit.   reference: where it stands in the bank's list."""

    paid_on: Annotated[date, BeforeValidator(_day)]
    reference: Annotated[str, Field(min_length=2, max_length=100)]


class TaxPaidSheet(SchemaForm):
    """The face of a deposit of prize tax."""

    schema = TaxPaid
    paid_on = forms.CharField(label="입금된 날", widget=forms.TextInput(attrs={"type": "date"}))
    reference = forms.CharField(label="입금 확인 내용", widget=forms.TextInput(attrs={"maxlength": 100}))


def first_error(form: forms.Form) -> str:
    """One sentence for the top of the page."""
    return next(f"{form.fields[name].label if name in form.fields else '입력'}: {errors[0]}" for name, errors in form.errors.items())


class DemoGrant(Reason):
    """For how many days somebody may try the product."""

    days: int = Field(ge=1, le=demo_accounts.MOST_DAYS)


class DemoForm(SchemaForm):
    """The face of opening a demo."""

    schema = DemoGrant
    days = forms.IntegerField(label="며칠 동안", initial=14, widget=forms.NumberInput(attrs={"min": 1, "max": demo_accounts.MOST_DAYS}))
    reason = forms.CharField(label="이유", widget=forms.TextInput(attrs={"maxlength": 200}))


class ReviewModeOn(Reason):
    """For how many days reviewers of card companies may look."""

    days: int = Field(ge=1, le=card_review.MOST_DAYS)


class ReviewModeSheet(SchemaForm):
    """The face of switching review mode on."""

    schema = ReviewModeOn
    days = forms.IntegerField(label="며칠 동안", initial=21, widget=forms.NumberInput(attrs={"min": 1, "max": card_review.MOST_DAYS}))
    reason = forms.CharField(label="이유", widget=forms.Textarea(attrs={"rows": 4, "maxlength": 200}))
