"""Bodies of the REST API, field by field as documented. Whole numbers are strict; unknown fields are ignored."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sandbox.portone.checkout import Wire


class RefundAccount(Wire):
    bank: str
    number: str = Field(min_length=1)
    holder_name: str = Field(min_length=1)
    holder_phone_number: str | None = None


class CancelBody(Wire):
    reason: str = Field(min_length=1)
    amount: int | None = Field(default=None, gt=0)
    current_cancellable_amount: int | None = Field(default=None, ge=0)
    tax_free_amount: int | None = Field(default=None, ge=0)
    vat_amount: int | None = Field(default=None, ge=0)
    requester: Literal["CUSTOMER", "ADMIN"] | None = None
    refund_account: RefundAccount | None = None
    skip_webhook: bool = False
    store_id: str | None = None
    promotion_discount_retain_option: Literal["RETAIN", "RELEASE"] | None = None


class PreRegisterBody(Wire):
    store_id: str | None = None
    total_amount: int | None = Field(default=None, gt=0)
    tax_free_amount: int | None = Field(default=None, ge=0)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")


class ConfirmBody(Wire):
    payment_token: str = Field(min_length=1)
    tx_id: str | None = None
    currency: str | None = None
    total_amount: int | None = None
    tax_free_amount: int | None = None
    is_test: bool | None = None
    skip_webhook: bool = False
    store_id: str | None = None


class ResendBody(Wire):
    store_id: str | None = None
    webhook_id: str | None = None


class LoginBody(Wire):
    api_secret: str


class RefreshBody(Wire):
    refresh_token: str
