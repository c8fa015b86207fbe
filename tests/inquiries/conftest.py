"""Private storage of a test's own, and the outside world of identity, in which Notion is."""

from pathlib import Path
from typing import Any

import pytest

from tests.identity.conftest import identity_sandbox, outside

__all__ = ["identity_sandbox", "outside"]


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "private")}}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    return tmp_path / "private"
