"""Only `credits.services` and the migrations of `credits` write the ledger; everybody else calls them."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from tests.house.trees import tree_of

ROOT = Path(settings.BASE_DIR)
PRODUCT = ("common", "identity", "advertisers", "credits", "payments", "rewards", "campaigns", "inquiries", "backoffice", "config")
ALLOWED = ("credits/services/", "credits/migrations/")

MODELS = {model.__name__ for model in apps.get_app_config("credits").get_models()}
TABLES = {model._meta.db_table for model in apps.get_app_config("credits").get_models()}
# Ways in which a row is written. `get_or_create` and the like are writes too.
WRITES = {
    "create", "bulk_create", "update", "bulk_update", "get_or_create", "update_or_create", "delete", "save", "_raw_delete", "acreate",
    "aupdate", "adelete", "asave", "abulk_create", "abulk_update", "aget_or_create", "aupdate_or_create", "select_for_update",
}  # fmt: skip
# What leads from another row to rows of the ledger.
RELATED = {"postings", "lots", "holds", "entries", "accounts", "reversals", "parts"}
SQL = re.compile(
    rf"\b(insert\s+into|update|delete\s+from|truncate(\s+table)?|copy|merge\s+into|alter\s+table)\s+(only\s+)?\"?({'|'.join(sorted(TABLES))})\b"
    r"|\bcredits_post\s*\(",  # the one call that writes an entry of credits: only its services decide what is in it
    re.IGNORECASE,
)


def files():
    """Every source file of the product but the ledger's own writers."""
    for folder in PRODUCT:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(ALLOWED):
                yield name, path.read_text()


def writers(source, *, inside=False):
    """The lines of a source in which the ledger is written without its services. inside: it is a file of credits itself."""
    tree = tree_of(source)
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "credits.models"
        for alias in node.names
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            steps = list(_chain(node.func.value))
            of_model = any(names.get(step) in MODELS or step in MODELS for step in steps)
            if of_model or RELATED.intersection(steps):
                found.add(node.lineno)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and names.get(node.func.id) in MODELS:
            found.add(node.lineno)  # a row is made, to be saved somehow
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
            found.add(node.lineno)
        if not inside and isinstance(node, ast.ImportFrom) and (node.module or "").startswith("credits.services."):
            found.add(node.lineno)  # the inner modules are nobody else's: `from credits import services as credits`
    return sorted(found)


def _chain(node):
    """The names of `a.b.c(...).d`, from the right."""
    while True:
        if isinstance(node, ast.Attribute):
            yield node.attr
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            if isinstance(node, ast.Name):
                yield node.id
            return


def test_dev_05_nobody_else_writes_the_ledger():
    assert {name: found for name, source in files() if (found := writers(source, inside=name.startswith("credits/")))} == {}


def test_looks_at_the_whole_product():
    names = [name for name, _ in files()]
    assert len(names) > 100
    assert {"payments/services/sync.py", "campaigns/services/submission.py", "credits/selectors.py", "credits/tasks.py"} <= set(names)
    assert not [name for name in names if name.startswith(ALLOWED)]


@pytest.mark.parametrize(
    "source",
    [
        "from credits.models import Entry\nEntry.objects.create(kind='TOP_UP')",
        "from credits.models import Posting as Line\nLine.objects.filter(pk=1).update(amount=1)",
        "from credits.models import Lot\nlot = Lot(granted=1)",
        "from credits import models\nmodels.Account.objects.select_for_update().get(pk=1)",
        "advertiser.lots.filter(kind='PAID').update(available=0)",
        "hold.parts.all().delete()",
        "order.advertiser.accounts.get(kind='HELD').save()",
        "cursor.execute('UPDATE credits_account SET balance = 0')",
        "cursor.execute('''insert  into \"credits_posting\" (amount) values (1)''')",
        "cursor.execute(f'DELETE FROM credits_entry WHERE id = {pk}')",
        "cursor.execute('TRUNCATE credits_lot')",
        "cursor.execute('SELECT * FROM credits_post(%s, %s)', [entry, lines])",
        "from credits.services.posting import post",
    ],
)
def test_dev_05_finds_a_writer(source):
    assert writers(source)


@pytest.mark.parametrize(
    "source",
    [
        "from credits import services as credits\ncredits.top_up(advertiser=a, credits=1, order_id='o', gateway='g', key='k', at=at)",
        "from credits.models import Entry\nEntry.objects.filter(kind='TOP_UP').count()",
        "cursor.execute('SELECT SUM(amount) FROM credits_posting')",
        "order.save(update_fields=['state'])",
        "PaymentOrder.objects.create(order_id='x')",
    ],
)
def test_lets_readers_and_callers_pass(source):
    assert writers(source) == []


def test_no_function_of_the_database_writes_the_ledger_but_its_own(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        found = sorted(name for name, source in cursor.fetchall() if SQL.search(source))
    assert found == [
        "credits_house_credits",
        "credits_house_tickets",
        "credits_move_tickets",
        "credits_post",
        "credits_reverse_tickets",
    ]
