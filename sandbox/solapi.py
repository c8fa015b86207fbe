"""Solapi: SMS with its HMAC, its byte rules, registered senders, and results by the last four digits of the number."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import control, inbox
from sandbox import solapi_reports as reports
from sandbox.clock import instant, parse_instant
from sandbox.context import Sandbox, sandbox_of

SKEW_SECONDS = 15 * 60
SMS_BYTES, LMS_BYTES = 90, 2_000
ON_THE_WAY, DELIVERED = "3000", "4000"
LATER = frozenset({ON_THE_WAY, "3010", "3032", "3043", "3054"})  # wrong number, no subscriber, switched off, spam
NO_KAKAOTALK = "3104"
SCRIPTED = {"1062": "발신번호 미등록", "1030": "잔액 부족", "1061": "080 수신거부", "3104": "카카오톡 미사용자"}
_PART = re.compile(r"\b(apikey|date|salt|signature)=([^,\s]+)", re.IGNORECASE)


class Refusal(Exception):
    """A refusal of the whole request."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(code)

    def response(self) -> JSONResponse:
        return JSONResponse({"errorCode": self.code, "errorMessage": self.message}, status_code=self.status)


class Kakao(BaseModel):
    """What makes a message an AlimTalk."""

    model_config = ConfigDict(populate_by_name=True, extra="ignore")

    channel: str = Field(alias="pfId", pattern="^KA01PF")
    template: str = Field(alias="templateId", pattern="^KA01TP")
    variables: dict[str, str] = Field(default_factory=dict)
    without_sms: bool = Field(alias="disableSms", default=False)

    def shown(self) -> str:
        """As the inbox keeps it: the words themselves lie at Kakao."""
        return " · ".join([self.template, *(f"{name} {value}" for name, value in self.variables.items())])


class Wish(BaseModel):
    """One message as it is asked for."""

    model_config = ConfigDict(populate_by_name=True, extra="ignore")

    to: str = Field(pattern=r"^[0-9]{8,11}$")
    sender: str = Field(alias="from")
    text: str = Field(min_length=1)
    type: str = "SMS"
    custom_fields: dict[str, str] = Field(alias="customFields", default_factory=dict)
    kakao: Kakao | None = Field(alias="kakaoOptions", default=None)

    def arrives_as(self) -> tuple[Literal["SMS", "ALIMTALK"], str]:
        """Where it arrives, and as what: who has no KakaoTalk gets the SMS that replaces it."""
        if self.kakao is None or self.to.endswith(NO_KAKAOTALK):
            return "SMS", self.text
        return "ALIMTALK", self.kakao.shown()


class Batch(BaseModel):
    """Up to 10,000 of them."""

    model_config = ConfigDict(populate_by_name=True, extra="ignore")

    messages: list[Wish] = Field(min_length=1, max_length=10_000)
    show_message_list: bool = Field(alias="showMessageList", default=False)


def authorise(sandbox: Sandbox, header: str) -> None:
    """
    Check key, time, signature, and that the signature was not used before.

    :raises Refusal: 403, as documented.
    """
    parts = {name.lower(): value for name, value in _PART.findall(header)}
    if not header.startswith("HMAC-SHA256 ") or set(parts) != {"apikey", "date", "salt", "signature"}:
        raise Refusal(401, "Unauthorized", "인증 정보가 없습니다.")
    if parts["apikey"] != sandbox.settings.solapi_api_key:
        raise Refusal(403, "InvalidAPIKey", "유효하지 않은 API Key 입니다.")
    now = datetime.now(UTC).timestamp()
    try:
        skew = abs(parse_instant(parts["date"]).timestamp() - now)
    except ValueError:
        skew = SKEW_SECONDS + 1
    if skew > SKEW_SECONDS:
        raise Refusal(403, "RequestTimeTooSkewed", "요청 시각이 서버 시각과 너무 다릅니다.")
    said = (parts["date"] + parts["salt"]).encode()
    right = hmac.new(sandbox.settings.solapi_api_secret.encode(), said, hashlib.sha256).hexdigest()
    if not 12 <= len(parts["salt"]) <= 64 or not hmac.compare_digest(right, parts["signature"]):
        raise Refusal(403, "SignatureDoesNotMatch", "시그니처가 일치하지 않습니다.")
    with sandbox.book.write():
        sandbox.book.run("DELETE FROM solapi_signatures WHERE at < ?", now - SKEW_SECONDS)
        if sandbox.book.row("SELECT 1 FROM solapi_signatures WHERE signature = ?", right):
            raise Refusal(403, "DuplicatedSignature", "이미 사용한 시그니처입니다.")
        sandbox.book.run("INSERT INTO solapi_signatures VALUES (?, ?)", right, now)


def refused_by(sandbox: Sandbox, wish: Wish) -> str:
    """The status code by which one message is refused at once; empty when it is taken."""
    try:
        length = len(wish.text.encode("euc_kr"))
    except UnicodeEncodeError:
        return "1029"
    if (wish.type == "ATA") != (wish.kakao is not None):
        return "1025"
    if length > (SMS_BYTES if wish.type == "SMS" else LMS_BYTES):
        return "1031"
    if wish.sender not in sandbox.settings.solapi_senders:
        return "1062"
    if wish.kakao is not None and not wish.kakao.without_sms and wish.to.endswith(NO_KAKAOTALK):
        return ""
    return wish.to[-4:] if wish.to[-4:] in SCRIPTED else ""


