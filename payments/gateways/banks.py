"""Korean banks by the three digits that they know each other by, and what payment companies call them."""

# digits: Korean name, PortOne's word. Toss Payments uses the same digits without the leading zero.
BANKS = {
    "002": ("한국산업은행", "KDB"),
    "003": ("IBK기업은행", "IBK"),
    "004": ("KB국민은행", "KOOKMIN"),
    "007": ("Sh수협은행", "SUHYUP"),
    "011": ("NH농협은행", "NONGHYUP"),
    "012": ("지역농축협", "LOCAL_NONGHYUP"),
    "020": ("우리은행", "WOORI"),
    "023": ("SC제일은행", "STANDARD_CHARTERED"),
    "027": ("한국씨티은행", "CITI"),
    "031": ("아이엠뱅크", "DAEGU"),
    "032": ("부산은행", "BUSAN"),
    "034": ("광주은행", "KWANGJU"),
    "035": ("제주은행", "JEJU"),
    "037": ("전북은행", "JEONBUK"),
    "039": ("경남은행", "KYONGNAM"),
    "045": ("새마을금고", "KFCC"),
    "048": ("신협", "SHINHYUP"),
    "071": ("우체국", "POST"),
    "081": ("하나은행", "HANA"),
    "088": ("신한은행", "SHINHAN"),
    "089": ("케이뱅크", "K_BANK"),
    "090": ("카카오뱅크", "KAKAO"),
    "092": ("토스뱅크", "TOSS"),
}
_BY_PORTONE = {word: digits for digits, (_, word) in BANKS.items()}


def name_of(digits: str) -> str:
    """The bank's name; empty for one we do not know."""
    return BANKS[digits][0] if digits in BANKS else ""


def by_portone(word: str) -> str:
    """Digits of the bank that PortOne calls so; empty for one we do not know."""
    return _BY_PORTONE.get(word, "")


def for_portone(digits: str) -> str:
    """
    What PortOne calls the bank.

    :raises KeyError: no such bank; whoever stored the account has checked it.
    """
    return BANKS[digits][1]


def by_toss(code: str) -> str:
    """Digits of the bank that Toss Payments calls so; empty for one we do not know."""
    digits = code.zfill(3)
    return digits if digits in BANKS else ""


def for_toss(digits: str) -> str:
    """What Toss Payments calls the bank: two digits."""
    return digits.removeprefix("0")
