"""The machine's time zone changes nothing: days are days in Seoul, moments are aware, the sandbox writes UTC."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ZONES = ("UTC", "Asia/Seoul", "America/New_York")
OUTER_ZONES = ZONES[1:]
AROUND_MIDNIGHT = (
    "tests/payments/test_policy.py",
    "tests/payments/test_refund_matrix.py",
    "tests/campaigns/test_clock.py",
    "tests/credits/test_closing.py",
    "tests/credits/test_expire_lots.py",
)
PROBE = """
import time
from sandbox.clock import instant, parse_instant
print(instant().endswith("Z"), abs(parse_instant(instant()).timestamp() - time.time()) < 60)
import django
django.setup()
from datetime import UTC, datetime, timedelta
from django.db import connection
from django.template import Context, Template
from django.utils import timezone
from common.kst import day_from, day_of
moment = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
print(day_of(moment), day_from(day_of(moment)) == moment, Template("{{ m|date:'Y-m-d H:i' }}").render(Context({"m": moment})))
print(timezone.now().utcoffset(), datetime.now().astimezone().utcoffset())
with connection.cursor() as cursor:
    cursor.execute("SELECT current_setting('TimeZone'), (timestamptz '2026-11-24 15:00:00+00' AT TIME ZONE 'Asia/Seoul')::date")
    print(*cursor.fetchone())
"""


class TestTheMachinesZone:
    @pytest.mark.parametrize("zone", ZONES)
    def test_changes_nothing(self, zone: str) -> None:
        environment = {**os.environ, "TZ": zone}
        done = subprocess.run([sys.executable, "-c", PROBE], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [
            "True True",
            "2026-11-25 True 2026-11-25 00:00",
            "0:00:00 9:00:00",
            "UTC 2026-11-25",
        ]

    @pytest.mark.timeout(1200)  # a quarter of a minute each on a quiet machine
    @pytest.mark.parametrize("zone", OUTER_ZONES)
    def test_changes_nothing_for_the_tests_of_days_and_deadlines(self, zone: str) -> None:
        """They run once more as a process of their own, on a database of their own beside ours."""
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/zone_{zone.rpartition('/')[2].lower()}_{worker}").geturl()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment |= {"TZ": zone, "DATABASE_URL": database}
        command = [sys.executable, "-m", "pytest", *AROUND_MIDNIGHT, "-q", "-n", "0", "-p", "no:cacheprovider"]

        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1150, check=False)

        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        [passed] = re.findall(r"^(\d+) passed\b", done.stdout, re.MULTILINE)
        assert int(passed) > 50

    def test_is_never_asked_by_our_code(self) -> None:
        """ruff's DTZ rules are on, and nobody switches them off for a line."""
        pyproject = (ROOT / "pyproject.toml").read_text()
        assert re.search(r'select = \[[^\]]*"DTZ"', pyproject)
        folders = (
            "config",
            "common",
            "identity",
            "advertisers",
            "credits",
            "payments",
            "rewards",
            "campaigns",
            "inquiries",
            "backoffice",
            "sandbox",
        )
        texts = {path: path.read_text() for folder in folders for path in (ROOT / folder).rglob("*.py")}
        assert [str(path.relative_to(ROOT)) for path, text in texts.items() if re.search(r"noqa:[^\n]*DTZ", text)] == []
