"""The page of the API says what its OpenAPI document says, in Korean, and every example on it runs as it stands."""

import re
import shlex
import subprocess
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from string import Template
from typing import ClassVar
from urllib.parse import urlsplit

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone
from lxml import html
from standardwebhooks import WebhookVerificationError

from advertisers import services as team
from advertisers.models import ApiKey
from campaigns import landing, services
from campaigns.questions import AnalyticsIn, ReportIn
from campaigns.services import exporting, reporting
from campaigns.wizard import drafts
from common import effects, handlers
from config import reference
from config.api import advertiser_api
from credits import services as credits
from credits.services.closing import close_finished_days
from tests.advertisers.applicants import picture
from tests.advertisers.receivers import endpoint, happens
from tests.advertisers.receivers import run as deliver
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
def house(minji, minji_user, operator, submit, settings, monkeypatch, tmp_path, at):
    """What the examples name, and a test key."""
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "private": backend}
    handlers.load()
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
    member = minji_user.memberships.get()
    question = {"advertiser": minji, "asked": AnalyticsIn(), "what": "DAYS", "form": "csv", "by": minji_user}
    export = exporting.ask_for_export(**question, at=now, key="examples")
    effects.run_due(at=now)
    report = reporting.schedule(advertiser=minji, member=member, wish=ReportIn(every="DAY"), at=now)
    key = team.make_key(membership=member, name="예제", scopes=[scope.value for scope in ApiKey.Scope], is_test=True, at=now)
    return {
        "BOOST_ORIGIN": ORIGIN, "BOOST_KEY": key.secret, "CAMPAIGN": campaign.public_id, "PLAN": plan.public_id,
        "EXPORT": export.public_id, "SCHEDULE": report.public_id,
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


class Receiver(BaseHTTPRequestHandler):
    """An advertiser's server that keeps what it is sent."""

    came: ClassVar[list[tuple[bytes, dict[str, str]]]] = []

    def do_POST(self) -> None:
        self.came.append((self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver():
    Receiver.came.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def code_of(page, label):
    """The text that stands under a label to be copied."""
    (found,) = page.xpath(f'//pre[@aria-label="{label}"]/code')
    return found.text_content()


class TestOnTheRunningProduct:
    """Every example is copied from the page and sent over HTTP to a server that runs, with a test key."""

    def test_what_the_page_says_runs_in_a_terminal_and_in_python(self, live_server, house, monkeypatch, tmp_path, capsys):
        for name, value in {**house, "BOOST_ORIGIN": live_server.url}.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.chdir(tmp_path)
        (tmp_path / "picture.png").write_bytes(picture())
        page = html.fromstring(httpx.get(f"{live_server.url}/api/v1/docs", trust_env=False).text)
        commands = []
        for one in OPERATIONS:
            exec(code_of(page, f"{one.summary} Python 예제"), {"__name__": "example"})
            commands.append(code_of(page, f"{one.summary} 예제") + " -s -o /dev/null -w '%{http_code}\\n' --noproxy '*'")
        in_python = [line.split(" ", 1)[0] for line in capsys.readouterr().out.splitlines() if re.match(r"\d{3} ", line)]
        in_a_terminal = subprocess.run(["sh", "-c", "\n".join(commands)], capture_output=True, text=True, check=True).stdout.split()
        refused = {"appeal": "409", "resume": "409", "withdraw": "409", "images": "403"}
        expected = [refused.get(one.path.rsplit("/", 1)[-1]) if one.method == "POST" else None for one in OPERATIONS]
        assert len(in_python) == len(in_a_terminal) == len(OPERATIONS)
        for one, wanted, *said in zip(OPERATIONS, expected, in_python, in_a_terminal, strict=True):
            assert all(status == wanted if wanted else status in ("200", "201", "204") for status in said), (one.anchor, said)

    def test_the_verification_takes_what_we_send_and_nothing_else(self, client, minji, minji_user, settings, monkeypatch, receiver):
        settings.WEBHOOK_TRUSTED_ORIGINS = [receiver]
        now = timezone.now()
        new = endpoint(minji, minji_user, f"{receiver}/boost", at=now)
        happens(minji, "low:1", at=now)
        deliver(at=now)
        monkeypatch.setenv("BOOST_WEBHOOK_SECRET", new.secret)
        known = {"__name__": "example"}
        exec(code_of(html.fromstring(client.get("/api/v1/docs").text), "웹훅 확인 예제"), known)
        [(body, headers)] = Receiver.came
        assert known["message_of"](body, headers)["type"] == "credits.low"
        with pytest.raises(WebhookVerificationError):
            known["message_of"](body.replace(b"2", b"3"), headers)
