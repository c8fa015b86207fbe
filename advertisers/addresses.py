"""
Addresses of businesses, as far as they can be checked without asking anybody: the five digits are given out, they belong to the province
with which the address begins, and the address names a building. Whether the building stands, the certificate shows to the reviewer.
"""

import re

# First and last two digits of a postal code, by province. Source: Korea Post, national basic zone numbers (국가기초구역번호), 2015-08-01.
_PROVINCES = (
    (1, 9, ("서울",)), (10, 20, ("경기",)), (21, 23, ("인천",)), (24, 26, ("강원",)), (27, 29, ("충북", "충청북도")),
    (30, 30, ("세종",)), (31, 33, ("충남", "충청남도")), (34, 35, ("대전",)), (36, 40, ("경북", "경상북도")),
    (41, 43, ("대구",)), (44, 45, ("울산",)), (46, 49, ("부산",)), (50, 53, ("경남", "경상남도")),
    (54, 56, ("전북", "전라북도")), (57, 60, ("전남", "전라남도")), (61, 62, ("광주",)), (63, 63, ("제주",)),
)  # fmt: skip
_POSTCODE = re.compile(r"[0-9]{5}")


def is_postcode(text: str) -> bool:
    """True for five digits of a province."""
    return bool(_POSTCODE.fullmatch(text)) and bool(_names(text))


def begins_with_province(address: str) -> bool:
    """True when the address begins with a province or a metropolitan city."""
    return any(address.startswith(name) for _, _, names in _PROVINCES for name in names)


def names_a_building(address: str) -> bool:
    """True when a number stands somewhere after the province."""
    return any(letter.isdigit() for letter in address)


def belong_together(postcode: str, address: str) -> bool:
    """True when the postal code is one of the province with which the address begins."""
    return address.startswith(_names(postcode))


def _names(postcode: str) -> tuple[str, ...]:
    region = int(postcode[:2])
    return next((names for first, last, names in _PROVINCES if first <= region <= last), ())
