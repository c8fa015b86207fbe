"""
The page of the advertisers' API: drawn from its OpenAPI document, in Korean, without a script and without anybody else's server.

What the document says, the page takes from there; what it cannot say is written here: a sentence and an example for each operation. The
examples are run by a test, with a test key, against a house where everything they name is there (tests/campaigns/test_api_reference.py).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from advertisers import webhooks
from common.kst import SEOUL, day_from, day_of

VARIABLES = {
    "{campaign_id}": "$CAMPAIGN",
    "{plan_id}": "$PLAN",
    "{draft_id}": "$DRAFT",
    "{period}": "$PERIOD",
    "{endpoint_id}": "$ENDPOINT",
    "{delivery_id}": "$DELIVERY",
    "{export_id}": "$EXPORT",
    "{schedule_id}": "$SCHEDULE",
}
SAMPLES = {"on": "2026-11-25", "limit": "20"}
VERIFY = """import os

from standardwebhooks import Webhook


def message_of(body, headers):
    \"\"\"부스트가 보낸 이벤트 하나. 서명이 다르거나 5분이 지난 것이면 WebhookVerificationError가 나요.\"\"\"
    return Webhook(os.environ["BOOST_WEBHOOK_SECRET"]).verify(body, headers)"""
MOMENTS = {"$STARTS": 7, "$LATER": 8, "$ENDS": 37}  # days from now, so that an example can always be run

_CAMPAIGN = {
    "type": "VISIT",
    "design": {"title": "가을 신제품 보러 가기", "body": "30초 동안 둘러보면 돼요.", "landing_url": "https://shop.example.com/new"},
    "details": {"dwell_seconds": 30},
    "reward": {"tickets": 1},
    "credit": {"unit_price": 50, "budget": 1_000, "daily_cap": 500},
    "setting": {"starts_at": "$STARTS", "ends_at": "$ENDS"},
}
# By operation: a sentence of what it does, and the body of its example.
WORDS: dict[str, tuple[str, Any]] = {
    "GET /campaign-types": ("진행할 수 있는 캠페인 유형과 단가의 범위를 알려 줘요.", None),
    "GET /prize-catalogue": ("래플 경품으로 걸 수 있는 기프티콘을 싼 것부터 알려 줘요.", None),
    "GET /campaigns": ("우리 팀의 캠페인을 새것부터 알려 줘요.", None),
    "POST /campaigns": ("캠페인을 제출해요. 예산 전체를 한 번에 묶거나, 아무 일도 하지 않아요.", _CAMPAIGN),
    "GET /campaigns/{campaign_id}": ("캠페인 하나의 내용과 쓴 크레딧을 알려 줘요.", None),
    "PATCH /campaigns/{campaign_id}": ("보낸 항목만 바꾸고 나머지는 그대로 둬요.", {"design": {"title": "겨울 신제품 보러 가기"}}),
    "GET /campaigns/{campaign_id}/status": (
        "지금 참여할 수 있는지, 없다면 계정·캠페인·오늘·시간 가운데 어디에서 막혔는지 알려 줘요.",
        None,
    ),
    "GET /campaigns/{campaign_id}/versions": ("제출한 버전과 심사 결과를 새것부터 알려 줘요.", None),
    "POST /campaigns/{campaign_id}/appeal": ("반려에 이의를 제기해요. 다른 담당자가 다시 봐요.", {"text": "허가 번호를 덧붙였어요."}),
    "GET /campaigns/{campaign_id}/plans": ("예약한 변경을 알려 줘요.", None),
    "POST /campaigns/{campaign_id}/plans": ("나중에 할 변경을 예약해요.", {"kind": "PAUSE", "due_at": "$LATER"}),
    "POST /campaign-plans/{plan_id}/cancel": ("예약한 변경을 거둬요.", None),
    "POST /campaign-bulk": (
        "여러 캠페인을 한 번에 바꿔요. 모두 바꾸거나 하나도 바꾸지 않아요.",
        {"deed": "pause", "campaigns": ["$CAMPAIGN"]},
    ),
    "GET /campaigns/{campaign_id}/days": ("날짜마다 시작하고 확정된 참여의 수를 알려 줘요.", None),
    "GET /analytics": ("기간의 성과를 화면과 같은 숫자로 알려 줘요.", None),
    "GET /exports": ("요청한 파일을 새것부터 알려 줘요. 일주일 동안 남아 있어요.", None),
    "POST /exports": ("성과 숫자를 파일로 만들어요. 다시 보내도 파일은 하나예요.", {"what": "DAYS", "form": "csv"}),
    "GET /exports/{export_id}": ("파일을 얼마나 만들었는지, 다 됐으면 어디서 내려받는지 알려 줘요.", None),
    "GET /exports/{export_id}/file": ("다 만든 파일을 내려받아요.", None),
    "GET /report-schedules": ("메일로 보내는 성과 보고를 새것부터 알려 줘요. 소유자에게는 팀의 것이 모두 보여요.", None),
    "POST /report-schedules": (
        "성과 보고를 메일로 보낼 때를 정해요. 같은 주기로 다시 정하면 앞의 것을 바꿔요.",
        {"every": "WEEK", "weekday": 0, "hour": 9},
    ),
    "PATCH /report-schedules/{schedule_id}": ("보내는 요일, 날짜, 시각 가운데 보낸 항목만 바꿔요.", {"hour": 8}),
    "DELETE /report-schedules/{schedule_id}": ("성과 보고를 더 보내지 않아요.", None),
    "GET /campaigns/{campaign_id}/hours": ("하루의 시간마다 무슨 일이 있었는지 알려 줘요.", None),
    "GET /campaigns/{campaign_id}/conversions": (
        "확정된 참여를 오래된 것부터 알려 줘요. 새 참여는 늘 끝에 붙어서 빠지거나 겹치지 않아요.",
        None,
    ),
    "POST /campaigns/{campaign_id}/pause": ("새 참여를 잠시 받지 않아요.", None),
    "POST /campaigns/{campaign_id}/resume": ("일시중지한 캠페인을 다시 시작해요.", None),
    "POST /campaigns/{campaign_id}/end": ("캠페인을 끝내요. 남은 예산은 정산할 때 돌아와요.", None),
    "POST /campaigns/{campaign_id}/withdraw": ("시작하기 전의 캠페인을 거두고 묶은 크레딧을 모두 풀어요.", None),
    "POST /campaigns/{campaign_id}/raise-budget": ("예산을 늘려요. 크레딧을 더 묶어요.", {"credits": 500}),
    "GET /drafts": ("작성 중인 캠페인을 알려 줘요. 화면에서 쓰던 것도 함께 보여요.", None),
    "POST /drafts": ("작성을 시작해요. 아직 모르는 항목은 비워 둬도 돼요.", {"type": "VISIT", "reward": {"tickets": 1}}),
    "GET /drafts/{draft_id}": ("작성 중인 캠페인과 아직 고쳐야 할 것을 알려 줘요.", None),
    "PATCH /drafts/{draft_id}": ("보낸 항목만 바꿔요. null을 보내면 그 항목을 지워요.", {"reward": {"tickets": 2}}),
    "DELETE /drafts/{draft_id}": ("작성 중인 캠페인을 지워요.", None),
    "POST /drafts/{draft_id}/submit": ("작성한 캠페인을 제출해요. 다시 보내도 한 번만 제출돼요.", None),
    "GET /packages": ("지금 파는 충전 상품과 결제 금액을 알려 줘요.", None),
    "GET /auto-top-up": ("자동 충전을 쓰는지, 언제 충전하는지 알려 줘요.", None),
    "GET /balance": ("쓸 수 있는 크레딧과 묶인 크레딧을 알려 줘요.", None),
    "GET /credit-lines": ("크레딧이 바뀐 내역을 새것부터 한 줄씩 알려 줘요.", None),
    "GET /statements": ("달마다의 명세서를 새것부터 알려 줘요.", None),
    "GET /statements/{period}": ("명세서 하나의 줄을 오래된 것부터 알려 줘요. 마감한 날만 담아서 바뀌지 않아요.", None),
    "GET /images": ("올린 이미지를 새것부터 알려 줘요.", None),
    "POST /images": ("정사각형 이미지를 올려요. 테스트 키로는 올릴 수 없어요.", None),
    "GET /webhook-endpoints": ("웹훅을 받는 주소와 상태를 알려 줘요. 등록은 화면에서 해요.", None),
    "GET /webhook-endpoints/{endpoint_id}/deliveries": ("한 주소로 보낸 이벤트를 새것부터, 시도와 함께 알려 줘요.", None),
    "POST /webhook-deliveries/{delivery_id}/replay": ("이벤트를 같은 번호로 다시 보내요.", None),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to send or to read. type: in short, for programmers."""

    name: str
    type: str
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """
    One operation as the page shows it. example: for a terminal.   script: the same in Python.   way: an address that a browser may open to
    try it, empty when it changes something.
    """

    method: str
    path: str
    summary: str
    words: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answer: tuple[Field, ...]
    example: str
    script: str
    way: str

    @property
    def anchor(self) -> str:
        """Its name within the page."""
        return f"{self.method.lower()}{self.path.replace('/', '-').replace('{', '').replace('}', '')}"


