"""What people are told when a way into their account, or what they agreed to, changes; see `identity.events`."""

from datetime import date, datetime

from common.kst import SEOUL
from identity.events import IN_APP, MAIL, SMS, Event, Topic, define

_SAFETY = "직접 한 일이 아니면 바로 알아야 해서 끌 수 없어요."
_NOT_YOU = "직접 한 일이 아니라면 비밀번호를 바꾸고 바로 고객센터로 알려 주세요."
_LAW = "동의를 처리한 결과는 법에 따라 꼭 알려드려야 해요."
_HOW = "원하지 않으면 {where}의 동의 관리에서 언제든 바꿀 수 있어요."


def _of_a_key(kind: str, label: str, title: str, **facts: str) -> Event:
    return define(
        f"identity.{kind}", topic=Topic.SECURITY, label=label, title=title, body=_NOT_YOU, facts=facts,
        compulsory=(IN_APP, MAIL), why=_SAFETY, is_urgent=True,
    )  # fmt: skip


PHONE_CHANGED = _of_a_key("phone_changed", "휴대전화 번호를 바꿨을 때", "휴대전화 번호를 바꿨어요")
PASSKEY_ADDED = _of_a_key("passkey_added", "패스키를 등록했을 때", "패스키를 등록했어요")
PASSKEY_REMOVED = _of_a_key("passkey_removed", "패스키를 지웠을 때", "패스키를 지웠어요")
PASSWORD_CHANGED = _of_a_key("password_changed", "비밀번호를 바꿨을 때", "비밀번호를 바꿨어요")
APP_ADDED = _of_a_key("app_added", "인증 앱을 등록했을 때", "인증 앱을 등록했어요")
APP_REMOVED = _of_a_key("app_removed", "인증 앱을 지웠을 때", "인증 앱을 지웠어요")
RECOVERY_CODES_MADE = _of_a_key("recovery_codes_made", "복구 코드를 새로 만들었을 때", "복구 코드를 새로 만들었어요")
SOCIAL_LINKED = _of_a_key("social_linked", "다른 서비스 로그인을 연결했을 때", "{service} 로그인을 연결했어요", service="카카오")
SOCIAL_UNLINKED = _of_a_key("social_unlinked", "다른 서비스 로그인을 끊었을 때", "{service} 로그인 연결을 끊었어요", service="카카오")
NEW_DEVICE = define(
    "identity.new_device",
    topic=Topic.SECURITY,
    label="처음 쓰는 기기에서 로그인했을 때",
    title="처음 쓰는 기기에서 로그인했어요",
    body="{when}에 {device}에서 로그인했어요. 직접 한 일이 아니라면 비밀번호를 바꾸고 로그인한 기기에서 내보내 주세요.",
    facts={"when": datetime(2026, 11, 25, 12, tzinfo=SEOUL), "device": "아이폰 · 사파리"},
    compulsory=(IN_APP, MAIL),
    why=_SAFETY,
    is_urgent=True,
)
PASSWORD_RESET = define(
    "identity.password_reset",
    topic=Topic.SECURITY,
    label="비밀번호를 새로 정했을 때",
    title="비밀번호를 새로 정했어요",
    body="모든 기기에서 로그아웃했어요. 직접 바꾼 것이 아니라면 바로 고객센터로 알려 주세요.",
    compulsory=(IN_APP, MAIL, SMS),
    why=_SAFETY,
    is_urgent=True,
)
CONSENT_CHANGED = define(
    "identity.consent_changed",
    topic=Topic.SECURITY,
    label="동의를 바꿨을 때",
    title="{consent}에 {done}",
    body="{on}에 {house}의 {consent}에 {done}. " + _HOW,
    facts={"consent": "혜택과 소식 받기", "done": "동의했어요", "on": date(2026, 11, 25), "house": "부스트", "where": "마이페이지"},
    compulsory=(IN_APP, MAIL),
    why=_LAW,
)
CONSENT_RECHECK = define(
    "identity.consent_recheck",
    topic=Topic.SECURITY,
    label="동의한 지 2년이 됐을 때",
    title="혜택과 소식을 계속 보내도 될까요",
    body="{on}에 {house}의 혜택과 소식 받기에 동의하셨어요. 그대로 두면 계속 보내고, " + _HOW,
    facts={"on": date(2024, 11, 25), "house": "부스트", "where": "마이페이지"},
    compulsory=(IN_APP, MAIL),
    why=_LAW,
)
