"""
The last thing that happens to a log line: secrets and personal values are taken out, wherever a supplier, a driver or a traceback
put them. One processor for our own lines and for those of libraries.

Code of ours logs ids and constant sentences anyway; this is for what it did not write itself.
"""

import re
from collections.abc import Iterator, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from django.conf import settings

HIDDEN = "***"
SHORTEST_SECRET = 8  # a shorter setting would blank ordinary words

# Names of fields whose values nobody needs in a log, in parts: "buyer_email" and "X-Api-Key" count.
_PRIVATE_NAME = re.compile(
    r"(?i)(?<![a-z])(e?mail|phone|mobile|tel|name|username|nickname|address|birth\w*|password\d?|passwd|secret|token|access|refresh|"
    r"authorization|cookies?|session(id|_?key)?|csrf\w*|signature|api_?key|private_?key|ci|di|otp|totp|code_hash|card|account_?number|body)(?![a-z])"
)
# Fields of a log line itself that merely sound like one of them.
_LINE_FIELDS = frozenset({"event", "level", "logger", "timestamp", "request", "request_id", "user_id", "ip", "code", "effect", "exception"})

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # PostgreSQL quotes whole rows in its errors, pydantic quotes inputs.
    (re.compile(r"Failing row contains \(.*?\)\.?(?=\n|$|\\n)", re.DOTALL), f"Failing row contains ({HIDDEN})."),
    (re.compile(r"(Key \([^)\n]*\)=\()[^\n]*?(\) (?:already exists|is not present|is still referenced|conflicts))"), rf"\1{HIDDEN}\2"),
    (re.compile(r"input_value=.*?(, input_type=)", re.DOTALL), rf"input_value={HIDDEN}\1"),
    # Credentials by their shape.
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), HIDDEN),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"\bwhsec_[\w+/=-]+"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic|portone|token)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+@"), rf"\1{HIDDEN}@"),
    (
        re.compile(
            r"(?i)([\w-]*(?:passw(?:or)?d|secret|token|session(?:id)?|boost_(?:advertiser|luckffle|backoffice)|csrf\w*|api[_-]?key|signature|"
            r"otp)[\w-]*[\"']?\s*[=:]\s*[\"']?)[^\s\"'&;,)}]+"
        ),
        rf"\1{HIDDEN}",
    ),
    # People.
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), HIDDEN),
    (re.compile(r"(?<!\d)(?:\+?82[ -]?|0)1[016789][ -]?\d{3,4}[ -]?\d{4}(?!\d)"), HIDDEN),
    (re.compile(r"(?<!\d)\d{6}-[1-8]\d{6}(?!\d)"), HIDDEN),  # resident registration number
    (re.compile(r"(?<![\w-])\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{3,4}(?![\w-])"), HIDDEN),  # card, as people write it
)
_CARD = re.compile(r"(?<![\w-])[3-6]\d{13,15}(?![\w-])")


def mask_line(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor: goes in front of the renderer."""
    for name, value in line.items():
        line[name] = HIDDEN if name not in _LINE_FIELDS and _is_private(name) and value else masked(value)
    return line


def masked(value: Any) -> Any:
    """The value without secrets and personal data; numbers, flags and None as they are, anything else as masked text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _masked_text(value)
    if isinstance(value, Mapping):
        return {str(key): HIDDEN if _is_private(str(key)) and item else masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(item) for item in value]
    return _masked_text(str(value))


def _masked_text(text: str) -> str:
    for secret in _our_secrets():
        text = text.replace(secret, HIDDEN)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return _CARD.sub(lambda found: HIDDEN if _is_luhn(found[0]) else found[0], text)


def _is_private(name: str) -> bool:
    return _PRIVATE_NAME.search(name) is not None


def _is_luhn(digits: str) -> bool:
    """The check digit of card numbers: order numbers and times of as many digits stay readable nine times in ten."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


@lru_cache(maxsize=1)
def _our_secrets() -> tuple[str, ...]:
    """The secret values of this process, longest first, so that a part of one never leaves a rest of it."""
    return tuple(sorted({secret for secret in _secret_settings() if len(secret) >= SHORTEST_SECRET}, key=len, reverse=True))


def _secret_settings() -> Iterator[str]:
    for name in (
        "SECRET_KEY",
        "PERSON_HASH_KEY",
        "PARTICIPATION_TOKEN_KEY",
        "PORTONE_API_SECRET",
        "TOSS_SECRET_KEY",
        "SOLAPI_API_SECRET",
        "EMAIL_HOST_PASSWORD",
    ):
        yield str(getattr(settings, name, "") or "")
    yield from settings.FIELD_KEYS
    yield from settings.PORTONE_WEBHOOK_SECRETS
    yield settings.HEADLESS_JWT_PRIVATE_KEY.strip()
    yield settings.FCM_PRIVATE_KEY.strip()
    for wall in settings.OFFERWALLS.values():
        yield from wall["keys"]
    yield str(settings.DATABASES["default"].get("PASSWORD") or "")
