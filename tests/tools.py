"""
Tools from outside: a Chromium and a redis-server, where the machine has them.

Where one is missing its tests are not run, and the run says so at its end; with CI=true a missing tool is a failure.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NOT_RUN = "not run: "
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_MS = 45_000  # what a busy machine may take for what a quiet one does at once
TOO_WIDE = """(() => { const root = document.documentElement, wide = root.clientWidth;
    if (root.scrollWidth <= wide) return [];
    const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > wide);
    return [`${root.scrollWidth} of ${wide} pixels`, ...out.map(e => e.outerHTML.slice(0, 120))] })()"""
CHROMIUM_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Headless browsers call themselves so, and missions refuse them (campaigns/origins.py); these are people's.
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
)


def missing(tool: str) -> NoReturn:
    """End a test that needs a tool this machine lacks."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{tool} is missing, and CI=true allows no gaps", pytrace=False)
    pytest.skip(f"{NOT_RUN}{tool} is missing")


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Give tests with a Chromium one second look.

    A browser beside a whole product on two cores loses a race now and then that no visitor has. What no browser takes part in,
    and a proof that is not green, never get one.
    """
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1, rerun_except="NotGreenError"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in full what failed before a second look passed, and name what was not run, once per reason."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"second look: {report.nodeid}")
        terminalreporter.line(report.longreprtext)
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if NOT_RUN in text:
            reason = text.split(NOT_RUN, 1)[1]
            reasons[reason] = reasons.get(reason, 0) + 1
    if reasons:
        terminalreporter.section("not run")
        for reason, count in sorted(reasons.items()):
            terminalreporter.line(f"{count} tests: {reason}")


# ---- Chromium ----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    return next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None) or missing("Chromium")


@pytest.fixture(scope="session")
def browser(chromium: str) -> "Iterator[Browser]":
    """One headless Chromium for the tests of this process."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    flags = [*CHROMIUM_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield started
        started.close()


def _page(browser: "Browser", **options: Any) -> "Iterator[Page]":
    """A page of its own; the test fails when a script of ours raised or the content policy refused something of ours."""
    context = browser.new_context(locale="ko-KR", timezone_id="Asia/Seoul", **options)
    context.set_default_timeout(PATIENCE_MS)
    page, faults = context.new_page(), []
    context.on("weberror", lambda error: faults.append(f"{error.page and error.page.url}: {error.error}"))
    context.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    assert faults == []


def sideways(page: "Page") -> list[str]:
    """What sticks out at the right of a page once its styles are there; [] where nobody has to push it sideways."""
    from playwright.sync_api import Error

    page.wait_for_load_state("load")
    try:
        return list(page.evaluate(TOO_WIDE))
    except Error:  # it was just on its way to the next page
        page.wait_for_load_state("load")
        return list(page.evaluate(TOO_WIDE))


def comes_back(page: "Page") -> None:
    """Tell a page that its tab is seen again, as a browser with a screen does when the one before it closes."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.fixture
def browser_page(browser: "Browser") -> "Iterator[Page]":
    """A desktop page, 1280 × 900."""
    yield from _page(browser, viewport={"width": 1280, "height": 900})


@pytest.fixture
def phone_page(browser: "Browser") -> "Iterator[Page]":
    """A phone page, 390 × 844, with touch."""
    yield from _page(browser, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, device_scale_factor=2)


# ---- Redis -------------------------------------------------------------------------------------------------------------
class RedisServer:
    """A redis-server of our own on a free port, without persistence; it can be stopped and started again on that port."""

    def __init__(self, *, folder: Path, port: int = 0) -> None:
        self.folder, self.port = folder, port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start and wait until it answers."""
        where = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(["redis-server", *where, "--save", "", "--appendonly", "no"], stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                if self.say("PING") == b"+PONG\r\n":
                    return self
            except OSError:
                if time.monotonic() > deadline:
                    self.stop()
                    raise
                time.sleep(0.02)

    def stop(self) -> None:
        """End it and wait."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def say(self, command: str) -> bytes:
        """One inline command, e.g. FLUSHALL; the raw answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(command.encode() + b"\r\n")
            return connection.recv(65_536)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A running redis-server that only this test knows."""
    if shutil.which("redis-server") is None:
        missing("redis-server")
    server = RedisServer(folder=tmp_path).start()
    yield server
    server.stop()


class SilentServer:
    """Accepts every connection and never says a word, like a host behind a broken firewall."""

    def __init__(self, *, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port = int(self._listener.getsockname()[1])

    def close(self) -> None:
        """Refuse from now on."""
        self._listener.close()


@pytest.fixture
def silent_server() -> Iterator[SilentServer]:
    """A port that swallows everything."""
    server = SilentServer()
    yield server
    server.close()
