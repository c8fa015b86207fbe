"""
How long personal data is kept: a table of rules, each with the job that destroys what is due.

    @retention.rule("advertisers.invitations", what="…", why="…", keep_days=90)
    def purge_invitations(until: datetime) -> int: ...      # destroys what ended before `until`; how many rows

Apps declare rules in their `tasks` module; a nightly task runs every one of them and notes what it did.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from common import handlers
from identity.models import RetentionRule

Job = Callable[[datetime], int]


@dataclass(frozen=True, slots=True)
class Rule:
    """One declared rule. job: None for history that nothing destroys.   counting: says the same number and destroys nothing."""

    key: str
    what: str
    why: str
    keep_days: int
    job: Job | None
    counting: Job | None = None


_RULES: dict[str, Rule] = {}


def rule(key: str, *, what: str, why: str, keep_days: int, counting: Job | None = None) -> Callable[[Job], Job]:
    """
    Decorator: declare a rule and the job that carries it out.

    counting: for a job that destroys files before its commit, which nothing takes back; the others are rehearsed.
    """

    def declare(job: Job) -> Job:
        _add(Rule(key, what, why, keep_days, job, counting))
        return job

    return declare


def kept(key: str, *, what: str, why: str, keep_days: int) -> None:
    """Declare history that is kept at least so long and that no job destroys."""
    _add(Rule(key, what, why, keep_days, None))


def _add(declared: Rule) -> None:
    if _RULES.setdefault(declared.key, declared).what != declared.what:
        raise RuntimeError(f"the retention rule {declared.key} is declared twice")


def rehearse(*, at: datetime) -> dict[str, int | None]:
    """
    How many rows `purge` would destroy under each rule now; None for history that is kept.

    A job really runs and its transaction is taken back, so the number is that of the real run.
    """
    handlers.load()
    found: dict[str, int | None] = {}
    for key, declared in sorted(_RULES.items()):
        with transaction.atomic(durable=True):
            job = declared.counting or declared.job
            found[key] = job(at - timedelta(days=declared.keep_days)) if job else None
            transaction.set_rollback(True)
    return found


def purge(*, at: datetime) -> dict[str, int]:
    """
    Destroy what is due under every rule, each in a transaction of its own; how many rows by rule. A second run finds nothing.

    The rows of the table follow what is declared.
    """
    handlers.load()
    done = {}
    for key, declared in sorted(_RULES.items()):
        with transaction.atomic(durable=True):
            count = declared.job(at - timedelta(days=declared.keep_days)) if declared.job else 0
            words = {"what": declared.what, "why": declared.why, "keep_days": declared.keep_days, "job": key if declared.job else ""}
            RetentionRule.objects.update_or_create(key=key, defaults={**words, "last_run_at": at, "last_count": count})
            done[key] = count
    return done
