"""
Codes by SMS: six digits, for one number, one purpose and one browser, for three minutes, five guesses, once.

    code = phone_codes.ask(purpose=Purpose.SIGN_UP, portal=ADVERTISER, phone="+82…", browser=…, address=…, at=at)   # the relay sends it
    phone_codes.prove(public_id=code.public_id, purpose=…, browser=…, text="123456", at=at)

Asking does the same work and says the same whether or not we know the number; whether anything is sent is decided later, outside the
request (identity/tasks.py).
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

from common import dated, effects
from common.errors import DomainError
from identity import access_log, notifications
from identity.backends import KIND_OF_PORTAL
from identity.models import PhoneCode, User

Purpose = PhoneCode.Purpose
LIVES = timedelta(minutes=3)
TRIES = 5
AGAIN_AFTER = timedelta(seconds=60)
PER_NUMBER_AN_HOUR, PER_NUMBER_A_DAY = 5, 10
PER_ADDRESS_AN_HOUR = 20
NUMBERS_PER_BROWSER = 5
ALARM_AT = 0.7
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LOCK = 0x534D53  # one number for the whole house: asking is rare, and so every limit is exact

SMS_PRICE_KRW = dated.define("identity.sms_price_krw", default=20, label="문자 한 건의 값(원)")
HOURLY_CAP_KRW = dated.define("identity.sms_hourly_cap_krw", default=20_000, label="한 시간에 인증번호로 쓸 수 있는 돈(원)")
DAILY_CAP_KRW = dated.define("identity.sms_daily_cap_krw", default=100_000, label="하루에 인증번호로 쓸 수 있는 돈(원)")


class TooSoon(DomainError):
    """A code was sent to this number a moment ago."""

    code = "phone_code.too_soon"
    message = "인증번호를 방금 보냈어요. {seconds}초 뒤에 다시 받을 수 있어요."
    http_status = 429


class TooMany(DomainError):
    """A limit of the number, the address or the browser is reached; which one is nobody's business."""

    code = "phone_code.too_many"
    message = "인증번호를 너무 자주 요청했어요. 시간이 지난 뒤 다시 받거나 다른 방법으로 확인해 주세요."
    http_status = 429


class Closed(DomainError):
    """The house has spent what it may on codes in this hour or day."""

    code = "phone_code.closed"
    message = "지금은 문자를 보낼 수 없어요. 이메일이나 본인확인을 이용하거나 잠시 뒤 다시 시도해 주세요."
    http_status = 503


class Wrong(DomainError):
    """Not the code."""

    code = "phone_code.wrong"
    message = "인증번호가 맞지 않아요. {left}번 더 적을 수 있어요."
    http_status = 422


class Dead(DomainError):
    """The code expired, was used, was guessed at too often, or belongs to another browser or purpose."""

    code = "phone_code.dead"
    message = "이 인증번호는 더 쓸 수 없어요. 새 인증번호를 받아 주세요."
    http_status = 422


