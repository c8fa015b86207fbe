"""What we need of whoever makes coupons. A supplier speaks HTTP and dataclasses: no models, always a timeout."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class Refusal:
    """Codes of a GatewayError that a caller acts on; any other known one means: certainly no coupon."""

    BALANCE_SHORT = "BALANCE_SHORT"  # our deposit there is used up
    NO_ACCESS = "NO_ACCESS"  # it does not take our keys
    GONE = "GONE"  # it does not sell this good


class CouponState(Enum):
    """What became of a coupon."""

    USABLE = "USABLE"
    USED = "USED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Good:
    """One good as it is sold now. cost_krw: what is taken from our deposit.   valid_days: from the day of issue."""

    code: str
    name: str
    brand_code: str
    brand_name: str
    category: str
    notice: str
    image_url: str
    icon_url: str
    face_krw: int
    cost_krw: int
    valid_days: int
    is_voucher: bool
    is_sold: bool


@dataclass(frozen=True, slots=True)
class GoodsPage:
    """goods: of this page.   told: how many there are in all."""

    goods: Sequence[Good]
    told: int


@dataclass(frozen=True, slots=True)
class Wish:
    """One coupon to make. tr_id: ours, unique for ever.   phone: digits."""

    tr_id: str
    code: str
    phone: str
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Found:
    """A coupon that is there. valid_until: last day of use, when it says."""

    state: CouponState
    valid_until: date | None


class Supplier(Protocol):
    """
    All raise GatewayError: known=True when the answer was complete and says no, known=False after silence or an answer nobody can read.

    issue: the coupon's number.   find: None when there is no coupon of this tr_id.   cancel: whatever there is of this tr_id is undone,
    a charge without a coupon too; nothing there is fine.   resend: the same coupon once more, by message.   balance: our deposit, won.
    """

    def goods(self, *, page: int) -> GoodsPage: ...
    def good(self, *, code: str) -> Good: ...
    def issue(self, wish: Wish) -> str: ...
    def find(self, *, tr_id: str) -> Found | None: ...
    def cancel(self, *, tr_id: str) -> None: ...
    def resend(self, *, tr_id: str) -> None: ...
    def balance(self) -> int: ...


def get_supplier() -> Supplier:
    """The configured one."""
    made: Supplier = import_string(settings.GIFTICON_SUPPLIER)()
    return made
