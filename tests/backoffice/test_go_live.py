"""`go_live_check`: a house in which everything is ready, and then exactly one thing is not."""

import datetime as dates
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from backoffice import audit_chain, go_live, migrations, rights, services
from common import dated, effects, jobs
from common.models import Effect, JobRun
from credits import proof
from credits import services as credits
from identity.models import User
from payments.models import SuretyPolicy
from tests import factories
from tests.backoffice.conftest import hire

pytestmark = pytest.mark.tampers

COMPANY = {
    "name": "부스트", "representative": "김민지", "business_number": "220-81-62517", "mail_order_number": "제2026-서울강남-12345호",
    "address": "서울특별시 강남구 테헤란로 1", "phone": "02-555-1234", "email": "help@boost.kr", "hosting": "부스트",
    "privacy_officer": "김민지",
}  # fmt: skip


class Portal:
    """A server with TLS on this machine, whose certificate lasts so long."""

    def __init__(self, folder: Path, *, days: int) -> None:
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
        now = dates.datetime.now(dates.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.file = folder / f"{days}.pem"
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.file)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.origin = f"https://localhost:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            with plain, suppress(OSError), self._context.wrap_socket(plain, server_side=True):  # who has seen enough hangs up
                pass

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def portal(tmp_path, monkeypatch) -> Iterator[Portal]:
    server = Portal(tmp_path, days=90)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.file))
    yield server
    server.close()


@pytest.fixture
def ready(db, settings, tmp_path, portal, monkeypatch):
    """Everything is as it should be on the first morning."""
    at = timezone.now()
    settings.PRODUCTION, settings.ENVIRONMENT, settings.DEBUG = True, "production", False
    settings.COMPANY = {**settings.COMPANY, **COMPANY}
    settings.VAR_DIR = tmp_path
    settings.OPERATOR_ALERT_EMAIL, settings.DEFAULT_FROM_EMAIL = "ops@boost.kr", "Boost <no-reply@boost.kr>"
    settings.SLACK_WEBHOOK_URL = "https://hooks.slack.com/services/T1/B1/abc"
    settings.SOLAPI_SENDER = "0215440000"
    settings.PORTAL_ORIGINS = dict.fromkeys(settings.PORTAL_ORIGINS, portal.origin)
    settings.START_CHECK = "tests.backoffice.test_go_live.no_problems"
    monkeypatch.setattr(go_live, "_is_powerful", lambda: False)
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "boost.dump").write_bytes(b"x")
    for name in jobs.scheduled():
        jobs.record(name, at=at)
    for name in ("boram", "chanho"):
        hire(name, rights.FINANCE)
    SuretyPolicy.objects.create(
        number="100-1", amount_krw=30_000_000, valid_from=at.date() - timedelta(days=9), valid_until=at.date() + timedelta(days=90)
    )
    person = User.objects.get(username="boram")
    services.note(row=person, by=person, reason="처음", at=at)
    audit_chain.link(at=at)
    credits.keep_proof(proof.run(), at=at, may_stop_money=False)
    assert go_live.failures(at=at) == []
    return at


def no_problems(settings):
    return []


def break_settings(settings, **_):
    settings.DEBUG = True


def break_footer(settings, **_):
    settings.COMPANY = {**settings.COMPANY, "mail_order_number": ""}


def break_keys(settings, **_):
    settings.START_CHECK = "config.checks.problems"


NEWEST = max(path.stem for path in Path(migrations.__file__).parent.glob("0*.py"))


def break_migrations(**_):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'backoffice' AND name = %s", [NEWEST])


def break_proof(at, **_):
    with transaction.atomic():
        report = proof.Report((proof.Result("I1", "문장", False, ("entry=1",)),))
        credits.record_proof(report, at=at)


def break_backup(settings, **_):
    old = timezone.now() - timedelta(days=2)
    os.utime(Path(settings.VAR_DIR) / "backups" / "boost.dump", (old.timestamp(), old.timestamp()))


def break_workers(at, **_):
    JobRun.objects.filter(name="payments.sweep").update(succeeded_at=at - timedelta(hours=1))


def break_effects(at, **_):
    with transaction.atomic():
        row = effects.add("x.y", key="x", at=at)
        Effect.objects.filter(pk=row.pk).update(state=Effect.State.PARKED)


