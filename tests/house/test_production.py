"""A start with dangerous settings is refused: real processes get an environment, and what they say is read."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.tools import free_port

BASE_DIR = Path(__file__).resolve().parent.parent.parent
READ_SETTINGS = "from django.conf import settings; print('started', settings.ENVIRONMENT, settings.DEBUG)"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return text.decode().replace("\n", "\\n")


KEY = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
GOOD = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "PERSON_HASH_KEY": secrets.token_urlsafe(50),
    "PARTICIPATION_TOKEN_KEY": secrets.token_urlsafe(50),
    "FIELD_KEYS": secrets.token_urlsafe(50),
    "TAX_IDENTITY_KEYS": secrets.token_urlsafe(50),
    "APP_TOKEN_PRIVATE_KEY": KEY,
    "ADVERTISER_ORIGIN": "https://boost.example.co.kr",
    "LUCKFFLE_ORIGIN": "https://luckffle.example.co.kr",
    "BACKOFFICE_ORIGIN": "https://office.example.co.kr",
    "ALLOWED_HOSTS": "boost.example.co.kr",
    "DATABASE_URL": "postgresql://boost_app:pw@db.example.co.kr:5432/boost",
    "PORTONE_STORE_ID": "store-4ff4af41-85e3-4559-8eb8-0d08a2c6ceec",
    "PORTONE_CHANNEL_KEY_CARD": "channel-key-893597d6-e62d-410f-83f9-119f530b4b11",
    "PORTONE_API_SECRET": "k" + secrets.token_urlsafe(50),
    "PORTONE_WEBHOOK_SECRETS": "whsec_" + secrets.token_hex(24),
    "TOSS_MID": "boostkr",
    "TOSS_CLIENT_KEY": "live_ck_" + secrets.token_hex(16),
    "TOSS_SECRET_KEY": "live_sk_" + secrets.token_hex(16),
    "PAYMENT_GATEWAY_SECOND": "toss",
    "EMAIL_URL": "smtp+tls://user:pw@mail.example.co.kr:587",
    "SOLAPI_API_KEY": "NCS" + secrets.token_hex(6).upper(),
    "SOLAPI_API_SECRET": secrets.token_hex(16).upper(),
    "SOLAPI_SENDER": "0215440000",
    "SOLAPI_WEBHOOK_SECRETS": secrets.token_hex(16),
    "SOLAPI_WEBHOOK_TOKEN": secrets.token_hex(16),
    "PORTONE_CHANNEL_KEY_IDENTITY": "channel-key-5a3f6f0e-92d3-4a5e-9f5b-2f3b3fd37d0a",
    "GIFTISHOW_AUTH_CODE": "REAL" + secrets.token_hex(8),
    "GIFTISHOW_AUTH_TOKEN": secrets.token_hex(12),
    "GIFTISHOW_USER_ID": "gift@boost.example.co.kr",
    "GIFTISHOW_CALLBACK": "0215440000",
    "FCM_PROJECT_ID": "boost-luckffle",
    "FCM_CLIENT_EMAIL": "push@boost-luckffle.iam.gserviceaccount.com",
    "FCM_PRIVATE_KEY": KEY,
    "ADPOPCORN_HASH_KEYS": secrets.token_hex(16),
    "TNK_APP_KEYS": secrets.token_hex(16),
    "TNK_SENDERS": "203.0.113.0/24",
    "PRIZE_TAX_ACCOUNT": "국민은행 123456-78-901234 주식회사 부스트",
    "POPBILL_LINK_ID": "BOOST",
    "POPBILL_SECRET_KEY": "Ym9vc3QtcG9wYmlsbC1zZWNyZXQta2V5LTAwMDE=",
}

# Each is wrong in its own way; a round holds one value for each variable, and nothing else may be complained about.
WRONG: list[dict[str, tuple[str, str]]] = [
    {
        "DEBUG": ("true", "DEBUG: 운영 환경에서는 켤 수 없어요 (must be off in production)"),
        "CLOCK_OFFSET_SECONDS": ("60", "CLOCK_OFFSET_SECONDS: 운영 환경에서는 시계를 옮길 수 없어요 (must be 0 in production)"),
        "SECRET_KEY": ("", "SECRET_KEY: 비밀 값이 필요해요 (is missing)"),
        "PERSON_HASH_KEY": ("ab" * 30, "PERSON_HASH_KEY: 추측하기 쉬워요"),
        "PARTICIPATION_TOKEN_KEY": ("only-for-a-trial-participation-key-0123456789", "PARTICIPATION_TOKEN_KEY: 추측하기 쉬워요"),
        "APP_TOKEN_PRIVATE_KEY": ("no key at all", "APP_TOKEN_PRIVATE_KEY: 암호 없는 PEM 개인 키가 아니에요"),
        "ADVERTISER_ORIGIN": ("http://boost.example.co.kr", "ADVERTISER_ORIGIN: https 주소여야 해요 (must be an https address)"),
        "LUCKFFLE_ORIGIN": ("https://127.0.0.1:8000", "LUCKFFLE_ORIGIN: 이 컴퓨터나 모의 서버의 주소예요"),
        "BACKOFFICE_ORIGIN": ("https://localhost", "BACKOFFICE_ORIGIN: 이 컴퓨터나 모의 서버의 주소예요"),
        "CSRF_TRUSTED_ORIGINS": ("http://boost.example.co.kr", "CSRF_TRUSTED_ORIGINS: https 주소여야 해요"),
        "ALLOWED_HOSTS": ("*", "ALLOWED_HOSTS: 모든 주소(*)를 받을 수 없어요 (must not be *)"),
        "PORTALS": ("advertiser,office", "PORTALS: office이라는 곳은 없어요 (knows no office)"),
        "PORTONE_BASE_URL": ("http://127.0.0.1:8001/portone", "PORTONE_BASE_URL: https 주소여야 해요"),
        "PORTONE_SDK_URL": ("https://localhost:8001/sdk.js", "PORTONE_SDK_URL: 이 컴퓨터나 모의 서버의 주소예요"),
        "PORTONE_BROWSER_HOSTS": ("http://127.0.0.1:8001", "PORTONE_BROWSER_HOSTS: https 주소여야 해요"),
        "PORTONE_STORE_ID": ("store-00000000-0000-4000-8000-000000000001", "PORTONE_STORE_ID: 모의 서버의 값이에요"),
        "PORTONE_CHANNEL_KEY_CARD": ("channel-key-00000000-0000-4000-8000-000000000001", "PORTONE_CHANNEL_KEY_CARD: 모의 서버의 값이에요"),
        "PORTONE_API_SECRET": ("sandbox-secret", "PORTONE_API_SECRET: 모의 서버의 값이에요 (is the sandbox's)"),
        "PORTONE_WEBHOOK_SECRETS": ("whsec_cG9ydG9uZS1zYW5kYm94LXRlc3Qtc2VjcmV0LTAwMDE=", "PORTONE_WEBHOOK_SECRETS: 모의 서버의 값이거나"),
        "PORTONE_REQUIRE_LIVE": ("false", "PORTONE_REQUIRE_LIVE: 운영 환경에서는 시험 결제를 받을 수 없어요"),
        "EMAIL_URL": ("consolemail://", "EMAIL_URL: 메일이 밖으로 나가지 않는 설정이에요 (mail would not leave the house)"),
        "SOLAPI_BASE_URL": ("http://127.0.0.1:8001/solapi", "SOLAPI_BASE_URL: https 주소여야 해요"),
        "SOLAPI_API_KEY": ("NCSANDBOXKEY0001", "SOLAPI_API_KEY: 모의 서버의 값이에요 (is the sandbox's)"),
        "SOLAPI_API_SECRET": ("", "SOLAPI_API_SECRET: 문자를 보내는 데 필요한 값이에요 (is missing)"),
        "SOLAPI_SENDER": ("", "SOLAPI_SENDER: 문자를 보내는 데 필요한 값이에요 (is missing)"),
        "SOLAPI_WEBHOOK_SECRETS": ("sandbox-webhook-secret", "SOLAPI_WEBHOOK_SECRETS: 모의 서버의 값이에요"),
        "SOLAPI_WEBHOOK_TOKEN": ("", "SOLAPI_WEBHOOK_TOKEN: 문자가 도착했는지 듣는 데 필요한 값이에요"),
    },
    {
        "PORTONE_CHANNEL_KEY_IDENTITY": ("channel-key-00000000-0000-4000-8000-000000000002", "PORTONE_CHANNEL_KEY_IDENTITY: 모의 서버의"),
        "POPBILL_BASE_URL": ("http://127.0.0.1:8001/popbill", "POPBILL_BASE_URL: https 주소여야 해요"),
        "POPBILL_LINK_ID": ("SANDBOX", "POPBILL_LINK_ID: 모의 서버의 값이에요"),
        "POPBILL_SERVICE": ("POPBILL_TEST", "POPBILL_SERVICE: 운영 환경에서는 시험 발행을 쓸 수 없어요"),
        "INICIS_RESULT_ORIGINS": ("http://127.0.0.1:8001", "INICIS_RESULT_ORIGINS: https 주소여야 해요"),
        "TAX_OFFICE_URL": ("https://localhost/tax", "TAX_OFFICE_URL: 이 컴퓨터나 모의 서버의 주소예요"),
        "SMS_CHANNEL": ("common.messaging.LogOnlySms", "SMS_CHANNEL: 문자가 밖으로 나가지 않는 설정이에요"),
        "EMAIL_BACKEND": ("common.messaging.InboxEmailBackend", "EMAIL_URL: 메일이 밖으로 나가지 않는 설정이에요"),
        "SECRET_KEY": ("a1b2c3d4e5", "SECRET_KEY: 추측하기 쉬워요"),
        "APP_TOKEN_PRIVATE_KEY": (pem(ec.generate_private_key(ec.SECP256R1())), "APP_TOKEN_PRIVATE_KEY: 2,048비트 이상의 RSA 키여야"),
        "ADVERTISER_ORIGIN": ("https://boost.example.co.kr/app", "ADVERTISER_ORIGIN: 뒤에 경로를 붙이지 마세요"),
        "PORTONE_BASE_URL": ("https://10.0.0.5/portone", "PORTONE_BASE_URL: 이 컴퓨터나 모의 서버의 주소예요"),
        "PORTONE_WEBHOOK_SECRETS": ("whsec_c2hvcnQ=", "PORTONE_WEBHOOK_SECRETS: 모의 서버의 값이거나 너무 짧아요"),
        "PORTONE_CHANNEL_KEY_VBANK": (
            "channel-key-00000000-0000-4000-8000-000000000001",
            "PORTONE_CHANNEL_KEY_VBANK: 모의 서버의 값이에요",
        ),
        "PORTONE_CHANNEL_KEY_BILLING": (
            "channel-key-00000000-0000-4000-8000-000000000001",
            "PORTONE_CHANNEL_KEY_BILLING: 모의 서버의 값이에요",
        ),
        "TOSS_BASE_URL": ("http://127.0.0.1:8001/toss", "TOSS_BASE_URL: https 주소여야 해요"),
        "TOSS_SDK_URL": ("https://localhost:8001/toss.js", "TOSS_SDK_URL: 이 컴퓨터나 모의 서버의 주소예요"),
        "TOSS_BROWSER_HOSTS": ("http://127.0.0.1:8001", "TOSS_BROWSER_HOSTS: https 주소여야 해요"),
        "TOSS_MID": ("", "TOSS_MID: 결제에 필요한 값이에요"),
        "TOSS_CLIENT_KEY": ("test_ck_sandbox", "TOSS_CLIENT_KEY: 운영 환경에서는 live_로 시작하는 키만"),
        "TOSS_SECRET_KEY": ("test_sk_sandbox", "TOSS_SECRET_KEY: 운영 환경에서는 live_로 시작하는 키만"),
        "TOSS_REQUIRE_LIVE": ("false", "TOSS_REQUIRE_LIVE: 운영 환경에서는 시험 결제를 받을 수 없어요"),
        "POSTBACK_CALLERS_URL": ("http://127.0.0.1:8001/conversions/", "POSTBACK_CALLERS_URL: 운영에서는 비워 두어야 해요"),
        "WEBHOOK_TRUSTED_ORIGINS": ("http://127.0.0.1:8001", "WEBHOOK_TRUSTED_ORIGINS: 운영에서는 비워 두어야 해요"),
        "AIRBRIDGE_POSTBACK_SENDERS": ("everywhere", "AIRBRIDGE_POSTBACK_SENDERS: 192.0.2.0/24처럼 주소나 대역을 적어 주세요"),
        "TOSS_WEBHOOK_SOURCES": ("", "TOSS_WEBHOOK_SOURCES: 서명이 없는 알림이라 보내는 곳의 주소가 필요해요"),
        "PAYMENT_GATEWAY": ("somebody", "PAYMENT_GATEWAY: 설정하지 않은 결제사예요"),
        "PAYMENT_GATEWAY_SECOND": ("nobody", "PAYMENT_GATEWAY_SECOND: 설정한 다른 결제사여야 해요"),
        "HOUSE_ACCOUNT": ("088,1400", "HOUSE_ACCOUNT: 은행 번호 세 자리, 계좌번호, 예금주를 쉼표로 적어야 해요"),
    },
    {
        "FIELD_KEYS": (GOOD["SECRET_KEY"], "FIELD_KEYS: SECRET_KEY와 다른 값이어야 해요 (must differ from SECRET_KEY)"),
        "FCM_URL": ("http://127.0.0.1:8001/fcm", "FCM_URL: https 주소여야 해요"),
        "FCM_TOKEN_URL": ("https://localhost/fcm/token", "FCM_TOKEN_URL: 이 컴퓨터나 모의 서버의 주소예요"),
        "FCM_CLIENT_EMAIL": ("push@sandbox-luckffle.iam.gserviceaccount.com", "FCM_CLIENT_EMAIL: 모의 서버의 값이에요"),
        "FCM_PRIVATE_KEY": ("no key at all", "FCM_PRIVATE_KEY: 암호 없는 PEM 개인 키가 아니에요"),
        "ADPOPCORN_HASH_KEYS": ("sandbox-hash-key", "ADPOPCORN_HASH_KEYS: 모의 서버의 값이에요"),
        "ADPOPCORN_WALL_URL": ("http://127.0.0.1:8001/offerwalls/adpopcorn/", "ADPOPCORN_WALL_URL: https 주소여야 해요"),
        "TAPJOY_SENDERS": ("everywhere", "TAPJOY_SENDERS: 192.0.2.0/24처럼 주소나 대역을 적어 주세요"),
        "TNK_SENDERS": ("", "TNK_SENDERS: 금액이 서명에 없어서 보내는 곳의 주소가 필요해요"),
        "SLACK_WEBHOOK_URL": ("http://127.0.0.1:8001/slack/services/T/B/x", "SLACK_WEBHOOK_URL: https 주소여야 해요"),
        "NOTION_API_URL": ("http://127.0.0.1:8001/notion/v1", "NOTION_API_URL: https 주소여야 해요"),
        "NOTION_FILE_ORIGINS": ("http://127.0.0.1:8001", "NOTION_FILE_ORIGINS: https 주소여야 해요"),
        "NOTION_EMBED_STAND_IN": ("http://127.0.0.1:8001/notion", "NOTION_EMBED_STAND_IN: 운영에서는 비워 두어야 해요"),
        "GIFTISHOW_URL": ("http://127.0.0.1:8001/giftishow", "GIFTISHOW_URL: https 주소여야 해요"),
        "GIFTISHOW_AUTH_CODE": ("DEVSANDBOX0001", "GIFTISHOW_AUTH_CODE: 운영 환경에서는 REAL로 시작하는 키만"),
        "GIFTISHOW_AUTH_TOKEN": ("", "GIFTISHOW_AUTH_TOKEN: 기프티콘을 발급하는 데 필요한 값이에요"),
        "GIFTISHOW_IMAGE_HOSTS": ("http://127.0.0.1:8001", "GIFTISHOW_IMAGE_HOSTS: https 주소여야 해요"),
        "KAKAO_CLIENT_ID": ("sandbox-kakao", "KAKAO_CLIENT_ID: 모의 서버의 값이에요 (is the sandbox's)"),
        "KAKAO_CLIENT_SECRET": ("", "KAKAO_CLIENT_SECRET: 간편 로그인에 필요한 값이에요 (is missing)"),
        "KAKAO_TOKEN_URL": ("http://127.0.0.1:8001/kakao/oauth/token", "KAKAO_TOKEN_URL: https 주소여야 해요"),
    },
]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of the product that sees this environment and nothing of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    given = kept | {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONWARNINGS": "ignore"} | environment
    return subprocess.run([sys.executable, *command], cwd=BASE_DIR, env=given, capture_output=True, text=True, timeout=180)


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    return run("-c", READ_SETTINGS, **environment)


def refused_lines(process: subprocess.CompletedProcess[str]) -> list[str]:
    """The refusals of a process that did not start."""
    assert process.returncode == 1, process.stdout + process.stderr
    assert "started" not in process.stdout
    head, english, *lines = [line for line in process.stderr.splitlines() if line]
    assert head.startswith("부스트를 시작하지 않았어요 (ENVIRONMENT=")
    assert english == "Boost did not start; change these variables:"
    return lines


class TestAProductionStart:
    def test_dev_09_goes_through_with_everything_set(self) -> None:
        process = start(**GOOD)
        assert (process.returncode, process.stdout.strip()) == (0, "started production False"), process.stderr

    def test_is_found_safe_by_django_itself(self) -> None:
        """`check --deploy`: a warning fails like an error. The database is asked nothing; the checks read settings."""
        process = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **GOOD)
        assert process.returncode == 0, process.stdout + process.stderr
        assert "System check identified no issues" in process.stdout

    def test_is_found_unsafe_by_django_when_a_guard_is_off(self) -> None:
        process = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **GOOD | {"SECURE_SSL_REDIRECT": "false"})
        assert (process.returncode, "security.W008" in process.stderr) == (1, True)

    def test_with_nothing_set_names_every_variable_it_needs(self) -> None:
        named = [line.strip().split(":")[0] for line in refused_lines(start(ENVIRONMENT="production"))]
        assert named == [
            "SECRET_KEY", "PERSON_HASH_KEY", "PARTICIPATION_TOKEN_KEY", "FIELD_KEYS", "TAX_IDENTITY_KEYS", "APP_TOKEN_PRIVATE_KEY",
            "ADVERTISER_ORIGIN", "LUCKFFLE_ORIGIN", "BACKOFFICE_ORIGIN", "ALLOWED_HOSTS", "DATABASE_URL", "PORTONE_STORE_ID",
            "PORTONE_CHANNEL_KEY_CARD", "PORTONE_API_SECRET", "PORTONE_WEBHOOK_SECRETS", "EMAIL_URL", "SOLAPI_API_KEY",
            "SOLAPI_API_SECRET", "SOLAPI_SENDER", "SOLAPI_WEBHOOK_SECRETS", "SOLAPI_WEBHOOK_TOKEN", "PRIZE_TAX_ACCOUNT", "POPBILL_LINK_ID",
            "POPBILL_SECRET_KEY", "PORTONE_CHANNEL_KEY_IDENTITY",
            "GIFTISHOW_AUTH_CODE", "GIFTISHOW_AUTH_TOKEN", "GIFTISHOW_USER_ID", "GIFTISHOW_CALLBACK",
        ]  # fmt: skip

    @pytest.mark.parametrize("wrong", WRONG, ids=[f"round {number}" for number in range(len(WRONG))])
    def test_dev_09_refuses_wrong_variables_and_names_these_alone(self, wrong: dict[str, tuple[str, str]]) -> None:
        lines = refused_lines(start(**GOOD | {variable: value for variable, (value, _) in wrong.items()}))
        expected = sorted(line for _, line in wrong.values())
        assert [line.strip()[: len(said)] for line, said in zip(sorted(line.strip() for line in lines), expected, strict=True)] == expected

    def test_says_no_secret_on_the_screen(self) -> None:
        process = start(**GOOD | {"DEBUG": "true", "SECRET_KEY": "weak-but-mine-0123"})
        assert len(refused_lines(process)) == 2
        assert "weak-but-mine-0123" not in process.stderr
        assert not any(value in process.stderr for name, value in GOOD.items() if name.endswith(("KEY", "SECRET", "SECRETS")))

    @pytest.mark.parametrize(
        "command",
        [
            ("manage.py", "check"),
            ("manage.py", "relay"),
            ("manage.py", "migrate"),
            ("-m", "celery", "-A", "config", "worker"),
            ("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "config.wsgi:application"),
        ],
        ids=lambda command: " ".join(command[:2]),
    )
    def test_is_refused_to_every_process(self, command: tuple[str, ...]) -> None:
        port = ("--port", str(free_port())) if "granian" in command else ()
        process = run(*command, *port, **GOOD | {"DEBUG": "true"})
        assert process.returncode == 1, process.stderr
        assert "DEBUG: 운영 환경에서는 켤 수 없어요" in process.stderr

    def test_lets_the_static_files_be_collected_while_an_image_is_built(self) -> None:
        process = run("manage.py", "collectstatic", "--dry-run", "--noinput", ENVIRONMENT="production", SECRET_KEY="only-while-built")
        assert process.returncode == 0, process.stderr
        assert "부스트를 시작하지" not in process.stderr


class TestAStartElsewhere:
    def test_needs_nothing_set(self) -> None:
        process = start()
        assert (process.returncode, process.stdout.strip()) == (0, "started development True"), process.stderr

    @pytest.mark.parametrize("environment", ["development", "demo", "test"])
    def test_refuses_live_money(self, environment: str) -> None:
        assert refused_lines(start(ENVIRONMENT=environment, PORTONE_REQUIRE_LIVE="true")) == [
            "  PORTONE_REQUIRE_LIVE: 실제 결제는 운영 환경에서만 받을 수 있어요 (live payments belong to production only)"
        ]

    @pytest.mark.parametrize("environment", ["demo", "test"])
    def test_keeps_public_passwords_away_from_the_real_card_company(self, environment: str) -> None:
        assert refused_lines(start(ENVIRONMENT=environment, PORTONE_BASE_URL="https://api.portone.io")) == [
            "  PORTONE_BASE_URL: 데모와 시험에서는 모의 서버만 쓸 수 있어요 (demo and test talk to the sandbox only)"
        ]

    def test_refuses_the_live_key_of_toss(self) -> None:
        assert refused_lines(start(TOSS_SECRET_KEY="live_sk_1234")) == [
            "  TOSS_SECRET_KEY: 실제 결제는 운영 환경에서만 받을 수 있어요 (live payments belong to production only)"
        ]

    def test_refuses_an_address_of_no_redis(self) -> None:
        assert refused_lines(start(REDIS_URL="redis.example.co.kr:6379")) == [
            "  REDIS_URL: redis:// 또는 rediss://로 시작하는 올바른 주소여야 해요 (is no address of a Redis)"
        ]

    def test_may_use_the_card_companys_test_channel_while_developing(self) -> None:
        assert start(ENVIRONMENT="development", PORTONE_BASE_URL="https://api.portone.io").returncode == 0

    def test_refuses_an_environment_nobody_knows(self) -> None:
        assert refused_lines(start(ENVIRONMENT="prod")) == [
            "  ENVIRONMENT: 다음 중 하나여야 해요: development, demo, test, production (must be one of development, demo, test, production)"
        ]
