"""
Popbill and its sign-in, Linkhub: tokens by signature, tax invoices and cash receipts issued at once, found again by the issuer's number.

Buyers to script with: 9990300036 is closed, an e-mail that begins with `bounce` is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.context import Sandbox, sandbox_of
from sandbox.control import route

SEOUL = ZoneInfo("Asia/Seoul")
AUTH_VERSION = "2.0"
ASP = "41000203"
SERVICES = ("POPBILL", "POPBILL_TEST")
DUPLICATE, NOT_FOUND, BAD_SUM, NO_TOKEN, CLOSED_BUYER, BAD_EMAIL = -11000002, -11000005, -11001006, -99000018, -11001008, -11001009


def refusal(code: int, message: str, status: int = 400) -> JSONResponse:
    """What the company says instead."""
    return JSONResponse({"code": code, "message": message}, status)


async def token(request: Request) -> Response:
    """A session for an hour, for whoever signs with the secret."""
    settings, body = sandbox_of(request).settings, await request.body()
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    signed = "\n".join(["POST", digest, request.headers.get("x-lh-date", ""), AUTH_VERSION, f"/{request.path_params['service']}/Token"])
    wanted = base64.b64encode(hmac.new(base64.b64decode(settings.popbill_secret_key), signed.encode(), hashlib.sha256).digest()).decode()
    offered = request.headers.get("authorization", "")
    if offered != f"LINKHUB {settings.popbill_link_id} {wanted}" or request.path_params["service"] not in SERVICES:
        return refusal(-99999999, "서명이 올바르지 않습니다.", 401)
    made = secrets.token_urlsafe(24)
    expires = datetime.now(UTC) + timedelta(hours=1)
    with sandbox_of(request).book.write():
        sandbox_of(request).book.run("INSERT INTO tokens VALUES (?, ?, ?)", made, "popbill", expires.timestamp())
    shown = expires.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    facts = {"session_token": made, "serviceID": request.path_params["service"], "expiration": shown}
    return JSONResponse({**facts, "scope": ["member", "110", "140"]})


def _is_signed_in(request: Request) -> bool:
    offered = request.headers.get("authorization", "").removeprefix("Bearer ")
    row = sandbox_of(request).book.row("SELECT expires_at FROM tokens WHERE token = ? AND kind = 'popbill'", offered)
    return row is not None and row["expires_at"] > datetime.now(UTC).timestamp()


async def register(request: Request) -> Response:
    """`POST /Taxinvoice` and `POST /Cashbill`, what to do in a header."""
    if not _is_signed_in(request):
        return refusal(NO_TOKEN, "세션토큰이 올바르지 않습니다.", 401)
    action, said = request.headers.get("x-http-method-override", ""), json.loads(await request.body())
    is_invoice = request.url.path.endswith("/Taxinvoice")
    key = str(said.get("invoicerMgtKey" if is_invoice else "mgtKey", ""))
    sandbox = sandbox_of(request)
    if wrong := (_wrong_invoice(said) if is_invoice else _wrong_receipt(sandbox, said, action)):
        return wrong
    number = f"{datetime.now(SEOUL):%Y%m%d}{ASP}{secrets.token_hex(4)}"
    doc = {**said, "number": number, "action": action, "stateCode": 300}
    with sandbox.book.write():
        if not key or len(key) > 24 or sandbox.book.row("SELECT 1 FROM tax_documents WHERE mgt_key = ?", key):
            return refusal(DUPLICATE, "이미 사용한 문서번호입니다.")
        sandbox.book.run("INSERT INTO tax_documents VALUES (?, ?, ?)", key, "invoice" if is_invoice else "receipt", json.dumps(doc))
    answer: dict[str, Any] = {"code": 1, "message": "발행 완료"}
    return JSONResponse(answer | ({"ntsConfirmNum": number} if is_invoice else {"confirmNum": number, "tradeDate": number[:8]}))


def _wrong_invoice(said: dict[str, Any]) -> Response | None:
    amounts = [said.get(name, "") for name in ("supplyCostTotal", "taxTotal", "totalAmount")]
    if not all(isinstance(text, str) for text in amounts) or int(amounts[0]) + int(amounts[1]) != int(amounts[2]):
        return refusal(BAD_SUM, "합계금액이 올바르지 않습니다.")
    if said.get("invoiceeCorpNum") == "9990300036":
        return refusal(CLOSED_BUYER, "폐업한 사업자입니다.")
    if str(said.get("invoiceeEmail1", "")).startswith("bounce"):
        return refusal(BAD_EMAIL, "공급받는자 이메일이 올바르지 않습니다.")
    return None


def _wrong_receipt(sandbox: Sandbox, said: dict[str, Any], action: str) -> Response | None:
    if int(said["supplyCost"]) + int(said["tax"]) != int(said["totalAmount"]) or int(said["totalAmount"]) <= 0:
        return refusal(BAD_SUM, "거래금액이 올바르지 않습니다.")
    if action == "REVOKEISSUE":
        known = [json.loads(row["doc"])["number"] for row in sandbox.book.rows("SELECT doc FROM tax_documents WHERE kind = 'receipt'")]
        if said.get("orgConfirmNum") not in known:
            return refusal(NOT_FOUND, "원본 현금영수증이 없습니다.")
    return None


async def show(request: Request) -> Response:
    """One document by the issuer's number."""
    if not _is_signed_in(request):
        return refusal(NO_TOKEN, "세션토큰이 올바르지 않습니다.", 401)
    row = sandbox_of(request).book.row("SELECT * FROM tax_documents WHERE mgt_key = ?", request.path_params["key"])
    if row is None:
        return refusal(NOT_FOUND, "문서가 존재하지 않습니다.")
    doc = json.loads(row["doc"])
    found: dict[str, Any] = {"stateCode": doc["stateCode"], "issueDT": doc["number"][:8]}
    return JSONResponse(found | ({"ntsconfirmNum": doc["number"]} if row["kind"] == "invoice" else {"confirmNum": doc["number"]}))


def listed(sandbox: Sandbox, named: Any, body: Any) -> dict[str, Any]:
    """Everything that was issued, for comparison."""
    rows = sandbox.book.rows("SELECT * FROM tax_documents ORDER BY rowid")
    return {"documents": [{"key": row["mgt_key"], "kind": row["kind"], **json.loads(row["doc"])} for row in rows]}


AUTH_ROUTES = [Route("/{service}/Token", token, methods=["POST"])]
ROUTES = [
    Route("/Taxinvoice", register, methods=["POST"]),
    Route("/Cashbill", register, methods=["POST"]),
    Route("/Taxinvoice/SELL/{key}", show),
    Route("/Cashbill/{key}", show),
]
CONTROL_ROUTES = [route("GET", "/tax-documents", listed)]
