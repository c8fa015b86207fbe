"""The tax office's business status (odcloud): five numbers that pass the check digit, and whatever control adds."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.context import sandbox_of

MOST = 100
UNREGISTERED = "국세청에 등록되지 않은 사업자등록번호입니다."
GENERAL, SIMPLIFIED = ("부가가치세 일반과세자", "01"), ("부가가치세 간이과세자", "02")
ACTIVE, SUSPENDED, CLOSED = ("계속사업자", "01"), ("휴업자", "02"), ("폐업자", "03")
KNOWN = {
    "9990100013": (ACTIVE, GENERAL, ""), "9990200024": (SUSPENDED, GENERAL, ""), "9990300036": (CLOSED, GENERAL, "20250131"),
    "9990400047": (ACTIVE, SIMPLIFIED, ""), "1248100998": (ACTIVE, GENERAL, ""), "2208162517": (ACTIVE, GENERAL, ""),
}  # fmt: skip


def entry(number: str) -> dict[str, str]:
    """One business as the answer shows it."""
    state, tax, end = KNOWN.get(number, (("", ""), (UNREGISTERED, ""), ""))
    return {
        "b_no": number, "b_stt": state[0], "b_stt_cd": state[1], "tax_type": tax[0], "tax_type_cd": tax[1], "end_dt": end, "utcc_yn": "N",
        "tax_type_change_dt": "", "invoice_apply_dt": "", "rbf_tax_type": "해당없음", "rbf_tax_type_cd": "99",
    }  # fmt: skip


async def status(request: Request) -> JSONResponse:
    """Up to a hundred numbers."""
    if request.query_params.get("serviceKey") != sandbox_of(request).settings.tax_office_key:
        return JSONResponse({"code": -401, "msg": "유효하지 않은 인증키 입니다."}, 401)
    try:
        numbers: Any = json.loads(await request.body())["b_no"]
    except (ValueError, KeyError, TypeError):
        return JSONResponse({"status_code": "BAD_JSON_REQUEST"}, 400)
    if not isinstance(numbers, list) or not numbers:
        return JSONResponse({"status_code": "REQUEST_DATA_MALFORMED"}, 400)
    if len(numbers) > MOST:
        return JSONResponse({"status_code": "TOO_LARGE_REQUEST"}, 413)
    data = [entry(str(number)) for number in numbers]
    matched = sum(bool(row["b_stt_cd"]) for row in data)
    answer: dict[str, Any] = {"request_cnt": len(numbers), "status_code": "OK", "data": data}
    return JSONResponse({**answer, "match_cnt": matched} if matched else answer)


ROUTES = [Route("/status", status, methods=["POST"])]
