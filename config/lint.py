"""`make lint`: every check that needs no running service. All of them run, then the failed ones are named."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from config import example

BASE_DIR = Path(__file__).resolve().parent.parent
ADDRESS = re.compile(r"https?://|git\+|--index-url|--extra-index-url|--find-links")


def lock_files() -> list[str]:
    """Complaints about the lock files: each package has a hash, and none says where it was fetched from."""
    found = []
    for path in sorted((BASE_DIR / "requirements").glob("*.lock")):
        lines = path.read_text().splitlines()
        found += [f"{path.name}:{n}: names an address" for n, line in enumerate(lines, 1) if ADDRESS.search(line)]
        found += [
            f"{path.name}:{n}: no hash" for n, line in enumerate(lines, 1) if re.match(r"[a-zA-Z0-9]", line) and not line.endswith("\\")
        ]
    packages = json.loads((BASE_DIR / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        if "resolved" in package:
            found.append(f"package-lock.json: {name} names an address")
        if name and not package.get("inBundle") and "integrity" not in package:
            found.append(f"package-lock.json: {name} has no hash")
    return found


SCRIPTS = Path(sys.executable).parent
WORKFLOWS = sorted((BASE_DIR / ".github" / "workflows").glob("*.yml"))
MANAGE = (sys.executable, "manage.py")
CHECKS: dict[str, tuple[str | Path, ...] | Callable[[], list[str]]] = {
    "format": (SCRIPTS / "ruff", "format", "--check", "--quiet", "."),
    "code": (SCRIPTS / "ruff", "check", "--quiet", "."),
    "types": (SCRIPTS / "mypy", "--no-error-summary", "."),
    "layers": (SCRIPTS / "lint-imports", "--no-logo"),
    "templates": (SCRIPTS / "djlint", "templates", "--lint", "--quiet"),
    "migrations": (*MANAGE, "makemigrations", "--check", "--dry-run"),
    "migration locks": (sys.executable, "-m", "config.migration_locks"),
    "django": (*MANAGE, "check", "--fail-level", "WARNING"),
    "workflows": (SCRIPTS / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS)),
    "pre-commit": (SCRIPTS / "pre-commit", "validate-config", ".pre-commit-config.yaml"),
    "compose file": (SCRIPTS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"),
    "lock files": lock_files,
    "environment example": example.complaints,
    "architecture": (sys.executable, "-m", "config.architecture", "--check"),
}


def main() -> int:
    """Run all checks; 1 when one of them failed."""
    failed = []
    for name, check in CHECKS.items():
        started = time.monotonic()
        if callable(check):
            output = "\n".join(check())
            good = not output
        else:
            done = subprocess.run(check, cwd=BASE_DIR, capture_output=True, text=True, check=False)
            good, output = done.returncode == 0, (done.stdout + done.stderr).strip()
        print(f"{'ok  ' if good else 'FAIL'} {name} ({time.monotonic() - started:.1f} s)", flush=True)
        if not good:
            print(output, flush=True)
            failed.append(name)
    if failed:
        print(f"Lint failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
