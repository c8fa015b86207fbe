"""DEV-02: the suite itself. It reaches no other machine, and its order is chance."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from pytest_socket import SocketConnectBlockedError

ROOT = Path(__file__).resolve().parent.parent.parent
FRESH_CLONE = """
import sys
from pathlib import Path
from config import embedded
embedded.TEST_DATA = Path(sys.argv[1]) / "var" / "postgres-test"
embedded.start = lambda data, *, durable: f"postgresql:///{data.name}"
import tests.plugin
"""


class TestDev02:
    @pytest.mark.parametrize("address", [("192.0.2.1", 443), ("198.51.100.7", 25)])
    def test_dev_02_no_test_reaches_another_machine(self, address):
        with pytest.raises(SocketConnectBlockedError):
            socket.create_connection(address, timeout=1)

    def test_dev_02_a_library_that_tries_fails_the_test_by_name(self):
        with pytest.raises(SocketConnectBlockedError, match=r"192\.0\.2\.1"):
            requests.get("http://192.0.2.1/", timeout=1)

    def test_dev_02_runs_in_another_order_every_time(self, pytestconfig):
        assert pytestconfig.pluginmanager.hasplugin("randomly")
        assert pytestconfig.getoption("randomly_reorganize")

    def test_dev_02_starts_in_a_clone_that_has_no_folder_for_what_it_makes(self, tmp_path):
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        command = [sys.executable, "-c", FRESH_CLONE, str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert (tmp_path / "var" / "tests.lock").is_file()
