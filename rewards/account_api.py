"""
The reward app's doors around an account: signing up, a forgotten password, consents, devices, one's data, leaving.

Who has no account yet has no token. A code by SMS belongs to who asked for it: asking answers a `secret`, which goes back with the digits.
"""

import json
import secrets
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field, StringConstraints

from common.portals import LUCKFFLE
from common.schemas import Input, Output
from identity import access_log, browsers, consents, devices, mail_links, phone_codes
from identity.models import Consent, PhoneCode, User
from rewards import data_export, leaving, own_password, own_phone, signing_up
from rewards.app_auth import AppRequest, acting_member
from rewards.models import DataExport
from rewards.signing_up import JoinIn, Password, PhoneIn

router = Router(tags=["계정"])
Secret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{20,60}$")]
Purpose = PhoneCode.Purpose


class CodeOut(Output):
    """code: its id.   secret: goes back with the digits, and with signing up.   expires_at: until when the digits are taken."""

    code: UUID
    secret: str
    expires_at: datetime


class DigitsIn(Input):
    """digits: of the SMS."""

    code: UUID
    secret: Secret
    digits: Annotated[str, StringConstraints(min_length=1, max_length=20)]


class SignUpIn(JoinIn):
    """secret: of the code that proved the number, within half an hour."""

    secret: Secret


class JoinedOut(Output):
    """Sign in now with the number and the password."""

    id: UUID
    nickname: str


class ResetOut(Output):
    """token: lets a new password be chosen once, for a while."""

    token: str


