"""The whole sandbox as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles

from sandbox import (
    console,
    control,
    conversions,
    drand,
    fcm,
    giftishow,
    landing,
    notion,
    offerwalls,
    popbill,
    receiver,
    slack,
    social,
    solapi,
    spoils,
    tax_office,
)
from sandbox.book import Book
from sandbox.context import Sandbox
from sandbox.courier import Courier
from sandbox.faults import Door
from sandbox.identity import control as identity_control
from sandbox.identity import inicis
from sandbox.portone import browser, idempotency, rest, settlements
from sandbox.portone import control as portone_control
from sandbox.settings import SandboxSettings
from sandbox.toss import browser as toss_browser
from sandbox.toss import control as toss_control
from sandbox.toss import idempotency as toss_idempotency
from sandbox.toss import rest as toss_rest

CONTROLS = (portone_control, toss_control, identity_control)
STATIC = Path(__file__).parent / "pages" / "static"


async def healthz(request: Request) -> JSONResponse:
    """Alive."""
    return JSONResponse({"status": "ok"})


def make_app(*, settings: SandboxSettings, book: Book) -> Starlette:
    """Put every service behind its door. The caller owns the book."""
    sandbox = Sandbox.open(settings, book)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        idempotency.forget_interrupted(sandbox)
        toss_idempotency.forget_interrupted(sandbox)
        couriers = [asyncio.create_task(Courier(outbox).run()) for outbox in (sandbox.webhooks, sandbox.toss_webhooks)]
        yield
        for courier in couriers:
            courier.cancel()
        for courier in couriers:
            with suppress(asyncio.CancelledError):
                await courier

    def door(service: str, routes: list[Route]) -> Door:
        return Door(Router(routes=routes), service=service, book=book, faults=sandbox.faults)

    app = Starlette(
        lifespan=lifespan,
        routes=[
            Route("/healthz", healthz),
            Mount("/static", StaticFiles(directory=STATIC)),
            Mount(
                "/_control",
                routes=[
                    *control.ROUTES,
                    *solapi.CONTROLS,
                    *portone_control.ROUTES,
                    *settlements.ROUTES,
                    *spoils.ROUTES,
                    *popbill.CONTROL_ROUTES,
                    *giftishow.CONTROL_ROUTES,
                    *notion.CONTROL_ROUTES,
                    *conversions.CONTROLS,
                    *offerwalls.CONTROLS,
                    *fcm.CONTROLS,
                    *receiver.CONTROLS,
                    *toss_control.ROUTES,
                    *identity_control.ROUTES,
                ],
            ),
            Route("/portone/browser-sdk.js", browser.sdk),
            Mount("/portone/browser", door("portone-browser", browser.ROUTES)),
            Mount("/portone", door("portone", rest.ROUTES)),
            Route("/toss/v2/standard", toss_browser.sdk),
            Mount("/toss/browser", door("toss-browser", toss_browser.ROUTES)),
            Mount("/toss", door("toss", toss_rest.ROUTES)),
            Mount("/solapi", door("solapi", solapi.ROUTES)),
            Mount("/inicis", door("inicis", inicis.ROUTES)),
            Mount("/landing", door("landing", landing.ROUTES)),
            Mount("/receiver", routes=receiver.ROUTES),
            Mount("/drand", door("drand", drand.ROUTES)),
            Mount("/fcm", door("fcm", fcm.ROUTES)),
            Mount("/slack", door("slack", slack.ROUTES)),
            Mount("/notion", door("notion", notion.ROUTES)),
            Mount("/giftishow", door("giftishow", giftishow.ROUTES)),
            *(Mount(f"/{key}", door(key, social.routes_of(key))) for key in social.HOUSES),
            Mount("/linkhub", door("linkhub", popbill.AUTH_ROUTES)),
            Mount("/popbill", door("popbill", popbill.ROUTES)),
            Mount("/tax-office", door("tax-office", tax_office.ROUTES)),
            Mount("/airbridge", door("airbridge", conversions.LINKS)),
            *conversions.ROUTES,
            *offerwalls.ROUTES,
            *console.ROUTES,
        ],
    )
    app.state.sandbox = sandbox
    return app
