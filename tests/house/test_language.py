"""Everything a person reads is Korean: pages, refusals, and the sentence behind every code and every kind of mistake."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import html
from pydantic import BaseModel
from pydantic_core import core_schema

from common import errors, korean, portals, refusals
from common.schemas import Input
from tests.house.world import World, answer, pages

APPS = ("common", "identity", "advertisers", "credits", "payments", "rewards", "inquiries", "campaigns", "backoffice")
ENGLISH = re.compile(r"\b[A-Za-z][a-z']*(?: [A-Za-z'][a-z']*){2,}")
PROGRAM = re.compile(
    r"(?<![A-Za-z0-9_.])(?:None|True|False|NaN|nan)(?![A-Za-z0-9_.])|<[A-Z]\w+(?: object|:)|\bdatetime\."
)  # what no person says
SHOWN = ("title", "placeholder", "aria-label", "alt")
MACHINES = (
    "/metrics",
    "/healthz",
    "/readyz",
    "/api/v1/docs",
    "/api/v1/openapi.json",
    "/api/luckffle/v1/docs",
    "/api/luckffle/v1/openapi.json",
    "/postbacks/offerwalls/adpopcorn/",  # answers in the words of that company's document
)


def said(text: str) -> Iterator[str]:
    """What a person reads or hears of a page."""
    tree = html.fromstring(text)
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        yield from (node.get(name) for name in SHOWN if node.get(name))
        if node.tag not in ("script", "style", "code", "template"):
            yield node.text or ""
        yield node.tail or ""


def english_in(text: str) -> list[str]:
    """English sentences, and values as a program writes them."""
    parts = [" ".join(part.split()) for part in said(text)]
    return [found for part in parts for words in (ENGLISH, PROGRAM) for found in words.findall(part)]


def is_html(response: Any) -> bool:
    return response.headers.get("Content-Type", "").startswith("text/html")


def english_of(response: Any) -> list[str]:
    """English sentences of a page or of a JSON answer."""
    text = response.getvalue().decode(errors="replace")  # once: a body that streams is gone then
    if text and is_html(response):
        return english_in(text)
    if text and response.headers["Content-Type"].startswith("application/json"):
        return ENGLISH.findall(json.dumps(json.loads(text), ensure_ascii=False))
    return []


def is_korean(text: str) -> bool:
    return re.search("[가-힣]", text) is not None


def load_everything() -> None:
    for app in APPS:
        package = importlib.import_module(app)
        for module in pkgutil.walk_packages(package.__path__, f"{app}."):
            if ".migrations" not in module.name and ".management" not in module.name:
                importlib.import_module(module.name)


@pytest.mark.parametrize("portal", portals.ALL)
class TestPages:
    def test_dev_07_say_no_english_sentence(self, world: World, portal: str) -> None:
        found = {}
        for address, response in pages(world, portal):
            if address in MACHINES or response.status_code in (301, 302):
                continue
            if english := english_of(response):
                found[address] = english
        assert found == {}

    def test_of_refusal_say_no_english_sentence(self, world: World, portal: str) -> None:
        base = {"advertiser": "/", "luckffle": "/luckffle/", "backoffice": "/backoffice/"}[portal]
        who = {"advertiser": "jisoo", "luckffle": "suji", "backoffice": "operator"}[portal]
        asked = [("GET", f"{base}nowhere/"), ("GET", "/campaigns/new/"), ("GET", f"/campaigns/{world.running.public_id}/end/")]
        asked += [("GET", "/backoffice/refunds/"), ("POST", "/luckffle/missions/" + str(world.running.public_id) + "/beat/")]
        for method, address in asked:
            response = answer(world, who, method, address)
            if response.status_code >= 400:
                text = response.getvalue().decode()
                assert is_korean(text if is_html(response) else json.loads(text)["message"]), address
                assert english_of(response) == [], address


class TestTheSearch:
    def test_finds_an_english_sentence(self) -> None:
        assert english_in("<p>저장했어요. <b title='Save this now'>Please try again</b></p>") == ["Save this now", "Please try again"]

    def test_finds_a_value_as_a_program_writes_it(self) -> None:
        assert english_in("<p>가장 적은 나이 <b>None세</b> <i>True</i> <span>&lt;Member: 수지&gt;</span></p>") == [
            "None",
            "True",
            "<Member:",
        ]
        assert english_in("<p>Nonesuch, untrue, N.None</p>") == []


class TestEveryRefusal:
    def test_dev_07_has_a_dotted_code_and_a_korean_sentence(self) -> None:
        load_everything()
        declared = errors.all_refusals()
        assert {"credits.insufficient", "approval.maker_is_checker", "approval.already_decided", "common.busy"} <= set(declared)
        wrong = [
            code for code, refusal in declared.items() if not re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", code) or not is_korean(refusal.message)
        ]
        assert wrong == []

    def test_has_a_code_of_its_own(self) -> None:
        load_everything()
        pending, inherited = [errors.DomainError], []
        while pending:
            refusal = pending.pop()
            pending += refusal.__subclasses__()
            if refusal is not errors.DomainError and refusal.__subclasses__() == [] and "code" not in vars(refusal):
                inherited.append(refusal.__qualname__)
        assert inherited == []

    def test_ends_as_a_sentence_with_a_client_error_or_busy(self) -> None:
        load_everything()
        declared = errors.all_refusals().values()
        assert [r.code for r in declared if not (400 <= r.http_status < 500 or r.http_status == 503)] == []
        assert [r.code for r in declared if not r.message.endswith((".", "요", "?", "}"))] == []

    def test_by_status_is_korean(self) -> None:
        for status in refusals.BY_STATUS:
            body = json.loads(refusals.by_status(status).content)
            assert set(body) == {"code", "message", "detail"}
            assert is_korean(body["message"])


def kinds_of(schema: Any) -> set[str]:
    """The types of pydantic-core schemas that a schema is made of."""
    if isinstance(schema, dict):
        own = {schema["type"]} if isinstance(schema.get("type"), str) else set()
        return own.union(*(kinds_of(value) for value in schema.values()))
    if isinstance(schema, list | tuple):
        return set().union(*(kinds_of(value) for value in schema))
    return set()


# What each kind of field can complain about, beside what its limits add.
COMPLAINTS: dict[str, set[str]] = {
    "int": {"int_type", "int_parsing", "int_parsing_size", "int_from_float", "greater_than", "greater_than_equal", "less_than",
            "less_than_equal", "multiple_of", "finite_number"},
    "str": {"string_type", "string_unicode", "string_too_short", "string_too_long", "string_pattern_mismatch", "string_not_ascii"},
    "bool": {"bool_type", "bool_parsing"},
    "uuid": {"uuid_type", "uuid_parsing", "uuid_version"},
    "date": {"date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact", "date_past", "date_future"},
    "datetime": {"datetime_type", "datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid", "timezone_aware",
                 "timezone_naive",
                 "datetime_past", "datetime_future"},
    "enum": {"enum"},
    "literal": {"literal_error"},
    "list": {"list_type", "too_long", "too_short"},
    "dict": {"dict_type", "too_long", "too_short"},
    "url": {"url_type", "url_parsing", "url_scheme", "url_syntax_violation", "url_too_long"},
    "decimal": {"decimal_type", "decimal_parsing", "decimal_max_digits", "decimal_max_places", "decimal_whole_digits"},
    "float": {"float_type", "float_parsing", "finite_number"},
    "model": {"model_type", "missing", "extra_forbidden", "invalid_key"},
    "model-fields": {"missing", "extra_forbidden", "invalid_key", "model_attributes_type"},
    "function-after": {"value_error", "assertion_error"},
    "function-before": {"value_error", "assertion_error"},
    "function-wrap": {"value_error", "assertion_error"},
    "function-plain": {"value_error", "assertion_error"},
    "tagged-union": {"union_tag_invalid", "union_tag_not_found"},
    "tuple": {"tuple_type", "too_long", "too_short"},
    "set": {"set_type", "too_long", "too_short"},
    "frozenset": {"frozen_set_type", "too_long", "too_short"},
    "time": {"time_type", "time_parsing"},
    "timedelta": {"time_delta_type", "time_delta_parsing"},
    "json": {"json_invalid", "json_type"},
}  # fmt: skip


def schemas() -> set[type[BaseModel]]:
    load_everything()
    pending, found = [Input], set()
    while pending:
        schema = pending.pop()
        pending += [sub for sub in schema.__subclasses__() if sub not in found]
        found.add(schema)
    return found


class TestEveryMistake:
    def test_dev_07_that_a_schema_can_complain_of_has_a_sentence(self) -> None:
        kinds = set().union(*(kinds_of(schema.__pydantic_core_schema__) for schema in schemas()))
        known = {kind for kind in kinds if kind in COMPLAINTS}
        assert {"int", "str", "model"} <= known
        needed = set().union(*(COMPLAINTS[kind] for kind in known))
        assert needed - korean.SENTENCES.keys() == set()

    def test_that_pydantic_knows_is_answered_in_korean(self) -> None:
        kinds = core_schema.ErrorType.__args__
        assert len(kinds) > 90
        answers = {
            kind: korean.sentence_for({"type": kind, "msg": "Input should be English", "ctx": {}})
            for kind in kinds
            if kind not in korean.SENTENCES
        }
        assert {kind: text for kind, text in answers.items() if not is_korean(text) or english_in(f"<p>{text}</p>")} == {}

    def test_reads_as_a_korean_sentence(self) -> None:
        assert [kind for kind, text in korean.SENTENCES.items() if not is_korean(text) or not text.endswith("요.")] == []
