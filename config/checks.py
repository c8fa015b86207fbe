"""
What a start must not have: settings that would endanger people or money. The last line of config/settings.py asks here, so every process
is refused alike: web, worker, relay and commands.

Production refuses debug, weak or missing secrets, sandbox addresses, test channels and addresses without TLS. Every other
environment refuses what belongs to live money. Operators read the sentences, in Korean with the English beside them.
"""

import ipaddress
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from psycopg import IsolationLevel
from redis.connection import parse_url

ENVIRONMENTS = ("development", "demo", "test", "production")
SHORTEST_SECRET = 32
FEWEST_LETTERS = 10  # different ones in a secret: "aaaa…" and "12341234…" have fewer
_PLACEHOLDERS = ("only-for-a-trial", "only-while", "change-me", "changeme", "insecure", "example", "sandbox", "secret-key", "missing")
_MAIL_THAT_STAYS = ("console", "dummy", "locmem", "filebased", "common.messaging.InboxEmailBackend")
_SMS_THAT_STAYS = "common.messaging.LogOnlySms"
_SANDBOX_WEBHOOK_SECRET = "whsec_cG9ydG9uZS1zYW5kYm94LXRlc3Qtc2VjcmV0LTAwMDE="
_LIVE_PAYMENTS = "portone.io"

Settings = Mapping[str, Any]


class Problem(NamedTuple):
    """variable: the name to change in the environment.   korean, english: why it is refused."""

    variable: str
    korean: str
    english: str


def problems(settings: Settings) -> list[Problem]:
    """
    Why a process with these settings must not start; empty when it may.

    settings: setting names and values, as the settings module holds them.
    """
    if settings["ENVIRONMENT"] not in ENVIRONMENTS:
        allowed = ", ".join(ENVIRONMENTS)
        return [Problem("ENVIRONMENT", f"다음 중 하나여야 해요: {allowed}", f"must be one of {allowed}")]
    groups = _IN_PRODUCTION if settings["PRODUCTION"] else _ELSEWHERE
    return [problem for group in groups for problem in group(settings)]


def refusal(found: list[Problem], *, environment: str) -> str:
    """The text on the operator's screen, one line per variable."""
    korean = f"부스트를 시작하지 않았어요 (ENVIRONMENT={environment}). 아래 환경 변수를 고쳐 주세요."
    return "\n".join(
        [
            korean,
            "Boost did not start; change these variables:",
            *(f"  {problem.variable}: {problem.korean} ({problem.english})" for problem in found),
        ]
    )


def stop_unsafe_start(settings: Settings, *, command: str = "") -> None:
    """
    End the process when it must not run.

    command: the manage.py command. `collectstatic` is let through: it runs while an image is built, has no secrets and serves nobody.

    :raises SystemExit: with status 1, after the text went to standard error.
    """
    if command == "collectstatic":
        return
    if found := problems(settings):
        sys.stderr.write(refusal(found, environment=settings["ENVIRONMENT"]) + "\n")  # here: the web server drops an exit's own text
        raise SystemExit(1)


# ---- production --------------------------------------------------------------------------------------------------------
def _debug_and_clock(settings: Settings) -> Iterator[Problem]:
    if settings["DEBUG"]:
        yield Problem("DEBUG", "운영 환경에서는 켤 수 없어요", "must be off in production")
    if settings["CLOCK_OFFSET_SECONDS"]:
        yield Problem("CLOCK_OFFSET_SECONDS", "운영 환경에서는 시계를 옮길 수 없어요", "must be 0 in production")


