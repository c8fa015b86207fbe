"""Loaded first (pyproject addopts): gives the run a real PostgreSQL before Django reads its settings."""

import os

os.environ.setdefault("ENVIRONMENT", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_started = False

if "DATABASE_URL" not in os.environ:
    # Workers of pytest-xdist inherit the address from the controller, so the server is started once.
    from config import embedded

    os.environ["DATABASE_URL"] = embedded.start(embedded.TEST_DATA, durable=False)
    _started = True


def pytest_unconfigure() -> None:
    """Stop the server that this process started."""
    if _started:
        embedded.stop(embedded.TEST_DATA)
