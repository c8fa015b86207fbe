"""Whatever is sent to a JSON door: never a crash, never a row, always `{code, message, detail}`."""

import json
import re
import sys
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from campaigns.models import BudgetSlot, Campaign, CampaignEvent, Participation
from common.models import Effect
from config.api import advertiser_api, luckffle_api
from credits.models import Entry
from tests.app import ANDROID, token_of
from tests.signing_in import browser

TEXTS = [
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "\x1b[31m",
    "\u202e",
    "\ufeff",
    "가" * 100_000,
    "🧑‍👩‍👧" * 400,
    "'; DROP TABLE campaigns_campaign; --",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "../../../etc/passwd",
    "％００",
    "１２３",
    "null",
    "",
]
NUMBERS = [0, -1, 2**31, 2**53, 2**63, 10**400, -(10**400), 1.5, 1e308, True, None]
BODIES = [
    b"",
    b"{",
    b"[]",
    b"[1]",
    b"null",
    b"true",
    b"1",
    b'"x"',
    b"\xff\xfe",
    b"\x00",
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b"[" * 100_000,
    b'{"token":"x","token":"y"}',
    b'{"token":NaN}',
    b'{"token":Infinity}',
    b'{"token":-1e999}',
    b'{"token":' + b"9" * 10_000 + b"}",
    b'{"credits":' + b"9" * 4_000 + b"}",
    b'{"token":"\\ud800"}',
    b'{"__proto__":{"a":1},"constructor":1}',
    b"token=x&beat=y",
    b"--x\r\n",
    b"\xef\xbb\xbf{}",
]


def operations():
    for name, api, base in (("luckffle", luckffle_api, "/api/luckffle/v1"), ("advertiser", advertiser_api, "/api/v1")):
        for path, methods in api.get_openapi_schema(path_prefix="").get("paths", {}).items():
            for method, declared in methods.items():
                yield name, method, base + "/" + path.lstrip("/"), declared


OPERATIONS = list(operations())
WRITES = [(name, method, path) for name, method, path, declared in OPERATIONS if method != "get"]
WITH_BODY = [(name, method, path) for name, method, path, declared in OPERATIONS if "requestBody" in declared]
TAKES_FORMS = {path for _, _, path, declared in OPERATIONS if "multipart/form-data" in declared.get("requestBody", {}).get("content", {})}


@pytest.fixture
def call(running, suji, minji_user, at):
    """Call an operation as somebody who may, on the campaign that runs; checks what every answer must be."""
    token, team = None, browser(minji_user)
    with time_machine.travel(at, tick=False):
        token = token_of(suji)
        app = Client(raise_request_exception=False)
        team.raise_request_exception = False

        def call(name, method, path, body=None, *, of=None, query="", content_type="application/json", key="garbage-0001"):
            path = re.sub(r"\{[a-z_]+\}", str(of if of is not None else running.public_id), path) + query
            headers = {"User-Agent": ANDROID, "Idempotency-Key": key}
            if name == "luckffle":
                headers["Authorization"] = f"Bearer {token}"
            data = {} if body is None else {"data": body, "content_type": content_type}
            answer = getattr(app if name == "luckffle" else team, method)(path, headers=headers, **data)
            assert answer.status_code < 500, (path, body, answer.content[:500])
            if answer.status_code >= 400:
                refusal = answer.json()
                assert set(refusal) == {"code", "message", "detail"}
                assert re.search("[가-힣]", refusal["message"])
            return answer

        yield call


def rows():
    counted = tuple(model.objects.count() for model in (Campaign, CampaignEvent, Participation, Entry, Effect))
    return counted, Campaign.objects.values().get(), list(BudgetSlot.objects.values())


def test_nothing_that_was_imported_took_the_guard_off_the_stack():
    """With a higher limit the deepest of BODIES ends the process instead of being refused."""
    assert sys.getrecursionlimit() <= 1_000


def test_every_door_is_walked_here():
    assert {(name, method) for name, method, _ in WRITES} == {
        ("luckffle", "post"), ("luckffle", "patch"), ("advertiser", "post"), ("advertiser", "patch"), ("advertiser", "delete"),
    }  # fmt: skip
    assert len(WRITES) == 60
    assert len(WITH_BODY) == 40


