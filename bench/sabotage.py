"""
`make sabotage`: would anybody notice? Breaks the product line by line and asks the tests that must fail.

Everything happens in a copy of this checkout. First the named tests pass there as it is; then one mutation after the other is put
in (bench/mutations.py), its tests run, and each of them must fail where it looks, not because nothing can be imported any more.
Ends with 1 when a mutation survives, with 2 when the run proves nothing: a text that is not found exactly once, a test that fails anyway.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.mutations import MUTATIONS, Mutation
from config import embedded

ROOT = Path(__file__).resolve().parent.parent
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "var", "node_modules", "dist", "__pycache__", ".*_cache", ".hypothesis")
SHARED = (".venv", "static/dist")  # linked, not copied
# A test that ends so has met text that does not run; it has noticed nothing.
NO_PROOF = ("SyntaxError", "IndentationError", "NameError", "ImportError", "ModuleNotFoundError")


class NoProof(Exception):
    """The run can prove nothing; the message says why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tests said of one mutation. survived: why it counts as unnoticed; empty when every named test failed."""

    mutation: Mutation
    survived: str
    seconds: float


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.sabotage", description="Break the product in a copy; a test must notice.")
    parser.add_argument("--only", action="append", default=[], metavar="WORD", help="mutations whose name or file contains it")
    words = parser.parse_args().only
    chosen = [mutation for mutation in MUTATIONS if not words or any(word in f"{mutation.name} {mutation.file}" for word in words)]
    try:
        return run(chosen)
    except NoProof as why:
        print(f"sabotage: this proves nothing: {why}")
        return 2


def run(mutations: Sequence[Mutation], *, root: Path = ROOT) -> int:
    """
    Try every mutation and print the table; the exit code.

    :raises NoProof: before or while trying.
    """
    if not mutations:
        raise NoProof("no such mutation")
    if wrong := [complaint for mutation in mutations for complaint in complaints(mutation, root)]:
        raise NoProof("; ".join(wrong))
    (root / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sabotage-", dir=root / "var") as folder:
        tree = copy(root, Path(folder) / "tree")
        try:
            print(f"{len(mutations)} mutations; first their tests on the product as it is ...", flush=True)
            must_pass(tree, mutations)
            outcomes = []
            for mutation in mutations:
                outcomes.append(attempt(tree, mutation))
                print(line_of(outcomes[-1]), flush=True)
        finally:
            embedded.stop(tree / "var" / embedded.TEST_DATA.name)  # tests that were interrupted leave their server running
    survivors = [outcome for outcome in outcomes if outcome.survived]
    print(f"sabotage: {len(outcomes) - len(survivors)} of {len(outcomes)} noticed in {sum(o.seconds for o in outcomes):.0f} s")
    return 1 if survivors else 0


def complaints(mutation: Mutation, root: Path = ROOT) -> Iterator[str]:
    """Why a mutation cannot be tried: it must not rot unseen while the product changes."""
    path = root / mutation.file
    count = path.read_text().count(mutation.old) if path.is_file() else 0
    if count != 1:
        yield f"{mutation.name}: its text is {count} times in {mutation.file}"
    if mutation.old == mutation.new:
        yield f"{mutation.name}: it changes nothing"
    if not mutation.tests:
        yield f"{mutation.name}: it names no test"


def copy(root: Path, tree: Path) -> Path:
    """A copy of a checkout that shares what is installed and built with it."""
    shutil.copytree(root, tree, ignore=NOT_COPIED)
    for name in SHARED:
        if (root / name).exists():
            (tree / name).symlink_to((root / name).resolve())
    (tree / "var").mkdir()
    return tree


def must_pass(tree: Path, mutations: Iterable[Mutation]) -> None:
    """:raises NoProof: a named test is missing, is left out on this machine, or fails without any mutation."""
    wanted = sorted({test for mutation in mutations for test in mutation.tests})
    said = ask(tree, wanted)
    if bad := [test for test in wanted if said[test] != "passed"]:
        raise NoProof("on the product as it is, " + "; ".join(f"{test}: {said[test]}" for test in bad))


def attempt(tree: Path, mutation: Mutation) -> Outcome:
    """Put the mutation in, run its tests, take it out again."""
    started = time.monotonic()
    with mutated(tree, mutation):
        said = ask(tree, mutation.tests)
    unmoved = [f"{test}: {word}" for test, word in said.items() if word != "failed"]
    return Outcome(mutation, "; ".join(unmoved), time.monotonic() - started)


@contextmanager
def mutated(tree: Path, mutation: Mutation) -> Iterator[None]:
    """The tree with one text replaced."""
    path = tree / mutation.file
    original = path.read_text()
    path.write_text(original.replace(mutation.old, mutation.new))
    try:
        yield
    finally:
        path.write_text(original)


def ask(tree: Path, tests: Iterable[str]) -> dict[str, str]:
    """
    Run tests in a tree; what each of them says: "passed", "failed" (it looked and saw something wrong), or why it says neither.

    A test with parameters has failed when one of them has.
    """
    report = tree / "var" / "report.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", f"--junitxml={report}", *tests]
    done = subprocess.run(command, cwd=tree, env=environment(), capture_output=True, text=True, check=False)
    if not report.exists():
        raise NoProof(f"pytest ended with {done.returncode}: {done.stdout[-1500:]} {done.stderr[-1500:]}")
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314 (pytest has just written it)
    return {test: verdict([case for case in cases if is_of(case, test)]) for test in tests}


def environment() -> dict[str, str]:
    """What the tests in the copy are told: nothing of a test run around us, and a database of their own on a server that is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_") and name != "DJANGO_SETTINGS_MODULE"}
    if url := kept.get("DATABASE_URL"):
        kept["DATABASE_URL"] = urlsplit(url)._replace(path="/sabotage").geturl()
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}  # two texts of one size within one second would share their bytecode


def is_of(case: ET.Element, test: str) -> bool:
    """True for a line of the report that belongs to this test, with any parameters unless the name has them."""
    module, *path = test.split("::")
    place = ".".join((module.removesuffix(".py").replace("/", "."), *path[:-1]))
    name = case.get("name", "")
    return case.get("classname") == place and path[-1] in (name, name.partition("[")[0])


def verdict(cases: list[ET.Element]) -> str:
    """One word, or the reason why there is none, for the lines of one test."""
    if not cases:
        return "it was not run"
    failures = [failure.get("message", "") for case in cases for failure in case.iter("failure")]
    if broken := [message for message in failures if message.startswith(NO_PROOF)]:
        return f"it does not run: {broken[0][:150]}"
    if failures:
        return "failed"
    other = [part.get("message", "") for case in cases for word in ("error", "skipped") for part in case.iter(word)]
    return f"it was left out: {other[0][:150]}" if other else "passed"


def line_of(outcome: Outcome) -> str:
    """One line of the table, and one more for every test that noticed or did not."""
    word = "SURVIVED" if outcome.survived else "noticed "
    tests = outcome.survived or ", ".join(test.rpartition("::")[2] for test in outcome.mutation.tests)
    return f"{word} {outcome.seconds:5.1f} s  {outcome.mutation.name}  ({outcome.mutation.file})\n                    {tests}"


if __name__ == "__main__":
    sys.exit(main())
