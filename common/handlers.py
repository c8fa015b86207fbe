"""Finding the effect handlers of all apps: they register themselves when an app's `tasks` module is imported."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps


def load() -> None:
    """Import `<app>.tasks` of every installed app that has one."""
    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.tasks") is not None:
            import_module(f"{app.name}.tasks")