class Reference(DocsBase):
    """Takes the place of Ninja's page."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        context = {
            "groups": groups(api, at=timezone.now()),
            "origin": f"{request.scheme}://{request.get_host()}",
            "document": self.get_openapi_url(api, kwargs),
            "events": webhooks.events.TYPES,
            "verify": VERIFY,
        }
        return TemplateResponse(request, "public/api_reference.html", context).render()


def groups(api: NinjaAPI, *, at: datetime) -> dict[str, list[Operation]]:
    """The operations by their heading, in the order of the document. at: the examples plan from here on."""
    document = api.get_openapi_schema(path_prefix="")
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append(_operation(method.upper(), path, operation, document, at=at))
    return found


def _operation(method: str, path: str, operation: dict[str, Any], document: dict[str, Any], *, at: datetime) -> Operation:
    words, body = WORDS[f"{method} {path}"]
    given = operation.get("parameters", [])
    sent = [content["schema"] for content in operation.get("requestBody", {}).get("content", {}).values()]
    answered: dict[str, Any] = next((response for status, response in operation["responses"].items() if str(status).startswith("2")), {})
    shapes = [content["schema"] for content in answered.get("content", {}).values() if "schema" in content]
    return Operation(
        method=method,
        path=path,
        summary=operation["summary"],
        words=words,
        parameters=tuple(Field(one["name"], _type(one["schema"], document), one.get("required", False)) for one in given),
        body=tuple(field for schema in sent for field in _fields(schema, document)),
        answer=tuple(field for schema in shapes for field in _fields(schema, document)),
        example=_example(method, path, given, _text(body, at=at), sent),
        script=_script(method, path, given, _literal(body, at=at), sent),
        way=f"/api/v1{path}" if method == "GET" and "{" not in path else "",
    )


def _example(method: str, path: str, given: list[dict[str, Any]], body: str, sent: list[Any]) -> str:
    """A call as people paste it into a terminal."""
    for name, variable in VARIABLES.items():
        path = path.replace(name, variable)
    query = "&".join(f"{one['name']}={SAMPLES[one['name']]}" for one in given if one["in"] == "query" and one["name"] in SAMPLES)
    lines = [f'curl -X {method} "$BOOST_ORIGIN/api/v1{path}{"?" + query if query else ""}"', '-H "Authorization: Bearer $BOOST_KEY"']
    lines += ['-H "Idempotency-Key: order-20261125-1"' for one in given if one["name"] == "Idempotency-Key"]
    if body:
        lines += ['-H "Content-Type: application/json"', f"-d '{body}'"]
    elif sent:
        lines += ['-F "picture=@picture.png"']
    return " \\\n  ".join(lines)


def _script(method: str, path: str, given: list[dict[str, Any]], body: str, sent: list[Any]) -> str:
    """The same call as a program of its own."""
    for name, variable in VARIABLES.items():
        path = path.replace(name, f"{{os.environ['{variable[1:]}']}}")
    query = {one["name"]: SAMPLES[one["name"]] for one in given if one["in"] == "query" and one["name"] in SAMPLES}
    keyed = any(one["name"] == "Idempotency-Key" for one in given)
    headers = ['"Authorization": "Bearer " + os.environ["BOOST_KEY"]', *(['"Idempotency-Key": "order-20261125-1"'] if keyed else [])]
    arguments = [f'"{method}"', f"""f"{{os.environ['BOOST_ORIGIN']}}/api/v1{path}\"""", f"headers={{{', '.join(headers)}}}"]
    if query:
        arguments.append(f"params={json.dumps(query)}")
    if body:
        arguments.append(f"json={body}".replace("\n", "\n    "))
    elif sent:
        arguments.append('files={"picture": open("picture.png", "rb")}')
    called = "".join(f"    {argument},\n" for argument in [*arguments, "timeout=10"])
    return f"import os\n\nimport requests\n\nanswer = requests.request(\n{called})\nprint(answer.status_code, answer.text)"


