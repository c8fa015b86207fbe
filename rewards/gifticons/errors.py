"""Why something about a gifticon was refused."""

from common.errors import DomainError


class GifticonNotFound(DomainError):
    code = "gifticon.not_found"
    message = "지금 교환할 수 없는 상품이에요."
    http_status = 404


class PriceChanged(DomainError):
    """tickets: the price now."""

    code = "gifticon.price_changed"
    message = "가격이 바뀌었어요. 지금은 티켓 {tickets}장이에요. 확인하고 다시 눌러 주세요."
    http_status = 409


class SoldOut(DomainError):
    code = "gifticon.sold_out"
    message = "준비한 수량이 모두 나갔어요. 티켓은 그대로 있어요."
    http_status = 409


class IdentityNeeded(DomainError):
    code = "gifticon.identity_needed"
    message = "처음 교환하기 전에 한 번 본인확인이 필요해요."
    http_status = 403


class PhoneNeeded(DomainError):
    code = "gifticon.phone_needed"
    message = "쿠폰을 받을 휴대폰 번호가 필요해요. 번호를 먼저 등록해 주세요."
    http_status = 403


class OrderNotFound(DomainError):
    code = "gifticon.order_not_found"
    message = "없는 쿠폰이에요."
    http_status = 404


class NotUsable(DomainError):
    code = "gifticon.not_usable"
    message = "지금은 쓸 수 없는 쿠폰이에요."
    http_status = 409


class TooManyResends(DomainError):
    code = "gifticon.too_many_resends"
    message = "문자는 {most}번까지 다시 받을 수 있어요. 더 필요하면 문의해 주세요."
    http_status = 409
