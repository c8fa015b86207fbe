"""The browser's side: the script, the pay window, the receipt."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.cards import KeptCards
from sandbox.context import sandbox_of
from sandbox.pages import card_window
from sandbox.pages import toss_window as pages
from sandbox.toss import billing, transitions
from sandbox.toss.errors import TossError
from sandbox.toss.payments import Payments

SDK = Path(__file__).with_name("browser_sdk.js")
OPEN_TO_ALL = {"access-control-allow-origin": "*"}


async def sdk(request: Request) -> FileResponse:
    """The script that defines `window.TossPayments`."""
    return FileResponse(SDK, media_type="text/javascript", headers={"cache-control": "no-store"})


async def checkout(request: Request) -> JSONResponse:
    """Start a payment; a refusal is what the script throws."""
    try:
        said = await request.json()
        payment = transitions.open_window(
            sandbox_of(request), client_key=str(said["clientKey"]), customer_key=str(said["customerKey"]), request=said["request"]
        )
    except TossError as refusal:
        return JSONResponse({"failure": refusal.payload()}, headers=OPEN_TO_ALL)
    except (ValueError, KeyError, TypeError):
        return JSONResponse({"failure": TossError("INVALID_PARAMETERS").payload()}, headers=OPEN_TO_ALL)
    url = str(request.url.replace(path=f"/toss/browser/window/{payment.payment_key}", query=""))
    return JSONResponse({"windowUrl": url}, headers=OPEN_TO_ALL)


async def show(request: Request) -> Response:
    """The pay window."""
    payment = Payments(sandbox_of(request).book).get(request.path_params["payment_key"])
    return PlainTextResponse("not found", 404) if payment is None else HTMLResponse(pages.pay(payment))


async def act(request: Request) -> Response:
    """The buyer decided: agree, decline or close. The browser goes back by redirect."""
    sandbox = sandbox_of(request)
    payment_key, action = request.path_params["payment_key"], request.path_params["action"]
    form = dict(parse_qsl((await request.body()).decode()))
    payment = Payments(sandbox.book).get(payment_key)
    if payment is None:
        return PlainTextResponse("not found", 404)
    left = action == "close"
    try:
        if action == "agree":
            payment = transitions.agree(sandbox, payment_key, card=form.get("card", "41"), bank=form.get("bank", "88"))
        elif action == "decline":
            payment = transitions.decline(sandbox, payment_key)
    except TossError:
        payment = Payments(sandbox.book).get(payment_key) or payment
    return _back(*transitions.way_back(payment, left=left))


async def keep(request: Request) -> JSONResponse:
    """Begin to keep a card; a refusal is what the script throws."""
    try:
        said = await request.json()
        card = billing.open_window(
            sandbox_of(request), client_key=str(said["clientKey"]), customer_key=str(said["customerKey"]), request=said["request"]
        )
    except TossError as refusal:
        return JSONResponse({"failure": refusal.payload()}, headers=OPEN_TO_ALL)
    except (ValueError, KeyError, TypeError):
        return JSONResponse({"failure": TossError("INVALID_PARAMETERS").payload()}, headers=OPEN_TO_ALL)
    return JSONResponse({"windowUrl": str(request.url.replace(path=f"/toss/browser/cards/{card.ref}", query=""))}, headers=OPEN_TO_ALL)


async def show_card(request: Request) -> Response:
    """The window that keeps a card."""
    card = KeptCards(sandbox_of(request).book, billing.HOUSE).get(request.path_params["ref"])
    if card is None:
        return PlainTextResponse("not found", 404)
    return HTMLResponse(card_window.keep(card, cards=transitions.CARDS, action=f"/toss/browser/cards/{card.ref}"))


async def act_card(request: Request) -> Response:
    """Somebody agreed, or left."""
    sandbox, left = sandbox_of(request), request.path_params["action"] != "agree"
    form = dict(parse_qsl((await request.body()).decode()))
    card = KeptCards(sandbox.book, billing.HOUSE).get(request.path_params["ref"])
    if card is None:
        return PlainTextResponse("not found", 404)
    if not left:
        card = billing.agree(sandbox, card.ref, issuer=form.get("card", "41"))
    return _back(*billing.way_back(card, left=left))


def _back(address: str, query: dict[str, str]) -> RedirectResponse:
    parts = urlsplit(address)
    joined = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *query.items()])
    return RedirectResponse(urlunsplit(parts._replace(query=joined)), status_code=303)


async def receipt(request: Request) -> Response:
    """The sales slip of a payment that took money."""
    payment = Payments(sandbox_of(request).book).get(request.path_params["payment_key"])
    if payment is None or not payment.was_taken:
        return PlainTextResponse("not found", 404)
    return HTMLResponse(pages.receipt(payment))


ROUTES = [
    Route("/checkout", checkout, methods=["POST"]),
    Route("/window/{payment_key}", show, methods=["GET"]),
    Route("/window/{payment_key}/{action}", act, methods=["POST"]),
    Route("/cards", keep, methods=["POST"]),
    Route("/cards/{ref}", show_card, methods=["GET"]),
    Route("/cards/{ref}/{action}", act_card, methods=["POST"]),
    Route("/receipts/{payment_key}", receipt, methods=["GET"]),
]
