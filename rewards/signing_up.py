"""
Becoming a member by oneself: a code to the phone, then nickname, password and consents. Who the person is, an identity check says later,
before the first exchange.

    code = phone_codes.ask(purpose=Purpose.SIGN_UP, portal=LUCKFFLE, phone=…, browser=browser, address=…, at=at)
    phone_codes.prove(public_id=code.public_id, purpose=Purpose.SIGN_UP, browser=browser, text="123456", at=at)
    sign_up(browser=browser, answer=JoinIn(…), at=at)

A number counts for the browser that proved it, for half an hour.
"""

from datetime import datetime, timedelta
from typing import Annotated

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from common.errors import DomainError
from common.portals import LUCKFFLE
from common.schemas import Input
from identity import access_log, consents, phones
from identity.models import Consent, PhoneCode, User
from identity.passwords import LONGEST
from rewards import referrals, services
from rewards.models import Member

PROVED_FOR = timedelta(minutes=30)
_OURS = ("운영", "관리자", "부스트", "럭플", "떠난")


class PhoneNotProved(DomainError):
    """The browser has proved no number, or too long ago."""

    code = "signup.phone_not_proved"
    message = "휴대전화 번호를 먼저 인증해 주세요."
    http_status = 422


class MemberPhoneTaken(DomainError):
    """A member has the number. Told only to who has just shown that the number is theirs."""

    code = "signup.member_phone_taken"
    message = "이 번호로 가입한 계정이 있어요. 로그인하거나 비밀번호를 다시 정해 주세요."


class PasswordRefused(DomainError):
    """Too short, too common, or too much like the nickname."""

    code = "signup.password_refused"
    message = "이 비밀번호는 쓸 수 없어요. {why}"
    http_status = 422


def _mobile(text: str) -> str:
    number = phones.normalise(text)
    if number is None:
        raise PydanticCustomError("phone_unknown", "휴대전화 번호를 010-1234-5678처럼 적어 주세요.")
    return number


def _is_not_ours(text: str) -> str:
    if any(word in text for word in _OURS):
        raise PydanticCustomError("nickname_ours", "운영자로 보이는 별명은 쓸 수 없어요. 다른 별명을 적어 주세요.")
    return text


Phone = Annotated[str, StringConstraints(max_length=30), AfterValidator(_mobile)]
Nickname = Annotated[str, StringConstraints(pattern=r"^[가-힣A-Za-z0-9]{2,12}$"), AfterValidator(_is_not_ours)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST, strip_whitespace=False)]
Yes = Annotated[bool, Field(strict=True, validate_default=True)]
Choice = Annotated[bool, Field(strict=True)]


class PhoneIn(Input):
    """The number a code is sent to."""

    phone: Phone


class JoinIn(Input):
    """
    What somebody says of themselves who signs up. is_14: fourteen or older; the identity check looks again.   night: only with marketing.
    invitation: the code of who invited them, or empty.
    """

    nickname: Nickname
    password: Password
    is_14: Yes = False
    terms: Yes = False
    privacy: Yes = False
    marketing: Choice = False
    night: Choice = False
    invitation: Annotated[str, StringConstraints(max_length=12)] = ""

    @field_validator("is_14")
    @classmethod
    def _is_old_enough(cls, value: bool) -> bool:
        if not value:
            raise PydanticCustomError("too_young", "만 14세부터 가입할 수 있어요.")
        return value

    @field_validator("terms", "privacy")
    @classmethod
    def _is_agreed(cls, value: bool) -> bool:
        if not value:
            raise PydanticCustomError("consent_needed", "동의해야 가입할 수 있어요.")
        return value

    @field_validator("night")
    @classmethod
    def _adds_to_marketing(cls, value: bool, info: ValidationInfo) -> bool:
        if value and not info.data.get("marketing"):
            raise PydanticCustomError("marketing_first", "밤에 받으려면 위의 소식 받기에도 동의해 주세요.")
        return value

    @property
    def given(self) -> list[str]:
        """The kinds of texts that were agreed to."""
        said = {Consent.Kind.TERMS: self.terms, Consent.Kind.PRIVACY: self.privacy}
        said |= {Consent.Kind.MARKETING: self.marketing, Consent.Kind.NIGHT: self.night}
        return [kind.value for kind, is_given in said.items() if is_given]


def proved_phone(*, browser: str, at: datetime) -> str:
    """The number that this browser proved a short time ago, E.164; empty when it did not."""
    codes = PhoneCode.objects.filter(browser=browser, purpose=PhoneCode.Purpose.SIGN_UP, portal=LUCKFFLE, used_at__gt=at - PROVED_FOR)
    return codes.exclude(browser="").order_by("-used_at").values_list("phone", flat=True).first() or ""


def require_free(phone: str) -> None:
    """:raises MemberPhoneTaken: a member has the number."""
    if User.objects.filter(kind=User.Kind.MEMBER, phone=phone).exists():
        raise MemberPhoneTaken


def sign_up(*, browser: str, answer: JoinIn, at: datetime) -> Member:
    """
    Make user, consents, member and ticket wallet, or nothing. Owns the transaction.

    :raises PhoneNotProved: no number of this browser.   :raises PasswordRefused: the rules say why.
    :raises MemberPhoneTaken: a member has the number, perhaps since this very moment.   :raises InvitationUnknown: nobody has the code.
    """
    phone = proved_phone(browser=browser, at=at)
    if not phone:
        raise PhoneNotProved
    user = User(kind=User.Kind.MEMBER, phone=phone)
    user.username = f"member-{user.public_id}"
    judge_password(answer.password, User(kind=user.kind, username=answer.nickname, name=answer.nickname))
    user.password = make_password(answer.password)  # slow: before anything is locked
    try:
        with transaction.atomic(durable=True):
            require_free(phone)
            user.save()
            consents.write(user=user, given=answer.given, at=at)
            member = services.join(user=user, nickname=answer.nickname, at=at)
            referrals.note(friend=member, code=answer.invitation, at=at)
            access_log.note(actor=user, action="member.joined", subject=f"user:{user.public_id}", at=at)
            return member
    except IntegrityError as error:
        if "phone" in (getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""):
            raise MemberPhoneTaken from error
        raise


def judge_password(password: str, user: User) -> None:
    """:raises PasswordRefused: it does not do."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PasswordRefused(why=" ".join(error.messages)) from None