def _secrets(settings: Settings) -> Iterator[Problem]:
    kept = {name: settings[name] for name in ("SECRET_KEY", "PERSON_HASH_KEY", "PARTICIPATION_TOKEN_KEY")}
    kept["SECRET_KEY"] = "" if kept["SECRET_KEY"] == "missing" else kept["SECRET_KEY"]
    lists = ("FIELD_KEYS", "TAX_IDENTITY_KEYS")
    named = [*kept.items(), *((name, key) for name in lists for key in settings[name] or [""])]
    seen: dict[str, str] = {}
    for name, secret in named:
        if not secret:
            yield Problem(name, "비밀 값이 필요해요", "is missing")
        elif _is_weak(secret):
            yield Problem(
                name,
                f"추측하기 쉬워요. 무작위 {SHORTEST_SECRET}자 이상으로 정해 주세요",
                f"is weak: use {SHORTEST_SECRET} random characters or more",
            )
        elif secret in seen:
            yield Problem(name, f"{seen[secret]}와 다른 값이어야 해요", f"must differ from {seen[secret]}")
        seen.setdefault(secret, name)
    yield from _app_token_key(settings["HEADLESS_JWT_PRIVATE_KEY"])


def _app_token_key(pem: str) -> Iterator[Problem]:
    if not pem:
        yield Problem("APP_TOKEN_PRIVATE_KEY", "비밀 값이 필요해요", "is missing")
        return
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        yield Problem("APP_TOKEN_PRIVATE_KEY", "암호 없는 PEM 개인 키가 아니에요", "is no private key in PEM without a password")
        return
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 2048:
        yield Problem("APP_TOKEN_PRIVATE_KEY", "2,048비트 이상의 RSA 키여야 해요", "must be an RSA key of 2048 bits or more")


def _is_weak(secret: str) -> bool:
    lowered = secret.lower()
    return len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_LETTERS or any(word in lowered for word in _PLACEHOLDERS)


def _origins(settings: Settings) -> Iterator[Problem]:
    for portal in settings["PORTALS"]:
        if portal not in settings["PORTAL_ORIGINS"]:
            yield Problem("PORTALS", f"{portal}이라는 곳은 없어요", f"knows no {portal}")
    for portal, origin in settings["PORTAL_ORIGINS"].items():
        yield from _address(f"{portal.upper()}_ORIGIN", origin)
        if origin and urlsplit(origin).path:
            yield Problem(f"{portal.upper()}_ORIGIN", "뒤에 경로를 붙이지 마세요", "must have no path")
    if not settings["ALLOWED_HOSTS"]:
        yield Problem("ALLOWED_HOSTS", "서비스할 주소를 적어 주세요", "is missing")
    elif "*" in settings["ALLOWED_HOSTS"]:
        yield Problem("ALLOWED_HOSTS", "모든 주소(*)를 받을 수 없어요", "must not be *")
    for origin in settings["CSRF_TRUSTED_ORIGINS"]:
        yield from _address("CSRF_TRUSTED_ORIGINS", origin)


