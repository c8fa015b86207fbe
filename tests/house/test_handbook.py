"""DEV-12: whoever takes over reads only the repository. Every command that README and handbook quote runs here, and says what they say."""

import re
import shlex
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from campaigns.postbacks import keys
from common import sealed
from config import lint
from tests.house.quoted import ALL, DEMO, HANDBOOK, PRODUCT, ROOT, Quoted, arguments_of, commands, is_make
from tests.house.test_scenarios import ROWS, TESTS
from tests.house.waiting_work import build
from tests.house.world import undone
from tests.signing_in import browser

# A make target, the program of its recipe, and the test that runs that program. `make lint` and `make test` run below.
HOUSE, BENCH, BACKUP = "tests/house/test_", "tests/bench/test_", "tests/payments/test_backup_and_restore.py::TestBackup::test_"
MADE = {
    "demo": (
        "config.supervisor demo",
        f"{HOUSE}demo_command.py::TestMakeDemo::test_dev_01_serves_all_three_portals_and_the_sandbox_on_one_command",
    ),
    "apps": ("config.supervisor apps", f"{HOUSE}apps.py::TestThreeApps::test_each_answers_its_own_portal_and_knows_no_other"),
    "shell": ("config.supervisor manage shell", f"{HOUSE}demo_command.py::TestMakeDemo::test_dev_01_the_books_of_the_demo_agree"),
    "test": ("pytest", f"{HOUSE}handbook.py::TestMake::test_dev_12_test_runs_a_part_of_the_suite"),
    "lint": ("config.lint", f"{HOUSE}handbook.py::TestMake::test_dev_12_lint_names_what_failed"),
    "format": ("ruff format", f"{HOUSE}workflows.py::TestPreCommit::test_calls_tools_that_the_lock_file_installs"),
    "backup": ("config.backup backup", f"{BACKUP}holds_one_moment_while_others_write"),
    "restore": (
        "config.backup restore",
        f"{BACKUP}dev_11_ten_payments_known_only_to_the_company_are_repaired_without_manual_edits",
    ),
    "bench": ("-m bench", f"{BENCH}bench_goals.py::TestGoals::test_the_end_says_no_by_its_code"),
    "storm": ("bench.storm", f"{BENCH}short_storm.py::test_a_short_storm_loses_and_doubles_nothing"),
    "sabotage": ("bench.sabotage", f"{BENCH}sabotage.py::TestARun::test_of_one_mutation_of_the_product_is_noticed"),
    "screenshots": ("config.pictures", f"{HOUSE}pictures.py::TestPictures::test_refuse_when_no_demo_answers"),
    "fuzz": (
        "tests/campaigns/test_fuzzed_api.py",
        "tests/campaigns/test_fuzzed_api.py::test_no_operation_of_the_documents_ends_in_a_crash",
    ),
    "architecture": ("config.architecture", f"{HOUSE}architecture.py::TestThePage::test_is_refused_when_it_is_stale"),
    "help": ("grep", f"{HOUSE}handbook.py::TestMake::test_dev_12_help_lists_every_target_that_is_quoted"),
    "clean": ("rm -rf", f"{HOUSE}handbook.py::TestMake::test_dev_12_each_target_that_is_quoted_calls_the_program_that_a_test_runs"),
}
# Neither ours nor make: each is run, or held to the product, by the test beside it.
OTHERS = {".ci/run": "tests/house/test_workflows.py::TestWorkflows::test_test_calls_make_targets_that_exist_with_both_services"}
GUIDES = {
    "run.md", "deploy.md", "keys.md", "restore.md", "refund-incident.md", "webhook-outage.md", "month-end.md", "card-review.md",
}  # fmt: skip
# Words of the screens: templates, and what Python draws in the back office.
SCREENS = "".join(
    path.read_text() for folder, kind in (("templates", "*.html"), ("backoffice", "*.py")) for path in sorted((ROOT / folder).rglob(kind))
)
PARTS = ("언제 봐요", "잘 됐는지 어떻게 알아요", "절대 하지 말아요")


