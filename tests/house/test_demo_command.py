"""DEV-01: `make demo` itself, in a copy of this checkout: a database of its own, every process, people who can sign in, and a clean end."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live import ROOT
from tests.tools import free_port

MADE = shutil.ignore_patterns("var", ".venv", "node_modules", ".git", "__pycache__", ".*_cache", ".hypothesis")
START_SECONDS = 300  # a machine that runs other tests beside it
PROCESSES = {"web", "relay", "worker", "beat", "sandbox"}


class Demo:
    """A copy of the checkout in which the demo is started and stopped, as somebody at a terminal would."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.sandbox_port = folder, free_port(), free_port()
        self.web = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=60)
        kept = ("PATH", "HOME", "LANG", "PYTHONDONTWRITEBYTECODE")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ}
        self.environment |= {"PORT": str(self.port), "SANDBOX_PORT": str(self.sandbox_port), "PYTHONUNBUFFERED": "1"}
        self.log = folder.parent / "demo.log"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """`python -m config.supervisor …` to its end."""
        line = [sys.executable, "-m", "config.supervisor", *arguments]
        return subprocess.run(
            line, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=300, check=False, **options
        )

    def start(self) -> None:
        """Start it and wait until it says who may sign in."""
        began = time.monotonic()
        self.log.write_bytes(b"")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.supervisor", "demo"],
                cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        while "owner@demo.boost" not in self.said():
            assert self.process.poll() is None, self.said()[-3000:]
            assert time.monotonic() - began < START_SECONDS, self.said()[-3000:]
            time.sleep(0.2)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def pids(self) -> dict[str, int]:
        return {path.stem: int(path.read_text()) for path in (self.folder / "var" / "run").glob("*.pid")}

    def stop(self) -> int:
        """Ctrl-C at the terminal: every process of the group hears it. The exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(120)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo") / "boost"
    shutil.copytree(ROOT, folder, ignore=MADE)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "var").mkdir()
    shutil.copy(ROOT / "var" / "assets.sum", folder / "var" / "assets.sum")
    demo = Demo(folder)
    demo.start()
    yield demo
    demo.stop()
    demo.command("stop")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.xdist_group("demo")
class TestMakeDemo:
    def test_dev_01_serves_all_three_portals_and_the_sandbox_on_one_command(self, demo):
        for address in ("/", "/luckffle/", "/backoffice/login/", "/pricing/", "/api/v1/openapi.json", "/readyz"):
            assert demo.web.get(address, follow_redirects=True).status_code == 200, address
        assert httpx.get(f"http://127.0.0.1:{demo.sandbox_port}/", trust_env=False).status_code == 200
        assert set(demo.pids()) == PROCESSES
        assert all(is_alive(pid) for pid in demo.pids().values())

    def test_dev_01_says_where_everything_is_and_who_may_sign_in(self, demo):
        for word in (f"127.0.0.1:{demo.port}", f"127.0.0.1:{demo.sandbox_port}", "owner@demo.boost", "010-0000-0001", "boost-demo-1234!"):
            assert word in demo.said()

    def test_dev_01_the_books_of_the_demo_agree(self, demo):
        assert demo.command("manage", "verify_ledger").returncode == 0

    def test_a_second_one_from_the_same_folder_or_on_a_taken_port_is_told_in_a_sentence(self, demo):
        second = demo.command("demo")
        assert (second.returncode, "Traceback" in second.stderr) == (2, False)
        assert f"Port {demo.port}" in second.stderr

    def test_ends_completely_and_starts_again_with_everything(self, demo):
        before = demo.pids()
        assert demo.stop() == 0, demo.said()[-3000:]
        assert [name for name, pid in before.items() if is_alive(pid)] == []
        assert not listens(demo.port)
        assert not listens(demo.sandbox_port)
        demo.start()
        assert set(demo.pids()) == PROCESSES
        assert demo.command("manage", "verify_ledger").returncode == 0
