"""
The product's processes for the storm, each of which can be killed and started again: PostgreSQL, Redis, the sandbox, two web
processes, relay, worker. What they say to each other passes through fault proxies.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

import httpx

from bench.proxy import FaultProxy
from config import embedded

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180
STOP_SECONDS = 10
WEBS = ("web-a", "web-b")
VICTIMS = (*WEBS, "relay", "worker", "redis", "postgres")


class DidNotStart(Exception):
    """A process ended, or did not answer in time; the message carries the end of its log."""


class Machine:
    """
    Everything that runs. Two addresses of the web: `origins`. `database_url` goes straight to PostgreSQL, past the proxy.

    folder: data, logs and the queue; it must not exist or be empty.   kills: by name.   ended: what ended although nobody killed it.
    """

    def __init__(self, *, folder: Path) -> None:
        if shutil.which("redis-server") is None:
            raise DidNotStart("the storm kills a Redis; install redis-server")
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ports = {name: free_port() for name in (*WEBS, "redis", "sandbox")}
        self.origins = tuple(f"http://127.0.0.1:{self.ports[name]}" for name in WEBS)
        self.sandbox_url = f"http://127.0.0.1:{self.ports['sandbox']}"
        self.database_url = ""
        self.proxies: dict[str, FaultProxy] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.kills: dict[str, int] = dict.fromkeys(VICTIMS, 0)
        self.ended: list[str] = []
        self.environment: dict[str, str] = {}

    # -- life -------------------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start everything, migrate, and wait until both web processes are ready."""
        self.database_url = embedded.start(self.folder / "postgres", database="storm")
        socket_folder = unquote(urlsplit(self.database_url).netloc.split("@")[1])
        self.proxies["postgres"] = FaultProxy(upstream=f"{socket_folder}/{embedded.SOCKET}").start()
        self.spawn("redis", *self._command("redis"))
        self.proxies["redis"] = FaultProxy(upstream=("127.0.0.1", self.ports["redis"])).start()
        self.proxies["sandbox"] = FaultProxy(upstream=("127.0.0.1", self.ports["sandbox"])).start()
        portone = f"http://127.0.0.1:{self.proxies['sandbox'].port}/portone"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("CI", "DJANGO_ALLOW_ASYNC_UNSAFE")},
            "ENVIRONMENT": "test",
            "DATABASE_URL": self.database_url,
            "SANDBOX_PORT": str(self.ports["sandbox"]),
            "PORTONE_BASE_URL": portone,
            "REDIS_URL": f"redis://127.0.0.1:{self.proxies['redis'].port}/0",
            "QUEUE_DIR": str(self.folder / "queue"),
            "SANDBOX_WEBHOOK_URL": f"{self.origins[0]}/payments/webhooks/portone/",
            "EMAIL_URL": "dummymail://",
            "LOG_LEVEL": "WARNING",
        }
        self.spawn("sandbox", *self._command("sandbox"))
        for arguments in (("migrate", "--verbosity", "0"), ("createcachetable",)):
            done = self.manage(*arguments)
            if done.returncode:
                raise DidNotStart(f"{arguments[0]}: {done.stderr[-2000:]}")
        # From here on the product sees the database through the proxy only.
        self.environment["DATABASE_URL"] = f"postgresql://postgres@127.0.0.1:{self.proxies['postgres'].port}/storm"
        for name in (*WEBS, "relay", "worker"):
            self.spawn(name, *self._command(name))
        self.wait_until_ready()
        return self

    def stop(self) -> None:
        """End every process, the proxies and the database."""
        self.end(*self.processes)
        for proxy in self.proxies.values():
            proxy.stop()
        embedded.stop(self.folder / "postgres")

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *error: object) -> None:
        self.stop()

    # -- single processes -------------------------------------------------------------------------------------------------

    def spawn(self, name: str, *command: str) -> None:
        """Start one process; what it writes is added to <folder>/<name>.log."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment or None, stdout=log, stderr=log, start_new_session=True
            )

    def end(self, *names: str) -> None:
        """End these processes for good, as a deploy would, and wait."""
        ending = [self.processes.pop(name) for name in names]
        for process in ending:
            process.terminate()
        for process in ending:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _kill_group(process)

    def kill(self, name: str) -> None:
        """SIGKILL a process with its children, as a power cut would, and start it again. Waits for the database only."""
        self.kills[name] += 1
        if name == "postgres":
            self._kill_postgres()
            self._restart_postgres()
            return
        _kill_group(self.processes[name])
        self.spawn(name, *self._command(name))

    def revive(self) -> None:
        """Start again what ended by itself. honcho would end everything, a container host would do this."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                self.ended.append(f"{name} ended with {process.returncode}")
                self.spawn(name, *self._command(name))

    def manage(self, *arguments: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False)

    def wait_until_ready(self) -> None:
        """
        Return when both web processes answer /readyz.

        :raises DidNotStart: not within START_SECONDS.
        """
        deadline = time.monotonic() + START_SECONDS
        for name, origin in zip(WEBS, self.origins, strict=True):
            while not _is_ready(origin):
                if time.monotonic() > deadline:
                    raise DidNotStart(f"{name}: {(self.folder / f'{name}.log').read_text(errors='replace')[-2000:]}")
                time.sleep(0.1)

    def _command(self, name: str) -> tuple[str, ...]:
        python = (sys.executable, "-m")
        if name in WEBS:
            port = str(self.ports[name])
            where: tuple[str, ...] = (
                "--interface",
                "wsgi",
                "--host",
                "127.0.0.1",
                "--port",
                port,
                "--workers",
                "1",
                "--blocking-threads",
                "8",
            )
            return (*python, "granian", *where, "--log-level", "warning", "config.wsgi:application")
        if name == "relay":
            return (sys.executable, "manage.py", "relay")
        if name == "worker":
            options = ("-B", "-s", str(self.folder / "beat"), "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING")
            return (*python, "celery", "-A", "config", "worker", *options)
        if name == "sandbox":
            return (*python, "sandbox", "--port", str(self.ports["sandbox"]), "--data", str(self.folder / "sandbox.sqlite3"))
        return (
            "redis-server", "--bind", "127.0.0.1", "--port", str(self.ports["redis"]),
            "--dir", str(self.folder), "--save", "", "--appendonly", "no",
        )  # fmt: skip

    # -- the database -----------------------------------------------------------------------------------------------------

    def _restart_postgres(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                embedded.restart(self.folder / "postgres")
                return
            except subprocess.CalledProcessError:
                # Backends of a killed postmaster need a moment to notice, and the next one waits for them.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def _kill_postgres(self) -> None:
        pid_file = self.folder / "postgres" / "postmaster.pid"
        pid = int(pid_file.read_text().split("\n", 1)[0])
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + STOP_SECONDS
        while Path(f"/proc/{pid}").exists():
            if time.monotonic() > deadline:  # nobody collects it (a container without an init): the next server would see its pid
                pid_file.unlink()
                return
            time.sleep(0.01)


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(origin: str) -> bool:
    try:
        return httpx.get(f"{origin}/readyz", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    """The process and what it started; its session is its own, so this reaches nobody else."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def environment_of(machine: Machine) -> Mapping[str, str]:
    """What a process beside the product is told: the database without the proxy."""
    return {**machine.environment, "DATABASE_URL": machine.database_url}
