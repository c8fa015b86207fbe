"""What pages, and later the API, may say about payments."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from common.portals import is_own_url
from common.schemas import FormWhole, Input
from payments.gateways import banks

ACCOUNT_DIGITS = (10, 16)
Token = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{32,36}$")]


class TopUpChoice(Input):
    """
    Which package to buy. shown_krw: the amount that stood on the button.   agree: the buyer read order and refund rule.
    key: one per opened page.   return_to: a path of ours to go on with after paying.
    method: by card, into a virtual account, or into our own.   coupon: a code, if one was typed.
    shown_bonus: the bonus that stood beside the amount.
    wants_receipt: a business that pays into an account wants a cash receipt instead of a tax invoice.
    """

    package: FormWhole = Field(gt=0)
    shown_krw: FormWhole = Field(gt=0)
    agree: Literal[True]
    key: Token
    return_to: Annotated[str, StringConstraints(max_length=300)] = ""
    method: Literal["CARD", "VIRTUAL_ACCOUNT", "BANK"] = "CARD"
    coupon: Annotated[str, StringConstraints(max_length=20)] = ""
    shown_bonus: FormWhole = 0
    wants_receipt: bool = False

    @field_validator("return_to")
    @classmethod
    def _stays_in_the_house(cls, value: str) -> str:
        """An address of somebody else is dropped, not refused: paying goes on without it."""
        return value if value.startswith("/") and is_own_url(value) else ""


class AutoTopUpIn(Input):
    """
    What may be charged by itself. choice: a package and the price that stood beside it.   below_credits: the line.
    monthly_limit_krw: won with VAT.   agree: the text on the page was read.
    """

    choice: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}-[0-9]{1,15}$")]
    below_credits: Annotated[FormWhole, Field(ge=10_000, le=1_000_000_000)]
    monthly_limit_krw: Annotated[FormWhole, Field(gt=0, le=10_000_000_000)]
    agree: Literal[True]

    @property
    def package_id(self) -> int:
        """The package that was chosen."""
        return int(self.choice.partition("-")[0])

    @property
    def shown_krw(self) -> int:
        """Its price on the page."""
        return int(self.choice.partition("-")[2])


class AccountWish(Input):
    """A bank account to which refunds may go. bank: three digits.   number: digits, with or without dashes."""

    bank: str
    number: Annotated[str, StringConstraints(max_length=30)]

    @field_validator("bank")
    @classmethod
    def _is_a_bank(cls, value: str) -> str:
        if value not in banks.BANKS:
            raise PydanticCustomError("bank_unknown", "은행을 골라 주세요.")
        return value

    @field_validator("number")
    @classmethod
    def _looks_like_a_number(cls, value: str) -> str:
        digits = value.replace("-", "").replace(" ", "")
        if not (digits.isascii() and digits.isdigit() and ACCOUNT_DIGITS[0] <= len(digits) <= ACCOUNT_DIGITS[1]):
            raise PydanticCustomError("account_number", "계좌 번호를 숫자로 적어 주세요. 10~16자리예요.")
        return digits


class RefundWish(Input):
    """
    How much of one top-up to return, and why. credits: whole.   key: one per opened page.
    known_on: a day as 2026-11-25 when the goods are not as shown, else empty.
    """

    credits: FormWhole = Field(gt=0)
    reason: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    memo: Annotated[str, StringConstraints(max_length=90)] = ""
    key: Token
    known_on: Annotated[str, StringConstraints(max_length=10)] = ""

    @property
    def words(self) -> str:
        """Reason and memo as one sentence for the operator."""
        return f"{self.reason} · {self.memo}" if self.memo else self.reason
