"""
Giftishow Biz: goods and brands, coupons under the caller's own numbers, and a deposit (biz-money) that every coupon takes from.

Business errors come with HTTP 200, as there. A tr_id is taken once and for ever. Goods to script with are in `giftishow_goods.SCRIPTED`:
TIMEOUT1 issues and then says nothing, TIMEOUT2 says nothing at all, NOPIN takes the money and gives no number, LOW and AUTH are refused,
ENDED is not sold. gubun I (a picture of the barcode by address) is not pretended.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import inbox
from sandbox.context import Sandbox, sandbox_of
from sandbox.control import route
from sandbox.giftishow_goods import BRANDS, is_listed, seed

SEOUL = ZoneInfo("Asia/Seoul")
OK, BAD_KEY, LOW, USED_BEFORE, NO_GOOD, NO_COUPON = "0000", "E0006", "E0010", "ERR0215", "ERR0401", "ERR0204"
NOT_CANCELLABLE, CANCELLED_BEFORE, BAD_INPUT = "ERR0210", "ERR0808", "ERR0300"
ISSUED, USED, CANCELLED, EXPIRED = "01", "02", "07", "08"
STATES = {ISSUED: "발행", USED: "교환", CANCELLED: "구매취소", EXPIRED: "기간만료"}
LONGEST_TR_ID, LONGEST_TITLE = 25, 10
SILENCE_SECONDS = 20.0
DEFAULT_SIZE = 100


def said(result: Any = None, *, code: str = OK, message: str | None = None) -> JSONResponse:
    """An envelope."""
    return JSONResponse({"code": code, "message": message, "result": result})


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form; the last of a name counts."""
    return {name: values[-1] for name, values in parse_qs((await request.body()).decode(), keep_blank_values=True).items()}


def refused(sandbox: Sandbox, form: dict[str, str]) -> Response | None:
    """Who is not let in."""
    known = (sandbox.settings.giftishow_auth_code, sandbox.settings.giftishow_auth_token)
    if (form.get("custom_auth_code"), form.get("custom_auth_token")) != known or form.get("dev_yn") != "N":
        return said(code=BAD_KEY, message="인증 정보가 올바르지 않습니다.")
    return None