def ask(*, purpose: str, portal: str, phone: str, browser: str, address: str, at: datetime) -> PhoneCode:
    """
    Have a code sent. Owns the transaction.

    phone: E.164, a Korean mobile number.   browser, address: from identity.browsers.

    :raises TooSoon: the number got one less than a minute ago.
    :raises TooMany: more than 5 an hour or 10 a day for the number, 20 an hour for the address, 5 numbers for the browser.
    :raises Closed: the hourly or daily cap of the house is spent.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _check_limits(phone=phone, browser=browser, address=address, at=at)
        _check_cap(HOURLY_CAP_KRW.at(at), since=at - _HOUR, window=f"hour:{at:%Y%m%d%H}", at=at)
        _check_cap(DAILY_CAP_KRW.at(at), since=at - _DAY, window=f"day:{at:%Y%m%d}", at=at)
        code = PhoneCode.objects.create(
            purpose=purpose, portal=portal, phone=phone, browser=browser, address_hash=address, created_at=at, expires_at=at + LIVES
        )
        effects.add("identity.phone_code", key=f"phone_code:{code.public_id}", at=at, code=code.pk)
    return code


def _check_limits(*, phone: str, browser: str, address: str, at: datetime) -> None:
    of_number = PhoneCode.objects.filter(phone=phone, created_at__gt=at - _DAY, created_at__lte=at)
    newest = of_number.order_by("-created_at").values_list("created_at", flat=True).first()
    if newest is not None and at < newest + AGAIN_AFTER:
        raise TooSoon(seconds=int((newest + AGAIN_AFTER - at).total_seconds()) or 1)
    of_address = PhoneCode.objects.filter(address_hash=address, created_at__gt=at - _HOUR)
    numbers = set(PhoneCode.objects.filter(browser=browser).values_list("phone", flat=True).distinct())
    if (
        of_number.count() >= PER_NUMBER_A_DAY
        or of_number.filter(created_at__gt=at - _HOUR).count() >= PER_NUMBER_AN_HOUR
        or of_address.count() >= PER_ADDRESS_AN_HOUR
        or (phone not in numbers and len(numbers) >= NUMBERS_PER_BROWSER)
    ):
        raise TooMany


def _check_cap(cap_krw: int, *, since: datetime, window: str, at: datetime) -> None:
    """The cap counts codes that were asked for, sent or not; at 70 % the operators hear of it."""
    spent_krw = (PhoneCode.objects.filter(created_at__gt=since).count() + 1) * SMS_PRICE_KRW.at(at)
    if spent_krw > cap_krw:
        raise Closed
    if spent_krw >= cap_krw * ALARM_AT:
        notifications.alert_operators(
            kind="identity.sms_cap",
            title="인증번호 문자 비용이 한도의 70%를 넘었어요",
            body=f"한도 {cap_krw:,}원 가운데 {spent_krw:,}원을 썼어요. 누군가 문자를 일부러 보내게 하고 있는지 확인해 주세요.",
            key=f"sms-cap:{window}",
            at=at,
        )


def make(code: PhoneCode) -> str:
    """Make the six digits of a code that is about to be sent, and keep their hash; an earlier message's digits are worth nothing then."""
    digits = f"{secrets.randbelow(1_000_000):06d}"
    code.code_hash = _hash(code, digits)
    PhoneCode.objects.filter(pk=code.pk, used_at__isnull=True).update(code_hash=code.code_hash)
    return digits


def may_be_sent(code: PhoneCode) -> bool:
    """False when a code for finding an account was asked for a number that nobody has. Nobody outside learns of it."""
    if code.purpose not in (Purpose.FIND_ID, Purpose.RESET):
        return True
    return User.objects.filter(kind=KIND_OF_PORTAL[code.portal], phone=code.phone, is_active=True).exists()


def prove(*, public_id: UUID | str, purpose: str, browser: str, text: str, at: datetime) -> PhoneCode:
    """
    Compare what was typed; right, the code is used up and returned. Owns the transaction: a guess counts whatever happens afterwards.

    :raises Wrong: not the code; guesses are left.
    :raises Dead: no such code for this browser and purpose, expired, used, or five guesses were looked at.
    """
    with transaction.atomic(durable=True):
        code, is_right = _guess(public_id=public_id, purpose=purpose, browser=browser, text=text, at=at)
    if code is None:
        raise Dead
    if not is_right:
        left = TRIES - code.tries
        raise Wrong(left=left) if left > 0 else Dead
    return code


def _guess(*, public_id: UUID | str, purpose: str, browser: str, text: str, at: datetime) -> tuple[PhoneCode | None, bool]:
    """Count the guess first, by a conditional update, so that parallel guesses share the five; then look."""
    mine = PhoneCode.objects.filter(public_id=public_id, purpose=purpose, browser=browser).exclude(browser="")
    counted = mine.filter(used_at__isnull=True, expires_at__gt=at, tries__lt=TRIES).exclude(code_hash="").update(tries=F("tries") + 1)
    if not counted:
        return None, False
    code = mine.get()
    if is_right := is_code(code, text):
        code.used_at = at
        code.save(update_fields=["used_at"])
    access_log.note(
        actor=None, action="phone_code.right" if is_right else "phone_code.wrong", subject=f"phone_code:{code.public_id}", at=at
    )
    return code, is_right


def is_code(code: PhoneCode, text: str) -> bool:
    """Whether these are the digits. The one evaluation of a guess."""
    digits = "".join(letter for letter in text[:40] if letter in "0123456789")
    return constant_time_compare(code.code_hash, _hash(code, digits))


def _hash(code: PhoneCode, digits: str) -> str:
    return salted_hmac("identity.phone_code", f"{code.public_id}:{digits}", algorithm="sha256").hexdigest()
