"""Opening a pay window: what the browser may ask for, and what PortOne and KG Inicis refuse."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from sandbox.clock import instant
from sandbox.context import Sandbox
from sandbox.portone.attempts import TAKEN, Attempt, Attempts, new_id
from sandbox.portone.errors import BrowserError
from sandbox.settings import Channel

PAYMENT_ID_LENGTH = 40
FULL_NAME_BYTES = 30
ORDER_NAME_BYTES = 40
SMALL_AMOUNT_KRW = 1_000
PG_REFUSED = "SB01"
"""The PG code of every Inicis refusal below; the real codes are not published."""

PayMethod = Literal[
    "CARD", "VIRTUAL_ACCOUNT", "TRANSFER", "MOBILE", "GIFT_CERTIFICATE", "EASY_PAY", "PAYPAL", "ALIPAY", "CONVENIENCE_STORE", "ALIPAY_PLUS"
]


class Wire(BaseModel):
    """Camel-case names, unknown fields ignored, no silent conversions."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, strict=True, extra="ignore")


class Customer(Wire):
    customer_id: str | None = None
    full_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
    email: str | None = None
    zipcode: str | None = None
    gender: Literal["MALE", "FEMALE", "OTHER"] | None = None
    birth_year: str | None = None
    birth_month: str | None = None
    birth_day: str | None = None

    @property
    def name(self) -> str:
        return self.full_name or " ".join(part for part in (self.first_name, self.last_name) if part)

    def wire(self) -> dict[str, str]:
        """The customer as a payment object names it."""
        named = {
            "id": self.customer_id,
            "name": self.name,
            "email": self.email,
            "phoneNumber": self.phone_number,
            "zipcode": self.zipcode,
            "gender": self.gender,
            "birthYear": self.birth_year,
            "birthMonth": self.birth_month,
            "birthDay": self.birth_day,
        }
        return {name: value for name, value in named.items() if value}


class AccountExpiry(Wire):
    valid_hours: int | None = Field(default=None, ge=1)
    due_date: str | None = None


class AccountWish(Wire):
    account_expiry: AccountExpiry = AccountExpiry()


class PayRequest(Wire):
    """The argument of `PortOne.requestPayment`. Amounts: whole minor units."""

    store_id: str
    payment_id: str = Field(min_length=1)
    order_name: str = Field(min_length=1)
    total_amount: int = Field(gt=0)
    currency: str = Field(pattern=r"^(CURRENCY_)?[A-Z]{3}$")
    pay_method: PayMethod
    channel_key: str | None = None
    channel_group_id: str | None = None
    tax_free_amount: int = Field(default=0, ge=0)
    vat_amount: int | None = Field(default=None, ge=0)
    customer: Customer = Customer()
    redirect_url: str | None = Field(default=None, pattern=r"^https?://")
    force_redirect: bool = False
    notice_urls: list[str] = []
    custom_data: dict[str, Any] | None = None
    products: list[dict[str, Any]] = []
    virtual_account: AccountWish | None = None
    bypass: dict[str, Any] = {}


class Page(Wire):
    """What the browser script knows about the page that called it."""

    url: str = ""
    origin: str | None = None
    is_mobile: bool = False
    redirects: bool = False


