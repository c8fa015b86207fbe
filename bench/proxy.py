"""
A TCP proxy that breaks connections on purpose: it stands between the product and PostgreSQL, Redis or a supplier.

    with FaultProxy(upstream=("127.0.0.1", 5432)) as proxy:      # or upstream="/folder/.s.PGSQL.5432"
        proxy.drop_commit_answers(20)

Runs its own event loop in a thread; the methods may be called from any thread.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

# A simple-protocol Query message whose text is COMMIT: what psycopg sends at the end of a transaction.
COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
CHUNK = 65_536


class FaultProxy:
    """
    One listening port in front of one upstream.

    upstream: (host, port), or the path of a Unix socket.   port: where the product should connect, on 127.0.0.1.
    """

    def __init__(self, *, upstream: tuple[str, int] | str) -> None:
        self.upstream = upstream
        self.port = 0
        self.commits_seen = 0
        self.commit_answers_dropped = 0
        self.connections = 0
        self._drops_left = 0
        self._delay = 0.0
        self._silent = False
        self._refusing = False
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)

    # -- what can go wrong ------------------------------------------------------------------------------------------------

    def drop_commit_answers(self, count: int) -> None:
        """Let the next `count` COMMITs reach the server, throw its answers away and cut the connections."""
        self._drops_left = count

    def delay(self, seconds: float) -> None:
        """Hold every chunk, in both directions, for so long; 0 stops that."""
        self._delay = seconds

    def black_hole(self, silent: bool) -> None:
        """True: accept connections and bytes and pass nothing on. False: pass on again; swallowed bytes stay lost."""
        self._silent = silent

    def refuse(self, refusing: bool) -> None:
        """True: reset new connections at once."""
        self._refusing = refusing

    def reset_all(self) -> None:
        """Reset (RST) every open connection."""
        self._call(self._reset_all)

    def half_close_all(self) -> None:
        """Close our sending side towards every client; they may still send."""
        self._call(self._half_close_all)

    # -- life -------------------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Listen on a free port."""
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the proxy did not start")
        return self

    def stop(self) -> None:
        """Close everything and end the thread."""
        self._call(self._reset_all)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    # -- inside -----------------------------------------------------------------------------------------------------------

    def _call(self, action: Callable[[], object]) -> None:
        done = threading.Event()

        def act() -> None:
            with contextlib.suppress(OSError, RuntimeError):
                action()
            done.set()

        self._loop.call_soon_threadsafe(act)
        done.wait(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._reset_all()
        if links := asyncio.all_tasks(self._loop):
            self._loop.run_until_complete(asyncio.wait(links, timeout=2))
        self._loop.close()

    def _half_close_all(self) -> None:
        for client, _ in self._pairs:
            if client.can_write_eof():
                client.write_eof()

    def _reset_all(self) -> None:
        for pair in list(self._pairs):
            self._cut(pair)

    def _cut(self, pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter]) -> None:
        for writer in pair:
            raw = writer.get_extra_info("socket")
            if raw is not None and raw.family != socket.AF_UNIX:
                with contextlib.suppress(OSError):  # it is closed already
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close sends RST
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            if self._refusing:
                raise ConnectionRefusedError
            if isinstance(self.upstream, str):
                there_reader, there_writer = await asyncio.open_unix_connection(self.upstream)
            else:
                there_reader, there_writer = await asyncio.open_connection(*self.upstream)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(self, (writer, there_writer))
        self._pairs.add(link.pair)
        try:
            await asyncio.gather(link.to_server(reader, there_writer), link.to_client(there_reader, writer))
        finally:
            self._pairs.discard(link.pair)

    def take_drop(self) -> bool:
        """True when the answer of the COMMIT just seen is to be dropped."""
        self.commits_seen += 1
        if self._drops_left > 0:
            self._drops_left -= 1
            return True
        return False


class _Link:
    """The two directions of one connection."""

    def __init__(self, proxy: FaultProxy, pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter]) -> None:
        self.proxy, self.pair, self.dropping = proxy, pair, False

    async def to_server(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for chunk in self._chunks(reader, writer):
            if COMMIT in chunk and self.proxy.take_drop():
                self.dropping = True
            writer.write(chunk)

    async def to_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for chunk in self._chunks(reader, writer):
            if self.dropping:  # the server has committed; nobody will hear of it
                self.proxy.commit_answers_dropped += 1
                self.proxy._cut(self.pair)
                return
            try:
                writer.write(chunk)
            except RuntimeError:  # our side was half closed on purpose: the answer has nowhere to go
                self.proxy._cut(self.pair)
                return

    async def _chunks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> AsyncIterator[bytes]:
        try:
            while chunk := await reader.read(CHUNK):
                if self.proxy._delay:
                    await asyncio.sleep(self.proxy._delay)
                if not self.proxy._silent:
                    yield chunk
                    await writer.drain()
            if writer.can_write_eof() and not writer.is_closing():
                writer.write_eof()
        except OSError:  # one side was reset, as by a server that was killed: the other side hears of it
            self.proxy._cut(self.pair)
