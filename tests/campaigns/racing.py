"""Many at the same moment: threads with a connection each, whole processes beside us, and database functions with a guard taken out."""

import json
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection

from common.errors import DomainError
from tests.connecting import connect_patiently
from tests.live import ROOT

CLIENTS = 32


def together(attempts):
    """Run every attempt (a callable without arguments) from a thread of its own, all released at once; what came of each."""
    start = threading.Barrier(len(attempts))

    def client(attempt):
        try:
            connect_patiently()
            start.wait(timeout=60)
            return attempt()
        except Exception as exc:  # whatever it is, it is this attempt's outcome, and the test says which ones are right
            return exc
        finally:
            connection.close()

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(client, attempts))


def tally(outcomes):
    """How many succeeded, and how many ended by which code or class."""
    return dict(Counter(_word(outcome) for outcome in outcomes))


def _word(outcome):
    if isinstance(outcome, DomainError):
        return outcome.code
    return type(outcome).__name__ if isinstance(outcome, Exception) else "won"


def deadlocks():
    """Deadlocks this database has seen since it was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


@contextmanager
def function_changed(name, *changes):
    """Replace texts inside a database function, and put it back. changes: (old, new), each of which must be there once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = %s", [name])
        (original,) = cursor.fetchone()
        changed = original
        for old, new in changes:
            assert changed.count(old) == 1, f"{name} has changed: {old}"
            changed = changed.replace(old, new)
        cursor.execute(changed)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(original)


@contextmanager
def without_the_check(table, constraint):
    """Take a check constraint away, and put it back without looking at what was written meanwhile (a flush follows)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint])
        (definition,) = cursor.fetchone()
        cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{constraint}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{constraint}" {definition.removesuffix(" NOT VALID")} NOT VALID')


class OtherProcesses:
    """Operating-system processes that call the services (`tests.campaigns.race_process`), started once and used for many rounds."""

    def __init__(self, count, environment):
        command = [sys.executable, "-m", "tests.campaigns.race_process", str(CLIENTS // count)]
        self.processes = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(count)
        ]

    def start_all(self, campaign, jobs):
        """Share (member, moment) pairs out among the processes in their order; outcomes counted by code."""
        parts = [jobs[number :: len(self.processes)] for number in range(len(self.processes))]
        for process, part in zip(self.processes, parts, strict=True):
            line = {"campaign": str(campaign.public_id), "jobs": [[member, at.isoformat()] for member, at in part]}
            process.stdin.write(json.dumps(line) + "\n")
            process.stdin.flush()
        total = Counter()
        for process in self.processes:
            total.update(json.loads(process.stdout.readline()))
        return dict(total)

    def close(self):
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            process.wait(60)
