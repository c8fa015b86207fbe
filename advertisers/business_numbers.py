"""Business registration numbers: ten digits, ddd-dd-ddddd, of which the last is a check digit that we compute ourselves."""

from stdnum.exceptions import ValidationError
from stdnum.kr import brn

_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def read(text: str) -> str | None:
    """The ten digits of a number however it was written; None when it is none. Source: National Tax Service, check digit rule."""
    digits = "".join(text.split()).replace("-", "")
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()) or check_digit(digits[:9]) != int(digits[9]):
        return None
    try:
        brn.validate(digits)  # the parts; this library does not compute the check digit
    except ValidationError:
        return None
    return digits


def check_digit(nine: str) -> int:
    """The tenth digit that belongs to nine."""
    products = [int(digit) * weight for digit, weight in zip(nine, _WEIGHTS, strict=True)]
    return (10 - (sum(products) + products[-1] // 10) % 10) % 10
