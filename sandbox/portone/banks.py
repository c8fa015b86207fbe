"""Korean names of the banks that the API knows."""

from __future__ import annotations

NAMES = {
    "KDB": "한국산업은행",
    "IBK": "IBK기업은행",
    "KOOKMIN": "KB국민은행",
    "SUHYUP": "Sh수협은행",
    "NONGHYUP": "NH농협은행",
    "LOCAL_NONGHYUP": "지역농축협",
    "WOORI": "우리은행",
    "STANDARD_CHARTERED": "SC제일은행",
    "CITI": "한국씨티은행",
    "DAEGU": "아이엠뱅크",
    "BUSAN": "부산은행",
    "KWANGJU": "광주은행",
    "JEJU": "제주은행",
    "JEONBUK": "전북은행",
    "KYONGNAM": "경남은행",
    "KFCC": "새마을금고",
    "SHINHYUP": "신협",
    "POST": "우체국",
    "HANA": "하나은행",
    "SHINHAN": "신한은행",
    "K_BANK": "케이뱅크",
    "KAKAO": "카카오뱅크",
    "TOSS": "토스뱅크",
}


def listed() -> dict[str, list[dict[str, object]]]:
    """The answer of `GET /banks`."""
    return {"items": [{"bank": bank, "name": {"ko": name}} for bank, name in NAMES.items()]}
