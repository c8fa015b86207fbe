"""The browser's side: the script, the bridge it talks through, the pay window, the receipt."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.cards import KeptCards
from sandbox.context import sandbox_of
from sandbox.identity import pages as identity_pages
from sandbox.identity import people
from sandbox.identity import portone as identity
from sandbox.pages import card_window
from sandbox.pages import window as pages
from sandbox.portone import billing, transitions
from sandbox.portone.attempts import TAKEN, Attempts
from sandbox.portone.checkout import Page, open_window
from sandbox.portone.errors import BrowserError

SDK = Path(__file__).with_name("browser_sdk.js")


async def sdk(request: Request) -> FileResponse:
    """The script that defines `window.PortOne`."""
    return FileResponse(SDK, media_type="text/javascript", headers={"cache-control": "no-store"})


async def bridge(request: Request) -> HTMLResponse:
    """The hidden page through which the script reaches us."""
    return HTMLResponse(pages.bridge())


async def checkout(request: Request) -> JSONResponse:
    """Start an attempt; a refusal is what the script throws."""
    try:
        said = await request.json()
        if "identityVerificationId" in said["request"]:
            doc = identity.open_window(sandbox_of(request), request=said["request"], page=Page.model_validate(said["page"]))
            return JSONResponse({"windowUrl": str(request.url.replace(path=f"/portone/browser/identity/{doc['ref']}", query=""))})
        if "billingKeyMethod" in said["request"]:
            card = billing.open_window(sandbox_of(request), request=said["request"], page=Page.model_validate(said["page"]))
            return JSONResponse({"windowUrl": str(request.url.replace(path=f"/portone/browser/cards/{card.ref}", query=""))})
        attempt = open_window(
            sandbox_of(request),
            request=said["request"],
            page=Page.model_validate(said["page"]),
            user_agent=request.headers.get("user-agent", ""),
            ip_address=request.client.host if request.client else "",
        )
    except BrowserError as refusal:
        return JSONResponse({"failure": {"code": refusal.code, "message": refusal.message}})
    except (ValueError, KeyError, TypeError, ValidationError):
        return JSONResponse({"failure": {"code": "RequestParseFailed", "message": "not a payment request"}})
    return JSONResponse({"windowUrl": str(request.url.replace(path=f"/portone/browser/window/{attempt.transaction_id}", query=""))})


async def show(request: Request) -> Response:
    """The pay window."""
    attempt = Attempts(sandbox_of(request).book).get(request.path_params["transaction_id"])
    return PlainTextResponse("not found", 404) if attempt is None else HTMLResponse(pages.pay(attempt))


async def act(request: Request) -> Response:
    """The buyer decided: approve, decline or close. The answer goes back to the merchant's page the way it was asked for."""
    sandbox = sandbox_of(request)
    transaction_id = request.path_params["transaction_id"]
    action = request.path_params["action"]
    form = dict(parse_qsl((await request.body()).decode()))
    attempt = Attempts(sandbox.book).get(transaction_id)
    if attempt is None:
        return PlainTextResponse("not found", 404)
    refusal = None
    try:
        if action == "approve":
            months = int(form["months"]) if form.get("months", "").isdigit() else 0
            attempt = transitions.approve(sandbox, transaction_id, card=form.get("card", "SHINHAN_CARD"), months=months)
        elif action == "decline":
            attempt = transitions.decline(sandbox, transaction_id)
    except BrowserError as error:
        refusal = error
    outcome = transitions.browser_result(attempt, refusal=refusal, left=action == "close")
    return _back(attempt.redirect_url, attempt.page_origin, outcome)


async def show_identity(request: Request) -> Response:
    """The identity window."""
    doc = people.get(sandbox_of(request).book, request.path_params["ref"])
    if doc is None:
        return PlainTextResponse("not found", 404)
    return HTMLResponse(identity_pages.choose(action=request.url.path, is_overlay=doc["redirect_url"] is None))


async def act_identity(request: Request) -> Response:
    """Somebody said who they are, or left."""
    form = dict(parse_qsl((await request.body()).decode()))
    person = form.get("person", "")
    try:
        doc = people.finish(sandbox_of(request).book, request.path_params["ref"], person=person if person in people.PEOPLE else "")
    except ValueError:
        return PlainTextResponse("not found", 404)
    return _back(doc["redirect_url"], doc["page_origin"], identity.browser_result(doc))


async def show_card(request: Request) -> Response:
    """The window that keeps a card."""
    card = KeptCards(sandbox_of(request).book, billing.HOUSE).get(request.path_params["ref"])
    if card is None:
        return PlainTextResponse("not found", 404)
    return HTMLResponse(card_window.keep(card, cards=transitions.CARDS, action=f"/portone/browser/cards/{card.ref}"))


async def act_card(request: Request) -> Response:
    """Somebody agreed, or left."""
    sandbox, left = sandbox_of(request), request.path_params["action"] != "agree"
    form = dict(parse_qsl((await request.body()).decode()))
    card = KeptCards(sandbox.book, billing.HOUSE).get(request.path_params["ref"])
    if card is None:
        return PlainTextResponse("not found", 404)
    if not left:
        card = billing.agree(sandbox, card.ref, issuer=form.get("card", "SHINHAN_CARD"))
    return _back(card.success_url, None, billing.browser_result(card, left=left))


async def receipt(request: Request) -> Response:
    """The sales slip of a paid attempt."""
    attempt = Attempts(sandbox_of(request).book).get(request.path_params["transaction_id"])
    if attempt is None or attempt.status not in TAKEN:
        return PlainTextResponse("not found", 404)
    return HTMLResponse(pages.receipt(attempt))


def _back(redirect_url: str | None, page_origin: str | None, outcome: dict[str, str]) -> Response:
    if redirect_url is None:
        return HTMLResponse(pages.result(outcome, page_origin=page_origin))
    parts = urlsplit(redirect_url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *outcome.items()])
    return RedirectResponse(urlunsplit(parts._replace(query=query)), status_code=303)


ROUTES = [
    Route("/bridge", bridge, methods=["GET"]),
    Route("/checkout", checkout, methods=["POST"]),
    Route("/window/{transaction_id}", show, methods=["GET"]),
    Route("/window/{transaction_id}/{action}", act, methods=["POST"]),
    Route("/identity/{ref}", show_identity, methods=["GET"]),
    Route("/identity/{ref}", act_identity, methods=["POST"]),
    Route("/cards/{ref}", show_card, methods=["GET"]),
    Route("/cards/{ref}/{action}", act_card, methods=["POST"]),
    Route("/receipts/{transaction_id}", receipt, methods=["GET"]),
]
