"""DEV-02: the suite itself. It reaches no other machine, and its order is chance."""

import socket

import pytest
import requests
from pytest_socket import SocketConnectBlockedError


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