@pytest.mark.parametrize("name,method,path", WITH_BODY, ids=lambda value: str(value))
class TestBodies:
    def test_broken_or_absurd_json_is_refused_and_writes_nothing(self, call, name, method, path):
        before = rows()
        for body in BODIES:
            assert 400 <= call(name, method, path, body).status_code < 500
        assert rows() == before

    def test_json_named_as_something_else_writes_nothing(self, call, name, method, path):
        before = rows()
        for kind in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "x",
        ):
            assert 400 <= call(name, method, path, b"a=b&token=x", content_type=kind).status_code < 500
        assert rows() == before

    def test_absurd_values_in_every_field_are_refused_and_write_nothing(self, call, name, method, path):
        before = rows()
        for value in [*TEXTS, *NUMBERS, [], {}, [[]], {"a": {}}]:
            for fields in (("token",), ("token", "beat"), ("credits",), ("type", "design", "details", "reward", "credit", "setting")):
                assert 400 <= call(name, method, path, json.dumps(dict.fromkeys(fields, value))).status_code < 500
        assert rows() == before

    def test_too_large_a_body_is_refused(self, call, name, method, path):
        before = rows()
        if path in TAKES_FORMS:  # what is no form is not even read there
            answer = call(name, method, path, b"token=" + b"a" * 3_000_000, content_type="application/x-www-form-urlencoded")
        else:
            answer = call(name, method, path, b'{"token":"' + b"a" * 3_000_000 + b'"}')
        assert (answer.status_code, answer.json()["code"]) == (413, "common.too_large")
        assert rows() == before


class TestCampaigns:
    """The one door with deep input: every leaf of a valid campaign replaced by everything."""

    def test_every_leaf_may_be_anything(self, call, at):
        good = {
            "type": "VISIT",
            "design": {"title": "가나다", "body": "", "landing_url": "https://coffee.example.com/"},
            "details": {"dwell_seconds": 10},
            "reward": {"tickets": 1},
            "credit": {"unit_price": 10, "budget": 300, "daily_cap": 300},
            "setting": {"starts_at": "2026-11-25T03:00:00Z", "ends_at": "2026-11-27T03:00:00Z"},
        }
        before = rows()
        refused = 0
        for step, fields in good.items():
            for field in fields if isinstance(fields, dict) else [""]:
                for value in [*TEXTS, *NUMBERS, [], {}]:
                    body = json.loads(json.dumps(good))
                    if field:
                        body[step][field] = value
                    else:
                        body[step] = value
                    # Nothing is left of the 1,000 credits, so even a good one is refused, after all checks of the schema.
                    assert 400 <= call("advertiser", "post", "/api/v1/campaigns", json.dumps(body)).status_code < 500
                    refused += 1
        assert refused == 11 * (len(TEXTS) + len(NUMBERS) + 2)
        assert rows() == before


@pytest.mark.parametrize("name,method,path", [(n, m, p) for n, m, p, _ in OPERATIONS], ids=lambda value: str(value))
class TestAddresses:
    def test_numbers_and_queries_that_are_none_write_nothing(self, call, name, method, path):
        before = rows()
        for of in ("x", "%00", "0" * 36, "a" * 2_000, "..%2f..", "%ED%A0%80", "１", str(uuid4()).replace("-", "_"), "-1"):
            if "{" in path:
                assert 400 <= call(name, method, path, b'{"token":"x","credits":10}' if method == "post" else None, of=of).status_code < 500
        for query in ("?limit=%00", "?limit=" + "9" * 5_000, "?cursor=%ED%A0%80", "?cursor=%FF", "?limit[]=1&limit=2", "?" + "a=1&" * 900):
            if method == "get":
                call(name, method, path, query=query)
        assert rows() == before

    def test_headers_that_are_nonsense_write_nothing(self, call, name, method, path):
        before = rows()
        for key in ("", "\t", "a" * 5_000, "'\"<>", "key\u0080key"):
            if method == "post" and "campaigns" in path and ("raise" in path or path.endswith("campaigns")):
                assert 400 <= call(name, method, path, b'{"credits":10}', key=key).status_code < 500
        assert rows() == before
