"""A browser's description of itself, in words people know."""

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
