"""The judge of `make bench`: it counts right, pairs right, and says no when it must."""

import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar

import pytest

from bench import goals, load
from bench.__main__ import exit_code
from bench.measure import Book, Cpu, Reading, interleave
from tests.tools import NOT_RUN


def book(**rates: list[float]) -> Book:
    made = Book()
    for name, values in rates.items():
        for rate in values:
            made.add(name, Reading(count=1, rate=rate))
    return made


class TestRatio:
    def test_it_is_the_median_of_the_pairs_not_the_ratio_of_the_medians(self) -> None:
        assert book(ours=[10, 30, 80], theirs=[100, 100, 200]).ratio("ours", "theirs") == 0.3

    def test_a_pair_with_a_missing_side_is_refused(self) -> None:
        with pytest.raises(ValueError):
            book(ours=[10, 30], theirs=[100]).ratio("ours", "theirs")

    def test_sides_change_their_order_every_turn(self) -> None:
        order: list[str] = []

        def side(name: str) -> Reading:
            order.append(name)
            return Reading(count=1, rate=1)

        made = Book()
        for turn in range(2):
            interleave(made, {"a": lambda: side("a"), "b": lambda: side("b")}, turn=turn)
        assert order == ["a", "b", "b", "a"]


class TestGoals:
    def test_the_file_reads_and_names_every_goal_once(self) -> None:
        names = [goal.name for goal in goals.read()]
        assert names
        assert len(set(names)) == len(names)

    def test_reached_and_missed_at_the_bound(self) -> None:
        at_least = goals.Goal(name="", why="", over="a", under="b", at_least=0.2)
        at_most = goals.Goal(name="", why="", over="a", under="b", at_most=1.08)
        assert (at_least.is_reached(0.2), at_least.is_reached(0.199)) == (True, False)
        assert (at_most.is_reached(1.08), at_most.is_reached(1.081)) == (True, False)

    def test_a_load_that_did_not_run_leaves_its_goal_unmeasured(self) -> None:
        goal = goals.Goal(name="", why="", over="ours", under="theirs", at_least=0.0)
        [judged] = goals.judge([goal], book(ours=[1]))
        assert (judged.ratio, judged.is_reached, judged.is_missed) == (None, False, False)

    def test_one_wrong_count_misses_the_goal_of_the_counts(self) -> None:
        [goal] = [goal for goal in goals.read() if goal.over == goals.WRONG]
        made = Book()
        made.check("rows", found=3, wanted=3)
        assert goals.judge([goal], made)[0].is_reached
        made.check("rows", found=2, wanted=3)
        assert goals.judge([goal], made)[0].is_missed

    def test_the_end_says_no_by_its_code(self) -> None:
        goal = goals.Goal(name="", why="", over="ours", under="theirs", at_least=0.5)
        good, bad, unknown = (goals.Judged(goal, ratio) for ratio in (0.5, 0.4, None))
        made = Book()
        assert [exit_code(made, [judged]) for judged in (good, bad, unknown)] == [0, 1, 1]
        made.leave_out("ours")
        assert exit_code(made, [good, unknown]) == 3
        made.check("rows", found=2, wanted=3)
        assert exit_code(made, [good]) == 1

    @pytest.mark.parametrize("bounds", ["", "at_least = 1\nat_most = 2\n", "at_leest = 1\n"])
    def test_a_goal_without_one_bound_is_refused(self, tmp_path: Path, bounds: str) -> None:
        path = tmp_path / "goals.toml"
        path.write_text(f'[[goal]]\nname = "x"\nwhy = ""\nover = "a"\nunder = "b"\n{bounds}')
        with pytest.raises((ValueError, TypeError)):
            goals.read(path)

    def test_a_wrong_count_is_a_finding(self) -> None:
        made = Book()
        made.check("rows", found=3, wanted=3)
        made.check("rows", found=2, wanted=3)
        assert (made.checks, made.findings) == (2, ["rows: 2 instead of 3"])


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers every POST with its body, 404 for /missing, late for /silence."""

    protocol_version = "HTTP/1.1"
    received: ClassVar[list[bytes]] = []

    def do_GET(self) -> None:
        self._answer(load.IDLE[1].encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append(body)
        if self.path == "/silence":
            time.sleep(3)
        self._answer(body)

    def _answer(self, body: bytes) -> None:
        self.send_response(HTTPStatus.NOT_FOUND if self.path == "/missing" else HTTPStatus.OK)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


class TestLoad:
    @pytest.fixture(autouse=True)
    def wrk(self) -> None:
        """Only the bench needs it, so a machine without it names what was not run, in CI too."""
        if not load.is_there():
            pytest.skip(f"{NOT_RUN}wrk is missing")

    def test_every_request_is_sent_once(self, port: int) -> None:
        Echo.received.clear()
        bodies = [str(n).encode() for n in range(50)]
        reading, statuses = load.send_all(
            [load.request("/", port=port, headers={}, body=body) for body in bodies], port=port, connections=4
        )
        assert sorted(Echo.received) == sorted(bodies)
        assert statuses == {200: 50}
        assert reading.count == 50
        assert reading.p50_ms is not None
        assert reading.p99_ms is not None
        assert 0 < reading.p50_ms <= reading.p99_ms

    def test_refusals_are_counted_as_what_they_are(self, port: int) -> None:
        requests = [load.request("/missing", port=port, headers={}), load.request("/", port=port, headers={})]
        _, statuses = load.send_all(requests, port=port, connections=1)
        assert statuses == {404: 1, 200: 1}

    def test_an_answer_that_is_missing_is_noticed(self, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(load, "SECONDS", 1)
        with pytest.raises(load.NoAnswer, match="1 of 2 answers are missing"):
            load.send_all([load.request(path, port=port, headers={}) for path in ("/", "/silence")], port=port, connections=1)


BURN = "import time; end = time.process_time() + 0.4\nwhile time.process_time() < end: pass"


class TestCpu:
    def test_our_own_work_is_not_counted_as_others(self) -> None:
        cpu = Cpu(lambda: [os.getpid()])
        with cpu.watch():
            end = time.process_time() + 0.4
            while time.process_time() < end:
                pass
        assert cpu.own_seconds >= 0.35
        assert cpu.applied(Reading(count=10, rate=1)).cpu_us >= 35_000

    def test_a_child_that_ended_is_ours(self) -> None:
        cpu = Cpu(lambda: [os.getpid()])
        with cpu.watch():
            subprocess.run([sys.executable, "-c", BURN], check=True)
        assert cpu.own_seconds >= 0.35

    def test_a_process_that_is_not_ours_counts_as_others(self) -> None:
        cpu = Cpu(list)
        with cpu.watch():
            subprocess.run([sys.executable, "-c", BURN], check=True)
        assert cpu.own_seconds == 0
        assert cpu.others > 0