class ResetIn(Input):
    """token: of the digits' answer."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    password: Password


class PasswordIn(Input):
    """current: the password of now."""

    current: Password
    password: Password


class NewPhoneIn(PhoneIn):
    """phone: the new number.   password: asked for again."""

    password: Password


class ConsentOut(Output):
    """version: that was answered, empty when nothing was.   is_older: the text has changed since.   is_required: ends with the account."""

    kind: str
    name: str
    label: str
    summary: str
    is_required: bool
    is_offered: bool
    given: bool
    version: str
    is_older: bool
    at: datetime | None


class ConsentIn(Input):
    """kind: MARKETING, or NIGHT, which needs the other."""

    kind: Literal["MARKETING", "NIGHT"]
    given: Annotated[bool, Field(strict=True)]


class SignInOut(Output):
    """name: system and browser, as they describe themselves."""

    id: str
    name: str
    since: datetime


class ExportOut(Output):
    """state: WAITING, or READY and to be fetched from `file` until expires_at."""

    state: str
    requested_at: datetime
    expires_at: datetime | None


class LostOut(Output):
    """What goes with the account. coupons: that may still be used.   entries: in raffles not drawn yet.   prizes: not delivered."""

    tickets: int
    coupons: int
    entries: int
    prizes: int


class LeaveIn(Input):
    """password: asked for again."""

    password: Password


@router.post("/signup/code", response={201: CodeOut}, auth=None, summary="가입 인증번호 받기")
def signup_code(request: HttpRequest, asked: PhoneIn) -> Status[CodeOut]:
    """Have six digits sent. The answer is the same whether or not the number has an account."""
    return Status(201, _send(request, purpose=Purpose.SIGN_UP, phone=asked.phone))


@router.post("/signup/prove", response={204: None}, auth=None, summary="가입 인증번호 확인")
def signup_prove(request: HttpRequest, said: DigitsIn) -> Status[None]:
    """Show that the number is yours. The secret stands for it from now on, for half an hour."""
    signing_up.require_free(_proved(said, purpose=Purpose.SIGN_UP).phone)
    return Status(204, None)


@router.post("/signup", response={201: JoinedOut}, auth=None, summary="가입")
def signup(request: HttpRequest, said: SignUpIn) -> Status[JoinedOut]:
    """Make the account. Who one is, an identity check says before the first exchange."""
    member = signing_up.sign_up(browser=_browser(said.secret), answer=said, at=timezone.now())
    return Status(201, JoinedOut(id=member.public_id, nickname=member.nickname))


@router.post("/password-reset/code", response={201: CodeOut}, auth=None, summary="비밀번호 찾기 인증번호 받기")
def reset_code(request: HttpRequest, asked: PhoneIn) -> Status[CodeOut]:
    """Have six digits sent, if the number has an account; the answer does not say whether it has."""
    return Status(201, _send(request, purpose=Purpose.RESET, phone=asked.phone))


@router.post("/password-reset/prove", response=ResetOut, auth=None, summary="비밀번호 찾기 인증번호 확인")
def reset_prove(request: HttpRequest, said: DigitsIn) -> ResetOut:
    """The way to a new password."""
    code = _proved(said, purpose=Purpose.RESET)
    user = User.objects.filter(kind=User.Kind.MEMBER, phone=code.phone, is_active=True).first()
    if user is None:
        raise phone_codes.Dead
    return ResetOut(token=mail_links.grant_reset(user=user, at=timezone.now()))


@router.post("/password-reset", response={204: None}, auth=None, summary="새 비밀번호 정하기")
def reset_password(request: HttpRequest, said: ResetIn) -> Status[None]:
    """Choose a new password; every session and token of the account ends."""
    signing_up.judge_password(said.password, User(kind=User.Kind.MEMBER))
    mail_links.choose_password(token=said.token, portal=LUCKFFLE, password=said.password, at=timezone.now())
    return Status(204, None)


@router.post("/password", response={204: None}, summary="비밀번호 바꾸기")
def change_password(request: AppRequest, said: PasswordIn) -> Status[None]:
    """Another password. Every session and token ends with the old one, this one too: sign in again."""
    own_password.change(request=request, member=acting_member(request), current=said.current, password=said.password, at=timezone.now())
    return Status(204, None)


@router.post("/me/phone/code", response={201: CodeOut}, summary="새 번호로 인증번호 받기")
def phone_code(request: AppRequest, asked: NewPhoneIn) -> Status[CodeOut]:
    """
    Have six digits sent to a new number. Whoever proved who they are proves it again first (`/identity/start`): `member.identity_again`.
    """
    member = acting_member(request)
    own_phone.require_identity(member=member, at=timezone.now())
    own_password.require(request=request, member=member, password=asked.password)
    return Status(201, _send(request, purpose=Purpose.NEW_PHONE, phone=asked.phone))


@router.post("/me/phone", response={204: None}, summary="휴대전화 번호 바꾸기")
def change_phone(request: AppRequest, said: DigitsIn) -> Status[None]:
    """The number that the digits went to is mine from now on; the old one is told. Sign in with it the next time."""
    member = acting_member(request)
    own_phone.change(member=member, code=_proved(said, purpose=Purpose.NEW_PHONE), at=timezone.now())
    return Status(204, None)


@router.get("/agreements", response=list[ConsentOut], summary="동의한 것")
def consent_list(request: AppRequest) -> list[ConsentOut]:
    """Every text, what I said to it and when."""
    return [_consent(answer) for answer in consents.answers_of(acting_member(request).user, at=timezone.now())]


@router.post("/agreements", response=list[ConsentOut], summary="동의하거나 거두기")
def change_consent(request: AppRequest, said: ConsentIn) -> list[ConsentOut]:
    """Give or take back what is mine to choose. Without marketing there is no night consent either."""
    user = acting_member(request).user
    with transaction.atomic(durable=True):
        consents.change(user=user, kind=Consent.Kind(said.kind), given=said.given, at=timezone.now())
    return [_consent(answer) for answer in consents.answers_of(user, at=timezone.now())]


@router.get("/sign-ins", response=list[SignInOut], summary="로그인한 기기")
def sign_in_list(request: AppRequest) -> list[SignInOut]:
    """Where my account is signed in."""
    rows = devices.of(acting_member(request).user)
    return [SignInOut(id=devices.number_of(row), name=devices.name_of(row.user_agent), since=row.created_at) for row in rows]


@router.post("/sign-ins/{sign_in_id}/end", response={204: None}, summary="기기 로그아웃")
def end_sign_in(request: AppRequest, sign_in_id: str) -> Status[None]:
    """Sign one device out."""
    row = devices.find(acting_member(request).user, sign_in_id)
    if row is None:
        raise Http404("no such device of this member")
    devices.end(row, request=request, at=timezone.now())
    return Status(204, None)


@router.post("/sign-ins/end-all", response={204: None}, summary="모든 기기 로그아웃")
def end_sign_ins(request: AppRequest) -> Status[None]:
    """Sign every device out, this one too."""
    for row in devices.of(acting_member(request).user):
        devices.end(row, request=request, at=timezone.now())
    return Status(204, None)


@router.post("/me/data", response={201: ExportOut}, summary="내 데이터 파일 만들기")
def ask_for_data(request: AppRequest) -> Status[ExportOut]:
    """Have a file made of everything we know of me, once a day. While one is being made it is answered again."""
    return Status(201, _export(data_export.ask(member=acting_member(request), at=timezone.now())))


@router.get("/me/data", response=ExportOut, summary="내 데이터 파일")
def data_state(request: AppRequest) -> ExportOut:
    """How far the newest file is."""
    found = data_export.newest_of(acting_member(request))
    if found is None:
        raise Http404("none was asked for")
    return _export(found)


@router.get("/me/data/file", response=dict[str, Any], summary="내 데이터 파일 받기")
def data_file(request: AppRequest) -> Any:
    """The file."""
    member = acting_member(request)
    found = data_export.fetchable(member, at=timezone.now())
    if found is None:
        raise Http404("no file of this member may be fetched now")
    access_log.note(actor=member.user, action="member.export_fetched", subject=f"user:{member.user.public_id}", at=timezone.now())
    return json.loads(data_export.read(found))


@router.get("/me/leave", response=LostOut, summary="탈퇴하면 사라지는 것")
def lost(request: AppRequest) -> LostOut:
    """What goes with the account."""
    return LostOut.model_validate(leaving.lost_of(acting_member(request), at=timezone.now()))


@router.post("/me/leave", response={204: None}, summary="탈퇴")
def leave(request: AppRequest, said: LeaveIn) -> Status[None]:
    """End the account for good."""
    leaving.leave(request=request, member=acting_member(request), password=said.password, at=timezone.now())
    return Status(204, None)


def _browser(secret: str) -> str:
    """An app has no session of ours before it has an account: a code belongs to who has the secret of its answer."""
    return browsers.keyed("app-code", secret)


def _send(request: HttpRequest, *, purpose: str, phone: str) -> CodeOut:
    secret = secrets.token_urlsafe(24)
    code = phone_codes.ask(
        purpose=purpose, portal=LUCKFFLE, phone=phone, browser=_browser(secret), address=browsers.address(request), at=timezone.now()
    )
    return CodeOut(code=code.public_id, secret=secret, expires_at=code.expires_at)


def _proved(said: DigitsIn, *, purpose: str) -> PhoneCode:
    """:raises Wrong, Dead: see `phone_codes.prove`."""
    return phone_codes.prove(public_id=said.code, purpose=purpose, browser=_browser(said.secret), text=said.digits, at=timezone.now())


def _consent(answer: consents.Answer) -> ConsentOut:
    return ConsentOut(
        kind=answer.text.kind, name=answer.name, label=answer.text.label, summary=answer.text.summary,
        is_required=answer.text.is_required, is_offered=answer.is_offered, given=answer.given, version=answer.version,
        is_older=answer.is_older, at=answer.at,
    )  # fmt: skip


def _export(row: DataExport) -> ExportOut:
    return ExportOut(state=row.state, requested_at=row.requested_at, expires_at=row.expires_at)
