"""What the documents name exists: files, tables, commands, accounts."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands

from backoffice import demo
from tests.house.trees import tree_of

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
OURS = ("common", "identity", "advertisers", "credits", "payments", "rewards", "campaigns", "inquiries", "backoffice")


def named(page):
    return str(page.relative_to(ROOT))


class TestDocuments:
    @pytest.mark.parametrize("page", PAGES, ids=named)
    def test_link_to_what_exists(self, page):
        links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
        assert [link for link in links if not link.startswith("http") and not (page.parent / link).exists()] == []

    @pytest.mark.parametrize("page", PAGES, ids=named)
    def test_name_files_that_exist(self, page):
        paths = re.findall(
            r"`((?:tests|config|common|payments|campaigns|credits|docs|locale|sandbox|backoffice|advertisers)/[\w./-]+)`", page.read_text()
        )
        assert [path for path in paths if not (ROOT / path).exists()] == []

    @pytest.mark.parametrize("page", PAGES, ids=named)
    def test_name_make_targets_that_exist(self, page):
        targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        called = set(re.findall(r"`make ([a-z]+)", page.read_text()))
        assert called - targets == set()

    def test_of_decisions_are_all_in_the_list(self):
        listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (ROOT / "docs" / "adr" / "README.md").read_text())
        assert listed == sorted(path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))

    def test_that_code_refers_to_exist(self):
        sources = [path for app in (*OURS, "config", "sandbox") for path in (ROOT / app).rglob("*.py")]
        named = {found.rstrip(".") for path in sources for found in re.findall(r"docs/[\w./-]+", path.read_text())}
        missing = {name for name in named if not (ROOT / name).exists() and not list(ROOT.glob(f"{name}-*.md"))}
        assert missing == set()


class TestTheFormerStack:
    """docs/adr/0001: one row for each item that the customer named, and a test that exists."""

    ROWS = re.findall(r"^\| (.+?) \| .+ \| (.+?) \|$", (ROOT / "docs" / "adr" / "0001-former-stack.md").read_text(), re.MULTILINE)[1:]
    ITEMS = (
        "Next.js", "React 18", "TypeScript", "tRPC", "Zod", "React Hook Form", "Zustand", "TanStack Query", "Recharts", "Tailwind",
        "Radix UI", "Prisma", "Supabase RPC", "Supabase RLS", "Supabase Auth", "Supabase PostgreSQL", "Clerk", "Vercel", "Vitest", "ESLint",
        "Prettier", "Husky", "lint-staged", "Docker", "GitHub Actions", "pnpm", "@boost/logger",
    )  # fmt: skip

    @pytest.mark.parametrize("item", ITEMS)
    def test_has_a_row_for(self, item):
        assert [former for former, _ in self.ROWS if item in former] != []

    @pytest.mark.parametrize("former, shown", ROWS, ids=[former for former, _ in ROWS])
    def test_is_shown_to_be_replaced_by_a_test_that_exists(self, former, shown):
        path, *names = shown.strip("`").split("::")
        body = tree_of((ROOT / path).read_text()).body
        for name in names:
            [found] = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name]
            body = found.body
        assert names[-1].startswith("test_")


class TestTables:
    def test_are_described_each_once(self):
        described = re.findall(r"^\| `([a-z_]+)` \|", (ROOT / "docs" / "tables.md").read_text(), re.MULTILINE)
        tables = [model._meta.db_table for name in OURS for model in apps.get_app_config(name).get_models() if model._meta.managed]
        assert sorted(described) == sorted(tables)


class TestOperations:
    def test_name_commands_that_exist(self):
        text = (ROOT / "docs" / "operations.md").read_text()
        section = text.split("## Commands", 1)[1].split("## When", 1)[0]
        assert {line.split()[0] for line in re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)} - set(get_commands()) == set()


class TestReadme:
    def test_shows_the_accounts_that_the_demo_makes(self):
        text = (ROOT / "README.md").read_text()
        assert f"`{demo.PASSWORD}`" in text
        for operator in demo.OPERATORS:
            assert f"`{operator.email}`" in text
            assert operator.secret in text
        for page, _, sign_in in demo.accounts():
            assert f"| `{sign_in.split(' / ')[0]}` | `{page}` |" in text