@pytest.fixture
def work(sandbox_of_the_house, settings, minji, minji_user, operator, finance, suji, at, tmp_path):
    people = {"minji": minji, "owner": minji_user, "operator": operator, "finance": finance, "suji": suji}
    return build(sandbox_of_the_house, settings, at=at, folder=tmp_path, **people)


def run(arguments: list[str]) -> tuple[int, str]:
    """(exit code, everything printed) of one of our commands, in this process and on the test's database."""
    out = StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=out)
    except CommandError as refusal:
        return refusal.returncode, f"{out.getvalue()}{refusal}"
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def complaint(quoted: Quoted, code: int, said: str, words: dict[str, str]) -> str:
    """What the page says and the command does not do; empty when it is as the page says."""
    if code != quoted.code:
        return f"ended with {code}: {said[-300:]}"
    for line in quoted.seen:
        pattern = "[^\n]*".join(map(re.escape, filled(line, words).split("…")))
        if not re.search(rf"^{pattern}", said, re.MULTILINE):
            return f"did not say “{line}” but {said[-300:]}"
    return ""


def filled(line: str, words: dict[str, str]) -> str:
    return re.sub(r"\b[A-Z_]{4,}\b", lambda found: words.get(found[0], found[0]), line)


class TestTheCommands:
    def test_dev_12_are_found(self):
        lines = {command.line for command in ALL}
        assert len(lines) > 60
        assert {"make demo", f"{DEMO}verify_ledger", f"{PRODUCT}verify_ledger", "manage.py draw_raffle", ".ci/run"} <= lines

    def test_dev_12_run_and_say_what_the_page_says(self, work):
        wrong = {}
        for quoted in ALL:
            arguments = arguments_of(quoted.line)
            if arguments is None:
                continue
            with undone():
                code, said = run(shlex.split(filled(arguments, work.words)))
            if why := complaint(quoted, code, said, work.words):
                wrong[str(quoted)] = why
        assert wrong == {}

    def test_dev_12_that_are_none_of_ours_run_or_have_their_test(self):
        others = [command for command in ALL if arguments_of(command.line) is None and not is_make(command)]
        python = [command for command in others if command.line.startswith("python -c ")]
        for command in python:
            done = subprocess.run([sys.executable, *shlex.split(command.line)[1:]], capture_output=True, text=True, check=False)
            assert complaint(command, done.returncode, done.stdout, {}) == ""
        assert {command.line for command in others if command not in python} == set(OTHERS)
        assert set(OTHERS.values()) <= set(TESTS)

    def test_dev_12_of_a_page_that_lies_are_noticed(self, db, tmp_path):
        page = tmp_path / "lie.md"
        page.write_text(
            "```sh\npython manage.py sweep --once\n# → asked about 3 orders\npython manage.py sweep\n```\n`manage.py no_such`\n"
        )
        lies = commands(page)
        answers = [complaint(quoted, *run(shlex.split(arguments_of(quoted.line) or "")), {}) for quoted in lies]
        assert [bool(answer) for answer in answers] == [True, True, True]