def _text(body: Any, *, at: datetime) -> str:
    """The body as it stands between single quotes; a variable in it stands outside them."""
    if body is None:
        return ""
    text = _planned(json.dumps(body, ensure_ascii=False), at=at)
    for variable in VARIABLES.values():
        text = text.replace(variable, f"'{variable}'")
    return text


def _literal(body: Any, *, at: datetime) -> str:
    """The body as Python writes it, each step on a line of its own; a variable in it is read from the environment."""
    if body is None:
        return ""
    lines = [f"    {name!r}: {value!r},".replace("'", '"') for name, value in body.items()]
    text = _planned("\n".join(["{", *lines, "}"]), at=at)
    for variable in VARIABLES.values():
        text = text.replace(f'"{variable}"', f'os.environ["{variable[1:]}"]')
    return text


def _planned(text: str, *, at: datetime) -> str:
    """The moments of an example, which lie ahead."""
    for name, days in MOMENTS.items():
        text = text.replace(name, (day_from(day_of(at)) + timedelta(days=days)).astimezone(SEOUL).isoformat())
    return text


def _fields(schema: dict[str, Any], document: dict[str, Any]) -> Iterator[Field]:
    """The fields of an object, or of the objects in a list; of the first of several shapes."""
    found = _resolved(schema, document)
    if found.get("type") == "array":
        found = _resolved(found["items"], document)
    required = set(found.get("required", ()))
    for name, one in found.get("properties", {}).items():
        yield Field(name, _type(one, document), name in required)
        if name == "items" and one.get("type") == "array":
            yield from (Field(f"items[].{inner.name}", inner.type) for inner in _fields(one, document))


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in schema:
        return _resolved(schema["anyOf"][0], document)
    if "$ref" in schema:
        found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        return found
    return schema


def _type(schema: dict[str, Any], document: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(one, document) for one in schema["anyOf"]))
    if "$ref" in schema:
        return _type(_resolved(schema, document), document)
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if schema.get("type") == "array":
        return f"{_type(schema.get('items', {}), document)}[]"
    return str(schema.get("format") or schema.get("type") or "object")
