"""The fault proxy itself: each fault does what its name says, or the storm would prove nothing."""

import contextlib
import socket
import struct
import time

import psycopg
import pytest
from django.conf import settings

from bench.proxy import FaultProxy


@pytest.fixture
def database(transactional_db) -> dict[str, object]:
    from django.db import connection

    values = connection.settings_dict
    return {
        "dbname": values["NAME"],
        "user": values["USER"],
        "password": values["PASSWORD"] or None,
        "HOST": values["HOST"],
        "PORT": values["PORT"],
    }


@pytest.fixture
def proxy(database):
    host, port = str(database.pop("HOST")), database.pop("PORT") or 5432
    upstream = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, int(str(port)))
    with FaultProxy(upstream=upstream) as running:
        yield running


def connect(proxy: FaultProxy, database: dict[str, object]) -> psycopg.Connection:
    return psycopg.connect(host="127.0.0.1", port=proxy.port, connect_timeout=20, **database)


class TestFaultProxy:
    def test_passes_everything_on_when_nothing_is_wrong(self, proxy, database):
        with connect(proxy, database) as connection:
            assert connection.execute("SELECT 40 + 2").fetchone() == (42,)

    def test_drops_the_answer_of_a_commit_that_the_server_has_made(self, proxy, database):
        with psycopg.connect(host=settings.DATABASES["default"]["HOST"] or None, **database) as direct:
            direct.execute("CREATE TABLE IF NOT EXISTS bench_probe (n int)")
            direct.execute("TRUNCATE bench_probe")
        connection = connect(proxy, database)
        connection.execute("INSERT INTO bench_probe VALUES (1)")
        proxy.drop_commit_answers(1)
        with pytest.raises(psycopg.OperationalError):
            connection.commit()
        assert (proxy.commit_answers_dropped, proxy.commits_seen) == (1, 1)
        with psycopg.connect(host=settings.DATABASES["default"]["HOST"] or None, **database) as direct:
            assert direct.execute("SELECT count(*) FROM bench_probe").fetchone() == (1,)
            direct.execute("DROP TABLE bench_probe")

    def test_resets_open_connections(self, proxy, database):
        connection = connect(proxy, database)
        connection.execute("SELECT 1")
        proxy.reset_all()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")

    def test_swallows_bytes_as_a_black_hole(self, proxy):
        proxy.black_hole(True)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=0.5) as raw:
            raw.sendall(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")  # an SSLRequest, which the server answers with one byte
            with pytest.raises(TimeoutError):
                raw.recv(1)

    def test_delays_both_directions(self, proxy):
        proxy.delay(0.2)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as raw:
            started = time.monotonic()
            raw.sendall(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")
            assert raw.recv(1) == b"N"
            assert time.monotonic() - started >= 0.4

    def test_refuses_new_connections(self, proxy, database):
        proxy.refuse(True)
        with pytest.raises(psycopg.OperationalError):
            connect(proxy, database)

    def test_half_closes_towards_clients(self, proxy):
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as raw:
            deadline = time.monotonic() + 10
            while not proxy._pairs:  # the proxy reaches the server in its own time
                assert time.monotonic() < deadline
                time.sleep(0.01)
            proxy.half_close_all()
            assert raw.recv(1) == b""

    def test_hands_on_a_reset_of_the_server(self):
        """Found by the storm: a killed PostgreSQL reset its end, and a web process waited on ours for ever."""
        with socket.create_server(("127.0.0.1", 0)) as server, FaultProxy(upstream=server.getsockname()) as running:
            with socket.create_connection(("127.0.0.1", running.port), timeout=20) as client:
                client.sendall(b"hello")
                there, _ = server.accept()
                there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                there.close()  # says RST, as a server that dies with unread bytes does
                with contextlib.suppress(ConnectionResetError):
                    assert client.recv(1) == b""  # and not a TimeoutError
