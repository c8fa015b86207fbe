"""A test key does everything a real one does, and nothing of it stays: no credit, no row, no message."""

import json
import re
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client

from advertisers import services as team
from advertisers import webhooks
from advertisers.models import ApiKey
from campaigns import landing
from campaigns.models import Campaign, Draft
from common import rehearsal
from common.models import Effect
from config.api import advertiser_api
from credits import selectors as credits
from identity.models import StepUpGrant
from tests.advertisers.applicants import file_of, picture
from tests.advertisers.receivers import endpoint, happens
from tests.campaigns.conftest import spec_of
from tests.signing_in import browser, step_up

BASE = "/api/v1"
SCOPES = [scope.value for scope in ApiKey.Scope]


@pytest.fixture(autouse=True)
def landing_page_opens(monkeypatch):
    monkeypatch.setattr(landing, "refuse_gone", lambda url: None)


@pytest.fixture
def secret(minji, minji_user, at):
    key = team.make_key(membership=minji_user.memberships.get(), name="연습", scopes=SCOPES, is_test=True, at=at)
    return key.secret


def call(secret, method, path, body=None, key="intent-0001"):
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}
    sent = {"data": body, "content_type": "application/json"} if body is not None else {}
    return getattr(Client(), method)(BASE + path, headers=headers, **sent)


def everything():
    """How many rows every table has, but the note that the key was used."""
    tables = connection.introspection.django_table_names(only_existing=True)
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models()
        if model._meta.db_table in tables and not model._meta.proxy
    }


def body_of(at, **changes):
    return spec_of(at, **changes).model_dump_json()


class TestATestKey:
    def test_int_01_submits_a_campaign_that_never_was(self, minji, secret, at):
        before = everything(), credits.balance(minji)
        answer = call(secret, "post", "/campaigns", body_of(at))
        assert (answer.status_code, answer.json()["state"], answer.json()["held"]) == (201, "SUBMITTED", 1_000)
        assert answer.headers[rehearsal.HEADER] == "true"
        assert (everything(), credits.balance(minji)) == before
        assert call(secret, "get", f"/campaigns/{answer.json()['id']}").status_code == 404

    def test_is_refused_as_a_real_one_would_be(self, minji, secret, at):
        answer = call(secret, "post", "/campaigns", body_of(at, budget=2_000))
        assert (answer.json()["code"], answer.headers[rehearsal.HEADER]) == ("credits.insufficient", "true")
        assert call(secret, "post", "/campaigns", "{}").status_code == 422

    def test_sees_what_is_there_and_changes_none_of_it(self, running, minji, secret, at):
        path = f"/campaigns/{running.public_id}"
        assert call(secret, "get", path).json()["state"] == "RUNNING"
        for method, door, body, said in (
            ("post", f"{path}/pause", None, 200),
            ("post", f"{path}/end", None, 200),
            ("patch", path, json.dumps({"design": {"title": "새 이름이에요"}}), 200),
            ("post", "/drafts", json.dumps({"type": "VISIT"}), 201),
        ):
            before = everything()
            assert call(secret, method, door, body).status_code == said
            assert everything() == before
        row = Campaign.objects.get()
        assert (row.state, row.title, Draft.objects.count()) == ("RUNNING", running.title, 0)

    def test_forgets_the_key_of_an_intent(self, secret, at):
        first, second = (call(secret, "post", "/campaigns", body_of(at)).json()["id"] for _ in range(2))
        assert first != second

    def test_sends_no_webhook_again(self, minji, minji_user, secret, settings, at):
        settings.WEBHOOK_TRUSTED_ORIGINS = ["http://127.0.0.1:9"]
        told = endpoint(minji, minji_user, "http://127.0.0.1:9/", at=at).endpoint
        happens(minji, "low:1", at=at)
        delivery = told.deliveries.get()
        webhooks.skip(advertiser=minji, delivery=delivery.public_id, at=at)
        effects = Effect.objects.count()
        assert call(secret, "post", f"/webhook-deliveries/{delivery.public_id}/replay").json()["state"] == "WAITING"
        assert (told.deliveries.get().state, Effect.objects.count()) == ("SKIPPED", effects)

    def test_may_not_leave_a_file_behind(self, secret):
        answer = Client().post(f"{BASE}/images", {"picture": file_of(picture())}, headers={"Authorization": f"Bearer {secret}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "common.not_rehearsed")

    def test_asks_for_scopes_like_any_other(self, minji_user, at):
        reads = team.make_key(membership=minji_user.memberships.get(), name="연습", scopes=["campaigns.read"], is_test=True, at=at)
        assert call(reads.secret, "post", "/campaigns", body_of(at)).json()["code"] == "advertisers.scope_missing"

    def test_says_what_it_is_in_its_first_letters_and_stays_one_when_replaced(self, minji, minji_user, secret, at):
        key = ApiKey.objects.get()
        assert (secret.startswith("boost_test_"), key.shown) == (True, secret[:16])
        new = team.rotate_key(advertiser=minji, key=key.public_id, by=minji_user, at=at)
        assert (new.key.is_test, new.secret.startswith("boost_test_")) == (True, True)

    def test_is_made_on_the_page(self, minji, minji_user):
        client = step_up(browser(minji_user), minji_user, StepUpGrant.Purpose.API_KEY)
        answer = client.post("/my-page/api-keys/create/", {"name": "연습", "scopes": ["campaigns.read"], "is_test": "on"})
        assert (answer.status_code, ApiKey.objects.get().is_test) == (201, True)
        assert '<span class="chip ml-2">테스트</span>' in client.get("/my-page/api-keys/").text

    def test_a_real_key_beside_it_works_in_earnest(self, minji, minji_user, at):
        real = team.make_key(membership=minji_user.memberships.get(), name="실제", scopes=SCOPES, at=at).secret
        answer = call(real, "post", "/campaigns", body_of(at))
        assert (answer.status_code, rehearsal.HEADER in answer.headers, Campaign.objects.count()) == (201, False, 1)


class TestARehearsal:
    def test_is_undone_on_a_connection_that_nothing_else_wraps(self, transactional_db, minji, minji_user, secret, at):
        before = everything()
        assert call(secret, "post", "/campaigns", body_of(at)).status_code == 201
        assert everything() == before
        assert not connection.in_atomic_block

    def test_is_undone_when_it_fails(self, transactional_db, minji):
        with pytest.raises(ZeroDivisionError), rehearsal.undone():
            minji.name = "바뀐 이름"
            minji.save()
            raise ZeroDivisionError
        minji.refresh_from_db()
        assert minji.name == "민지네 커피"

    def test_lets_a_service_commit_into_nothing(self, transactional_db, minji):
        with rehearsal.undone(), transaction.atomic(durable=True):
            minji.name = "바뀐 이름"
            minji.save()
        minji.refresh_from_db()
        assert minji.name == "민지네 커피"


def _doors():
    documented = advertiser_api.get_openapi_schema(path_prefix="")["paths"]
    return [(method, path) for path, methods in documented.items() for method in methods if method != "get"]


@pytest.mark.parametrize(("method", "path"), _doors(), ids=lambda value: str(value))
def test_every_door_that_writes_says_that_it_was_a_test_and_keeps_nothing(running, secret, method, path):
    """Nonsense is refused, what needs no body is done; either way every table has the rows that it had."""
    numbers = {"campaign_id": str(running.public_id)}
    address = re.sub(r"{(\w+)}", lambda found: numbers.get(found[1], str(uuid4())), path)
    before = everything()
    answer = call(secret, method, address, "{}")
    assert (answer.headers.get(rehearsal.HEADER), everything()) == ("true", before)
