"""A migration that would stop the running product, or the code of the release before it, does not get through `make lint`."""

import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config import migration_locks

ROOT = Path(__file__).resolve().parent.parent.parent
FIRST = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["boost"]["migrations"]["first"]
NAME = "advertisers.9000_next"
MODULE = """
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = [("advertisers", "{last}")]
    operations = [{operation}]
"""
BAD = {
    "a column that old code does not fill": (
        'migrations.AddField("advertiser", "grade", models.CharField(max_length=10, default="A"))',
        ["NOT NULL constraint on columns"],
    ),
    "a required column without a default": (
        'migrations.RunSQL("ALTER TABLE advertisers_advertiser ADD COLUMN grade integer NOT NULL")',
        ["adding-required-field", "NOT NULL constraint on columns"],
    ),
    "an index on an old table": (
        'migrations.AddIndex("advertiser", models.Index(fields=["restricted_at"], name="advertisers_restricted"))',
        ["require-concurrent-index-creation", "CREATE INDEX locks table"],
    ),
    "a unique constraint on an old table": (
        'migrations.AddConstraint("membership", models.UniqueConstraint(fields=["user"], name="advertisers_one_team"))',
        ["disallowed-unique-constraint", "ADDING unique constraint"],
    ),
    "a check that reads an old table": (
        'migrations.AddConstraint("advertiser", models.CheckConstraint(condition=~models.Q(name=""), name="advertisers_named"))',
        ["constraint-missing-not-valid"],
    ),
    "a column that goes": ('migrations.RemoveField("advertiser", "restricted_at")', ["ban-drop-column", "DROPPING columns"]),
    "a column with a new name": ('migrations.RenameField("advertiser", "name", "title")', ["renaming-column", "RENAMING columns"]),
    "a column of another type": (
        'migrations.AlterField("advertiser", "name", models.TextField())',
        ["changing-column-type", "ALTERING columns"],
    ),
    "a step that cannot be taken back": (
        "migrations.RunPython(lambda apps, schema_editor: None)",
        ["RunPython data migration is not reversible"],
    ),
    "a table that goes": ('migrations.DeleteModel("membership")', ["ban-drop-table", "DROPPING table"]),
}
GOOD = {
    "a column that may be empty": 'migrations.AddField("advertiser", "grade", models.CharField(max_length=10, null=True))',
    "a column that the database fills": 'migrations.AddField("advertiser", "grade", models.IntegerField(db_default=0))',
    "a table with an index and a foreign key": (
        'migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True)), ("at", models.DateTimeField(db_index=True)),'
        ' ("advertiser", models.ForeignKey("advertisers.advertiser", on_delete=models.PROTECT))]),'
        ' migrations.AddField("note", "text", models.CharField(max_length=10)),'
        ' migrations.AddConstraint("note", models.UniqueConstraint(fields=["text"], name="advertisers_note_once"))'
    ),
}
BESIDE_TRAFFIC = 'AddIndexConcurrently("advertiser", models.Index(fields=["restricted_at"], name="advertisers_restricted"))'


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[..., list[str]]:
    """What lint says when the advertisers have one migration more, with this operation."""
    package = f"migrations_of_{tmp_path.name}"
    shutil.copytree(ROOT / "advertisers" / "migrations", tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(tmp_path)
    settings.MIGRATION_MODULES = {"advertisers": package}

    def run(operation: str, accepted: dict[str, str] | None = None) -> list[str]:
        last = max(path.stem for path in (tmp_path / package).glob("[0-9]*.py"))
        text = MODULE.format(last=last, operation=operation, atomic=operation != BESIDE_TRAFFIC)
        (tmp_path / package / f"{NAME.split('.')[1]}.py").write_text(text)
        all_others = dict.fromkeys((*FIRST, "inquiries", "backoffice"), 8999)
        return migration_locks.complaints(first=all_others, accepted=accepted or {})

    return run


@pytest.mark.django_db
class TestAMigration:
    @pytest.mark.parametrize("case", BAD)
    def test_dev_08_is_refused_with(self, case: str, judge: Callable[..., list[str]]) -> None:
        operation, expected = BAD[case]

        said = judge(operation)

        assert [part for part in expected if not any(part in line for line in said)] == []
        assert [line for line in said if not line.startswith(NAME)] == []

    @pytest.mark.parametrize("case", GOOD)
    def test_dev_08_goes_through_with(self, case: str, judge: Callable[..., list[str]]) -> None:
        assert judge(GOOD[case]) == []

    @pytest.mark.django_db(transaction=True)
    def test_dev_08_goes_through_with_an_index_made_beside_the_traffic(self, judge: Callable[..., list[str]]) -> None:
        assert judge(BESIDE_TRAFFIC) == []

    def test_dev_08_goes_through_when_somebody_wrote_down_why(self, judge: Callable[..., list[str]]) -> None:
        operation, _ = BAD["a column that goes"]
        assert judge(operation, {NAME: "no code has read it for two releases"}) == []

    def test_dev_08_that_is_gone_may_not_stay_accepted(self, judge: Callable[..., list[str]]) -> None:
        [said] = judge(GOOD["a column that may be empty"], {"advertisers.0099_gone": "once"})
        assert said == "advertisers.0099_gone: accepted in pyproject.toml, but there is no such migration"


class TestTheCheck:
    def test_dev_08_is_part_of_lint_and_fails_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from config import lint

        assert lint.CHECKS["migration locks"][1:] == ("-m", "config.migration_locks")
        monkeypatch.setattr(migration_locks, "complaints", lambda **_: [f"{NAME}: DROPPING columns"])
        assert migration_locks.main() == 1
        assert capsys.readouterr().out == f"{NAME}: DROPPING columns\n{migration_locks.ADVICE}\n"

    def test_leaves_out_no_rule_without_a_reason(self) -> None:
        lines = (ROOT / ".squawk.toml").read_text().splitlines()
        rules = [number for number, line in enumerate(lines) if line.startswith('  "')]
        assert len(rules) == 6
        assert [lines[n] for n in rules if not lines[n - 1].startswith(("  #", '  "'))] == []

    def test_knows_every_app_of_the_first_set(self) -> None:
        last = {app: max(path.stem for path in (ROOT / app / "migrations").glob("[0-9]*.py")) for app in FIRST}
        assert [app for app, number in FIRST.items() if int(last[app][:4]) < number] == []