def break_senders(settings, **_):
    settings.SOLAPI_SENDER = ""


def break_mail(settings, **_):
    settings.OPERATOR_ALERT_EMAIL = "ops@boost.example"


def break_slack(settings, **_):
    settings.SLACK_WEBHOOK_URL = ""


def break_certificate_age(settings, tmp_path, monkeypatch, request, **_):
    server = Portal(tmp_path, days=5)
    request.addfinalizer(server.close)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.file))
    settings.PORTAL_ORIGINS = dict.fromkeys(settings.PORTAL_ORIGINS, server.origin)


def break_certificate(settings, **_):
    settings.PORTAL_ORIGINS = {**settings.PORTAL_ORIGINS, "luckffle": "https://localhost:9"}


def break_scheme(settings, **_):
    settings.PORTAL_ORIGINS = {**settings.PORTAL_ORIGINS, "backoffice": "http://localhost"}


def break_operators(**_):
    User.objects.filter(username="chanho").update(is_active=False)


def break_demo_people(**_):
    factories.UserFactory(username="owner", email="owner@demo.boost")


def break_role(monkeypatch, **_):
    monkeypatch.setattr(go_live, "_is_powerful", lambda: True)


def break_insurance(at, **_):
    SuretyPolicy.objects.update(valid_until=at.date() - timedelta(days=1))


def break_audit(at, monkeypatch, **_):
    monkeypatch.setattr(go_live.AuditLink.objects, "order_by", lambda *names: go_live.AuditLink.objects.none())


def break_money(at, **_):
    with transaction.atomic():
        dated.change(name="credits.money_stopped", value=True, effective_from=at, reason="멈춰요", by_id=1, at=at)


BROKEN = {
    "settings": (break_settings, "DEBUG가 켜져"),
    "footer": (break_footer, "통신판매업신고번호"),
    "keys": (break_keys, "PORTONE_CHANNEL_KEY_CARD: 모의 서버의 값"),
    "migrations": (break_migrations, f"backoffice.{NEWEST}"),
    "proof": (break_proof, "차이 1건"),
    "backup": (break_backup, "하루를 넘었어요"),
    "workers": (break_workers, "payments.sweep"),
    "workers, parked": (break_effects, "멈춘 바깥 작업이 1건"),
    "sender numbers": (break_senders, "SOLAPI_SENDER"),
    "alerts, mail": (break_mail, "OPERATOR_ALERT_EMAIL"),
    "alerts, Slack": (break_slack, "SLACK_WEBHOOK_URL"),
    "certificates": (break_certificate, "luckffle 인증서를 확인할 수 없어요"),
    "certificates, age": (break_certificate_age, "14일 안에 끝나요"),
    "certificates, scheme": (break_scheme, "https가 아니에요"),
    "operators": (break_operators, "두 명이 안 돼요"),
    "operators, demo": (break_demo_people, "체험용 계정"),
    "database role": (break_role, "grant_app_role"),
    "insured limit": (break_insurance, "지급보증보험"),
    "audit": (break_audit, "이은 적이 없어요"),
    "money switch": (break_money, "멈춰 두었어요"),
}


class TestEveryFailure:
    def test_has_a_way_to_break_it_here(self):
        assert {name.partition(",")[0] for name in BROKEN} == set(go_live.CHECKS)

    @pytest.mark.parametrize("name", list(BROKEN))
    def test_is_named_alone_when_it_alone_is_broken(self, ready, name, settings, tmp_path, monkeypatch, request):
        break_it, word = BROKEN[name]
        break_it(at=ready, settings=settings, tmp_path=tmp_path, monkeypatch=monkeypatch, request=request)
        found = go_live.failures(at=ready)
        assert {check for check, _ in found} == {name.partition(",")[0]}
        assert any(word in why for _, why in found)

    def test_ends_the_command_with_1_and_nothing_with_0(self, ready, settings):
        said = StringIO()
        call_command("go_live_check", stdout=said)
        assert "FAIL" not in said.getvalue()
        assert said.getvalue().count("ok") == len(go_live.CHECKS)
        settings.DEBUG = True
        with pytest.raises(CommandError) as refused:
            call_command("go_live_check", stdout=said)
        assert refused.value.returncode == 1


class TestTheRoleAtTheDatabase:
    def test_is_read_from_the_connection(self, transactional_db):
        assert go_live._is_powerful()