class TestMake:
    def test_dev_12_each_target_that_is_quoted_calls_the_program_that_a_test_runs(self):
        quoted = [command for command in ALL if is_make(command)]
        assert {command.line.split()[1] for command in quoted} <= set(MADE)
        for command in quoted:
            words = shlex.split(command.line)
            program, test = MADE[words[1]]
            done = subprocess.run([*words, "--dry-run", "--silent"], cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{command}: {done.stderr}"
            assert program in done.stdout, f"{command}: {done.stdout}"
            assert all(word.split("=")[1] in done.stdout for word in words[2:] if word.startswith(("ARGS=", "FILE=")) and "=" in word)
            assert test in TESTS, f"{command}: {test} is not there"

    def test_dev_12_help_lists_every_target_that_is_quoted(self):
        done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
        assert {line.split()[0] for line in done.stdout.splitlines()} >= set(MADE)

    def test_dev_12_test_runs_a_part_of_the_suite(self):
        part = "tests/test_smoke.py --collect-only -q -n 0"
        done = subprocess.run(["make", "test", f"ARGS={part}"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, "tests/test_smoke.py::" in done.stdout) == (0, True), done.stdout + done.stderr

    def test_dev_12_lint_names_what_failed(self, monkeypatch, capsys):
        checks = {"lock files": lint.lock_files, "sound": (sys.executable, "-c", ""), "broken": (sys.executable, "-c", "1/0")}
        monkeypatch.setattr(lint, "CHECKS", {name: check for name, check in checks.items() if name != "broken"})
        assert lint.main() == 0
        monkeypatch.setattr(lint, "CHECKS", checks)
        assert lint.main() == 1
        assert capsys.readouterr().out.rstrip().endswith("Lint failed: broken")


class TestTheHandbook:
    def test_dev_12_has_a_guide_for_each_moment_and_its_list_names_them_all(self):
        pages = {page.name for page in HANDBOOK.glob("*.md")}
        assert pages == GUIDES | {"README.md", "answers.md"}
        listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (HANDBOOK / "README.md").read_text()))
        assert listed == pages - {"README.md"}

    @pytest.mark.parametrize("name", sorted(GUIDES))
    def test_dev_12_each_guide_says_when_how_to_know_and_what_never(self, name):
        text = (HANDBOOK / name).read_text()
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert [part for part in PARTS if part not in headings] == []
        assert (headings[0], headings[-1]) == (PARTS[0], PARTS[2])
        assert commands(HANDBOOK / name) != []

    @pytest.mark.parametrize("name", sorted(GUIDES))
    def test_dev_12_what_stands_in_bold_can_be_read_on_a_screen(self, name):
        bold = set(re.findall(r"\*\*([^*]+)\*\*", (HANDBOOK / name).read_text()))
        assert [words for words in sorted(bold) if words not in SCREENS] == []


class TestTheAnswers:
    TEXT = (HANDBOOK / "answers.md").read_text()

    def rows(self, title: str) -> list[list[str]]:
        part = next(part for part in self.TEXT.split("\n## ") if part.startswith(title))
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ")][1:]

    def test_s_127_name_five_phases_of_thirty_days(self):
        phases = self.rows("다섯 단계")
        days = [int(re.search(r"\((\d+)일\)", name)[1]) for name, *_ in phases]
        assert (days, sum(days)) == ([3, 5, 10, 7, 5], 30)
        known = {int(number) for number, *_ in ROWS}
        for *_, items in phases:
            ends = [int(number) for number in re.findall(r"S-(\d+)", items)]
            assert set(ends) <= known

    def test_s_136_name_four_problems_and_lead_to_what_solves_them(self):
        problems = self.rows("네 문제")
        assert len(problems) == 4
        assert [name for name, _, where in problems if "](" not in where] == []

    def test_s_137_name_five_results_and_lead_to_what_shows_them(self):
        results = self.rows("다섯 결과")
        assert len(results) == 5
        assert [name for name, how, where in results if not how or ("](" not in where and "`tests/" not in where)] == []


class TestRotatingKeys:
    def test_dev_12_a_new_participation_key_gives_every_campaign_another_postback_secret(self, settings):
        before = keys.secret_of("live_1")
        settings.PARTICIPATION_TOKEN_KEY = "another" * 6
        assert keys.secret_of("live_1") != before  # why advertisers are told first

    def test_dev_12_a_new_secret_key_ends_every_sign_in(self, minji_user, settings):
        client = browser(minji_user)
        assert client.get("/dashboard/").status_code == 200
        settings.SECRET_KEY = "another" * 8
        assert "/accounts/login/" in client.get("/dashboard/").headers["Location"]

    def test_dev_12_a_new_key_in_front_seals_and_the_old_one_still_opens(self, settings):
        settings.FIELD_KEYS = ["old" * 12]
        before = sealed.seal("110-123-456789")
        settings.FIELD_KEYS = ["new" * 12, "old" * 12]
        after = sealed.seal("110-123-456789")
        assert (sealed.unseal(before), sealed.unseal(after)) == ("110-123-456789", "110-123-456789")
        settings.FIELD_KEYS = ["new" * 12]
        assert sealed.unseal(after) == "110-123-456789"
        with pytest.raises(ValueError, match="no key opens"):
            sealed.unseal(before)  # why the handbook says never to take the old one out
