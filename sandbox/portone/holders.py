"""
In whose name a bank account is: GET /platform/bank-accounts/{bank}/{accountNumber}/holder.

The book is small: the numbers below, 홍길동 for every other, nobody for numbers that end in 0000, and a bank that is away for 9999.
"""

from __future__ import annotations

from sandbox.portone import banks
from sandbox.portone.errors import ApiError

OTHERWISE = "홍길동"
KNOWN = {
    "110111111111": "김민지",
    "110123456789": "김민지",
    "110222222222": "(주)민지네 커피",
    "110333333333": "한이브",
    "110444444444": "데모커피",
    "110555555555": "김혼자",
}


def holder(bank: str, number: str) -> dict[str, str]:
    """The holder of one account."""
    if bank not in banks.NAMES:
        raise ApiError("PLATFORM_NOT_SUPPORTED_BANK")
    if not number.isdigit() or number.endswith("0000"):
        raise ApiError("INVALID_REQUEST", "no such account")
    if number.endswith("9999"):
        raise ApiError("PLATFORM_EXTERNAL_API_TEMPORARILY_FAILED")
    return {"holderName": KNOWN.get(number, OTHERWISE), "accountVerificationId": f"account-verification-{bank}-{number[-4:]}"}
