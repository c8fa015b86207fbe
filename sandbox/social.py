"""
Signing in with Kakao, Naver and Google: the window in which somebody agrees, the code, the token, the person. Each in its own shape.

Codes are good once. Of people only the number that each service gives them is told, as our scopes ask for nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.context import sandbox_of
from sandbox.identity import people
from sandbox.pages.layout import document

LABELS = {"minji": "김민지", "eve": "이브", "nobody": "처음 온 사람"}
SECONDS = 3600


@dataclass(frozen=True, slots=True)
class House:
    """One service. authorize, token, profile: its paths."""

    name: str
    client_id: str
    secret: str
    authorize: str
    token: str
    profile: str


HOUSES = {
    "kakao": House("카카오", "sandbox-kakao", "sandbox-kakao-secret", "/oauth/authorize", "/oauth/token", "/v2/user/me"),
    "naver": House("네이버", "sandbox-naver", "sandbox-naver-secret", "/oauth2.0/authorize", "/oauth2.0/token", "/v1/nid/me"),
    "google": House("구글", "sandbox-google", "sandbox-google-secret", "/o/oauth2/v2/auth", "/token", "/oauth2/v2/userinfo"),
}


def number_of(house: str, person: str) -> str:
    """What a service calls a person: always the same."""
    digits = int(hashlib.sha256(f"{house}:{person}".encode()).hexdigest()[:12], 16)
    return str(digits) if house != "naver" else base64.urlsafe_b64encode(str(digits).encode()).decode().rstrip("=")


def _refused(problem: str) -> HTMLResponse:
    body = (
        f'<main class="window"><div class="window-body"><div class="note" data-tone="red" role="alert">{escape(problem)}</div></div></main>'
    )
    return HTMLResponse(document(title="로그인", body_class="pay", body=body), 400)


def authorize(key: str) -> Any:
    """The window: who are you, and may this house know your number?"""

    async def window(request: Request) -> Response:
        asked, house = dict(request.query_params), HOUSES[key]
        if asked.get("client_id") != house.client_id or asked.get("response_type") != "code" or not asked.get("redirect_uri"):
            return _refused("등록되지 않은 앱이거나 주소예요.")
        action = escape(f"{request.url.path}?{urlencode(asked)}")
        buttons = "".join(f'<button class="btn" name="person" value="{name}">{label}</button>' for name, label in LABELS.items())
        body = (
            f'<main class="window"><div class="window-top"><h1>{house.name} 로그인</h1>'
            '<span class="badge" data-tone="amber">연습</span></div>'
            f'<form class="pay-form" method="post" action="{action}"><div class="window-body"><p>누구로 로그인할까요?</p>'
            f'<div class="pay-actions">{buttons}</div></div>'
            '<div class="rehearsal"><button class="btn btn-danger" name="person" value="">동의하지 않기</button></div></form></main>'
        )
        return HTMLResponse(document(title=f"{house.name} 로그인", body_class="pay", body=body))

    return window


def decide(key: str) -> Any:
    """Back to the house that asked, with a code or with a refusal."""

    async def decided(request: Request) -> Response:
        asked, form = dict(request.query_params), dict(parse_qsl((await request.body()).decode()))
        state = {"state": asked.get("state", "")}
        if form.get("person") not in LABELS:
            told = {"error": "access_denied", "error_description": "User denied access", **state}
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(told)}", 302)
        code = secrets.token_urlsafe(24)
        kept = {"ref": code, "provider": key, "person": form["person"], "redirect_uri": asked["redirect_uri"], "used": False}
        with sandbox_of(request).book.write():
            people.put(sandbox_of(request).book, {**kept, "challenge": asked.get("code_challenge", "")})
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, **state})}", 302)

    return decided


def token(key: str) -> Any:
    """A code for a token, once, for who it was given to."""

    async def exchange(request: Request) -> JSONResponse:
        form, house, book = dict(parse_qsl((await request.body()).decode())), HOUSES[key], sandbox_of(request).book
        if form.get("client_id") != house.client_id or form.get("client_secret") != house.secret:
            return _no(key, "invalid_client", 401)
        with book.write():
            doc = people.get(book, form.get("code", ""))
            is_good = (
                form.get("grant_type") == "authorization_code"
                and doc is not None
                and doc["provider"] == key
                and not doc["used"]
                and doc["redirect_uri"] == form.get("redirect_uri")
                and doc["challenge"] == (_challenge(form.get("code_verifier", "")) if doc["challenge"] else "")
            )
            if doc is None or not is_good:
                return _no(key, "invalid_grant", 400)
            access = secrets.token_urlsafe(32)
            people.put(book, {**doc, "used": True, "token": access})
        answer: dict[str, Any] = {"access_token": access, "token_type": "bearer", "expires_in": SECONDS}
        if key == "naver":
            answer |= {"refresh_token": secrets.token_urlsafe(32), "expires_in": str(SECONDS)}
        elif key == "kakao":
            answer |= {"refresh_token": secrets.token_urlsafe(32), "refresh_token_expires_in": 5_183_999, "scope": ""}
        else:
            answer |= {"token_type": "Bearer", "scope": "openid", "id_token": _id_token(house, number_of(key, doc["person"]))}
        return JSONResponse(answer)

    return exchange


def _no(key: str, error: str, status: int) -> JSONResponse:
    """A refusal in the service's own shape; Naver refuses with 200."""
    words = {"error": error, "error_description": "no valid data in session" if key == "naver" else "Bad Request"}
    if key == "kakao":
        words |= {"error_code": "KOE010" if error == "invalid_client" else "KOE320"}
    return JSONResponse(words, 200 if key == "naver" else status)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _id_token(house: House, number: str) -> str:
    """As Google's, but for the signature: whoever reads it from the token's own answer need not look at it."""
    now = int(time.time())
    head = {"alg": "RS256", "kid": "sandbox", "typ": "JWT"}
    body = {
        "iss": "https://accounts.google.com", "aud": house.client_id, "azp": house.client_id, "sub": number, "iat": now,
        "exp": now + SECONDS,
        "jti": secrets.token_hex(8),
    }  # fmt: skip
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, body)]
    return ".".join([*parts, base64.urlsafe_b64encode(b"signature").decode().rstrip("=")])


def profile(key: str) -> Any:
    """Whose token this is."""

    async def told(request: Request) -> JSONResponse:
        access = request.headers.get("Authorization", "").removeprefix("Bearer ")
        doc = people.by(sandbox_of(request).book, "token", access) if access else None
        if doc is None or doc["provider"] != key:
            wrong = {
                "kakao": {"msg": "this access token does not exist", "code": -401},
                "naver": {"resultcode": "024", "message": "Authentication failed"},
            }
            return JSONResponse(wrong.get(key, {"error": {"code": 401, "status": "UNAUTHENTICATED"}}), 401)
        number = number_of(key, doc["person"])
        if key == "naver":
            return JSONResponse({"resultcode": "00", "message": "success", "response": {"id": number}})
        if key == "kakao":
            return JSONResponse({"id": int(number), "connected_at": "2026-01-01T00:00:00Z"})
        return JSONResponse({"id": number})

    return told


def routes_of(key: str) -> list[Route]:
    """The doors of one service."""
    house = HOUSES[key]
    return [
        Route(house.authorize, authorize(key), methods=["GET"]),
        Route(house.authorize, decide(key), methods=["POST"]),
        Route(house.token, token(key), methods=["POST"]),
        Route(house.profile, profile(key), methods=["GET"]),
    ]
