"""The machine's time zone changes nothing: days are days in Seoul, moments are aware, the sandbox writes UTC."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ZONES = ("UTC", "Asia/Seoul", "America/New_York")
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
