"""S-70: a refund that somebody asks for comes into being in one function, behind one guard, whichever door it came through."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from config.api import advertiser_api, luckffle_api
from tests.house.test_ledger_writers import PRODUCT
from tests.house.trees import tree_of

ROOT = Path(settings.BASE_DIR)
MAKES = {"create", "bulk_create", "get_or_create", "update_or_create", "acreate", "abulk_create", "aget_or_create", "aupdate_or_create"}


def sources():
    """Every source file of the product but its migrations."""
    paths = [path for folder in PRODUCT for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts]
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in paths}


def births(source):
    """[(function, source of the refund)] for every place that makes a Refund; one that names no source has the default, ADVERTISER."""
    found = []
    for function in ast.walk(tree_of(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _makes_a_refund(node.func):
                named = [ast.unparse(word.value).rpartition(".")[2] for word in node.keywords if word.arg == "source"]
                found.append((function.name, *(named or ["ADVERTISER"])))
    return found


def _makes_a_refund(called):
    """Refund(…), Refund.objects.create(…) and its like, order.refunds.create(…)."""
    text = ast.unparse(called)
    owner, _, name = text.rpartition(".")
    return name == "Refund" or (name in MAKES and (owner.endswith(".refunds") or "Refund.objects" in owner))


def callers(source, name):
    """The functions that call a function of this name."""
    return {
        function.name
        for function in ast.walk(tree_of(source))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name
    }


class TestARefundThatSomebodyAsksFor:
    def test_s_70_is_made_by_request_refund_alone(self):
        assert {name: found for name, source in sources().items() if (found := births(source))} == {
            "payments/services/refunds.py": [("request_refund", "ADVERTISER")],
            "payments/services/reconciliation.py": [("_follow_cancel", "GATEWAY")],  # the card company cancelled first: nobody asked us
        }

    def test_s_70_is_asked_for_on_the_advertisers_page_and_told_in_the_demo_alone(self):
        assert {name: found for name, source in sources().items() if (found := callers(source, "request_refund"))} == {
            "payments/views.py": {"order_refund"},
            "backoffice/demo/story.py": {"_ask_back", "act"},
        }

    @pytest.mark.parametrize("api", [advertiser_api, luckffle_api], ids=["advertiser", "luckffle"])
    def test_s_70_is_asked_for_by_no_api(self, api):
        with_money = [path for path in api.get_openapi_schema(path_prefix="")["paths"] if "refund" in path or "payment" in path]
        assert with_money == []


class TestTheSearch:
    @pytest.mark.parametrize(
        "line, source",
        [
            ("Refund.objects.create(order=order)", "ADVERTISER"),
            ("Refund.objects.using('default').get_or_create(key=key)", "ADVERTISER"),
            ("order.refunds.create(credits=1)", "ADVERTISER"),
            ("models.Refund(order=order, source=Refund.Source.ADVERTISER).save()", "ADVERTISER"),
            ("Refund.objects.create(source=Refund.Source.GATEWAY)", "GATEWAY"),
        ],
    )
    def test_sees_who_makes_one(self, line, source):
        assert births(f"def somebody():\n    {line}") == [("somebody", source)]

    def test_lets_readers_pass(self):
        assert births("def somebody():\n    return Refund.objects.filter(key=key).first(), RefundQuote(order=order)") == []
