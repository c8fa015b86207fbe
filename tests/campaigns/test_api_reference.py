"""The page of the API says what its OpenAPI document says, in Korean, and every example on it runs as it stands."""

import re
import shlex
from datetime import timedelta
from string import Template
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from advertisers import services as team
from advertisers.models import ApiKey
from campaigns import landing, services
from campaigns.wizard import drafts
from config import reference
from config.api import advertiser_api
from credits import services as credits
from credits.services.closing import close_finished_days
from tests.advertisers.applicants import picture
from tests.advertisers.receivers import endpoint, happens
from tests.campaigns.conftest import spec_of

ORIGIN = "https://boost.example.com"
OPERATIONS = [one for operations in reference.groups(advertiser_api, at=timezone.now()).values() for one in operations]
# What a state of the campaign in the house refuses; the example itself is read and understood.
REFUSED = {
    "appeal": "campaign.move_refused",
    "resume": "campaign.move_refused",
    "withdraw": "campaign.move_refused",
    "images": "common.not_rehearsed",
}


@pytest.fixture
def at():
    """The examples plan from now on."""
    return timezone.now() - timedelta(days=40)


@pytest.fixture
def house(minji, minji_user, operator, submit, settings, monkeypatch, at):
    """What the examples name, and a test key."""
    settings.WEBHOOK_TRUSTED_ORIGINS = ["http://127.0.0.1:9"]
    monkeypatch.setattr(landing, "refuse_gone", lambda url: None)
    now = timezone.now()
    with transaction.atomic():
        credits.top_up(advertiser=minji, credits=100_000, order_id="more", gateway="portone", key="more", at=at)
    spec = spec_of(now, budget=400, daily_cap=100)
    campaign = services.approve(
        campaign=services.submit_campaign(advertiser=minji, spec=spec, by=minji_user, at=now, key="examples"), by=operator, at=now
    )
    plan = services.plan(campaign=campaign, kind="PAUSE", credits_=0, due_at=now + timedelta(hours=2), by=minji_user, at=now)
    draft = drafts.begin(advertiser=minji, by=minji_user, at=now, key="examples", answers=spec_of(now).model_dump(mode="json"))
    told = endpoint(minji, minji_user, "http://127.0.0.1:9/", at=now).endpoint
    happens(minji, "low:1", at=now)
    close_finished_days(at=now)
    key = team.make_key(
        membership=minji_user.memberships.get(), name="예제", scopes=[scope.value for scope in ApiKey.Scope], is_test=True, at=now
    )
    return {
        "BOOST_ORIGIN": ORIGIN, "BOOST_KEY": key.secret, "CAMPAIGN": campaign.public_id, "PLAN": plan.public_id,
        "DRAFT": draft.public_id, "PERIOD": f"{at:%Y-%m}", "ENDPOINT": told.public_id, "DELIVERY": told.deliveries.get().public_id,
    }  # fmt: skip


def run(command, house):
    """Carry a curl command out as a shell would read it."""
    words = shlex.split(Template(command.replace("\\\n", " ")).safe_substitute({name: str(value) for name, value in house.items()}))
    assert words[0] == "curl"
    method, url, headers, body, files = "GET", "", {}, None, {}
    rest = iter(words[1:])
    for word in rest:
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(rest)
        elif word == "-F":
            name, _, file = next(rest).partition("=@")
            files[name] = SimpleUploadedFile(file, picture(), content_type="image/png")
        else:
            url = word
    parts = urlsplit(url)
    content_type = headers.pop("Content-Type", None)
    sent = {"data": body, "content_type": content_type} if body is not None else {"data": files} if files else {}
    address = parts.path + (f"?{parts.query}" if parts.query else "")
    return getattr(Client(), method.lower())(address, headers=headers, **sent)


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.anchor)
def test_the_example_of(one, house):
    answer = run(one.example, house)
    if expected := REFUSED.get(one.path.rsplit("/", 1)[-1]) if one.method == "POST" else None:
        assert answer.json()["code"] == expected
    else:
        assert answer.status_code in (200, 201, 204), answer.content.decode()


class TestThePage:
    def test_has_every_operation_of_the_document_with_a_korean_sentence(self):
        documented = advertiser_api.get_openapi_schema(path_prefix="")["paths"]
        doors = {f"{method.upper()} {path}" for path, methods in documented.items() for method in methods}
        assert doors == set(reference.WORDS)
        assert all(re.search("[가-힣]", words) for words, _ in reference.WORDS.values())

    def test_is_open_to_everybody_and_asks_nobody_else_for_anything(self, client, db):
        page = client.get("/api/v1/docs")
        assert page.status_code == 200
        outside = re.findall(r'(?:src|action)="(https?://[^"]+)"', page.text) + re.findall(r'<link[^>]+href="(https?://[^"]+)"', page.text)
        assert [address for address in outside if not address.startswith(("http://testserver", "http://127.0.0.1"))] == []
        assert "<script>" not in page.text
        for words in ("Idempotency-Key", "boost_test_", "테스트 키", "웹훅"):
            assert words in page.text

    def test_shows_fields_and_example_of(self, client, db):
        page = client.get("/api/v1/docs").text
        for one in OPERATIONS:
            assert f'id="{one.anchor}"' in page
            assert one.summary in page
        assert "is_valid" in page
        assert "curl -X POST" in page
