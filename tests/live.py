"""
The product as real processes, for journeys and for races between processes: web, relay, sandbox, and a worker if wanted.

They use the test database of this pytest worker, so what the test commits they see, and the other way round.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx
import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.sandbox_process import SandboxProcess
from tests.tools import free_port

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180
STOP_SECONDS = 10


class LiveProduct:
    """
    The running product.

    origin: where all three portals answer.   sandbox: the stand-ins (`.control(...)`).   folder: logs and the queue.
    environment: what the product's processes are told; give it to processes of your own.
    """

    def __init__(
        self, *, folder: Path, database_url: str, workers: int = 2, queue_worker: bool = False, environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder, self.workers, self.queue_worker = folder, workers, queue_worker
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.sandbox = SandboxProcess(
            data=folder / "sandbox.sqlite3",
            environment={
                "SANDBOX_WEBHOOK_URL": f"{self.origin}/payments/webhooks/portone/",
                "SANDBOX_TOSS_WEBHOOK_URL": f"{self.origin}/payments/webhooks/toss/",
            },
        )
        inherited = {name: value for name, value in os.environ.items() if name not in ("DJANGO_ALLOW_ASYNC_UNSAFE", "CI")}
        self.environment = {
            **inherited,
            "ENVIRONMENT": "test",
            "DATABASE_URL": database_url,
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox.port),
            "QUEUE_DIR": str(folder / "queue"),
            "LANDING_STAND_IN_URL": f"{self.sandbox.base_url}/landing",
            "SMS_CHANNEL": "common.solapi.SolapiSms",
            "EMAIL_BACKEND": "common.messaging.InboxEmailBackend",
            **(environment or {}),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> Self:
        """Start everything and wait until the web answers /readyz."""
        try:
            self.sandbox.start()
            self.spawn(
                "web", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port),
                "--workers", str(self.workers), "--blocking-threads", "8", "--log-level", "warning", "config.wsgi:application",
            )  # fmt: skip
            if self.queue_worker:
                self.spawn("relay", "manage", "relay")
                self.spawn(
                    "worker", "celery", "-A", "config", "worker", "-B", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"
                )
            self._wait_for_web()
        except BaseException:
            self.stop()
            raise
        return self

    def spawn(self, name: str, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `python -m <module> …` in the product's environment; its output goes to <folder>/<name>.log."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        return self.processes[name]

    @contextmanager
    def working(self) -> Iterator[None]:
        """
        A relay that works alone, for as long as one test lasts: while it runs, every due effect in the test database is its own, and
        it would carry out those of other tests at the wrong sandbox.
        """
        self.spawn("relay", "manage", "relay", "--alone")
        try:
            yield
        finally:
            self.end("relay")

    def stop(self) -> None:
        """End every process of ours and wait."""
        self.end(*self.processes)
        self.sandbox.stop()

    def end(self, *names: str) -> None:
        """End these processes and wait."""
        ended = [self.processes.pop(name) for name in names]
        for process in ended:
            process.terminate()
        for process in ended:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # its session is its own, so this reaches its children only
                process.wait()

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command beside the running product; the caller looks at returncode and output."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300, check=False)

    def log(self, name: str) -> str:
        """What a process has written so far."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if httpx.get(f"{self.origin}/readyz", timeout=5, trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            ended = [name for name, process in self.processes.items() if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                raise RuntimeError(f"the product did not start; ended: {ended}; web said: {self.log('web')[-3000:]}")
            time.sleep(0.1)


def database_url() -> str:
    """The address of this pytest worker's own test database."""
    from django.db import connection

    row: dict[str, Any] = connection.settings_dict
    user, password, host, port = (quote(str(row.get(name) or ""), safe="") for name in ("USER", "PASSWORD", "HOST", "PORT"))
    secret, at_port = (f":{password}" if password else ""), (f":{port}" if port else "")
    return f"postgresql://{user}{secret}@{host}{at_port}/{row['NAME']}"


@pytest.fixture(scope="session")
def _live_processes(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveProduct]:
    with django_db_blocker.unblock():
        product = LiveProduct(folder=tmp_path_factory.mktemp("product"), database_url=database_url()).start()
    yield product
    product.stop()


@pytest.fixture
def live_product(transactional_db: None, _live_processes: LiveProduct, settings: Any) -> Iterator[LiveProduct]:
    """
    The product on a socket with two web processes, a relay that works alone, and an empty sandbox; code that the test
    itself calls meets the same sandbox and makes links to the same origin.
    """
    product = _live_processes
    product.sandbox.reset()
    settings.PORTONE_BASE_URL = product.sandbox.portone_url
    settings.PORTONE_SDK_URL = f"{product.sandbox.portone_url}/browser-sdk.js"
    settings.PORTONE_BROWSER_HOSTS = [product.sandbox.base_url]
    settings.TOSS_BASE_URL = f"{product.sandbox.base_url}/toss"
    settings.TOSS_SDK_URL = f"{product.sandbox.base_url}/toss/v2/standard"
    settings.TOSS_BROWSER_HOSTS = [product.sandbox.base_url]
    settings.PORTAL_ORIGINS = dict.fromkeys(settings.PORTAL_ORIGINS, product.origin)
    with product.working():
        yield product


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in a hook of the same name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the running product share one pytest worker, so that two products never fight for the machine."""
    for item in items:
        if "_live_processes" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("live"))
