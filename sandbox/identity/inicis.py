"""KG Inicis unified identity: the form that opens the window, the post back through the browser, the result that is read once."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.decrepit.ciphers.algorithms import SEED
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.context import Sandbox, sandbox_of
from sandbox.identity import pages, people

LEFT, FETCHED, WRONG = "1001", "9025", "0001"
REF_BYTES, URL_BYTES = 20, 128


def wrong_with(sandbox: Sandbox, form: dict[str, str]) -> str:
    """What Inicis would refuse about the opening form; empty when nothing."""
    ref = form.get("mTxId", "")
    if form.get("mid") != sandbox.settings.inicis_mid or form.get("reqSvcCd") != "03":
        return "등록되지 않은 상점이거나 서비스예요."
    if not 1 <= len(ref.encode()) <= REF_BYTES:
        return "mTxId는 20바이트까지예요."
    said = f"{form['mid']}{ref}{sandbox.settings.inicis_api_key}"
    if form.get("authHash") != hashlib.sha256(said.encode()).hexdigest():
        return "authHash가 맞지 않아요."
    if form.get("reservedMsg") != "isUseToken=Y" or form.get("flgFixedUser") not in ("Y", "N"):
        return "reservedMsg나 flgFixedUser가 맞지 않아요."
    if not all(1 <= len(form.get(name, "").encode()) <= URL_BYTES for name in ("successUrl", "failUrl")):
        return "돌아갈 주소는 128바이트까지예요."
    return ""


async def auth(request: Request) -> Response:
    """The merchant's form: opens the window."""
    sandbox, form = sandbox_of(request), dict(parse_qsl((await request.body()).decode()))
    if problem := wrong_with(sandbox, form):
        return HTMLResponse(pages.refused(problem), 400)
    try:
        urls = {"success_url": form["successUrl"], "fail_url": form["failUrl"]}
        doc = people.open_try(sandbox.book, ref=form["mTxId"], provider="INICIS", **urls)
    except ValueError:
        return HTMLResponse(pages.refused("이미 끝난 요청이에요."), 400)
    return HTMLResponse(pages.choose(action=f"/inicis/window/{doc['ref']}", is_overlay=False))


async def decide(request: Request) -> Response:
    """The person chose who they are, or left; a form posts the outcome back through the browser."""
    sandbox, form = sandbox_of(request), dict(parse_qsl((await request.body()).decode()))
    person = form.get("person", "")
    base = f"{request.url.scheme}://{request.url.netloc}"
    try:
        doc = finish(sandbox, request.path_params["ref"], person=person if person in people.PEOPLE else "", base_url=base)
    except ValueError:
        return PlainTextResponse("not found", 404)
    return HTMLResponse(pages.post_back(doc["success_url" if person else "fail_url"], doc["callback"]))


def finish(sandbox: Sandbox, ref: str, *, person: str, base_url: str) -> dict[str, Any]:
    """
    End a try, with what travels through the browser in `callback`.

    :raises ValueError: no such try, or it is over.
    """
    if not person:
        return people.finish(sandbox.book, ref, person="", callback={"resultCode": LEFT, "resultMsg": "사용자 취소"})
    token, tx_id = base64.b64encode(secrets.token_bytes(16)).decode(), f"INISA{secrets.token_hex(12)}"
    callback = {
        "resultCode": "0000", "resultMsg": "성공", "authRequestUrl": f"{base_url}/inicis/api/result", "txId": tx_id, "token": token,
    }  # fmt: skip
    return people.finish(sandbox.book, ref, person=person, tx_id=tx_id, token=token, callback=callback)


async def result(request: Request) -> JSONResponse:
    """The result, server to server, once."""
    sandbox = sandbox_of(request)
    try:
        asked = json.loads(await request.body())
    except ValueError:
        return JSONResponse({"resultCode": WRONG, "resultMsg": "JSON 오류"})
    with sandbox.book.write():
        doc = people.by(sandbox.book, "tx_id", str(asked.get("txId", "")))
        if doc is None or asked.get("mid") != sandbox.settings.inicis_mid:
            return JSONResponse({"resultCode": WRONG, "resultMsg": "거래 없음"})
        if doc.get("fetched"):
            return JSONResponse({"resultCode": FETCHED, "resultMsg": "이미 조회한 거래"})
        people.put(sandbox.book, {**doc, "fetched": True})
    return JSONResponse({**answer_for(sandbox, doc), **doc.get("answer", {})})


def answer_for(sandbox: Sandbox, doc: dict[str, Any]) -> dict[str, str]:
    """The honest answer about a try, its personal fields encrypted under the token."""
    who = people.PEOPLE[doc["person"]]
    personal = {
        "userName": who.name, "userPhone": who.phone, "userBirthday": who.birth, "userCi": who.ci, "userDi": who.di, "userCi2": "",
        "userGender": who.gender, "isForeign": "1" if who.is_foreigner else "0",
    }  # fmt: skip
    sealed = {name: encrypt(value, doc["token"], sandbox.settings.inicis_seed_iv) if value else "" for name, value in personal.items()}
    known = {"resultCode": "0000", "resultMsg": "성공", "txId": doc["tx_id"], "mTxId": doc["ref"], "svcCd": "03", "providerDevCd": "TOSS"}
    return {**known, **sealed}


def encrypt(text: str, token: str, iv: str) -> str:
    """SEED-128, CBC, PKCS#7, base64."""
    padder = padding.PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(SEED(base64.b64decode(token)), modes.CBC(iv.encode())).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


ROUTES = [
    Route("/id/auth", auth, methods=["POST"]),
    Route("/window/{ref}", decide, methods=["POST"]),
    Route("/api/result", result, methods=["POST"]),
]