def _address(variable: str, address: str) -> Iterator[Problem]:
    """An address in the open network, with TLS."""
    parts = urlsplit(address)
    if not address:
        yield Problem(variable, "주소가 필요해요", "is missing")
    elif parts.scheme != "https":
        yield Problem(variable, "https 주소여야 해요", "must be an https address")
    elif _is_this_machine(parts.hostname or ""):
        yield Problem(variable, "이 컴퓨터나 모의 서버의 주소예요", "is an address of this machine or of the sandbox")


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _is_this_machine(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return not host or host in ("localhost", "sandbox") or host.endswith((".localhost", ".local"))


def _database(settings: Settings) -> Iterator[Problem]:
    database = settings["DATABASES"]["default"]
    if not database.get("NAME"):
        yield Problem("DATABASE_URL", "데이터베이스 주소가 필요해요", "is missing")
    if "postgresql" not in database["ENGINE"]:
        yield Problem("DATABASE_URL", "PostgreSQL이어야 해요", "must be PostgreSQL")
    if database["OPTIONS"].get("isolation_level") != IsolationLevel.READ_COMMITTED:
        yield Problem("DATABASE_URL", "격리 수준은 READ COMMITTED여야 해요", "the isolation level must be READ COMMITTED")


def _queue(settings: Settings) -> Iterator[Problem]:
    if not settings["REDIS_URL"]:
        return
    try:
        parse_url(settings["REDIS_URL"])  # type: ignore[no-untyped-call]  # redis has no type for it
    except ValueError:
        yield Problem("REDIS_URL", "redis:// 또는 rediss://로 시작하는 올바른 주소여야 해요", "is no address of a Redis")


def _payments(settings: Settings) -> Iterator[Problem]:
    yield from _address("PORTONE_BASE_URL", settings["PORTONE_BASE_URL"])
    yield from _address("PORTONE_SDK_URL", settings["PORTONE_SDK_URL"])
    for host in settings["PORTONE_BROWSER_HOSTS"]:
        yield from _address("PORTONE_BROWSER_HOSTS", host.replace("*.", ""))
    for name in ("PORTONE_STORE_ID", "PORTONE_CHANNEL_KEY_CARD", "PORTONE_API_SECRET"):
        if not settings[name]:
            yield Problem(name, "결제에 필요한 값이에요", "is missing")
        elif "00000000-0000-4000-8000" in settings[name] or "sandbox" in settings[name]:
            yield Problem(name, "모의 서버의 값이에요", "is the sandbox's")
    for name in ("PORTONE_CHANNEL_KEY_VBANK", "PORTONE_CHANNEL_KEY_BILLING"):
        if "00000000-0000-4000-8000" in settings[name]:
            yield Problem(name, "모의 서버의 값이에요", "is the sandbox's")
    if not settings["PORTONE_WEBHOOK_SECRETS"]:
        yield Problem("PORTONE_WEBHOOK_SECRETS", "결제 알림을 확인할 비밀 값이 필요해요", "is missing")
    for secret in settings["PORTONE_WEBHOOK_SECRETS"]:
        if secret == _SANDBOX_WEBHOOK_SECRET or len(secret.removeprefix("whsec_")) < SHORTEST_SECRET:
            yield Problem("PORTONE_WEBHOOK_SECRETS", "모의 서버의 값이거나 너무 짧아요", "is the sandbox's or too short")
    if not settings["PORTONE_REQUIRE_LIVE"]:
        yield Problem("PORTONE_REQUIRE_LIVE", "운영 환경에서는 시험 결제를 받을 수 없어요", "test payments must not credit in production")
    yield from _gateway_names(settings)
    yield from _house_account(settings)
    yield from _labels(settings)
    if settings["TOSS_SECRET_KEY"]:
        yield from _toss(settings)


def _gateway_names(settings: Settings) -> Iterator[Problem]:
    first, second = settings["PAYMENT_GATEWAY"], settings["PAYMENT_GATEWAY_SECOND"]
    if first not in settings["PAYMENT_GATEWAYS"]:
        yield Problem("PAYMENT_GATEWAY", "설정하지 않은 결제사예요", "names no gateway that is configured")
    if second and (second == first or second not in settings["PAYMENT_GATEWAYS"]):
        yield Problem("PAYMENT_GATEWAY_SECOND", "설정한 다른 결제사여야 해요", "must name another gateway that is configured")


def _labels(settings: Settings) -> Iterator[Problem]:
    if settings["PRODUCT_LABEL_MODE"] not in ("credit", "package"):
        yield Problem("PRODUCT_LABEL_MODE", "credit이나 package여야 해요", "must be credit or package")


def _house_account(settings: Settings) -> Iterator[Problem]:
    account = settings["HOUSE_ACCOUNT"]
    if account and (len(account) != 3 or not (account[0].isdigit() and len(account[0]) == 3 and account[1].isdigit() and account[2])):
        yield Problem("HOUSE_ACCOUNT", "은행 번호 세 자리, 계좌번호, 예금주를 쉼표로 적어야 해요", "must be bank (3 digits),number,holder")


def _toss(settings: Settings) -> Iterator[Problem]:
    yield from _address("TOSS_BASE_URL", settings["TOSS_BASE_URL"])
    yield from _address("TOSS_SDK_URL", settings["TOSS_SDK_URL"])
    for host in settings["TOSS_BROWSER_HOSTS"]:
        yield from _address("TOSS_BROWSER_HOSTS", host.replace("*.", ""))
    if not settings["TOSS_MID"]:
        yield Problem("TOSS_MID", "결제에 필요한 값이에요", "is missing")
    for name in ("TOSS_CLIENT_KEY", "TOSS_SECRET_KEY"):
        if not settings[name].startswith("live_"):
            yield Problem(name, "운영 환경에서는 live_로 시작하는 키만 쓸 수 있어요", "must be a live key in production")
    if not settings["TOSS_WEBHOOK_SOURCES"]:
        yield Problem("TOSS_WEBHOOK_SOURCES", "서명이 없는 알림이라 보내는 곳의 주소가 필요해요", "is missing: messages are not signed")
    if not settings["TOSS_REQUIRE_LIVE"]:
        yield Problem("TOSS_REQUIRE_LIVE", "운영 환경에서는 시험 결제를 받을 수 없어요", "test payments must not credit in production")


def _documents(settings: Settings) -> Iterator[Problem]:
    yield from _address("POPBILL_BASE_URL", settings["POPBILL_BASE_URL"])
    yield from _address("POPBILL_AUTH_URL", settings["POPBILL_AUTH_URL"])
    for name in ("POPBILL_LINK_ID", "POPBILL_SECRET_KEY"):
        if not settings[name]:
            yield Problem(name, "세금 문서를 발행하는 데 필요한 값이에요", "is missing")
    if settings["POPBILL_LINK_ID"] == "SANDBOX":
        yield Problem("POPBILL_LINK_ID", "모의 서버의 값이에요", "is the sandbox's")
    if settings["POPBILL_SERVICE"] != "POPBILL":
        yield Problem("POPBILL_SERVICE", "운영 환경에서는 시험 발행을 쓸 수 없어요", "must be POPBILL")


def _prizes(settings: Settings) -> Iterator[Problem]:
    if not settings["PRIZE_TAX_ACCOUNT"]:
        yield Problem("PRIZE_TAX_ACCOUNT", "경품 제세공과금을 받을 계좌가 필요해요", "is missing")


def _messages(settings: Settings) -> Iterator[Problem]:
    if any(word in settings["EMAIL_BACKEND"] for word in _MAIL_THAT_STAYS):
        yield Problem("EMAIL_URL", "메일이 밖으로 나가지 않는 설정이에요", "mail would not leave the house")
    if settings["SMS_CHANNEL"] == _SMS_THAT_STAYS:
        yield Problem("SMS_CHANNEL", "문자가 밖으로 나가지 않는 설정이에요", "messages would not leave the house")
        return
    yield from _address("SOLAPI_BASE_URL", settings["SOLAPI_BASE_URL"])
    for name in ("SOLAPI_API_KEY", "SOLAPI_API_SECRET", "SOLAPI_SENDER"):
        if not settings[name]:
            yield Problem(name, "문자를 보내는 데 필요한 값이에요", "is missing")
        elif "SANDBOX" in settings[name]:
            yield Problem(name, "모의 서버의 값이에요", "is the sandbox's")
    shown = "".join(settings["SOLAPI_WEBHOOK_SECRETS"])
    for name, value in (("SOLAPI_WEBHOOK_SECRETS", shown), ("SOLAPI_WEBHOOK_TOKEN", settings["SOLAPI_WEBHOOK_TOKEN"])):
        if not value:
            yield Problem(name, "문자가 도착했는지 듣는 데 필요한 값이에요", "is missing")
        elif "sandbox" in value:
            yield Problem(name, "모의 서버의 값이에요", "is the sandbox's")


def _alerts(settings: Settings) -> Iterator[Problem]:
    if settings["SLACK_WEBHOOK_URL"]:
        yield from _address("SLACK_WEBHOOK_URL", settings["SLACK_WEBHOOK_URL"])


def _identity(settings: Settings) -> Iterator[Problem]:
    needed = {
        "PORTONE": ("PORTONE_CHANNEL_KEY_IDENTITY",),
        "INICIS": ("INICIS_IDENTITY_MID", "INICIS_IDENTITY_API_KEY", "INICIS_IDENTITY_SEED_IV"),
    }
    if settings["IDENTITY_PROVIDER"] not in needed:
        yield Problem("IDENTITY_PROVIDER", "PORTONE이나 INICIS여야 해요", "must be PORTONE or INICIS")
        return
    for name in needed[settings["IDENTITY_PROVIDER"]]:
        if not settings[name]:
            yield Problem(name, "본인확인에 필요한 값이에요", "is missing")
        elif "00000000-0000-4000-8000" in settings[name] or settings[name] == "INIiasTest":
            yield Problem(name, "모의 서버의 값이에요", "is the sandbox's")
    yield from _address("INICIS_IDENTITY_URL", settings["INICIS_IDENTITY_URL"])
    for origin in settings["INICIS_RESULT_ORIGINS"]:
        yield from _address("INICIS_RESULT_ORIGINS", origin)
    yield from _address("TAX_OFFICE_URL", settings["TAX_OFFICE_URL"])
    yield from _address("DRAND_URL", settings["DRAND_URL"])
    if settings["DRAND_CHAIN_HASH"] == _SANDBOX_CHAIN:
        yield Problem("DRAND_CHAIN_HASH", "모의 서버의 값이에요", "is the sandbox's")
    if settings["LANDING_STAND_IN_URL"]:
        yield Problem("LANDING_STAND_IN_URL", "운영에서는 비워 두어야 해요", "must be empty")
    if settings["POSTBACK_CALLERS_URL"]:
        yield Problem("POSTBACK_CALLERS_URL", "운영에서는 비워 두어야 해요", "must be empty")
    if settings["WEBHOOK_TRUSTED_ORIGINS"]:
        yield Problem("WEBHOOK_TRUSTED_ORIGINS", "운영에서는 비워 두어야 해요", "must be empty")
    for network in settings["POSTBACK_SENDERS"]["airbridge"]:
        if not _is_network(network):
            yield Problem("AIRBRIDGE_POSTBACK_SENDERS", "192.0.2.0/24처럼 주소나 대역을 적어 주세요", "names something that is no network")


def _gifticons(settings: Settings) -> Iterator[Problem]:
    yield from _address("GIFTISHOW_URL", settings["GIFTISHOW_URL"])
    for origin in settings["GIFTISHOW_IMAGE_HOSTS"]:
        yield from _address("GIFTISHOW_IMAGE_HOSTS", origin)
    for name in ("GIFTISHOW_AUTH_CODE", "GIFTISHOW_AUTH_TOKEN", "GIFTISHOW_USER_ID", "GIFTISHOW_CALLBACK"):
        if not settings[name]:
            yield Problem(name, "기프티콘을 발급하는 데 필요한 값이에요", "is missing")
    if settings["GIFTISHOW_AUTH_CODE"] and not settings["GIFTISHOW_AUTH_CODE"].startswith("REAL"):
        yield Problem("GIFTISHOW_AUTH_CODE", "운영 환경에서는 REAL로 시작하는 키만 쓸 수 있어요", "must be a live key in production")


def _notion(settings: Settings) -> Iterator[Problem]:
    yield from _address("NOTION_API_URL", settings["NOTION_API_URL"])
    for origin in settings["NOTION_FILE_ORIGINS"]:
        yield from _address("NOTION_FILE_ORIGINS", origin)
    if settings["NOTION_EMBED_STAND_IN"]:
        yield Problem("NOTION_EMBED_STAND_IN", "운영에서는 비워 두어야 해요", "must be empty")


def _push(settings: Settings) -> Iterator[Problem]:
    if not settings["FCM_PROJECT_ID"]:
        return
    yield from _address("FCM_URL", settings["FCM_URL"])
    yield from _address("FCM_TOKEN_URL", settings["FCM_TOKEN_URL"])
    for name in ("FCM_PROJECT_ID", "FCM_CLIENT_EMAIL"):
        if not settings[name]:
            yield Problem(name, "푸시를 보내는 데 필요한 값이에요", "is missing")
        elif "sandbox" in settings[name]:
            yield Problem(name, "모의 서버의 값이에요", "is the sandbox's")
    try:
        serialization.load_pem_private_key(settings["FCM_PRIVATE_KEY"].encode(), password=None)
    except (ValueError, TypeError):
        yield Problem("FCM_PRIVATE_KEY", "암호 없는 PEM 개인 키가 아니에요", "is no private key in PEM without a password")


_OFFERWALL_VARIABLES = {
    "adpopcorn": ("ADPOPCORN_HASH_KEYS", "ADPOPCORN_SENDERS", "ADPOPCORN_WALL_URL"),
    "tnk": ("TNK_APP_KEYS", "TNK_SENDERS", "TNK_WALL_URL"),
    "tapjoy": ("TAPJOY_SECRET_KEYS", "TAPJOY_SENDERS", "TAPJOY_WALL_URL"),
    "hmac": ("OFFERWALL_SECRETS", "OFFERWALL_SENDERS", "OFFERWALL_WALL_URL"),
}


def _offerwalls(settings: Settings) -> Iterator[Problem]:
    for code, (keys, senders, url) in _OFFERWALL_VARIABLES.items():
        known = settings["OFFERWALLS"][code]
        if any(key.startswith("sandbox") or key == "tapjoysecret" for key in known["keys"]):
            yield Problem(keys, "모의 서버의 값이에요", "is the sandbox's")
        if any(not _is_network(network) for network in known["senders"]):
            yield Problem(senders, "192.0.2.0/24처럼 주소나 대역을 적어 주세요", "names something that is no network")
        if known["url"]:
            yield from _address(url, known["url"])
        if known["keys"] and code == "tnk" and not known["senders"]:
            yield Problem(senders, "금액이 서명에 없어서 보내는 곳의 주소가 필요해요", "is missing: the amount is not signed")


def _social_login(settings: Settings) -> Iterator[Problem]:
    for key, known in settings["SOCIAL_LOGIN"].items():
        if not known["client_id"]:
            continue
        for what in ("authorize_url", "token_url", "profile_url"):
            yield from _address(f"{key.upper()}_{what.upper()}", known[what])
        if not known["secret"]:
            yield Problem(f"{key.upper()}_CLIENT_SECRET", "간편 로그인에 필요한 값이에요", "is missing")
        for what, value in (("CLIENT_ID", known["client_id"]), ("CLIENT_SECRET", known["secret"])):
            if value.startswith("sandbox-"):
                yield Problem(f"{key.upper()}_{what}", "모의 서버의 값이에요", "is the sandbox's")


# ---- everywhere else ---------------------------------------------------------------------------------------------------
def _live_money(settings: Settings) -> Iterator[Problem]:
    """PortOne has one address for live and test channels: development may use it, a demo with public passwords may not."""
    if settings["PORTONE_REQUIRE_LIVE"]:
        yield Problem("PORTONE_REQUIRE_LIVE", "실제 결제는 운영 환경에서만 받을 수 있어요", "live payments belong to production only")
    host = urlsplit(settings["PORTONE_BASE_URL"]).hostname or ""
    if settings["ENVIRONMENT"] != "development" and (host == _LIVE_PAYMENTS or host.endswith("." + _LIVE_PAYMENTS)):
        yield Problem("PORTONE_BASE_URL", "데모와 시험에서는 모의 서버만 쓸 수 있어요", "demo and test talk to the sandbox only")
    for name in ("TOSS_CLIENT_KEY", "TOSS_SECRET_KEY"):
        if settings[name].startswith("live_"):
            yield Problem(name, "실제 결제는 운영 환경에서만 받을 수 있어요", "live payments belong to production only")
    yield from _gateway_names(settings)


_SANDBOX_CHAIN = "cac583138598200b62ac713a46a003190682fb1592f998437d3962f9ab63d936"
_Group = Callable[[Settings], Iterator[Problem]]
_IN_PRODUCTION: tuple[_Group, ...] = (
    _debug_and_clock,
    _secrets,
    _origins,
    _database,
    _queue,
    _payments,
    _messages,
    _alerts,
    _prizes,
    _documents,
    _identity,
    _gifticons,
    _notion,
    _push,
    _offerwalls,
    _social_login,
)
_ELSEWHERE: tuple[_Group, ...] = (_queue, _live_money)
