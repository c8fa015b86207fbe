"""`python -m sandbox --host 127.0.0.1 --port 8001 --data var/sandbox.sqlite3 [--reset]`"""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.app import make_app
from sandbox.book import Book
from sandbox.settings import SandboxSettings


class DroppableProtocol(H11Protocol):
    """HTTP as usual, but the application may cut the connection: scripted faults need that."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        app = self.app

        async def with_drop(scope: Scope, receive: Receive, send: Send) -> None:
            scope["sandbox.drop"] = transport.abort
            await app(scope, receive, send)

        self.app = with_drop


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Stand-ins for the outside services.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--data", type=Path, default=Path("var/sandbox.sqlite3"))
    parser.add_argument("--reset", action="store_true", help="forget everything first")
    parser.add_argument("--log-level", default="warning", choices=["debug", "info", "warning", "error"])
    options = parser.parse_args()
    book = Book(options.data)
    if options.reset:
        book.reset()
    app = make_app(settings=SandboxSettings.from_environment(os.environ), book=book)
    config = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        log_level=options.log_level,
        access_log=False,
        http=DroppableProtocol,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    try:
        asyncio.run(uvicorn.Server(config).serve())
    finally:
        book.close()


if __name__ == "__main__":
    main()
