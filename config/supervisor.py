"""
Running the whole product on one machine: `make demo`, `make apps`, `make shell`.

Starts the embedded PostgreSQL (unless DATABASE_URL names another), migrates, loads demo data, then runs web, relay, worker
with beat, and the sandbox under honcho until Ctrl-C or until one of them ends; then stops everything, the database too.
"""

import argparse
import fcntl
import os
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from honcho.manager import Manager

from config import assets, embedded

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
RUN_DIR = VAR_DIR / "run"  # <process>.pid, one for each process
START_SECONDS = 180
APP_PORTS = {"advertiser": 3004, "luckffle": 3005, "backoffice": 3006}


class CannotStart(Exception):
    """Something on this machine is in the way; the message says what to do."""


@dataclass(frozen=True)
class Program:
    """One process. `also`: a second name under which its pid is written. `environment`: what only it is told."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    also: str = ""

    def shell(self) -> str:
        """A command line that writes the pid file and then becomes the process."""
        names = [self.name, *([self.also] if self.also else [])]
        pids = " ".join(f"echo $$ > {shlex.quote(str(RUN_DIR / name))}.pid;" for name in names)
        return f"{pids} exec {shlex.join(self.command)}"


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m config.supervisor")
    actions = parser.add_subparsers(dest="action", required=True)
    for name in ("demo", "apps"):
        actions.add_parser(name).add_argument("--reset", action="store_true", help="forget the demo database and start over")
    actions.add_parser("manage").add_argument("arguments", nargs=argparse.REMAINDER)
    actions.add_parser("stop")
    options = parser.parse_args()
    try:
        if options.action == "manage":
            return _manage(options.arguments)
        if options.action == "stop":
            embedded.stop()
            return 0
        return _run(apps=options.action == "apps", reset=options.reset)
    except CannotStart as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except assets.AssetsNotBuilt:
        print("The styles could not be built: npm's message is above.", file=sys.stderr)
        return 2


def _run(*, apps: bool, reset: bool) -> int:
    """Everything, until it is told to end."""
    sandbox_port = _port("SANDBOX_PORT", 8001)
    web_ports = APP_PORTS if apps else {"web": _port("PORT", 8000)}
    for name, port in {**web_ports, "sandbox": sandbox_port}.items():
        _require_free(port, name=name)
    with _only_one(), _database(reset=reset):
        os.environ.update(_environment(web_ports, sandbox_port=sandbox_port))
        assets.build()
        _load_demo(sandbox_port=sandbox_port)
        manager = Manager()
        for program in _programs(web_ports, sandbox_port=sandbox_port):
            manager.add_process(program.name, program.shell(), env={**os.environ, **program.environment}, cwd=str(BASE_DIR))
        threading.Thread(target=_announce, args=(web_ports,), daemon=True).start()
        try:
            manager.loop()
        finally:
            for left in RUN_DIR.glob("*.pid"):
                left.unlink()
        return 0 if manager.returncode in (130, 143) else int(manager.returncode or 0)


def _load_demo(*, sandbox_port: int) -> None:
    """Migrate and load; top-ups of the demo are paid at the sandbox, so it runs meanwhile. The second time nothing is left to do."""
    sandbox = subprocess.Popen(_sandbox_command(sandbox_port), cwd=BASE_DIR)
    try:
        _wait_for(f"http://127.0.0.1:{sandbox_port}/healthz", alive=lambda: sandbox.poll() is None)
        done = subprocess.run([sys.executable, "manage.py", "load_demo", "--prepare"], cwd=BASE_DIR, check=False)
    finally:
        sandbox.terminate()
        sandbox.wait()
    if done.returncode != 0:
        raise CannotStart("The database could not be prepared; the message is above.")


def _sandbox_command(port: int) -> tuple[str, ...]:
    return (sys.executable, "-m", "sandbox", "--port", str(port), "--data", str(VAR_DIR / "sandbox.sqlite3"))


def _programs(web_ports: Mapping[str, int], *, sandbox_port: int) -> Iterator[Program]:
    """The processes of the product."""
    python = sys.executable
    for name, port in web_ports.items():
        web = ("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1" if len(web_ports) > 1 else "2")
        limits = ("--blocking-threads", "8", "--log-level", "error")
        portal = {"PORTALS": name} if name in APP_PORTS else {}
        yield Program(name, (python, "-m", "granian", *web, *limits, "config.wsgi:application"), {"PORT": str(port), **portal})
    yield Program("relay", (python, "manage.py", "relay"))
    celery = (
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config",
        "worker",
        "--beat",
        "--pool",
        "threads",
        "--concurrency",
        "4",
        "--loglevel",
        "WARNING",
    )
    yield Program("worker", (python, *celery), also="beat")
    yield Program("sandbox", _sandbox_command(sandbox_port))


def _environment(web_ports: Mapping[str, int], *, sandbox_port: int) -> dict[str, str]:
    """What every process is told."""
    first = next(iter(web_ports.values()))
    origins = {f"{portal.upper()}_ORIGIN": f"http://127.0.0.1:{web_ports.get(portal, first)}" for portal in APP_PORTS}
    return {
        "ENVIRONMENT": "demo",
        "PORT": str(first),
        "SANDBOX_PORT": str(sandbox_port),
        "SANDBOX_WEBHOOK_URL": f"{origins['ADVERTISER_ORIGIN']}/payments/webhooks/portone/",
        "SANDBOX_TOSS_WEBHOOK_URL": f"{origins['ADVERTISER_ORIGIN']}/payments/webhooks/toss/",
        "SANDBOX_SOLAPI_WEBHOOK_URL": f"{origins['ADVERTISER_ORIGIN']}/messages/webhooks/solapi/sandbox-webhook-token/",
        "SANDBOX_OFFERWALL_CALLBACK_URL": f"{origins['ADVERTISER_ORIGIN']}/postbacks/offerwalls/",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",  # as root it advises against root on every start
        **origins,
    }


def _announce(web_ports: Mapping[str, int]) -> None:
    """Wait until the product answers, then say where everything is and who may sign in."""
    for port in web_ports.values():
        if not _wait_for(f"http://127.0.0.1:{port}/readyz"):
            return  # the processes' own lines say why
    subprocess.run([sys.executable, "manage.py", "load_demo", "--show"], cwd=BASE_DIR, check=False)


def _wait_for(url: str, *, alive: Callable[[], bool] = lambda: True) -> bool:
    """Wait until the address answers; False when START_SECONDS passed or the process died."""
    deadline = time.monotonic() + START_SECONDS
    while not _answers(url):
        if time.monotonic() > deadline or not alive():
            return False
        time.sleep(0.1)
    return True


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  (a loopback address made here)
            return bool(answer.status == 200)
    except OSError:
        return False


def _manage(arguments: list[str]) -> int:
    """One management command on the demo database; a server that was not running is stopped again afterwards."""
    running = "DATABASE_URL" in os.environ or embedded.is_running()
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = embedded.start()
    os.environ.setdefault("ENVIRONMENT", "demo")
    try:
        return subprocess.run([sys.executable, "manage.py", *arguments], cwd=BASE_DIR, check=False).returncode
    finally:
        if not running:
            embedded.stop()


@contextmanager
def _database(*, reset: bool) -> Iterator[None]:
    """DATABASE_URL for the children: the one that is set, or that of the embedded server, which is stopped at the end."""
    if os.environ.get("DATABASE_URL"):
        if reset:
            raise CannotStart("--reset forgets the embedded demo database only; empty the database of DATABASE_URL by its own means.")
        yield
        return
    if reset:
        embedded.stop()
        for made in (embedded.DEMO_DATA, VAR_DIR / "celery", VAR_DIR / "media"):
            shutil.rmtree(made, ignore_errors=True)
        for made in VAR_DIR.glob("sandbox.sqlite3*"):
            made.unlink()
    try:
        os.environ["DATABASE_URL"] = embedded.start()
    except embedded.CannotRun as refusal:
        raise CannotStart(str(refusal)) from refusal
    try:
        yield
    finally:
        embedded.stop()


@contextmanager
def _only_one() -> Iterator[None]:
    """:raises CannotStart: the product already runs from this folder."""
    RUN_DIR.mkdir(parents=True, exist_ok=True)
    with (RUN_DIR / "supervisor.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise CannotStart("The product already runs from this folder; stop it there with Ctrl-C first.") from exc
        yield


def _port(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isdigit() or not 0 < int(value) < 65_536:
        raise CannotStart(f"{name} must be a port number, not {value!r}.")
    return int(value)


def _require_free(port: int, *, name: str) -> None:
    """:raises CannotStart: somebody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            advice = {"web": f"make demo PORT={port + 100}", "sandbox": f"make demo SANDBOX_PORT={port + 100}"}
            other = f" Choose another one, for example: {advice[name]}" if name in advice else " Stop the program that uses it."
            raise CannotStart(f"Port {port} (for {name}) cannot be used: {exc.strerror}.{other}") from exc


if __name__ == "__main__":
    sys.exit(main())
