"""
What bought credits are called where they are sold. Card companies look at the name: many of them take no points that are charged up, but a
named service of advertising with a fixed price. Either name means the same credits in the books.
"""

from django.conf import settings

CREDIT, PACKAGE = "credit", "package"
MODES = (CREDIT, PACKAGE)


def title_of(credits: int) -> str:
    """The name of so many credits as a thing that is bought, for price list, pay window and receipt."""
    return f"미션 광고 이용권 {credits:,}" if is_package() else f"부스트 크레딧 {credits:,}"


def is_package() -> bool:
    """True while advertising services are sold by name."""
    return bool(settings.PRODUCT_LABEL_MODE == PACKAGE)
