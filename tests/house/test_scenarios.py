"""Every acceptance scenario that is done stands in a test's name, and every item of the brief has its row and its test."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.house.trees import tree_of

ROOT = Path(settings.BASE_DIR)
SCENARIOS = (
    *(f"PAY-{number:02}" for number in range(1, 20)), "PAY-CYCLE",
    *(f"REF-{number:02}" for number in range(1, 11)),
    *(f"OPS-{number:02}" for number in range(1, 33)), "DEV-10", "DEV-12",
    "ADV-01", "ADV-09", "ADV-10", "ADV-11", "ADV-12", "ADV-13", "ADV-14", "ADV-15",
    *(f"ADV-{number:02}" for number in range(16, 32)), "ADV-36", "ADV-39", "ADV-40",
    *(f"INT-{number:02}" for number in range(1, 10)), "USR-20", "DEV-04",
    *(f"USR-{number:02}" for number in (*range(1, 20), *range(21, 29))),
    "DEV-01", "DEV-02", "DEV-03", "DEV-05", "DEV-07", "DEV-08", "DEV-09",
)  # fmt: skip
ITEMS = range(1, 141)
A_NOTE = "a note, nothing to test"
ROWS = re.findall(r"^\| S-(\d+) \| (.+?) \| (.*?) ?\| (.+?) \|$", (ROOT / "docs" / "brief.md").read_text(), re.MULTILINE)


def named_in(path):
    """The tests of one file as pytest names them, without parameters."""
    name = path.relative_to(ROOT).as_posix()
    for node in tree_of(path.read_text()).body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from (f"{name}::{node.name}::{part.name}" for part in node.body if _is_test(part))
        elif _is_test(node):
            yield f"{name}::{node.name}"


def _is_test(node):
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def shown_in(scenario, names):
    """The tests that carry this scenario's id in their own name."""
    word = scenario.lower().replace("-", "_")
    return [name for name in names if re.search(rf"(?:^test|_){word}_", name.rpartition("::")[2])]


TESTS = sorted(name for path in (ROOT / "tests").rglob("test_*.py") for name in named_in(path))


class TestScenarios:
    @pytest.mark.parametrize("scenario", SCENARIOS)
    def test_stand_in_the_name_of_a_test(self, scenario):
        assert shown_in(scenario, TESTS) != [], f"no test is named for {scenario}"

    def test_are_all_known(self):
        assert len(SCENARIOS) == len(set(SCENARIOS)) == 136

    def test_of_operators_run_through_their_rooms(self):
        rooms = [name for name in TESTS if name.startswith(("tests/backoffice/", "tests/house/"))]
        assert [scenario for scenario in SCENARIOS if scenario.startswith("OPS-") and not shown_in(scenario, rooms)] == []

    def test_are_not_found_where_the_id_only_begins_alike(self):
        names = ["tests/x.py::test_pay_011_a", "tests/pay_01/test_x.py::TestPay01::test_pays", "tests/x.py::test_pay_01_a"]
        assert shown_in("PAY-01", names) == ["tests/x.py::test_pay_01_a"]


class TestTheBrief:
    def test_has_one_row_for_each_item(self):
        assert [int(number) for number, *_ in ROWS] == list(ITEMS)

    @pytest.mark.parametrize("number, shown", [(row[0], row[3]) for row in ROWS], ids=[f"S-{row[0]}" for row in ROWS])
    def test_is_shown_by_tests_that_exist(self, number, shown):
        named = re.findall(r"`(tests/[^`]+)`", shown)
        assert [name for name in named if name not in TESTS] == []
        assert bool(named) != (shown == A_NOTE)

    def test_says_where_each_thing_is_that_is_tested(self):
        assert [number for number, _, where, shown in ROWS if not where and shown != A_NOTE] == []
