"""
Schemathesis reads our OpenAPI documents and calls every operation with what they allow and with what they do not: never a crash.

A few calls for each operation here, always the same ones; `make fuzz` makes many more.
"""

import os
from datetime import timedelta

import pytest
import schemathesis
import time_machine
from hypothesis import HealthCheck, Phase, given, settings

from advertisers import services as team
from advertisers.models import ApiKey
from tests.app import ANDROID, token_of
from tests.campaigns.writing import begin
from tests.signing_in import browser

pytestmark = pytest.mark.django_db(transaction=True)

CALLS = int(os.environ.get("FUZZ_CALLS", "3"))  # of each operation and kind
KINDS = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
ALWAYS_THE_SAME = settings(
    max_examples=CALLS, derandomize=True, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def callers(running, suji, minji_user, at):
    """Who calls each API: a program of minji's that may do everything, and a member's phone."""
    scopes = [scope.value for scope in ApiKey.Scope]
    secret = team.make_key(membership=minji_user.memberships.get(), name="모두", scopes=scopes, at=at).secret
    with time_machine.travel(at + timedelta(minutes=1), tick=True):
        yield {
            "/api/v1": {"Authorization": f"Bearer {secret}"},
            "/api/luckffle/v1": {"Authorization": f"Bearer {token_of(suji)}", "User-Agent": ANDROID},
        }


@pytest.fixture
def known(running, minji_user):
    """What the addresses name: things that are there."""
    draft = begin(browser(minji_user))
    return {"campaign_id": str(running.public_id), "mission_id": str(running.public_id), "draft_id": str(draft.public_id)}


def crashes_of(operation, kind, *, known, headers):
    """What an operation answered with a crash, as commands to repeat it, and every status it answered with."""
    named = {name: value for name, value in known.items() if "{" + name + "}" in operation.path}
    found, statuses = [], []

    @ALWAYS_THE_SAME
    @given(case=operation.as_strategy(generation_mode=kind, path_parameters=named or None))
    def call(case):
        answer = case.call(headers=headers)
        statuses.append(answer.status_code)
        if answer.status_code >= 500:
            found.append((operation.label, answer.status_code, case.as_curl_command()))

    call()
    return found, statuses


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("base, fewest", [("/api/v1", 25), ("/api/luckffle/v1", 15)])
def test_no_operation_of_the_documents_ends_in_a_crash(live_server, callers, known, base, fewest):
    document = schemathesis.openapi.from_url(f"{live_server.url}{base}/openapi.json")
    crashes, reached = [], {}
    for found in document.get_all_operations():
        operation = found.ok()
        for kind in KINDS:
            bad, statuses = crashes_of(operation, kind, known=known, headers=callers[base])
            crashes += bad
            reached.setdefault(operation.label, set()).update(statuses)
    assert crashes == []
    assert len(reached) >= fewest
    assert sum(any(status < 300 for status in statuses) for statuses in reached.values()) >= fewest // 3  # not refusals alone
