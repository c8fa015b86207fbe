"""Loaded first (pyproject addopts): gives the run a real PostgreSQL before Django reads its settings."""

import fcntl
import os

import pytest

pytest_plugins = ["tests.tools", "tests.live"]

os.environ.setdefault("ENVIRONMENT", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("LANDING_STAND_IN_URL", "http://127.0.0.1:9/landing")  # no page answers; tests about landing pages start the sandbox
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # a browser test has an event loop in its thread; the ORM is used beside it
_started = False

if "DATABASE_URL" not in os.environ:
    # Workers of pytest-xdist inherit the address from the controller, so the server is started once.
    from config import embedded

    embedded.TEST_DATA.parent.mkdir(exist_ok=True)
    lock = (embedded.TEST_DATA.parent / "tests.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # kept until this process ends
    except BlockingIOError:
        raise pytest.UsageError("another test run uses the database server of this folder; wait for it, or set DATABASE_URL") from None
    os.environ["DATABASE_URL"] = embedded.start(embedded.TEST_DATA, durable=False)
    _started = True


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop the server that this process started."""
    if _started:
        embedded.stop(embedded.TEST_DATA)
