"""Doors of the console pages."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

from sandbox import inbox
from sandbox.context import sandbox_of
from sandbox.pages import console as pages
from sandbox.portone import cancels, transitions
from sandbox.portone.attempts import Attempts
from sandbox.portone.errors import ApiError
from sandbox.toss import transitions as toss
from sandbox.toss.errors import TossError
from sandbox.toss.payments import Payments

REFUSED = "취소하지 못했어요. 남은 금액보다 많거나 이미 취소한 결제예요."
NOT_AN_AMOUNT = "취소할 금액은 1원부터 숫자로 적어 주세요."
NOTICES = {"refused": REFUSED, "amount": NOT_AN_AMOUNT}


async def index(request: Request) -> HTMLResponse:
    """What the sandbox is, and its payments."""
    sandbox = sandbox_of(request)
    notice = NOTICES.get(request.query_params.get("notice", ""), "")
    payments = Attempts(sandbox.book).payments()
    return HTMLResponse(
        pages.index(
            payments,
            sandbox.settings,
            webhook_url=sandbox.webhooks.config["url"],
            notice=notice,
            toss=Payments(sandbox.book).all(),
        )
    )


async def cancel(request: Request) -> RedirectResponse:
    """Cancel as a person at the PG would: whole, or an amount."""
    amount = parse_qs((await request.body()).decode()).get("amount", [""])[0].replace(",", "").strip()
    if amount and not (amount.isascii() and amount.isdigit() and int(amount)):
        return _home(notice="amount")
    try:
        cancels.cancel(
            sandbox_of(request),
            request.path_params["payment_id"],
            reason=cancels.CONSOLE_REASON,
            amount=int(amount) if amount else None,
            trigger="CONSOLE",
        )
    except ApiError:
        return _home(notice="refused")
    return _home()


async def deposit(request: Request) -> RedirectResponse:
    """Pay into the virtual account of a payment, as a person at a bank would: the amount asked for, or another."""
    amount = parse_qs((await request.body()).decode()).get("amount", [""])[0].replace(",", "").strip()
    if amount and not (amount.isascii() and amount.isdigit() and int(amount)):
        return _home(notice="amount")
    sandbox, payment_id = sandbox_of(request), request.path_params["payment_id"]
    try:
        if request.path_params["service"] == "toss":
            toss.deposit(sandbox, payment_id, amount=int(amount) if amount else None)
        else:
            transitions.deposit(sandbox, payment_id, amount=int(amount) if amount else None)
    except (ApiError, TossError):
        return _home(notice="refused")
    return _home()


async def deliveries(request: Request) -> HTMLResponse:
    """Webhooks and their fate."""
    return HTMLResponse(pages.deliveries(sandbox_of(request).webhooks.listed()))


async def messages(request: Request) -> HTMLResponse:
    """SMS, mail and push."""
    return HTMLResponse(pages.inbox(inbox.listed(sandbox_of(request).book)))


def _home(**query: str) -> RedirectResponse:
    return RedirectResponse(f"/?{urlencode(query)}" if query else "/", status_code=303)


ROUTES = [
    Route("/", index, methods=["GET"]),
    Route("/payments/{payment_id:path}/cancel", cancel, methods=["POST"]),
    Route("/{service}-payments/{payment_id:path}/deposit", deposit, methods=["POST"]),
    Route("/deliveries/", deliveries, methods=["GET"]),
    Route("/inbox/", messages, methods=["GET"]),
]
