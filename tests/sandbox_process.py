"""The sandbox as a process of its own, for every test that needs an outside service. It shares nothing with the tests but HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180.0
STOP_SECONDS = 10.0


class SandboxProcess:
    """
    `python -m sandbox` on a free port with its own data file.

        sandbox = SandboxProcess(data=tmp_path / "sandbox.sqlite3")
        with sandbox:
            sandbox.control("POST", "/payments", {"request": {...}})

    environment: SANDBOX_* variables that differ from the defaults.
    """

    def __init__(self, *, data: Path, environment: Mapping[str, str] | None = None) -> None:
        self.data = data
        self.port = _free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.portone_url = f"{self.base_url}/portone"
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(base_url=self.base_url, timeout=70, trust_env=False)

    def start(self) -> Self:
        """Start and wait until it answers. The port stays the same over restarts."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--port", str(self.port), "--data", str(self.data)],
            cwd=ROOT,
            env={**inherited, **self._environment},
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._process.poll() is not None:
                raise RuntimeError(f"the sandbox ended with {self._process.returncode} at start")
            try:
                if self._client.get("/healthz").status_code == 200:
                    return self
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    self.stop()
                    raise
            time.sleep(0.05)

    def stop(self) -> None:
        """End it and wait."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Stop and start on the same book and port."""
        self.stop()
        self.start()

    def reset(self) -> None:
        """Forget everything: payments, faults, clock, messages."""
        self.control("POST", "/reset")

    def control(self, method: str, path: str, /, json: Any = None, **query: str) -> Any:
        """
        One control operation below `/_control`; returns its JSON.

        :raises AssertionError: the sandbox refused it; a test that scripts the sandbox means what it says.
        """
        response = self._client.request(method, f"/_control{path}", json=json, params=query or None)
        assert response.status_code == 200, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any request to the sandbox, as is."""
        return self._client.request(method, path, **options)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()
        self._client.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
