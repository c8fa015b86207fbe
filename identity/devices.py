"""The devices that are signed in to an account, and a browser's description of itself in words people know."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.http import HttpRequest

from identity import access_log, app_access, browsers
from identity.models import User

# The first match wins: every browser claims to be several others.
_SYSTEMS = (
    ("iPhone", "아이폰"), ("iPad", "아이패드"), ("Android", "안드로이드"), ("Windows", "윈도우"), ("Mac OS", "맥"), ("CrOS", "크롬북"),
    ("Linux", "리눅스"),
)  # fmt: skip
_BROWSERS = (
    ("KAKAOTALK", "카카오톡"), ("NAVER", "네이버"), ("Whale", "웨일"), ("SamsungBrowser", "삼성 인터넷"), ("Edg", "엣지"),
    ("Firefox", "파이어폭스"),    ("FxiOS", "파이어폭스"), ("CriOS", "크롬"), ("Chrome", "크롬"), ("Safari", "사파리"), ("Dart", "럭플 앱"),
)  # fmt: skip


def name_of(user_agent: str) -> str:
    """The device and the browser, e.g. "아이폰 · 사파리"; "알 수 없는 기기" when it says nothing we know."""
    names = [next((word for mark, word in table if mark in user_agent), "") for table in (_SYSTEMS, _BROWSERS)]
    return " · ".join(name for name in names if name) or "알 수 없는 기기"


def number_of(device: UserSession) -> str:
    """What names a device in an address: neither a count nor anything that opens the session."""
    return number_of_session(device.session_key)


def number_of_session(session_key: str) -> str:
    """The same, of a session."""
    return browsers.keyed("device", session_key)[:32]


def is_signed_in(user: User, number: str) -> bool:
    """True while the person's sign-in of this number has not ended. Two queries."""
    device = find(user, number)
    return device is not None and device.exists()


def of(user: User) -> list[UserSession]:
    """Everything that is signed in to this person's account, the newest first. Ended sessions are not among them."""
    return [row for row in UserSession.objects.filter(user=user).order_by("-created_at", "-pk") if row.exists()]


def find(user: User, number: str) -> UserSession | None:
    """The person's device of this number; another person's device is none of theirs."""
    return next((row for row in UserSession.objects.filter(user=user) if number_of(row) == number), None)


def end(device: UserSession, *, request: HttpRequest, at: datetime) -> None:
    """
    Sign a device out; its very next request is refused, and its app's tokens are worth nothing. request: whose own session may be the one
    that ends.
    """
    if device.session_key == request.session.session_key:
        logout(request)
    device.end()
    app_access.end(device.user, at=at)
    access_log.note(actor=device.user, action="session.ended", subject=f"user:{device.user.public_id}", at=at)
