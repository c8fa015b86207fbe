"""
Giftishow Biz (KT alpha).

Source: API specification v1.04, as public integrations quote it. Business errors come with HTTP 200; some answers nest a second
envelope, and both codes have to be right. Silence is 14 s here, one less than the company allows itself.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, TypeVar

import requests
from django.conf import settings
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from common.provider import GatewayError, ProviderClient
from rewards.gifticons.supplier import CouponState, Found, Good, GoodsPage, Refusal, Wish

OK: Final = "0000"
PAGE_SIZE: Final = 100
SILENCE_SECONDS: Final = 14
SELLING: Final = "SALE"
GOODS_FOR_GOODS: Final = "GNR"  # exchanged for one good; every other type is an amount to spend
PIN_TO_US: Final = "Y"
BY_MMS: Final = "N"
TITLE_CHARACTERS: Final = 10
_NOT_THERE: Final = frozenset({"ERR0204", "ERR0212", "NO_DATA"})
_NOTHING_TO_UNDO: Final = frozenset({"ERR0208", "ERR0210", "ERR0808", "COUPON.0008"}) | _NOT_THERE
_USED_BEFORE: Final = "ERR0215"  # this tr_id: there may be a coupon of it
NO_PIN: Final = "NO_PIN"
_CODES: Final = {
    "E0010": Refusal.BALANCE_SHORT, "E0006": Refusal.NO_ACCESS, "E0008": Refusal.NO_ACCESS, "E0009": Refusal.NO_ACCESS,
    "ERR0401": Refusal.GONE,
}  # fmt: skip
_PIN_STATES: Final = (
    dict.fromkeys(("01", "06", "09", "12", "16", "21", "23", "24"), CouponState.USABLE)
    | dict.fromkeys(("02", "13", "14", "15"), CouponState.USED)
    | dict.fromkeys(("08", "11"), CouponState.EXPIRED)
    | dict.fromkeys(("03", "04", "05", "07", "10", "22"), CouponState.CANCELLED)
)
S = TypeVar("S", bound=BaseModel)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


Text = Annotated[str, BeforeValidator(_text)]


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, alias_generator=to_camel)


class _Envelope(_Said):
    code: str
    result: Any = None


class _Good(_Said):
    goods_code: str = Field(min_length=1, max_length=20)
    goods_name: str = Field(min_length=1)
    brand_code: str = Field(min_length=1, max_length=20)
    brand_name: str = Field(min_length=1)
    content: Text = ""
    goods_img_b: Text = ""
    brand_icon_img: Text = ""
    sale_price: int = Field(ge=0)
    discount_price: int = Field(ge=0)
    limit_day: int = Field(ge=0)
    goods_state_cd: str
    goods_type_cd: Text = ""
    goods_type_dtl_nm: Text = ""


class _Goods(_Said):
    list_num: int = Field(ge=0)
    goods_list: list[_Good]


class _Detail(_Said):
    goods_detail: _Good


class _Sent(_Said):
    order_no: Text = ""
    pin_no: Text = ""


class _Info(_Said):
    pin_status_cd: str
    valid_prd_end_dt: Text = ""


class _Coupons(_Said):
    res_code: str = OK
    coupon_info_list: list[_Info] = Field(default_factory=list)


class _Balance(_Said):
    balance: int


class Giftishow:
    """The company over plain HTTP forms, under the keys of the settings."""

    def __init__(self) -> None:
        self._client = ProviderClient(name="giftishow", base_url=settings.GIFTISHOW_URL, read_timeout=SILENCE_SECONDS)

    def goods(self, *, page: int) -> GoodsPage:
        said = _parsed(_Goods, self._result("0101", "/goods", start=page, size=PAGE_SIZE))
        return GoodsPage([_good(row) for row in said.goods_list], said.list_num)

    def good(self, *, code: str) -> Good:
        return _good(_parsed(_Detail, self._result("0111", f"/goods/{code}")).goods_detail)

    def issue(self, wish: Wish) -> str:
        """
        :raises GatewayError: also code NO_PIN, known=False: the money was taken and there is no coupon, so it has to be cancelled.
        """
        said = self._nested(
            "0204", "/send", tr_id=wish.tr_id, goods_code=wish.code, phone_no=wish.phone, callback_no=settings.GIFTISHOW_CALLBACK,
            mms_title=wish.title[:TITLE_CHARACTERS], mms_msg=wish.message, user_id=settings.GIFTISHOW_USER_ID, gubun=PIN_TO_US,
            template_id=settings.GIFTISHOW_TEMPLATE_ID, banner_id=settings.GIFTISHOW_BANNER_ID,
        )  # fmt: skip
        pin = _parsed(_Sent, said).pin_no
        if not pin:
            raise GatewayError(known=False, code=NO_PIN, status=200)
        return pin

    def find(self, *, tr_id: str) -> Found | None:
        try:
            said = self._result("0201", "/coupons", tr_id=tr_id)
        except GatewayError as refusal:
            if refusal.known and refusal.code in _NOT_THERE:
                return None
            raise
        found = _parsed(_Coupons, said[0] if isinstance(said, list) and said else said or {"resCode": "NO_DATA"})
        if found.res_code in _NOT_THERE or not found.coupon_info_list:
            return None
        coupon = found.coupon_info_list[0]
        if coupon.pin_status_cd not in _PIN_STATES:
            raise GatewayError(known=False, code=f"PIN_STATUS {coupon.pin_status_cd}"[:60], status=200)
        return Found(_PIN_STATES[coupon.pin_status_cd], _day(coupon.valid_prd_end_dt))

    def cancel(self, *, tr_id: str) -> None:
        for api_code, path in (("0202", "/cancel"), ("0205", "/sendFail/cancel")):
            try:
                self._result(api_code, path, tr_id=tr_id, user_id=settings.GIFTISHOW_USER_ID)
            except GatewayError as refusal:
                if not refusal.known or refusal.code not in _NOTHING_TO_UNDO:
                    raise
            else:
                return

    def resend(self, *, tr_id: str) -> None:
        self._result("0203", "/resend", tr_id=tr_id, user_id=settings.GIFTISHOW_USER_ID, sms_flag=BY_MMS)

    def balance(self) -> int:
        return _parsed(_Balance, self._result("0301", "/bizmoney", user_id=settings.GIFTISHOW_USER_ID)).balance

    def _nested(self, api_code: str, path: str, **asked: Any) -> Any:
        """The result of an envelope in the envelope."""
        return _open(self._result(api_code, path, **asked), status=200)

    def _result(self, api_code: str, path: str, **asked: Any) -> Any:
        access = {
            "api_code": api_code, "custom_auth_code": settings.GIFTISHOW_AUTH_CODE,
            "custom_auth_token": settings.GIFTISHOW_AUTH_TOKEN, "dev_yn": "N",
        }  # fmt: skip
        asked = {name: value for name, value in asked.items() if value != ""}
        answer = self._client.call("POST", path, data={**access, **asked}, headers={"Accept": "application/json"})
        return _open(_json(answer), status=answer.status_code)


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except requests.JSONDecodeError as exc:
        raise GatewayError(known=False, code="UNREADABLE", status=answer.status_code) from exc


def _open(said: Any, *, status: int) -> Any:
    """
    The result in an envelope.

    :raises GatewayError: known=True when it is whole and says no. A tr_id that was used before says nothing about its coupon.
    """
    envelope = _parsed(_Envelope, said)
    if envelope.code == OK and status == 200:
        return envelope.result
    known = status == 200 and envelope.code not in (OK, _USED_BEFORE)
    raise GatewayError(known=known, code=_CODES.get(envelope.code, envelope.code[:60]), status=status)


def _parsed(shape: type[S], said: Any) -> S:
    """:raises GatewayError: it has another shape, so nobody knows what happened."""
    try:
        return shape.model_validate(said if isinstance(said, Mapping) else {})
    except ValidationError as exc:
        raise GatewayError(known=False, code="UNREADABLE", status=200) from exc


def _good(row: _Good) -> Good:
    is_sold = row.goods_state_cd == SELLING and min(row.sale_price, row.discount_price, row.limit_day) > 0
    return Good(
        code=row.goods_code, name=row.goods_name.strip()[:120], brand_code=row.brand_code, brand_name=row.brand_name.strip()[:60],
        category=row.goods_type_dtl_nm.strip()[:40], notice=row.content.strip(), image_url=_picture(row.goods_img_b),
        icon_url=_picture(row.brand_icon_img), face_krw=row.sale_price, cost_krw=row.discount_price, valid_days=row.limit_day,
        is_voucher=row.goods_type_cd != GOODS_FOR_GOODS, is_sold=is_sold,
    )  # fmt: skip


def _picture(address: str) -> str:
    """A picture on a host that pages may show, or none."""
    hosts = tuple(f"{origin}/" for origin in settings.GIFTISHOW_IMAGE_HOSTS)
    return address if address.startswith(hosts) and len(address) <= 500 else ""


def _day(text: str) -> date | None:
    """Its first eight digits, yyyyMMdd; None when there are none."""
    try:
        return date.fromisoformat(text[:8])
    except ValueError:
        return None