def open_window(sandbox: Sandbox, *, request: dict[str, Any], page: Page, user_agent: str, ip_address: str) -> Attempt:
    """
    Start an attempt. Amount, currency and channel are whatever the browser says: proving them is the merchant's job.

    The attempt is READY, or already FAILED when KG Inicis would refuse the parameters inside its window.

    :raises BrowserError: nothing was started; the browser script throws this before any window opens.
    """
    try:
        wish = PayRequest.model_validate(request)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BrowserError("BadRequest", f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
    if page.is_mobile and not wish.redirect_url:
        raise BrowserError("BadRequest", "redirectUrl: required on mobile")
    if wish.store_id != sandbox.settings.store_id:
        raise BrowserError("StoreNotFound", "no such store")
    channel = _channel(sandbox, wish)
    attempts = Attempts(sandbox.book)
    with sandbox.book.write():
        earlier = attempts.payment(wish.payment_id)
        if earlier is not None and earlier.status in (*TAKEN, "VIRTUAL_ACCOUNT_ISSUED"):
            raise BrowserError("PaymentAlreadyPaid", "this paymentId has been paid")
        _check_registration(sandbox, wish)
        attempt = _attempt(sandbox, wish, channel, page, user_agent=user_agent, ip_address=ip_address)
        attempts.add(attempt)
        sandbox.webhooks.tell(attempt, "Transaction.Ready")
        problem = inicis_refusal(wish, is_mobile=page.is_mobile)
        if problem is not None:
            fail(sandbox, attempt, pg_code=PG_REFUSED, pg_message=problem)
    return attempt


def fail(sandbox: Sandbox, attempt: Attempt, *, pg_code: str, pg_message: str) -> None:
    """Book a declined attempt and tell it. Joins the caller's write."""
    at = instant()
    attempt.status = "FAILED"
    attempt.failed_at = attempt.updated_at = attempt.status_changed_at = at
    attempt.failure = {"reason": pg_message, "pgCode": pg_code, "pgMessage": pg_message}
    attempt.method = attempt.method or ({"type": "PaymentMethodCard"} if attempt.pay_method == "CARD" else None)
    Attempts(sandbox.book).save(attempt)
    sandbox.webhooks.tell(attempt, "Transaction.Failed")


def inicis_refusal(wish: PayRequest, *, is_mobile: bool) -> str | None:
    """
    Why KG Inicis refuses these parameters in its window, in its customer's language, or nothing.

    Source: PortOne guide pages for `INICIS_V2`; phone and e-mail are demanded on every device, the stricter of two pages.
    """
    customer = wish.customer
    if len(wish.payment_id) > PAYMENT_ID_LENGTH or not re.fullmatch(r"[\x20-\x7e]+", wish.payment_id):
        return f"주문번호는 영문, 숫자, 기호 {PAYMENT_ID_LENGTH}자까지 쓸 수 있어요."
    if not customer.name:
        return "구매자 이름이 없어요."
    if len(customer.name.encode()) > FULL_NAME_BYTES:
        return f"구매자 이름은 {FULL_NAME_BYTES}바이트까지 쓸 수 있어요."
    if not customer.phone_number:
        return "구매자 전화번호가 없어요."
    if not customer.email:
        return "구매자 이메일이 없어요."
    if not re.fullmatch(r"[A-Za-z0-9.]+@[A-Za-z0-9.]+", customer.email):
        return "구매자 이메일에는 @와 마침표 말고 다른 기호를 쓸 수 없어요."
    if wish.pay_method != "CARD" and wish.pay_method != "VIRTUAL_ACCOUNT":
        return "계약하지 않은 결제 수단이에요."
    if currency_of(wish) not in ("KRW", "USD") or (currency_of(wish) == "USD" and wish.pay_method != "CARD"):
        return "쓸 수 없는 통화예요."
    if currency_of(wish) == "KRW" and wish.total_amount < SMALL_AMOUNT_KRW and not _allows_small_amounts(wish, is_mobile=is_mobile):
        return f"{SMALL_AMOUNT_KRW:,}원보다 적은 금액은 결제할 수 없어요."
    return None


def currency_of(wish: PayRequest) -> str:
    """The ISO code; the older spelling has a prefix."""
    return wish.currency.removeprefix("CURRENCY_")


def _allows_small_amounts(wish: PayRequest, *, is_mobile: bool) -> bool:
    extra = wish.bypass.get("inicis_v2", {})
    if not isinstance(extra, dict):
        return False
    return "below1000=Y" in extra.get("P_RESERVED", []) if is_mobile else "below1000" in extra.get("acceptmethod", [])


def _channel(sandbox: Sandbox, wish: PayRequest) -> Channel:
    if wish.channel_key is None:
        if wish.channel_group_id is None:
            raise BrowserError("BadRequest", "channelKey: required")
        raise BrowserError("AllChannelsNotSatisfied", "the channel group has no channel for this payment")
    channel = next((channel for channel in sandbox.settings.channels if channel.key == wish.channel_key), None)
    if channel is None:
        raise BrowserError("ChannelNotFound", "no such channel")
    return channel


def needs_confirm(sandbox: Sandbox, channel: Channel) -> bool:
    """Whether payments of this channel wait for the merchant's server (수동 승인)."""
    return bool(sandbox.book.switch("manual_approval", {}).get(channel.key, channel.manual_approval))


def _check_registration(sandbox: Sandbox, wish: PayRequest) -> None:
    found = sandbox.book.row("SELECT doc FROM registrations WHERE payment_id = ?", wish.payment_id)
    if found is None:
        return
    asked = {"totalAmount": wish.total_amount, "taxFreeAmount": wish.tax_free_amount, "currency": currency_of(wish)}
    for name, value in json.loads(found["doc"]).items():
        if name in asked and asked[name] != value:
            raise BrowserError("AmountNotEqualToPredefined", f"{name} differs from the registered one")


def _attempt(sandbox: Sandbox, wish: PayRequest, channel: Channel, page: Page, *, user_agent: str, ip_address: str) -> Attempt:
    at = instant()
    origin = {"platformType": "MOBILE" if page.is_mobile else "PC", "ipAddress": ip_address}
    if user_agent:
        origin["userAgent"] = user_agent
    if page.url:
        origin["url"] = page.url
    return Attempt(
        transaction_id=new_id(),
        payment_id=wish.payment_id,
        store_id=wish.store_id,
        channel=channel.wire(),
        order_name=_cut(wish.order_name),
        pay_method=wish.pay_method,
        currency=currency_of(wish),
        total=wish.total_amount,
        tax_free=wish.tax_free_amount,
        vat=wish.vat_amount if wish.vat_amount is not None else vat_inside(wish.total_amount - wish.tax_free_amount),
        requested_at=at,
        updated_at=at,
        status_changed_at=at,
        customer=wish.customer.wire(),
        origin=origin,
        custom_data=None if wish.custom_data is None else json.dumps(wish.custom_data, ensure_ascii=False, separators=(",", ":")),
        products=wish.products,
        account_due=wish.virtual_account.account_expiry.due_date if wish.virtual_account else None,
        notice_urls=wish.notice_urls,
        redirect_url=wish.redirect_url if page.redirects else None,
        page_origin=page.origin,
        manual_approval=needs_confirm(sandbox, channel),
    )


def vat_inside(taxable: int) -> int:
    """The tax contained in a taxable amount: one eleventh, rounded half up."""
    return (taxable * 2 + 11) // 22


def _cut(order_name: str) -> str:
    """Longer names lose their end. Source: PortOne guide for `INICIS_V2` (40 bytes, cut at 37)."""
    raw = order_name.encode()
    return order_name if len(raw) <= ORDER_NAME_BYTES else raw[: ORDER_NAME_BYTES - 3].decode(errors="ignore") + "..."
