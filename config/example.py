"""
`.env.example`, made from config/settings.py: `make example` writes it, `make lint` compares it.

Names, order, headings and defaults are read from the settings; what a name alone does not say stands in NOTES.
"""

import ast
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SETTINGS = BASE_DIR / "config" / "settings.py"
EXAMPLE = BASE_DIR / ".env.example"
HEAD = """\
# Every variable the settings read, with what holds when it is not set. Nothing here is needed for `make demo` or `make test`.
# Copy to .env and remove the # of what you change. Written by `make example` from config/settings.py; do not edit.
"""
NOTES = {
    "ENVIRONMENT": "development, demo, test or production; production refuses unsafe values",
    "DEBUG": "true in development only",
    "SECRET_KEY": "outside production made on first use and kept under var/secrets, like the other secrets below",
    "PERSON_HASH_KEY": "HMAC key of the identity hashes; changing it loses the one-person rule",
    "PARTICIPATION_TOKEN_KEY": "signs what a member carries between start and confirm",
    "FIELD_KEYS": "several keys, the newest first, while one is replaced",
    "FIELD_KEY": "encrypts single fields",
    "APP_TOKEN_PRIVATE_KEY": "RSA private key in PEM, \\n for line ends",
    "PORTALS": "the portals this process serves",
    "ADVERTISER_ORIGIN": "links that leave the house start with these; in production they must be set",
    "TRUSTED_PROXY_COUNT": "proxies in front that write X-Forwarded-For",
    "BEHIND_TLS_PROXY": "true in production: X-Forwarded-Proto is believed",
    "SECURE_SSL_REDIRECT": "production only",
    "DATABASE_URL": "postgresql://user:password@host:5432/name; else the embedded server",
    "APP_ROLE": "the role production runs as; `manage.py grant_app_role`, run as owner after migrate, makes it",
    "APP_ROLE_PASSWORD": "its password; empty leaves the one it has",
    "REDIS_URL": "broker; else files under QUEUE_DIR",
    "QUEUE_DIR": "var/celery when not set",
    "CLOCK_OFFSET_SECONDS": "shifts the product's clock for trials; refused in production",
    "PORTONE_BASE_URL": "outside production the sandbox answers",
    "PORTONE_WEBHOOK_SECRETS": "two while one is being replaced",
    "SETTLEMENT_HEADINGS": "how the console's export names its columns: 결제번호=고객사 주문번호,거래금액=승인금액",
    "PORTONE_REQUIRE_LIVE": "true in production: payments of a test channel credit nothing",
    "PORTONE_MANUAL_APPROVAL": "true: nothing is captured before our server confirms it",
    "PORTONE_BILLING_EMAIL": "for buyers whose address KG Inicis refuses",
    "PORTONE_CHANNEL_KEY_BILLING": "empty: no cards are kept",
    "PORTONE_CHANNEL_KEY_VBANK": "empty: no virtual accounts",
    "PAYMENT_GATEWAY_SECOND": "offered where the first does not answer; empty: nobody else",
    "TOSS_MID": "Toss Payments is there once its secret key is set",
    "TOSS_REQUIRE_LIVE": "true in production: payments of a test key credit nothing",
    "TOSS_WEBHOOK_SOURCES": "messages of Toss are not signed: networks they may come from",
    "AIRBRIDGE_POSTBACK_SENDERS": "networks that its conversions may come from; empty: from anywhere",
    "POSTBACK_CALLERS_URL": "the sandbox's page of callers; never in production",
    "EMAIL_URL": "or smtp+tls://user:password@host:587",
    "EMAIL_BACKEND": "in the demo mails land in the sandbox's inbox",
    "SMS_CHANNEL": "production and demo use Solapi; else messages stay here",
    "IDENTITY_PROVIDER": "PORTONE or INICIS",
    "INICIS_RESULT_ORIGINS": "results of the direct identity check are fetched from these origins only",
    "TAX_OFFICE_KEY": "the decoding key of data.go.kr data set 15081808",
    "SOLAPI_BASE_URL": "outside production the sandbox answers, and messages land in its inbox",
    "SOLAPI_WEBHOOK_TOKEN": "reports go to /messages/webhooks/solapi/<this>/",
    "SOLAPI_SENDER": "digits only; registered at Solapi",
}


def variables() -> list[tuple[int, str, str]]:
    """(line, name, default as text) of every variable, in the order of the settings; the default that production has."""
    found: dict[str, tuple[int, str, str]] = {}
    for node in ast.walk(ast.parse(SETTINGS.read_text())):
        if not isinstance(node, ast.Call) or not node.args or not _reads_environment(node.func):
            continue
        name = node.args[0]
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.isupper():
            default = next((keyword.value for keyword in node.keywords if keyword.arg == "default"), None)
            found.setdefault(name.value, (node.lineno, name.value, _text(default)))
    return sorted(found.values())


def make() -> str:
    """The text of .env.example."""
    headings = [
        (number, line.removeprefix("# ---- ").rstrip("- "))
        for number, line in enumerate(SETTINGS.read_text().splitlines(), 1)
        if line.startswith("# ---- ")
    ]
    lines, heading = [HEAD], "where it runs, and its secrets"
    written = ""
    for number, name, default in variables():
        heading = next((title for at, title in reversed(headings) if at < number), heading)
        if heading != written:
            lines.append(f"\n# ---- {heading}\n")
            written = heading
        if note := NOTES.get(name, ""):
            lines.append(f"#   {note}\n")
        lines.append(f"# {name}={default}\n")
    return "".join(lines)


def complaints() -> list[str]:
    """Why .env.example is not what the settings say, or nothing."""
    unknown = sorted(set(NOTES) - {name for _, name, _ in variables()})
    stale = [] if EXAMPLE.read_text() == make() else [".env.example is not what config/settings.py says: run `make example`"]
    return [f"config/example.py describes {name}, which no setting reads" for name in unknown] + stale


def _reads_environment(function: ast.expr) -> bool:
    """env.str(…), env.list(…), _secret(…)."""
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and function.value.id == "env"
    return isinstance(function, ast.Name) and function.id == "_secret"


def _text(default: ast.expr | None) -> str:
    """A literal as it is written in the environment; of "a if outside production else b" the b; nothing for what is worked out."""
    match default:
        case ast.IfExp(test=ast.Name(id="PRODUCTION"), body=production):
            return _text(production)
        case ast.IfExp(orelse=production):
            return _text(production)
        case ast.Constant(value=bool(value)):
            return str(value).lower()
        case ast.Constant(value=value) if value is not None:
            return str(value)
        case ast.List(elts=items):
            return ",".join(_text(item) for item in items)
        case _:
            return ""


if __name__ == "__main__":
    EXAMPLE.write_text(make())
    sys.exit(0)
