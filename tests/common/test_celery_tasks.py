"""A worker knows every task: those of all apps, and those that beat and the relay call by name."""

import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent.parent
WORKER = """
import django
django.setup()
from config.celery import app
app.loader.import_default_modules()
print(*sorted(name for name in app.tasks if not name.startswith("celery.")), sep="\\n")
"""


def written() -> set[str]:
    """Names of the tasks in the sources."""
    paths = [path for path in ROOT.glob("*/*tasks*") if path.name == "tasks" or path.name.endswith("tasks.py")]
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*.py"))]
    return {name for file in files for name in re.findall(r'@shared_task\(name="([a-z_.]+)"', file.read_text())}


class TestRegisteredTasks:
    def test_are_those_of_every_app(self) -> None:
        """In a process of its own, as a worker starts: nothing was imported by a test before."""
        done = subprocess.run([sys.executable, "-c", WORKER], cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stderr
        registered = set(done.stdout.split())
        assert registered == written()
        assert {name.split(".")[0] for name in registered} >= {"common", "credits", "payments", "campaigns"}
        assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= registered
        assert "common.work_effect" in registered, "the relay calls it by this name"

    def test_have_no_name_that_celery_made_up(self) -> None:
        """A name made of the module's path would change when a file moves, and messages on the way would be lost."""
        sources = [path for path in ROOT.glob("*/**/*.py") if path.parts[len(ROOT.parts)] not in (".venv", "var", "node_modules", "tests")]
        assert [str(path) for path in sources if re.search(r"@shared_task(?!\(name=)|@app\.task", path.read_text())] == []
