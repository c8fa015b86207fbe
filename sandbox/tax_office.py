"""
The tax office's business status and confirmation (odcloud): five numbers that pass the check digit, and whatever control adds.

A confirmation matches for every registered number, except under the name DIFFERENT or a date of opening before FIRST_DAY: so tests and
people who try things out need no list of owners.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.context import sandbox_of

MOST = 100
DIFFERENT, FIRST_DAY = "다른사람", "19000102"
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


def verdict(business: dict[str, str]) -> dict[str, Any]:
    """Whether a number, its date of opening and its representative belong together."""
    number, name = business["b_no"], business["p_nm"].strip()
    row = entry(number)
    if row["b_stt_cd"] and name != DIFFERENT and business["start_dt"] >= FIRST_DAY:
        return {"b_no": number, "valid": "01", "request_param": business, "status": row}
    return {"b_no": number, "valid": "02", "valid_msg": "확인할 수 없습니다.", "request_param": business}


def _wishes(body: bytes, name: str) -> Any:
    """
    The list in the body.

    :raises ValueError: it has none.
    """
    found = json.loads(body)
    wishes = found.get(name) if isinstance(found, dict) else None
    if not isinstance(wishes, list) or not wishes:
        raise ValueError(name)
    return wishes


def _refused(request: Request, wishes: Any) -> JSONResponse | None:
    if request.query_params.get("serviceKey") != sandbox_of(request).settings.tax_office_key:
        return JSONResponse({"code": -401, "msg": "유효하지 않은 인증키 입니다."}, 401)
    if wishes is None:
        return JSONResponse({"status_code": "BAD_JSON_REQUEST"}, 400)
    return JSONResponse({"status_code": "TOO_LARGE_REQUEST"}, 413) if len(wishes) > MOST else None


async def _asked(request: Request, name: str) -> Any:
    """What was asked for; None when it cannot be read."""
    try:
        return _wishes(await request.body(), name)
    except ValueError:
        return None


async def status(request: Request) -> JSONResponse:
    """Up to a hundred numbers."""
    numbers = await _asked(request, "b_no")
    if refusal := _refused(request, numbers):
        return refusal
    data = [entry(str(number)) for number in numbers]
    matched = sum(bool(row["b_stt_cd"]) for row in data)
    answer: dict[str, Any] = {"request_cnt": len(numbers), "status_code": "OK", "data": data}
    return JSONResponse({**answer, "match_cnt": matched} if matched else answer)


async def validate(request: Request) -> JSONResponse:
    """Up to a hundred businesses."""
    businesses = await _asked(request, "businesses")
    if refusal := _refused(request, businesses):
        return refusal
    needed = ("b_no", "start_dt", "p_nm")
    if not all(isinstance(row, dict) and all(isinstance(row.get(name), str) and row[name] for name in needed) for row in businesses):
        return JSONResponse({"status_code": "REQUEST_DATA_MALFORMED"}, 404)
    data = [verdict(row) for row in businesses]
    valid = sum(row["valid"] == "01" for row in data)
    return JSONResponse({"request_cnt": len(data), "valid_cnt": valid, "status_code": "OK", "data": data})


ROUTES = [Route("/status", status, methods=["POST"]), Route("/validate", validate, methods=["POST"])]
