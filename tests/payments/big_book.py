"""
A payment company with ten thousand clean payments: one payment and one settled movement as the sandbox shows them, told over HTTP under
as many numbers. The sandbox itself reads its whole book for every page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit


class BigBook:
    """
    payment: of PortOne's `GET /payments/{id}`.   settlement: of Toss's `GET /v1/settlements`.   asked: pages that were read.
    """

    def __init__(self, refs: list[str], *, payment: dict[str, Any] | None = None, settlement: dict[str, Any] | None = None) -> None:
        self.refs, self.payment, self.settlement, self.asked = refs, payment, settlement, 0

    def answer(self, path: str, query: dict[str, list[str]]) -> Any:
        """What the company says to one request."""
        self.asked += 1
        if path.endswith("/payments") and self.payment is not None:
            page = json.loads(query["requestBody"][0])["page"]
            chosen = self.refs[page["number"] * page["size"] :][: page["size"]]
            return {"items": [{**self.payment, "id": ref} for ref in chosen], "page": {**page, "totalCount": len(self.refs)}}
        if path.endswith("/v1/settlements") and self.settlement is not None:
            page, size = int(query["page"][0]), int(query["size"][0])
            chosen = self.refs[(page - 1) * size :][:size]
            return [{**self.settlement, "orderId": ref, "transactionKey": f"tx-{ref}"} for ref in chosen]
        raise AssertionError(path)

    @contextmanager
    def open(self) -> Iterator[str]:
        """Its address while it is open."""
        book = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                content = json.dumps(book.answer(asked.path, parse_qs(asked.query))).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
