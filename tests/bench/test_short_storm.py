"""A short storm, by the same code and with the same verdict as the long one of `make storm`."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from bench.processes import ROOT, VICTIMS
from tests.tools import missing

OPERATIONS, KILLS, DROPS = 200, len(VICTIMS), 4


@pytest.mark.redis
@pytest.mark.timeout(900)  # under a minute on a quiet machine; a busy one may need many times that
@pytest.mark.xdist_group("live")
def test_a_short_storm_loses_and_doubles_nothing() -> None:
    if shutil.which("redis-server") is None:
        missing("redis-server")
    result = ROOT / "var" / "storm-short.json"
    plan = {"operations": OPERATIONS, "kills": KILLS, "drops": DROPS, "faults": 6, "patience": 2}
    plan |= {"folder": ROOT / "var" / "storm-short", "result": result}
    options = [part for name, value in plan.items() for part in (f"--{name}", str(value))]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}

    done = subprocess.run(
        [sys.executable, "-m", "bench.storm", *options], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=880, check=False
    )

    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    assert "storm: the money is right" in done.stdout
    told = json.loads(result.read_text())
    assert told["findings"] == []
    assert told["operations"] >= OPERATIONS
    assert told["kills"] == dict.fromkeys(VICTIMS, 1)
    assert told["commits unanswered"] >= DROPS
    assert told["books"]["money"]["won captured by the card company"] == told["books"]["money"]["won of credited orders"] > 0
