"""
Notion: the API of an internal connection, signed addresses of pictures, and the frame that a published page is shown in.

Pages to script with: GUIDE has two pages of blocks and every kind that we draw, one that nobody knows, a picture of its own and one from
elsewhere; EXPIRED has a picture whose address is an hour too old; TRASHED lies in the bin; any other is not shared with us.
`/_control/notion` changes words and times of GUIDE, and lets every n-th call be one too many.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.context import Sandbox, sandbox_of
from sandbox.control import route

GUIDE, EXPIRED, TRASHED = (f"{number:032x}" for number in (0xB0057, 0xB0058, 0xB0059))
PAGE_SIZE = 8
LIVES = timedelta(seconds=3600)
_START = "2026-11-20T01:00:00.000Z"


def error(status: int, code: str, message: str, **headers: str) -> JSONResponse:
    """How the company says no."""
    return JSONResponse({"object": "error", "status": status, "code": code, "message": message}, status, headers=headers)


def _words(text: str, *, href: str = "", **annotations: bool) -> dict[str, Any]:
    flags = dict.fromkeys(("bold", "italic", "strikethrough", "underline", "code"), False) | annotations
    return {
        "type": "text",
        "text": {"content": text, "link": {"url": href} if href else None},
        "annotations": {**flags, "color": "default"},
        "plain_text": text,
        "href": href or None,
    }


def _block(number: int, kind: str, *, children: bool = False, **content: Any) -> dict[str, Any]:
    return {"object": "block", "id": f"{number:032x}", "type": kind, "has_children": children, "last_edited_time": _START, kind: content}


def _text(number: int, kind: str, *words: dict[str, Any], children: bool = False, **content: Any) -> dict[str, Any]:
    return _block(number, kind, children=children, rich_text=list(words), **content)


def _picture(number: int, *, address: str, expires: datetime) -> dict[str, Any]:
    file = {"url": address, "expiry_time": expires.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    return _block(number, "image", type="file", file=file, caption=[_words("충전 화면")])


def _said(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "title": "충전 안내",
        "sentence": "카드로 결제해요.",
        "edited_at": _START,
        "limit_every": 0,
        **sandbox.book.switch("notion", {}),
    }


def _blocks(request: Request, block_id: str) -> list[dict[str, Any]] | None:
    origin = f"{str(request.base_url).rstrip('/')}/notion"
    now = datetime.now(UTC)
    picture = f"{origin}/files/picture.png?expires={int((now + LIVES).timestamp())}"
    old = f"{origin}/files/picture.png?expires={int((now - LIVES).timestamp())}"
    said = _said(sandbox_of(request))
    return {
        GUIDE: [
            _text(1, "heading_1", _words("충전하기")),
            _text(
                2,
                "paragraph",
                _words(said["sentence"], bold=True),
                _words(" 자세한 것은 "),
                _words("여기", href="https://boost.example/a"),
                _words("<b>"),
            ),
            _text(3, "paragraph", _words("위험한 길", href="javascript:alert(1)")),
            _text(4, "bulleted_list_item", _words("하나"), children=True),
            _text(5, "bulleted_list_item", _words("둘")),
            _text(6, "numbered_list_item", _words("첫째")),
            _text(7, "to_do", _words("할 일"), checked=True),
            _text(8, "toggle", _words("펼쳐 보기"), children=True),
            _text(9, "quote", _words("인용한 말")),
            _text(10, "callout", _words("알아 두세요"), icon={"type": "emoji", "emoji": "!"}),
            _block(11, "divider"),
            _text(12, "code", _words("a < b"), language="plain text"),
            _block(13, "table", children=True, table_width=2, has_column_header=True, has_row_header=False),
            _block(14, "column_list", children=True),
            _picture(15, address=picture, expires=now + LIVES),
            _block(16, "image", type="external", external={"url": "https://elsewhere.example.org/x.png"}, caption=[]),
            _block(17, "bookmark", url="https://boost.example/b", caption=[]),
            _block(18, "child_page", title="다른 쪽"),
            _block(19, "template_of_tomorrow", what="?"),
        ],
        EXPIRED: [_text(20, "paragraph", _words("그림이 있어요.")), _picture(21, address=old, expires=now - LIVES)],
        f"{4:032x}": [_text(40, "bulleted_list_item", _words("하나 안에"))],
        f"{8:032x}": [_text(80, "paragraph", _words("안에 있는 말"))],
        f"{13:032x}": [
            _block(130, "table_row", cells=[[_words("금액")], [_words("보너스")]]),
            _block(131, "table_row", cells=[[_words("100,000")], [_words("0")]]),
        ],
        f"{14:032x}": [_block(140, "column", children=True), _block(141, "column", children=True)],
        f"{140:032x}": [_text(1400, "paragraph", _words("왼쪽"))],
        f"{141:032x}": [_text(1410, "paragraph", _words("오른쪽"))],
    }.get(block_id)


def _refused(request: Request) -> Response | None:
    """Who may not come in, or came once too often."""
    sandbox = sandbox_of(request)
    if request.headers.get("authorization") != f"Bearer {sandbox.settings.notion_secret}":
        return error(401, "unauthorized", "API token is invalid.")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", request.headers.get("notion-version", "")):
        return error(400, "missing_version", "Notion-Version header failed validation.")
    with sandbox.book.write():
        calls = int(sandbox.book.switch("notion_calls", 0)) + 1
        sandbox.book.set_switch("notion_calls", calls)
    every = _said(sandbox)["limit_every"]
    if every and calls % every == 0:
        return error(429, "rate_limited", "You have been rate limited.", **{"Retry-After": "1"})
    return None


async def page(request: Request) -> Response:
    """`GET /pages/{id}`."""
    if refusal := _refused(request):
        return refusal
    page_id = request.path_params["page"].replace("-", "")
    if page_id not in (GUIDE, EXPIRED, TRASHED):
        return error(404, "object_not_found", f"Could not find page with ID: {page_id}. Make sure it is shared with your connection.")
    said = _said(sandbox_of(request))
    return JSONResponse(
        {
            "object": "page",
            "id": page_id,
            "last_edited_time": said["edited_at"],
            "in_trash": page_id == TRASHED,
            "properties": {"title": {"id": "title", "type": "title", "title": [_words(said["title"])]}},
        }
    )


async def children(request: Request) -> Response:
    """`GET /blocks/{id}/children`, a few at a time."""
    if refusal := _refused(request):
        return refusal
    found = _blocks(request, request.path_params["block"].replace("-", ""))
    if found is None:
        return error(404, "object_not_found", "Could not find block.")
    start = int(request.query_params.get("start_cursor") or 0)
    more = start + PAGE_SIZE < len(found)
    shown = found[start : start + PAGE_SIZE]
    return JSONResponse({"object": "list", "results": shown, "has_more": more, "next_cursor": str(start + PAGE_SIZE) if more else None})


async def file(request: Request) -> Response:
    """A picture, as long as its address lives."""
    if float(request.query_params.get("expires", 0)) < datetime.now(UTC).timestamp():
        return Response("<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", 403, media_type="application/xml")
    drawn = io.BytesIO()
    Image.new("RGB", (640, 360), (81, 107, 255)).save(drawn, "PNG")
    return Response(drawn.getvalue(), media_type="image/png")


async def frame(request: Request) -> Response:
    """What a frame on our page shows; `/refused/` is a page that may not be framed."""
    headers = {"X-Frame-Options": "DENY"} if "refused" in request.url.path else {}
    return HTMLResponse("<!doctype html><html lang=ko><title>노션</title><h1>노션에서 온 내용</h1></html>", headers=headers)


def script(sandbox: Sandbox, named: Any, body: Any) -> dict[str, Any]:
    """Change words and times of the guide, or how often a call is one too many."""
    known = {"title", "sentence", "edited_at", "limit_every"}
    if not isinstance(body, dict) or set(body) - known:
        raise ValueError(f"one of {sorted(known)}")
    with sandbox.book.write():
        sandbox.book.set_switch("notion", {**sandbox.book.switch("notion", {}), **body})
        sandbox.book.set_switch("notion_calls", 0)
    return _said(sandbox)


ROUTES = [
    Route("/v1/pages/{page}", page),
    Route("/v1/blocks/{block}/children", children),
    Route("/files/{name}", file),
    Route("/ebd/{page}", frame),
    Route("/refused/{page}", frame),
]
CONTROL_ROUTES = [route("POST", "/notion", script)]
