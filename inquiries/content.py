"""Pages with fixed words: which legal texts there are, since when, and the credit packages named on the price page."""

from dataclasses import dataclass
from datetime import date
from typing import Final

VAT_PERCENT: Final = 10


@dataclass(frozen=True, slots=True)
class LegalText:
    """
    One legal text.

    version_on: KST day from which this wording holds; consents refer to it.   template: where the wording stands.
    """

    slug: str
    title: str
    version_on: date
    template: str


LEGAL_TEXTS: Final[dict[str, LegalText]] = {
    text.slug: text
    for text in (
        LegalText("terms", "이용약관", date(2026, 11, 25), "public/terms_terms.html"),
        LegalText("privacy", "개인정보처리방침", date(2026, 11, 25), "public/terms_privacy.html"),
        LegalText("refund", "환불 정책", date(2026, 11, 25), "public/terms_refund.html"),
    )
}


@dataclass(frozen=True, slots=True)
class PackagePrice:
    """What one credit package costs. credits: whole; supply_krw, vat_krw, amount_krw: whole won, the parts add up."""

    credits: int

    @property
    def supply_krw(self) -> int:
        """One credit is one won of supply value."""
        return self.credits

    @property
    def vat_krw(self) -> int:
        """Ten percent; packages are multiples of ten, so this is exact."""
        return self.credits * VAT_PERCENT // 100

    @property
    def amount_krw(self) -> int:
        """What the card is charged."""
        return self.supply_krw + self.vat_krw


PACKAGES: Final = tuple(PackagePrice(credits) for credits in (100_000, 300_000, 500_000, 1_000_000, 3_000_000))
