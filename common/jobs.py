"""
When each job of the clock last came to its end, so that operators see one that stands still.

The Celery application makes every task a RecordedTask; only tasks that beat sends are written down.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import Task
from django.conf import settings
from django.utils import timezone

from common.models import JobRun

_ROUNDS, _LEAST, _DAY = 3, timedelta(minutes=5), timedelta(hours=25)  # every job that is no interval is a daily one


class RecordedTask(Task):  # type: ignore[misc, type-arg]
    """A task whose end is written down when beat sends it."""

    def on_success(self, retval: Any, task_id: str, args: Any, kwargs: Mapping[str, Any]) -> None:
        """It came to its end."""
        record(self.name, at=timezone.now())

    def on_failure(self, exc: BaseException, task_id: str, args: Any, kwargs: Mapping[str, Any], einfo: Any) -> None:
        """It broke; only the name of what was raised is kept."""
        record(self.name, at=timezone.now(), failure=type(exc).__name__)


def scheduled() -> dict[str, timedelta]:
    """Every job that beat sends, and how long it may be silent."""
    jobs = settings.CELERY_BEAT_SCHEDULE.values()
    return {job["task"]: _patience(job["schedule"]) for job in jobs}


def _patience(schedule: Any) -> timedelta:
    return max(timedelta(seconds=schedule) * _ROUNDS, _LEAST) if isinstance(schedule, int | float) else _DAY


def record(name: str, *, at: datetime, failure: str = "") -> None:
    """Keep when a job ended, and how. Tasks that beat does not send leave no trace."""
    if name not in scheduled():
        return
    ended = {"failed_at": at, "failure": failure[:100]} if failure else {"succeeded_at": at}
    JobRun.objects.bulk_create([JobRun(name=name, **ended)], update_conflicts=True, unique_fields=["name"], update_fields=list(ended))


@dataclass(frozen=True, slots=True)
class Job:
    """One job of the clock. run: its last ends, None before the first.   is_late: silent for too long.   is_broken: it failed last."""

    name: str
    run: JobRun | None
    is_late: bool

    @property
    def is_broken(self) -> bool:
        failed, succeeded = (self.run.failed_at, self.run.succeeded_at) if self.run else (None, None)
        return failed is not None and (succeeded is None or failed > succeeded)


def jobs(*, at: datetime) -> tuple[Job, ...]:
    """Every job that beat sends, by name. One query."""
    runs = JobRun.objects.in_bulk(field_name="name")
    return tuple(_job(name, runs.get(name), at - patience) for name, patience in sorted(scheduled().items()))


def _job(name: str, run: JobRun | None, since: datetime) -> Job:
    last = run.succeeded_at if run else None
    return Job(name, run, is_late=last is None or last < since)
