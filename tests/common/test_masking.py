"""Secrets and personal values appear in no log line, whoever wrote it and however it was nested."""

import json
import logging

import pytest
import structlog
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from common import logs, masking
from identity.models import User
from tests import factories

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJlLXBsYW50ZWQ"
PLANTED = {
    "mail": "minji.planted@example.com",
    "phone as kept": "+821098765432",
    "phone as written": "010-9876-5432",
    "name": "김민지",
    "password": "planted-passw0rd-시험",
    "session": "plantedsessionkey0123456789abcde",
    "app token": JWT,
    "card": "4111-1111-1111-1111",
    "card without spaces": "4111111111111111",
    "resident number": "900101-2345678",
    "webhook secret": "whsec_cGxhbnRlZC13ZWJob29rLXNlY3JldA==",
    "database password": "planted-db-passw0rd",
}


@pytest.fixture
def lines():
    """Log lines as the product writes them: (text of) each, from the formatter of the LOGGING setting."""
    written: list[str] = []
    formatter = logs.LOGGING_FOR(level="INFO", pretty=False)["formatters"]["line"].copy()
    made = formatter.pop("()")(**formatter)

    class Keep(logging.Handler):
        def emit(self, record):
            written.append(made.format(record))

    handler = Keep(level=logging.DEBUG)
    root = logging.getLogger()
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


def clean(lines):
    """The planted values that a line still shows."""
    return [what for what, value in PLANTED.items() if any(value in line for line in lines)]


@pytest.fixture
def log():
    return logging.getLogger("tests.masking")


class TestALine:
    @pytest.mark.parametrize(
        "what, sentence",
        [
            ("mail", "Unable to send to {}: mailbox full"),
            ("phone as kept", "SMS to {} failed"),
            ("phone as written", "SMS to {}, try 2"),
            ("password", "POST username=minji&password={}&next=/"),
            ("session", "Cookie: boost_advertiser={}; theme=boost-dark"),
            ("session", '{{"sessionid": "{}"}}'),
            ("app token", "Authorization: Bearer {}"),
            ("app token", "token {} was refused"),
            ("card", "card {} declined"),
            ("card without spaces", '{{"number":"{}"}}'),
            ("resident number", "RRN {}."),
            ("webhook secret", "verifying with {}"),
            ("database password", "connecting to postgresql://boost:{}@db.internal:5432/boost failed"),
        ],
    )
    def test_hides_a_planted_value_and_keeps_the_rest(self, lines, log, what, sentence):
        log.warning(sentence.format(PLANTED[what]))
        assert clean(lines) == []
        said = json.loads(lines[-1])["event"]
        first, last = (part.replace("{{", "{").replace("}}", "}") for part in sentence.split("{}"))
        assert said.startswith(first[:4])
        assert said.endswith(last)
        assert masking.HIDDEN in said

    @pytest.mark.parametrize("value", ["BST01KAWZ0000EXAMPLE", "2026-11-25T03:00:00+00:00", "1,100,000원", "4111111111111112", "127.0.0.1"])
    def test_keeps_what_operators_look_for(self, lines, log, value):
        log.warning("Order %s is busy", value)
        assert json.loads(lines[-1])["event"] == f"Order {value} is busy"

    def test_hides_fields_by_their_names_at_any_depth(self, lines):
        structlog.get_logger("tests.masking").warning(
            "supplier answered",
            buyer_name=PLANTED["name"],
            answer={"customer": {"name": PLANTED["name"], "phoneNumber": PLANTED["phone as written"]}, "state": "PAID"},
            headers=[{"Cookie": PLANTED["session"], "Accept": "text/html"}],
        )
        assert clean(lines) == []
        said = json.loads(lines[-1])
        assert said["answer"] == {"customer": {"name": "***", "phoneNumber": "***"}, "state": "PAID"}
        assert said["headers"] == [{"Cookie": "***", "Accept": "text/html"}]
        assert said["buyer_name"] == "***"

    def test_hides_the_secrets_of_this_process_by_their_values(self, lines, log):
        for secret in (settings.SECRET_KEY, settings.PORTONE_API_SECRET, settings.FIELD_KEYS[0], settings.PERSON_HASH_KEY):
            log.error("supplier said: %s is not known", secret)
            assert secret not in lines[-1]
        log.error("key: %s", settings.HEADLESS_JWT_PRIVATE_KEY)
        assert "BEGIN" not in lines[-1]

    def test_hides_them_in_tracebacks(self, lines, log):
        try:
            raise ValueError(f"{PLANTED['mail']} with {PLANTED['phone as kept']} paid by {PLANTED['card']}")
        except ValueError:
            log.exception("Unable to work effect %s", 7)
        assert clean(lines) == []
        said = json.loads(lines[-1])
        assert said["event"] == "Unable to work effect 7"
        assert "ValueError: *** with *** paid by ***" in said["exception"]

    def test_keeps_request_id_and_effect(self, lines, log):
        with structlog.contextvars.bound_contextvars(request_id="req-7", effect="thing:1"):
            log.warning("hello")
        said = json.loads(lines[-1])
        assert (said["request_id"], said["effect"], said["logger"], said["level"]) == ("req-7", "thing:1", "tests.masking", "warning")


class TestWhatADatabaseSays:
    def test_about_a_row_that_it_refused_names_nobody(self, db, lines, log):
        columns = "password, is_superuser, username, is_staff, is_active, date_joined, public_id, kind, name, email, phone, person_hash"
        sql = f"INSERT INTO identity_user ({columns}) VALUES (%s, false, 'p', false, true, now(), gen_random_uuid(), NULL, %s, %s, %s, '')"
        with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [PLANTED["password"], PLANTED["name"], PLANTED["mail"], PLANTED["phone as kept"]])
        assert PLANTED["name"] in str(refusal.value), "PostgreSQL quotes the row; otherwise this test proves nothing"
        log.error("Unable to store a person", exc_info=refusal.value)
        assert clean(lines) == []
        assert "Failing row contains (***)" in lines[-1]

    def test_about_a_value_that_is_there_already_does_not_repeat_it(self, db, lines, log):
        factories.UserFactory(kind=User.Kind.MEMBER, email="", phone=PLANTED["phone as kept"], username=PLANTED["name"])
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            factories.UserFactory(kind=User.Kind.MEMBER, email="", phone="", username=PLANTED["name"])
        assert PLANTED["name"] in str(refusal.value)
        log.error("Unable to store a person", exc_info=refusal.value)
        assert clean(lines) == []
        assert "=(***) already exists" in lines[-1]


class TestARequest:
    def test_that_fails_leaves_nothing_private_in_the_log(self, db, client, lines, monkeypatch):
        """A bug while somebody signs in: the traceback and Django's own lines are written, the values are not."""

        def stumble(*args, **kwargs):
            raise RuntimeError(f"signing in {kwargs} {args}")

        monkeypatch.setattr("identity.backends.PortalBackend.authenticate", stumble)
        client.raise_request_exception = False
        answer = client.post("/accounts/login/", {"login": PLANTED["mail"], "password": PLANTED["password"]})
        assert answer.status_code == 500
        assert any("RuntimeError" in line for line in lines)
        assert clean(lines) == []
        shown = answer.content.decode()
        assert [what for what, value in PLANTED.items() if value in shown] == []