def goods_of(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """The catalogue with what control changed; a good that was taken away has no facts."""
    changed: dict[str, Any] = sandbox.book.switch("giftishow_goods", {})
    goods = seed()
    for code, facts in changed.items():
        goods[code] = {**goods.get(code, {}), **facts}
        if facts.get("gone"):
            del goods[code]
    return goods


def balance_of(sandbox: Sandbox) -> int:
    """What is left of the deposit."""
    row = sandbox.book.row("SELECT COALESCE(SUM(amount), 0) AS moved FROM gift_money")
    return sandbox.settings.giftishow_balance + (int(row["moved"]) if row else 0)


def coupon_of(sandbox: Sandbox, tr_id: str) -> dict[str, Any] | None:
    """What stands under a number."""
    row = sandbox.book.row("SELECT doc FROM gift_coupons WHERE tr_id = ?", tr_id)
    return json.loads(row["doc"]) if row else None


async def goods(request: Request) -> Response:
    """0101, page by page."""
    sandbox, form = sandbox_of(request), await form_of(request)
    if wrong := refused(sandbox, form):
        return wrong
    rows = [facts for code, facts in goods_of(sandbox).items() if is_listed(code)]
    start, size = int(form.get("start", "1")), int(form.get("size", str(DEFAULT_SIZE)))
    return said({"listNum": len(rows), "goodsList": rows[(start - 1) * size : start * size]})


async def good(request: Request) -> Response:
    """0111."""
    sandbox, form = sandbox_of(request), await form_of(request)
    if wrong := refused(sandbox, form):
        return wrong
    facts = goods_of(sandbox).get(request.path_params["code"])
    if facts is None:
        return said(code=NO_GOOD, message="상품이 없습니다.")
    tiers = {"goldPrice": facts["discountPrice"], "vipPrice": facts["discountPrice"], "platinumPrice": facts["discountPrice"]}
    return said({"goodsDetail": {**facts, **tiers}})


def _brand(code: str) -> dict[str, Any]:
    name, category = BRANDS[code]
    return {"brandSeq": int(code[2:]), "brandCode": code, "brandName": name, "brandIConImg": "", "category1Name": category, "sort": 1}


async def brands(request: Request) -> Response:
    """0102."""
    if wrong := refused(sandbox_of(request), await form_of(request)):
        return wrong
    return said({"listNum": len(BRANDS), "brandList": [_brand(code) for code in BRANDS]})


async def brand(request: Request) -> Response:
    """0112."""
    if wrong := refused(sandbox_of(request), await form_of(request)):
        return wrong
    code = request.path_params["code"]
    return said({"brandDetail": _brand(code)}) if code in BRANDS else said(code=NO_GOOD, message="브랜드가 없습니다.")


async def send(request: Request) -> Response:
    """0204. Answers with an envelope in the envelope."""
    sandbox, form = sandbox_of(request), await form_of(request)
    if wrong := refused(sandbox, form):
        return wrong
    code = form.get("goods_code", "")
    if code.endswith("TIMEOUT2"):
        await asyncio.sleep(SILENCE_SECONDS)
        return said(code=LOW)
    with sandbox.book.write():
        answer = _issue(sandbox, form)
    if code.endswith("TIMEOUT1"):
        await asyncio.sleep(SILENCE_SECONDS)
    return answer


def _issue(sandbox: Sandbox, form: dict[str, str]) -> Response:
    code, tr_id, phone = form.get("goods_code", ""), form.get("tr_id", ""), form.get("phone_no", "")
    facts = goods_of(sandbox).get(code)
    if code.endswith("AUTH"):
        return said(code=BAD_KEY, message="인증 정보가 올바르지 않습니다.")
    if facts is None or facts["goodsStateCd"] != "SALE" or code.endswith("ENDED"):
        return said(code=NO_GOOD, message="판매하지 않는 상품입니다.")
    if not 0 < len(tr_id) <= LONGEST_TR_ID or len(form.get("mms_title", "")) > LONGEST_TITLE or not phone.isdecimal():
        return said(code=BAD_INPUT, message="입력값이 올바르지 않습니다.")
    if form.get("gubun") not in ("N", "Y"):
        return said(code=BAD_INPUT, message="gubun이 올바르지 않습니다.")
    if coupon_of(sandbox, tr_id) is not None:
        return said(code=USED_BEFORE, message="이미 사용한 TR_ID입니다.")
    if facts["discountPrice"] > balance_of(sandbox) or code.endswith("LOW"):
        return said(code=LOW, message="비즈머니가 부족합니다.")
    has_pin = not code.endswith("NOPIN")
    until = (datetime.now(SEOUL) + timedelta(days=facts["limitDay"])).strftime("%Y%m%d")
    pin = f"9{secrets.randbelow(10**11):011d}" if has_pin else ""
    doc = {"goods": facts, "phone": phone, "pin": pin, "status": ISSUED if has_pin else CANCELLED, "until": until, "resent": 0,
           "charged": facts["discountPrice"], "gubun": form["gubun"]}  # fmt: skip
    sandbox.book.run("INSERT INTO gift_coupons (tr_id, doc) VALUES (?, ?)", tr_id, json.dumps(doc))
    sandbox.book.run("INSERT INTO gift_money (tr_id, amount) VALUES (?, ?)", tr_id, -facts["discountPrice"])
    if form["gubun"] == "N" and has_pin:
        _message(sandbox, doc)
    shown = {"pinNo": pin} if form["gubun"] == "Y" and has_pin else {}
    number = f"{datetime.now(SEOUL):%Y%m%d}{secrets.randbelow(10**8):08d}"
    return said({"code": OK, "message": None, "result": {"orderNo": number, **shown}})


def _message(sandbox: Sandbox, doc: dict[str, Any]) -> None:
    body = f"{doc['goods']['brandName']} {doc['goods']['goodsName']} 쿠폰 번호 {doc['pin']}"
    inbox.accept(sandbox.book, inbox.Message(channel="SMS", to=doc["phone"], subject="기프티쇼", body=body))


async def coupons(request: Request) -> Response:
    """0201: a list with one answer."""
    sandbox, form = sandbox_of(request), await form_of(request)
    if wrong := refused(sandbox, form):
        return wrong
    doc = coupon_of(sandbox, form.get("tr_id", ""))
    if doc is None or not doc["pin"]:
        return said(code=NO_COUPON, message="조회된 쿠폰이 없습니다.")
    facts = doc["goods"]
    info = {
        "goodsCd": facts["goodsCode"], "goodsNm": facts["goodsName"], "brandNm": facts["brandName"], "pinStatusCd": doc["status"],
        "pinStatusNm": STATES[doc["status"]], "sellPriceAmt": str(facts["discountPrice"]), "cnsmPriceAmt": str(facts["salePrice"]),
        "remainAmt": "0", "senderTelNo": sandbox.settings.giftishow_sender, "recverTelNo": doc["phone"], "sendStatusCd": "3",
        "validPrdEndDt": f"{doc['until']}235959",
    }  # fmt: skip
    return said([{"resCode": OK, "resMsg": "성공", "couponInfoList": [info]}])


def _changed(sandbox: Sandbox, tr_id: str, doc: dict[str, Any], **facts: Any) -> None:
    sandbox.book.run("UPDATE gift_coupons SET doc = ? WHERE tr_id = ?", json.dumps({**doc, **facts}), tr_id)


async def cancel(request: Request) -> Response:
    """0202: an unused coupon goes back, with its money."""
    sandbox, form = sandbox_of(request), await form_of(request)
    if wrong := refused(sandbox, form):
        return wrong
    tr_id = form.get("tr_id", "")
    with sandbox.book.write():
        doc = coupon_of(sandbox, tr_id)
        if doc is None:
            return said(code=NO_COUPON, message="조회된 쿠폰이 없습니다.")
        if not doc["pin"] or doc["status"] != ISSUED:
            return said(code=CANCELLED_BEFORE if doc["status"] == CANCELLED and doc["pin"] else NOT_CANCELLABLE)
        _give_back(sandbox, tr_id, doc)
    return said({"resCode": OK})


async def cancel_failed(request: Request) -> Response:
    """0205: money was taken and there is no number."""
    sandbox, form = sandbox_of(request), await form_of(request)
    if wrong := refused(sandbox, form):
        return wrong
    tr_id = form.get("tr_id", "")
    with sandbox.book.write():
        doc = coupon_of(sandbox, tr_id)
        if doc is None or doc["pin"]:
            return said(code=NO_COUPON, message="취소할 발송 실패 건이 없습니다.")
        if not doc["charged"]:
            return said(code=CANCELLED_BEFORE)
        _give_back(sandbox, tr_id, doc)
    return said({"resCode": OK})


def _give_back(sandbox: Sandbox, tr_id: str, doc: dict[str, Any]) -> None:
    sandbox.book.run("INSERT INTO gift_money (tr_id, amount) VALUES (?, ?)", tr_id, doc["charged"])
    _changed(sandbox, tr_id, doc, status=CANCELLED, charged=0)


async def resend(request: Request) -> Response:
    """0203: the same coupon by message."""
    sandbox, form = sandbox_of(request), await form_of(request)
    if wrong := refused(sandbox, form):
        return wrong
    tr_id = form.get("tr_id", "")
    with sandbox.book.write():
        doc = coupon_of(sandbox, tr_id)
        if doc is None or doc["status"] != ISSUED:
            return said(code=NO_COUPON, message="조회된 쿠폰이 없습니다.")
        _message(sandbox, doc)
        _changed(sandbox, tr_id, doc, resent=doc["resent"] + 1)
    return said({"resCode": OK})


async def bizmoney(request: Request) -> Response:
    """0301: a number in a text."""
    sandbox, form = sandbox_of(request), await form_of(request)
    if wrong := refused(sandbox, form):
        return wrong
    return said({"balance": str(balance_of(sandbox))})


def book(sandbox: Sandbox, named: Any, body: Any) -> dict[str, Any]:
    """Everything that was issued, and what is left of the deposit."""
    rows = sandbox.book.rows("SELECT tr_id, doc FROM gift_coupons ORDER BY rowid")
    made = [(row["tr_id"], json.loads(row["doc"])) for row in rows]
    shown = [
        {"tr_id": tr_id, "goods_code": doc["goods"]["goodsCode"], "status": doc["status"], "has_pin": bool(doc["pin"]),
         "charged": doc["charged"], "resent": doc["resent"], "phone": doc["phone"]}
        for tr_id, doc in made
    ]  # fmt: skip
    return {"coupons": shown, "balance": balance_of(sandbox)}


def change_good(sandbox: Sandbox, named: Any, body: Any) -> dict[str, Any]:
    """Change facts of a good, by their names on the wire; `gone` takes it out of the catalogue."""
    changed = sandbox.book.switch("giftishow_goods", {})
    changed[named["code"]] = {**changed.get(named["code"], {}), **body}
    sandbox.book.set_switch("giftishow_goods", changed)
    return {"good": changed[named["code"]]}


def move_money(sandbox: Sandbox, named: Any, body: Any) -> dict[str, Any]:
    """A deposit, or below zero what somebody else took."""
    with sandbox.book.write():
        sandbox.book.run("INSERT INTO gift_money (tr_id, amount) VALUES ('', ?)", int(body["amount"]))
    return {"balance": balance_of(sandbox)}


def change_coupon(sandbox: Sandbox, named: Any, body: Any) -> dict[str, Any]:
    """What happened to a coupon elsewhere: used, expired, cancelled."""
    status = {"use": USED, "expire": EXPIRED, "cancel": CANCELLED}[named["what"]]
    with sandbox.book.write():
        doc = coupon_of(sandbox, named["tr_id"])
        if doc is None:
            raise ValueError("no such coupon")
        _changed(sandbox, named["tr_id"], doc, status=status)
    return {"status": status}


ROUTES = [
    Route("/goods", goods, methods=["POST"]),
    Route("/goods/{code}", good, methods=["POST"]),
    Route("/brands", brands, methods=["POST"]),
    Route("/brands/{code}", brand, methods=["POST"]),
    Route("/send", send, methods=["POST"]),
    Route("/coupons", coupons, methods=["POST"]),
    Route("/cancel", cancel, methods=["POST"]),
    Route("/sendFail/cancel", cancel_failed, methods=["POST"]),
    Route("/resend", resend, methods=["POST"]),
    Route("/bizmoney", bizmoney, methods=["POST"]),
]
CONTROL_ROUTES = [
    route("GET", "/gifts", book),
    route("POST", "/gifts/goods/{code}", change_good),
    route("POST", "/gifts/money", move_money),
    route("POST", "/gifts/coupons/{tr_id}/{what}", change_coupon),
]