def send(sandbox: Sandbox, request: Request, wished: Any) -> dict[str, Any]:
    """Take a batch; what is taken lies in the inbox."""
    try:
        batch = Batch.model_validate(wished)
    except ValidationError:
        raise Refusal(400, "ValidationError", "필수 항목이 없거나 형식이 다릅니다.") from None
    group_id, now = f"G4V{datetime.now(UTC):%Y%m%d%H%M%S}{secrets.token_hex(8).upper()}", instant()
    taken, failed = [], []
    with sandbox.book.write():
        for wish in batch.messages:
            message_id, code = f"M4V{datetime.now(UTC):%Y%m%d%H%M%S}{secrets.token_hex(8).upper()}", refused_by(sandbox, wish)
            shown = {"messageId": message_id, "statusCode": code or "2000", "customFields": wish.custom_fields}
            if code:
                reason = SCRIPTED.get(code, "형식 오류")
                failed.append({**shown, "to": wish.to, "from": wish.sender, "type": wish.type, "statusMessage": reason})
                continue
            taken.append({**shown, "statusMessage": "정상 접수(이통사로 접수 예정)"})
            doc = {
                **shown,
                "statusCode": wish.to[-4:] if wish.to[-4:] in LATER else DELIVERED,
                "to": wish.to,
                "from": wish.sender,
                "type": wish.type,
                "dateCreated": now,
            }
            sandbox.book.run(
                "INSERT INTO solapi_messages (message_id, group_id, recipient, at, doc) VALUES (?, ?, ?, ?, ?)",
                message_id, group_id, wish.to, now, json.dumps(doc),
            )  # fmt: skip
            channel, body = wish.arrives_as()
            inbox.accept(sandbox.book, inbox.Message(channel=channel, to=wish.to, body=body))
            if doc["statusCode"] != ON_THE_WAY:
                reports.post(sandbox.settings, report(sandbox, doc))
    count = {"total": len(batch.messages), "registeredSuccess": len(taken), "registeredFailed": len(failed)}
    info = {"groupId": group_id, "status": "SENDING", "count": count, "dateCreated": now, "dateUpdated": now}
    return {"groupInfo": info, "failedMessageList": failed, **({"messageList": taken} if batch.show_message_list else {})}


def report(sandbox: Sandbox, doc: dict[str, Any]) -> reports.Report:
    """The webhook about one message; a repeat of it has the same eventDataId."""
    data = {name: doc[name] for name in ("messageId", "statusCode", "type", "to", "from", "customFields")}
    return reports.Report(sandbox.settings.solapi_webhook_secret, f"ED{doc['messageId']}{doc['statusCode']}", data)


def listed(sandbox: Sandbox, request: Request, body: Any) -> dict[str, Any]:
    """Messages by id, group, recipient and time."""
    query = request.query_params
    rows = sandbox.book.rows("SELECT * FROM solapi_messages ORDER BY seq DESC")
    found = {
        row["message_id"]: json.loads(row["doc"])
        for row in rows
        if query.get("messageId", row["message_id"]) == row["message_id"]
        and query.get("groupId", row["group_id"]) == row["group_id"]
        and query.get("to", row["recipient"]) == row["recipient"]
        and query.get("startDate", "") <= row["at"] <= query.get("endDate", "9")
    }
    limit = int(query.get("limit", "20"))
    return {"startKey": None, "nextKey": None, "limit": limit, "messageList": dict(list(found.items())[:limit])}


def balance(sandbox: Sandbox, request: Request, body: Any) -> dict[str, Any]:
    """Always enough."""
    return {"balance": 100_000, "point": 0}


def endpoint(operation: Callable[[Sandbox, Request, Any], dict[str, Any]]) -> Callable[[Request], Any]:
    """Wrap an operation: who calls, what was said, and refusals in their documented shape."""

    async def answer(request: Request) -> Response:
        sandbox, raw = sandbox_of(request), await request.body()
        try:
            authorise(sandbox, request.headers.get("authorization", ""))
            return JSONResponse(operation(sandbox, request, json.loads(raw) if raw else {}))
        except ValueError:
            return Refusal(400, "InvalidJson", "JSON 형식이 아닙니다.").response()
        except Refusal as refusal:
            return refusal.response()

    return answer


ROUTES = [
    Route("/messages/v4/send-many/detail", endpoint(send), methods=["POST"]),
    Route("/messages/v4/list", endpoint(listed), methods=["GET"]),
    Route("/cash/v1/balance", endpoint(balance), methods=["GET"]),
]


def told(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """The webhooks about messages to a number, newest first, as they are posted: headers and body."""
    rows = sandbox.book.rows("SELECT doc FROM solapi_messages WHERE recipient = ? ORDER BY seq DESC", named["to"])
    return {"reports": [report(sandbox, json.loads(row["doc"])).as_posted() for row in rows]}


def ends(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Let messages to a number end with another code, e.g. one that was on the way."""
    with sandbox.book.write():
        for row in sandbox.book.rows("SELECT message_id, doc FROM solapi_messages WHERE recipient = ?", named["to"]):
            doc = json.dumps({**json.loads(row["doc"]), "statusCode": str(body["code"])})
            sandbox.book.run("UPDATE solapi_messages SET doc = ? WHERE message_id = ?", doc, row["message_id"])
    return told(sandbox, named, body)


CONTROLS = [control.route("GET", "/solapi/{to}/reports", told), control.route("POST", "/solapi/{to}/end", ends)]
